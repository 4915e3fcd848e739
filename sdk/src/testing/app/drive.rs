//! How commands come in, and how all that follows from them is seen to.

use futures_util::future::BoxFuture;

use super::{TestApp, TestRun, at_once};
use crate::engine::{Command, CommandKind, Run, SealedEntry, What, records, verify};
use crate::model::{Channel, CommandId, RunId, Source, Timestamp, UserId};
use crate::store::{Commit, Query, Store};

/// More rounds than any test needs: whoever comes here goes round in circles.
const MOST_ROUNDS: usize = 10_000;

impl TestApp {
    /// Records a command and does all that follows from it now.
    pub(super) async fn command(&self, run: &RunId, by: UserId, kind: CommandKind) -> Command {
        self.settle_clock().await;
        let command = self.new_command(run, by, kind);
        self.record(&command).await;
        self.drive(run.clone()).await;
        command
    }

    pub(super) fn new_command(&self, run: &RunId, by: UserId, kind: CommandKind) -> Command {
        Command {
            id: CommandId::parse(format!("test-{:016x}", self.host().draw())).unwrap(),
            run: run.clone(),
            at: self.now(),
            by: crate::engine::Actor::local(by),
            channel: Channel::from(Source::Api),
            kind,
        }
    }

    pub(crate) async fn record(&self, command: &Command) {
        let transaction = records::transaction(vec![records::recorded(command)]);
        assert_eq!(self.store.write(&transaction).await, Commit::Committed);
    }

    /// Drives a run, and those that it starts.
    fn drive(&self, id: RunId) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let driven = self.runner().drive(&id).await;
            assert!(self.host().timers_are_broken() || driven.is_ok(), "{driven:?}");
            self.check(&id);
            for started in self.host().take_woken() {
                self.drive(started).await;
            }
        })
    }

    /// What is due now happens now.
    async fn settle_clock(&self) {
        self.pass(self.now()).await;
    }

    /// Lets time pass until then.
    pub(super) async fn pass(&self, until: Timestamp) {
        for _ in 0..MOST_ROUNDS {
            let due = at_once(self.runner().due(until)).unwrap();
            let Some(first) = due.into_iter().min_by_key(|item| item.at) else {
                self.host().set(until);
                return;
            };
            self.host().set(first.at.max(self.now()));
            self.drive(first.run.clone()).await;
            at_once(self.runner().tidy(&first.run, self.now())).unwrap();
        }
        let due = at_once(self.runner().due(until)).unwrap();
        panic!("these runs go round in circles: {due:?}");
    }

    /// The run's chain holds, and leads to where the run stands.
    #[track_caller]
    fn check(&self, id: &RunId) {
        let mut runs = self.runs.lock().unwrap();
        let next = runs.len();
        runs.entry(id.clone()).or_insert(next);
        drop(runs);
        let run = TestRun { app: self, id: id.clone() };
        let entries = run.entries();
        verify(id, &entries).unwrap();
        let (replayed, head) = (Run::replay(&entries), run.try_state());
        assert_eq!(replayed, head, "the head of a run is not what its entries make");
    }

    /// The entries of a run.
    pub(super) fn entries_of(&self, id: &RunId) -> Vec<SealedEntry> {
        let mut query = Query::of(records::partition(id)).prefix("E#");
        let mut entries = Vec::new();
        loop {
            let page = at_once(self.store.query(&query)).unwrap();
            entries.extend(page.items.iter().flat_map(|item| records::read_entries(item).unwrap()));
            match page.items.last() {
                Some(last) if page.more => query = query.after(Some(last.key.sk.clone())),
                Some(_) | None => return entries,
            }
        }
    }

    /// How a command was refused: its code and its message; `None` if it was not.
    pub(super) fn refusal(&self, command: &Command) -> Option<(String, String)> {
        let of_command = |sealed: &&SealedEntry| matches!(&sealed.entry.cause, crate::engine::Cause::Command { id, .. } if *id == command.id);
        let entries = self.entries_of(&command.run);
        entries.iter().filter(of_command).find_map(|sealed| match &sealed.entry.what {
            What::Refused { code, message, .. } => Some((code.clone(), message.clone())),
            _ => None,
        })
    }
}
