//! Timers that survive a restart: the due items in the store, looked at when the first one is due,
//! and every half minute in any case.

use std::sync::Arc;
use std::time::Duration as Pause;

use countersign::engine::{Host, Runner};
use countersign::model::{RunId, Timestamp};
use countersign::store::ReadError;

use super::dispatch::Dispatcher;
use super::host::LocalHost;

/// The store is looked at so often, whatever was armed.
const SWEEP: Pause = Pause::from_secs(30);

/// What is due and was woken is looked at again so soon.
const SOON: Pause = Pause::from_millis(500);

pub(super) fn start(runner: Runner, dispatcher: Dispatcher, host: Arc<LocalHost>) {
    tokio::spawn(follow(runner.clone(), dispatcher.clone(), host.clone()));
    tokio::spawn(sweep(runner, dispatcher, host));
}

/// After a run was driven, its next time is noted.
async fn follow(runner: Runner, dispatcher: Dispatcher, host: Arc<LocalHost>) {
    let (mut driven, mut stopped) = (dispatcher.driven(), host.stopped());
    loop {
        tokio::select! {
            _ = stopped.changed() => return,
            changed = driven.changed() => if changed.is_err() { return },
        }
        let run: Option<RunId> = driven.borrow_and_update().clone();
        let Some(run) = run else { continue };
        if let Ok(Some(run)) = runner.run(&run).await
            && let Some((at, _)) = run.dues().into_iter().min()
        {
            host.look_at(at);
        }
    }
}

async fn sweep(runner: Runner, dispatcher: Dispatcher, host: Arc<LocalHost>) {
    let (mut armed, mut stopped) = (host.armed(), host.stopped());
    loop {
        host.take_armed();
        let pause = match look(&runner, &dispatcher, host.now()).await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::error!("the timers cannot read the store: {error}");
                Pause::from_secs(1)
            }
        };
        let mut until = tokio::time::Instant::now() + pause;
        loop {
            tokio::select! {
                _ = stopped.changed() => return,
                () = tokio::time::sleep_until(until) => break,
                changed = armed.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    if let Some(at) = *armed.borrow_and_update() {
                        until = until.min(tokio::time::Instant::now() + until_then(host.now(), at));
                    }
                }
            }
        }
    }
}

/// Wakes what is due, and says how long nothing else is.
async fn look(
    runner: &Runner,
    dispatcher: &Dispatcher,
    now: Timestamp,
) -> Result<Pause, ReadError> {
    let mut due: Vec<_> = runner.due(now).await?.into_iter().map(|item| item.run).collect();
    due.sort();
    due.dedup();
    for run in &due {
        // What its head does not know of would be found again and again.
        runner.tidy(run, now).await?;
        dispatcher.wake(run);
    }
    if !due.is_empty() {
        return Ok(SOON);
    }
    let next = runner.next_due().await?;
    Ok(next.map_or(SWEEP, |at| until_then(now, at)).min(SWEEP))
}

fn until_then(now: Timestamp, at: Timestamp) -> Pause {
    Pause::try_from(now.duration_until(at)).unwrap_or_default()
}
