//! Timers that survive a restart: the due items in the store, looked at when the first one is due,
//! and every half minute in any case.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration as Pause;

use countersign::engine::{Host, Runner};
use countersign::model::{RunId, Timestamp};
use countersign::store::ReadError;
use tokio::sync::mpsc;

use super::dispatch::Dispatcher;
use super::host::LocalHost;

/// The store is looked at so often, whatever was armed.
const SWEEP: Pause = Pause::from_secs(30);

/// What is due and was woken is looked at again so soon.
const SOON: Pause = Pause::from_millis(500);

pub(super) fn start(runner: Runner, dispatcher: Dispatcher, host: Arc<LocalHost>) {
    tokio::spawn(follow(runner.clone(), dispatcher.driven(), host.clone()));
    tokio::spawn(sweep(runner, dispatcher, host));
}

/// After a run was driven, its next time is noted.
async fn follow(runner: Runner, mut driven: mpsc::UnboundedReceiver<RunId>, host: Arc<LocalHost>) {
    let mut stopped = host.stopped();
    loop {
        let run = tokio::select! {
            _ = stopped.changed() => return,
            run = driven.recv() => run,
        };
        let Some(run) = run else { return };
        if let Ok(Some(run)) = runner.run(&run).await
            && let Some((at, _)) = run.dues().into_iter().min()
        {
            host.look_at(at);
        }
    }
}

async fn sweep(runner: Runner, dispatcher: Dispatcher, host: Arc<LocalHost>) {
    let (mut armed, mut stopped) = (host.armed(), host.stopped());
    // The store is locked: what was left in the middle, nobody else goes on with.
    match runner.left_behind().await {
        Ok(left) => left.iter().for_each(|run| dispatcher.wake(run)),
        Err(error) => tracing::error!("what a crash may have left cannot be read: {error}"),
    }
    let mut woken = BTreeSet::new();
    loop {
        host.take_armed();
        let pause = match look(&runner, &dispatcher, &mut woken, host.now()).await {
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

/// Wakes what is due, and says how long nothing else is. `woken`: what was woken the last time.
async fn look(
    runner: &Runner,
    dispatcher: &Dispatcher,
    woken: &mut BTreeSet<RunId>,
    now: Timestamp,
) -> Result<Pause, ReadError> {
    let due: BTreeSet<_> = runner.due(now).await?.into_iter().map(|item| item.run).collect();
    for run in due.iter().filter(|run| !dispatcher.is_driving(run)) {
        if woken.contains(run) {
            // What its head does not know of would be found again and again.
            runner.tidy(run, now).await?;
        }
        dispatcher.wake(run);
    }
    *woken = due;
    if !woken.is_empty() {
        return Ok(SOON);
    }
    let next = runner.next_due().await?;
    Ok(next.map_or(SWEEP, |at| until_then(now, at)).min(SWEEP))
}

fn until_then(now: Timestamp, at: Timestamp) -> Pause {
    Pause::try_from(now.duration_until(at)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use countersign::engine::{Actor, Budgets, Command, CommandKind, records};
    use countersign::model::{Channel, CommandId, Source, UserId};
    use countersign::store::{Commit, Store};
    use countersign::testing::MemoryStore;

    use super::*;
    use crate::app::App;
    use crate::directory::LocalDirectory;
    use crate::settings::{Format, Settings};

    const SETTINGS: &str = "[environment]\norg = \"acme\"\nname = \"test\"\n";

    /// As after a commit of which nobody could tell at first whether it was made.
    #[tokio::test]
    async fn a_command_that_nobody_was_told_of_is_found_while_the_server_runs() {
        let app = App { flows: &[], strategies: &[], name: "test", version: "1" };
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let settings = Settings::parse(SETTINGS, Format::Toml, "settings.toml").unwrap();
        let directory = Arc::new(LocalDirectory::new(settings, store.clone()));
        let dispatcher = Dispatcher::default();
        let host = Arc::new(LocalHost::new(dispatcher.clone()));
        let runner = Runner {
            store: store.clone(),
            environment: Arc::new(
                app.environment(directory.settings(), &directory.tools()).unwrap(),
            ),
            services: directory,
            host: host.clone(),
            budgets: Budgets::default(),
        };
        let command = Command {
            id: CommandId::parse("c1").unwrap(),
            run: RunId::from_parts(1, 1),
            at: host.now(),
            by: Actor::local(UserId::parse("ada@acme.test").unwrap()),
            channel: Channel::from(Source::Api),
            kind: CommandKind::Wake,
        };
        let recorded = records::transaction(vec![records::recorded(&command)]);
        assert_eq!(store.write(&recorded).await, Commit::Committed);
        let mut woken = BTreeSet::new();
        look(&runner, &dispatcher, &mut woken, host.now()).await.unwrap();
        assert!(woken.contains(&command.run));
    }
}
