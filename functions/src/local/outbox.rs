//! What is to be said is delivered: at once, and what is left again and again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use countersign::model::RunId;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::host::LocalHost;
use crate::courier::{Courier, Left};

/// What nobody was told of is found after this time.
const SWEEP: Duration = Duration::from_secs(10);

/// What does not work now is tried again at least so often.
const SELDOM: Duration = Duration::from_mins(1);

/// The first pause after something did not work.
const SOON: Duration = Duration::from_millis(100);

/// No delivery is given up here: whoever waits for their turn waits.
const FAR: Duration = Duration::from_hours(24);

/// The runs that are being spoken of; `true`: there may be more to say.
type Busy = Arc<Mutex<BTreeMap<RunId, bool>>>;

/// Delivers what is left from before, and what is told of from now on.
pub(super) fn start(courier: Courier, said: mpsc::UnboundedReceiver<RunId>, host: Arc<LocalHost>) {
    tokio::spawn(follow(courier, said, host));
}

async fn follow(courier: Courier, mut said: mpsc::UnboundedReceiver<RunId>, host: Arc<LocalHost>) {
    let busy = Busy::default();
    let mut stopped = host.stopped();
    let mut sweep = tokio::time::interval(SWEEP);
    sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = stopped.changed() => return,
            run = said.recv() => {
                let Some(run) = run else { return };
                wake(&courier, &busy, run, &host);
            }
            _ = sweep.tick() => match courier.left().await {
                Ok(runs) => runs.into_iter().for_each(|run| wake(&courier, &busy, run, &host)),
                Err(error) => tracing::error!("what is to be said cannot be read: {error}"),
            },
        }
    }
}

fn wake(courier: &Courier, busy: &Busy, run: RunId, host: &LocalHost) {
    let mut runs = busy.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(again) = runs.get_mut(&run) {
        *again = true;
        return;
    }
    runs.insert(run.clone(), false);
    drop(runs);
    tokio::spawn(speak(courier.clone(), busy.clone(), run, host.stopped()));
}

/// A pause that is twice as long each time.
fn longer(failed: &mut u32) -> Duration {
    *failed = failed.saturating_add(1);
    SOON.saturating_mul(1 << failed.saturating_sub(1).min(10))
}

/// Delivers until nothing is left to be said about a run.
async fn speak(courier: Courier, busy: Busy, run: RunId, mut stopped: watch::Receiver<bool>) {
    let mut failed: u32 = 0;
    loop {
        let pause = match courier.deliver(&run, Instant::now() + FAR).await {
            Ok(Left::Nothing) => {
                failed = 0;
                let mut runs = busy.lock().unwrap_or_else(PoisonError::into_inner);
                match runs.get_mut(&run) {
                    Some(again) if *again => {
                        *again = false;
                        continue;
                    }
                    Some(_) | None => {
                        runs.remove(&run);
                        return;
                    }
                }
            }
            Ok(Left::Later(pause)) => pause.max(SOON),
            Ok(Left::Again) => longer(&mut failed),
            Err(error) => {
                tracing::error!(run.id = %run, "what is to be said is left for later: {error}");
                longer(&mut failed)
            }
        };
        tokio::select! {
            _ = stopped.changed() => return,
            () = tokio::time::sleep(pause.min(SELDOM)) => {}
        }
    }
}
