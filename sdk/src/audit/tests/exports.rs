//! Receivers of entries: that fail, are slow, answer twice, and are there only later.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use jiff::SignedDuration;

use super::super::*;
use super::world::{World, at_once};
use crate::engine::records;
use crate::model::{RunId, Timestamp};
use crate::testing::{Fault, FaultyStore, Operation};

/// Keeps what it is given, and does with it what it is told.
#[derive(Debug, Default)]
struct Receiver {
    name: &'static str,
    got: Mutex<Vec<Parcel>>,
    /// What it answers: whether it takes a parcel, and whether it says so. At the end it does both.
    answers: Mutex<Vec<(bool, bool)>>,
}

impl Receiver {
    fn named(name: &'static str) -> Self {
        Self { name, ..Self::default() }
    }

    fn answers(&self, answers: &[(bool, bool)]) {
        *self.answers.lock().unwrap() = answers.iter().rev().copied().collect();
    }

    /// What it has of each chain, without what came again; nothing is left out in between.
    fn chains(&self) -> BTreeMap<RunId, u64> {
        let mut chains: BTreeMap<RunId, u64> = BTreeMap::new();
        for sealed in self.got.lock().unwrap().iter().flat_map(|parcel| &parcel.entries) {
            let last = chains.entry(sealed.entry.run.clone()).or_default();
            assert!(sealed.entry.seq <= *last + 1, "{sealed:?} comes after {last}");
            *last = sealed.entry.seq.max(*last);
        }
        chains
    }
}

#[async_trait]
impl Sink for Receiver {
    fn name(&self) -> &str {
        self.name
    }

    async fn send(&self, parcel: &Parcel) -> Result<(), String> {
        let (takes, says) = self.answers.lock().unwrap().pop().unwrap_or((true, true));
        if takes {
            self.got.lock().unwrap().push(parcel.clone());
        }
        if says { Ok(()) } else { Err("as asked".to_owned()) }
    }
}

fn all(world: &World) -> BTreeMap<RunId, u64> {
    world.chains().into_iter().map(|(run, entries)| (run, entries.len() as u64)).collect()
}

const fn always() -> bool {
    true
}

fn later(world: &World, seconds: i64) -> Timestamp {
    world.now() + SignedDuration::from_secs(seconds)
}

#[tokio::test]
async fn everything_in_the_tree_is_passed_on_once_and_in_order() {
    let world = World::new().await;
    let receiver = Receiver::named("r");
    let none = export(&*world.store, &receiver, world.now(), &always).await.unwrap();
    assert_eq!(none, Exported::default());
    world.collect().await.unwrap();
    let exported = export(&*world.store, &receiver, world.now(), &always).await.unwrap();
    assert_eq!(exported.entries as u64, all(&world).values().sum::<u64>());
    assert_eq!(receiver.chains(), all(&world));
    world.moves(&world.pending);
    world.refuse_eve().await;
    world.collect().await.unwrap();
    assert_eq!(export(&*world.store, &receiver, world.now(), &always).await.unwrap().entries, 2);
    assert_eq!(export(&*world.store, &receiver, world.now(), &always).await.unwrap().entries, 0);
    assert_eq!(receiver.chains(), all(&world));
}

#[tokio::test]
async fn what_is_passed_on_carries_what_a_receiver_verifies_it_by() {
    let world = World::new().await;
    let receiver = Receiver::named("r");
    world.collect().await.unwrap();
    export(&*world.store, &receiver, world.now(), &always).await.unwrap();
    let got = receiver.got.lock().unwrap();
    let entries: Vec<_> = got.iter().flat_map(|parcel| parcel.entries.clone()).collect();
    let own: Vec<_> = entries.into_iter().filter(|it| it.entry.run == world.ended).collect();
    assert!(crate::engine::verify(&world.ended, &own).is_ok());
}

#[tokio::test]
async fn a_receiver_that_fails_holds_up_only_itself_and_is_left_alone_for_longer_and_longer() {
    let world = World::new().await;
    let (broken, whole) = (Receiver::named("broken"), Receiver::named("whole"));
    broken.answers(&[(false, false); 3]);
    world.collect().await.unwrap();
    for (after, fails, tries) in
        [(0, true, 1), (29, true, 1), (30, true, 2), (89, true, 2), (90, true, 3), (210, false, 3)]
    {
        let exported = export(&*world.store, &broken, later(&world, after), &always).await.unwrap();
        let left = broken.answers.lock().unwrap().len();
        assert_eq!((exported.fails, 3 - left), (fails, tries), "after {after} s");
        export(&*world.store, &whole, later(&world, after), &always).await.unwrap();
        assert_eq!(whole.chains(), all(&world), "after {after} s");
    }
    assert_eq!(broken.chains(), all(&world));
}

#[tokio::test]
async fn whoever_fails_for_long_is_asked_every_hour_and_at_once_if_the_clock_goes_back() {
    let world = World::new().await;
    let receiver = Receiver::named("r");
    receiver.answers(&[(false, false); 100]);
    world.collect().await.unwrap();
    let mut at = 0;
    for _ in 0..30 {
        export(&*world.store, &receiver, later(&world, at), &always).await.unwrap();
        at += 3_600;
    }
    assert_eq!(receiver.answers.lock().unwrap().len(), 70);
    let exported = export(&*world.store, &receiver, world.now(), &always).await.unwrap();
    assert!(exported.fails && exported.behind == 1, "{exported:?}");
    assert_eq!(receiver.answers.lock().unwrap().len(), 69);
}

#[tokio::test]
async fn what_was_taken_and_not_confirmed_comes_again_as_the_same_parcel() {
    let world = World::new().await;
    let receiver = Receiver::named("r");
    receiver.answers(&[(true, false)]);
    world.collect().await.unwrap();
    for after in [0, 60] {
        export(&*world.store, &receiver, later(&world, after), &always).await.unwrap();
    }
    let got = receiver.got.lock().unwrap().clone();
    assert_eq!(got.len(), 2);
    assert_eq!(got[0], got[1]);
}

#[tokio::test]
async fn many_entries_go_in_parcels_of_a_bounded_size_and_a_receiver_goes_on_where_it_stopped() {
    let world = World::new().await;
    for _ in 0..250 {
        world.moves(&world.pending);
    }
    world.many(120);
    world.collect().await.unwrap();
    let receiver = Receiver::named("r");
    receiver.answers(&[(true, true), (true, true), (false, false)]);
    for after in [0, 60] {
        export(&*world.store, &receiver, later(&world, after), &always).await.unwrap();
    }
    assert_eq!(receiver.chains(), all(&world));
    let got = receiver.got.lock().unwrap();
    assert!(got.len() >= 4 && got.iter().all(|parcel| parcel.entries.len() <= 100));
    let mut ids: Vec<_> = got.iter().map(|parcel| parcel.id.clone()).collect();
    ids.dedup();
    assert_eq!(ids.len(), got.len());
}

#[tokio::test]
async fn a_fault_at_any_operation_leaves_nothing_out() {
    for fault in [Fault::Throttled, Fault::Lost, Fault::AnswerLost] {
        for at in 0..12 {
            let world = World::new().await;
            let receiver = Receiver::named("r");
            world.collect().await.unwrap();
            let mut count = 0;
            let store = FaultyStore::new(world.store.clone(), move |_| {
                count += 1;
                if count > at { fault } else { Fault::None }
            });
            let _ = export(&store, &receiver, world.now(), &always).await;
            let _ = export(&*world.store, &receiver, world.now(), &always).await.unwrap();
            assert_eq!(receiver.chains(), all(&world), "{fault:?} at {at}");
        }
    }
}

#[tokio::test]
async fn two_rounds_at_once_pass_everything_on() {
    let world = World::new().await;
    for _ in 0..250 {
        world.moves(&world.pending);
    }
    world.collect().await.unwrap();
    let receiver = std::sync::Arc::new(Receiver::named("r"));
    let (inner, other, now) = (world.store.clone(), receiver.clone(), world.now());
    let mut writes = 0;
    let store = FaultyStore::new(world.store.clone(), move |operation| {
        if matches!(operation, Operation::Write(_)) {
            writes += 1;
            if writes == 2 {
                at_once(export(&*inner, &*other, now, &always)).unwrap();
            }
        }
        Fault::None
    });
    let outcome = export(&store, &*receiver, now, &always).await;
    assert!(matches!(outcome, Err(TreeError::Overtaken)), "{outcome:?}");
    assert_eq!(receiver.chains(), all(&world));
}

#[tokio::test]
async fn entries_that_somebody_removed_hold_up_nobody() {
    let world = World::new().await;
    world.collect().await.unwrap();
    let items = super::world::items(&*world.store, &records::partition(&world.ended), "E#");
    let added: Vec<_> = items.iter().map(|item| records::read_entries(item).unwrap()).collect();
    let key = items[1].key.clone();
    let delete = crate::store::Write::Delete { key, expect: crate::store::Expect::Anything };
    super::world::commit(&*world.store, vec![delete]);
    let receiver = Receiver::named("r");
    let exported = export(&*world.store, &receiver, world.now(), &always).await.unwrap();
    let missing = added[1].len() as u64;
    assert_eq!((exported.missing, exported.behind), (missing, 0));
    let got = receiver.got.lock().unwrap();
    let of_ended = got[0].entries.iter().filter(|it| it.entry.run == world.ended);
    let got: Vec<_> = of_ended.map(|it| it.entry.seq).collect();
    let left = added.iter().enumerate().filter(|(index, _)| *index != 1);
    let left: Vec<_> = left.flat_map(|(_, added)| added).map(|it| it.entry.seq).collect();
    assert_eq!(got, left);
}

#[tokio::test]
async fn a_receiver_that_is_slow_is_left_when_the_time_is_over_and_gets_the_rest_later() {
    let world = World::new().await;
    for _ in 0..250 {
        world.moves(&world.pending);
    }
    world.collect().await.unwrap();
    let receiver = Receiver::named("r");
    let got = || receiver.got.lock().unwrap().len();
    let soon = || got() < 2;
    let exported = export(&*world.store, &receiver, world.now(), &soon).await.unwrap();
    assert_eq!((got(), exported.behind, exported.fails), (2, 1, false));
    export(&*world.store, &receiver, world.now(), &always).await.unwrap();
    assert_eq!(receiver.chains(), all(&world));
}

#[tokio::test]
async fn a_batch_that_somebody_removed_holds_up_nobody_and_takes_no_entry_of_the_next_one_along() {
    let world = World::new().await;
    let receiver = Receiver::named("r");
    world.many(150);
    world.collect().await.unwrap();
    // It has a part of the first one.
    receiver.answers(&[(true, true), (false, false)]);
    export(&*world.store, &receiver, world.now(), &always).await.unwrap();
    let first = receiver.got.lock().unwrap().len();
    world.moves(&world.pending);
    world.refuse_eve().await;
    world.collect().await.unwrap();
    let (key, expect) = (log::batch(1), crate::store::Expect::Anything);
    super::world::commit(&*world.store, vec![crate::store::Write::Delete { key, expect }]);
    let exported = export(&*world.store, &receiver, later(&world, 60), &always).await.unwrap();
    assert_eq!((exported.entries, exported.missing, exported.behind), (2, 1, 0));
    assert_eq!(receiver.got.lock().unwrap().len(), first + 1);
}
