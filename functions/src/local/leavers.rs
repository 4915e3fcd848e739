//! Looks who has left, as long as the server runs.

use std::sync::Arc;
use std::time::Duration;

use countersign::engine::{Host, Runner};

use super::host::LocalHost;
use crate::directory::Leavers;

/// Whose turn it is changes so often.
const TURN: Duration = Duration::from_mins(1);

pub(super) async fn run(leavers: Leavers, runner: Runner, host: Arc<LocalHost>) {
    let mut stopped = host.stopped();
    loop {
        tokio::select! {
            _ = stopped.changed() => return,
            () = tokio::time::sleep(TURN) => {}
        }
        let turn = match Leavers::turn(&*runner.store, host.now()).await {
            Ok(turn) => turn,
            Err(error) => {
                tracing::error!("who holds access cannot be read: {error}");
                continue;
            }
        };
        for run in turn {
            if let Err(why) = leavers.look(&runner, &run).await {
                tracing::warn!(run.id = %run, "nobody knows whether its holder is still here: {why}");
            }
        }
    }
}
