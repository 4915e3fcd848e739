//! One round of work on the audit tree.

use std::sync::Arc;
use std::time::Duration;

use countersign::audit::{Collected, Signer, Sink, TreeError, Vault, collect, export, keep, sign};
use countersign::model::Timestamp;
use countersign::store::Store;
use futures_util::future::join_all;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

/// There is a round so often.
pub const ROUND: Duration = Duration::from_mins(1);

/// New entries come into the tree so often.
const PERIOD: Duration = Duration::from_mins(5);

/// So long, in each round, receivers get one parcel after the other: the tree waits for none. What
/// they do not have then they get in the next round.
const EXPORTING: Duration = Duration::from_secs(20);

/// So long at the end, where somebody waits for it.
const LAST_EXPORTING: Duration = Duration::from_secs(3);

/// A receiver that has not answered so long after that hangs.
const ANSWERING: Duration = Duration::from_secs(15);

/// That somebody damaged the store is found once, or every few minutes. It is told in every round
/// for so long, so that an alarm hears it that waits out what passes.
const TOLD: Duration = Duration::from_mins(20);

/// What works for an [`Auditor`]: each part may be left out.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// Signs heads. Without it nothing is signed.
    pub signer: Option<Arc<dyn Signer>>,
    /// Keeps heads. Without it they are in the store alone.
    pub vault: Option<Arc<dyn Vault>>,
    /// Take entries.
    pub sinks: Vec<Arc<dyn Sink>>,
}

/// Works on the audit tree of one store.
#[derive(Debug)]
pub struct Auditor {
    store: Arc<dyn Store>,
    environment: String,
    places: Places,
    /// What is remembered from round to round. Held while it works.
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    /// When everything was last brought into the tree.
    collected: Option<Instant>,
    /// When the store was last found damaged.
    damaged: Option<Instant>,
}

/// What a round came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Worked {
    /// What came into the tree.
    pub collected: Collected,
    /// Heads that were signed.
    pub heads: u64,
    /// Entries that were passed on, to each receiver.
    pub exported: usize,
    /// Receivers that fail.
    pub failing_sinks: u64,
    /// How many batches the slowest receiver does not have all of.
    pub behind: u64,
    /// How much of the rest failed, and is tried again in the next round; one more if the store is
    /// damaged.
    pub failures: u64,
    /// Whether the store was found damaged, now or in the last twenty minutes.
    pub is_damaged: bool,
}

impl Auditor {
    /// Works on the tree of this store.
    pub fn new(store: Arc<dyn Store>, environment: impl Into<String>, places: Places) -> Self {
        Self { store, environment: environment.into(), places, memory: Mutex::default() }
    }

    /// Does what is to be done now: each part whatever became of the others. It may be stopped at
    /// any moment; what failed is logged, and tried again in the next round.
    pub async fn work(&self, now: Timestamp) -> Worked {
        let mut memory = self.memory.lock().await;
        let is_time = memory.collected.is_none_or(|at| at.elapsed() >= PERIOD);
        self.round(is_time, &mut memory, now, EXPORTING).await
    }

    /// Brings all that is new under a signed head, whenever the last time was, and passes on what
    /// there is time for.
    pub async fn finish(&self, now: Timestamp) -> Worked {
        let mut memory = self.memory.lock().await;
        self.round(true, &mut memory, now, LAST_EXPORTING).await
    }

    async fn round(
        &self,
        collects: bool,
        memory: &mut Memory,
        now: Timestamp,
        exporting: Duration,
    ) -> Worked {
        let (mut worked, began, mut damaged) = (Worked::default(), Instant::now(), 0_u64);
        if collects {
            let collected = collect(&*self.store, now).await;
            let what = "entries do not come into the audit tree";
            if let Some(collected) = succeeded(collected, what, &mut worked) {
                damaged += collected.damaged;
                worked.collected = collected;
                memory.collected = Some(began);
            }
        }
        if let Some(signer) = &self.places.signer {
            let signed = sign(&*self.store, &**signer, &self.environment, now).await;
            let signed = succeeded(signed, "the tree head is not signed", &mut worked);
            worked.heads = u64::from(signed.flatten().is_some());
        }
        if let Some(vault) = &self.places.vault {
            let kept = keep(&*self.store, &**vault).await;
            damaged += u64::from(matches!(kept, Err(TreeError::Gone(_))));
            succeeded(kept, "tree heads are not kept", &mut worked);
        }
        damaged += self.export(now, exporting, &mut worked).await;
        if damaged > 0 {
            memory.damaged = Some(began);
        }
        worked.is_damaged = memory.damaged.is_some_and(|at| at.elapsed() < TOLD);
        worked.failures += u64::from(worked.is_damaged);
        worked
    }

    /// Side by side: a slow one holds up no other, and one that hangs not the tree. Returns how
    /// much of what is in the tree is not in the store.
    async fn export(&self, now: Timestamp, exporting: Duration, worked: &mut Worked) -> u64 {
        let mut missing = 0_u64;
        let began = Instant::now();
        let goes_on = || began.elapsed() < exporting;
        let exports = self.places.sinks.iter().map(|sink| {
            let exported = export(&*self.store, &**sink, now, &goes_on);
            timeout(exporting.saturating_add(ANSWERING), exported)
        });
        for (exported, sink) in join_all(exports).await.into_iter().zip(&self.places.sinks) {
            let Ok(exported) = exported else {
                tracing::error!(sink = sink.name(), "entries are not passed on: it hangs");
                worked.failing_sinks += 1;
                worked.behind = worked.behind.max(1);
                continue;
            };
            let what = "entries are not passed on";
            let Some(exported) = succeeded(exported, what, worked) else { continue };
            missing = missing.saturating_add(exported.missing);
            worked.exported += exported.entries;
            worked.failing_sinks += u64::from(exported.fails);
            worked.behind = worked.behind.max(exported.behind);
        }
        missing
    }
}

/// What came of it. That somebody else was faster is no failure.
fn succeeded<T>(outcome: Result<T, TreeError>, what: &str, worked: &mut Worked) -> Option<T> {
    match outcome {
        Ok(value) => Some(value),
        Err(TreeError::Overtaken) => None,
        // It is counted as damage.
        Err(error @ TreeError::Gone(_)) => {
            tracing::error!("{what}: {error}");
            None
        }
        Err(error) => {
            tracing::error!("{what}: {error}");
            worked.failures += 1;
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_trait::async_trait;
    use countersign::audit::{Parcel, log};
    use countersign::engine::records;
    use countersign::store::{Expect, Write};
    use countersign::testing::MemoryStore;

    use super::*;
    use crate::audit::story::refuse;

    #[derive(Debug, Default)]
    struct Receiver {
        hangs: bool,
        takes: Duration,
        got: AtomicUsize,
    }

    #[async_trait]
    impl Sink for Receiver {
        fn name(&self) -> &'static str {
            if self.hangs { "slow" } else { "quick" }
        }

        async fn send(&self, parcel: &Parcel) -> Result<(), String> {
            if self.hangs {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(self.takes).await;
            self.got.fetch_add(parcel.entries.len(), Ordering::Relaxed);
            Ok(())
        }
    }

    fn now() -> Timestamp {
        "2026-03-02T09:00:00Z".parse().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_receiver_that_hangs_holds_up_no_other_and_not_the_tree() {
        let store = Arc::new(MemoryStore::new());
        refuse(&*store, "ada@acme.test").await;
        let quick = Arc::new(Receiver::default());
        let slow = Arc::new(Receiver { hangs: true, ..Receiver::default() });
        let sinks: Vec<Arc<dyn Sink>> = vec![slow.clone(), quick.clone()];
        let auditor = Auditor::new(store.clone(), "test", Places { sinks, ..Places::default() });
        let worked = timeout(Duration::from_secs(50), auditor.work(now())).await.unwrap();
        assert_eq!((worked.failing_sinks, worked.behind, worked.failures), (1, 1, 0));
        assert_eq!(quick.got.load(Ordering::Relaxed), 1);
        let cursors = log::cursor("sink-");
        let noted = countersign::store::Query::of(cursors.pk).prefix(cursors.sk);
        let noted = store.query(&noted).await.unwrap().items;
        let noted: Vec<_> = noted.into_iter().map(|item| item.key.sk).collect();
        assert_eq!(noted, ["S#sink-quick"], "the slow one has nothing for sure");
    }

    #[tokio::test(start_paused = true)]
    async fn a_receiver_that_is_slow_takes_its_time_in_many_rounds() {
        let store = Arc::new(MemoryStore::new());
        let slow = Arc::new(Receiver { takes: Duration::from_secs(9), ..Receiver::default() });
        let sinks: Vec<Arc<dyn Sink>> = vec![slow.clone()];
        let auditor = Auditor::new(store.clone(), "test", Places { sinks, ..Places::default() });
        let none = Auditor::new(store.clone(), "test", Places::default());
        for number in 0..10 {
            refuse(&*store, &format!("ada{number}@acme.test")).await;
            none.finish(now()).await;
        }
        for (round, got) in [3, 6, 9, 10].into_iter().enumerate() {
            let began = Instant::now();
            let worked = auditor.work(now()).await;
            assert!(began.elapsed() < Duration::from_secs(30), "round {round}");
            assert_eq!((worked.failing_sinks, worked.failures), (0, 0), "round {round}");
            assert_eq!(slow.got.load(Ordering::Relaxed), got, "round {round}");
        }
        let began = Instant::now();
        refuse(&*store, "bo@acme.test").await;
        refuse(&*store, "eve@acme.test").await;
        auditor.finish(now()).await;
        assert!(began.elapsed() < Duration::from_secs(10), "whoever ends it does not wait");
    }

    #[tokio::test(start_paused = true)]
    async fn a_damaged_store_is_told_in_every_round_until_an_alarm_has_heard_it() {
        let store = Arc::new(MemoryStore::new());
        refuse(&*store, "ada@acme.test").await;
        let ada = countersign::model::UserId::parse("ada@acme.test").unwrap();
        let key = countersign::desk::account_key(&ada);
        let head = store.get(&key).await.unwrap().unwrap();
        let put = |body: &str| {
            let (key, body) = (key.clone(), body.to_owned());
            vec![Write::Put { key, body, expect: Expect::Anything }]
        };
        store.write(&records::transaction(put("{}"))).await;
        let auditor = Auditor::new(store.clone(), "test", Places::default());
        for minute in 0..15 {
            let worked = auditor.work(now()).await;
            assert!(worked.is_damaged && worked.failures == 1, "minute {minute}: {worked:?}");
            tokio::time::advance(ROUND).await;
        }
        store.write(&records::transaction(put(&head.body))).await;
        for _ in 0..25 {
            auditor.work(now()).await;
            tokio::time::advance(ROUND).await;
        }
        assert_eq!(auditor.work(now()).await.failures, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn entries_come_into_the_tree_every_five_minutes_and_at_the_end() {
        let store = Arc::new(MemoryStore::new());
        let auditor = Auditor::new(store.clone(), "test", Places::default());
        auditor.work(now()).await;
        refuse(&*store, "ada@acme.test").await;
        for (after, batches) in [(0, 0), (299, 0), (1, 1)] {
            tokio::time::advance(Duration::from_secs(after)).await;
            auditor.work(now()).await;
            assert_eq!(log::last_batch(&*store).await.unwrap(), batches, "{after} s later");
        }
        refuse(&*store, "bo@acme.test").await;
        auditor.work(now()).await;
        assert_eq!(log::last_batch(&*store).await.unwrap(), 1);
        auditor.finish(now()).await;
        assert_eq!(log::last_batch(&*store).await.unwrap(), 2);
    }
}
