//! The audit tree of the local server: worked on at its start, every few minutes, and at its end.

use std::sync::Arc;

use countersign::engine::Host;

use super::host::LocalHost;
use crate::audit::{Auditor, PERIOD};

pub(super) async fn run(auditor: Arc<Auditor>, host: Arc<LocalHost>) {
    let mut stopped = host.stopped();
    loop {
        let worked = auditor.work(host.now()).await;
        if worked.heads > 0 {
            tracing::debug!(?worked, "the audit tree grew");
        }
        tokio::select! {
            _ = stopped.changed() => return,
            () = tokio::time::sleep(PERIOD) => {}
        }
    }
}
