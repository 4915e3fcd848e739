//! A run, as a test looks at it.

use super::{TestApp, at_once, outcome_word};
use crate::engine::{Run, SealedEntry, State, notices, records};
use crate::model::{Outcome, RunId, Status};
use crate::store::Store;

/// A run, as a test looks at it: always as it stands now.
#[derive(Debug, Clone)]
pub struct TestRun<'a> {
    pub(super) app: &'a TestApp,
    /// Which run.
    pub id: RunId,
}

impl TestRun<'_> {
    /// The run itself; `None` if it never began.
    #[must_use]
    pub fn try_state(&self) -> Option<Run> {
        let item = at_once(self.app.store.get(&records::head(&self.id))).unwrap();
        item.map(|item| records::read_run(&item).unwrap().0)
    }

    /// The run itself.
    #[must_use]
    #[track_caller]
    pub fn state(&self) -> Run {
        self.try_state().expect("the run has begun")
    }

    /// All that happened in it.
    #[must_use]
    pub fn entries(&self) -> Vec<SealedEntry> {
        self.app.entries_of(&self.id)
    }

    /// Where it stands, in one word.
    #[must_use]
    #[track_caller]
    pub fn status(&self) -> Status {
        self.state().status()
    }

    /// Where it stands, as people read it.
    #[must_use]
    #[track_caller]
    pub fn standing(&self) -> String {
        notices::standing(&self.state())
    }

    /// It waits for somebody.
    #[track_caller]
    pub fn assert_pending(&self) {
        self.assert_status(Status::Pending);
    }

    /// Access is there.
    #[track_caller]
    pub fn assert_active(&self) {
        self.assert_status(Status::Active);
    }

    /// It stands so.
    #[track_caller]
    pub fn assert_status(&self, status: Status) {
        assert_eq!(self.status(), status, "the run stands elsewhere: {}", self.standing());
    }

    /// It is over, and that is how it ended.
    #[track_caller]
    pub fn assert_closed(&self, outcome: Outcome) {
        let found = self.state().outcome();
        assert_eq!(
            outcome_word(found),
            outcome.as_str(),
            "the run ended otherwise: {}",
            self.standing()
        );
    }

    /// It waits for exactly these people.
    #[track_caller]
    pub fn assert_waits_for<'b>(&self, people: impl IntoIterator<Item = &'b str>) {
        let mut expected: Vec<_> = people.into_iter().map(str::to_lowercase).collect();
        expected.sort();
        let run = self.state();
        let State::Pending(pending) = &run.state else {
            panic!("the run waits for nobody: {}", self.standing())
        };
        let found: Vec<_> = pending.asked.iter().map(ToString::to_string).collect();
        assert_eq!(found, expected);
    }
}
