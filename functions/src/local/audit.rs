//! The audit tree of the local server: worked on at its start, every few minutes, and at its end.

use std::sync::Arc;

use countersign::audit::Sink;
use countersign::engine::Host;

use super::host::LocalHost;
use crate::audit::{Auditor, Folder, HttpSink, Objects, ROUND};
use crate::settings::Settings;

/// Those that the settings name.
///
/// # Errors
///
/// If one of them is none.
pub(super) fn sinks(settings: &Settings) -> Result<Vec<Arc<dyn Sink>>, String> {
    let mut sinks: Vec<Arc<dyn Sink>> = Vec::new();
    if let Some(path) = &settings.export.folder {
        let folder = Folder::new(settings.folder().join(path));
        sinks.push(Arc::new(Objects::new(Arc::new(folder))));
    }
    if let Some(http) = &settings.export.http {
        let (name, secret) = (&settings.environment.name, http.secret.clone());
        let sink = HttpSink::new(name, &http.url, secret, settings.secrets());
        sinks.push(Arc::new(sink.map_err(|why| format!("export.http.url: {why}"))?));
    }
    Ok(sinks)
}

pub(super) async fn run(auditor: Arc<Auditor>, host: Arc<LocalHost>) {
    let mut stopped = host.stopped();
    loop {
        // Whoever ends the server does not wait for a round: what was committed of it is whole.
        let worked = tokio::select! {
            _ = stopped.changed() => return,
            worked = auditor.work(host.now()) => worked,
        };
        if worked.heads > 0 {
            tracing::debug!(?worked, "the audit tree grew");
        }
        tokio::select! {
            _ = stopped.changed() => return,
            () = tokio::time::sleep(ROUND) => {}
        }
    }
}
