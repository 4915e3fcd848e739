//! Crashes, lost answers, and others who work on the same store at the same time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::TreeError;
use super::world::{World, at_once, items, moves};
use crate::audit::log;
use crate::engine::records::List;
use crate::store::Store;
use crate::testing::{Fault, FaultyStore};

/// More operations than one sweep of such a small store makes.
const OPERATIONS: usize = 30;

/// Everything is in the tree, under a signed head, exactly once, and kept.
#[track_caller]
fn is_whole(world: &World, when: &str) {
    assert_eq!(world.problems(), [""; 0], "{when}");
    assert_eq!(world.uncovered(), 0, "{when}");
    let leaves = world.leaves();
    for (run, entries) in world.chains() {
        let mut next = 1;
        for leaf in leaves.iter().filter(|leaf| leaf.run == run) {
            assert!(leaf.from == next || leaf.from == 1, "{when}: {leaf:?} after {next}");
            next = leaf.to + 1;
        }
        assert_eq!(next, entries.len() as u64 + 1, "{when}: {run}");
    }
    let heads = at_once(log::heads(&*world.store, 0, 100)).unwrap();
    for head in heads {
        assert_eq!(world.vault.head(head.head.number), head, "{when}");
    }
}

#[tokio::test]
async fn a_fault_at_any_operation_loses_nothing_and_doubles_nothing() {
    for fault in [Fault::Throttled, Fault::Lost, Fault::AnswerLost] {
        for at in 0..OPERATIONS {
            let world = World::new().await;
            let mut count = 0;
            let store = FaultyStore::new(world.store.clone(), move |_| {
                count += 1;
                // A crash: nothing goes well from there on.
                if count > at { fault } else { Fault::None }
            });
            let failed = world.sweep(&store).await.is_err();
            world.moves(&world.ended);
            world.sweep(&*world.store).await.unwrap();
            is_whole(&world, &format!("{fault:?} at {at}, failed: {failed}"));
            let open = items(&*world.store, &List::Open.partition(), "");
            assert_eq!(open.len(), 1, "{fault:?} at {at}");
        }
    }
}

#[tokio::test]
async fn what_moves_between_any_two_operations_is_not_missed() {
    for at in 0..OPERATIONS {
        let world = World::new().await;
        let (inner, runs) = (world.store.clone(), [world.ended.clone(), world.pending.clone()]);
        let mut count = 0;
        let store = FaultyStore::new(world.store.clone(), move |_| {
            count += 1;
            if count == at {
                for run in &runs {
                    moves(&*inner, run);
                }
            }
            Fault::None
        });
        let outcome = world.sweep(&store).await;
        assert!(matches!(outcome, Ok(()) | Err(TreeError::Overtaken)), "{at}: {outcome:?}");
        world.sweep(&*world.store).await.unwrap();
        is_whole(&world, &format!("moved before operation {at}"));
    }
}

#[tokio::test]
async fn two_sweeps_at_once_make_one_tree() {
    for at in 0..OPERATIONS {
        let world = Arc::new(World::new().await);
        let (other, count) = (world.clone(), Arc::new(AtomicUsize::new(0)));
        let counted = count.clone();
        let store = FaultyStore::new(world.store.clone(), move |_| {
            if counted.fetch_add(1, Ordering::Relaxed) + 1 == at {
                // A whole sweep, what it sees moving in between.
                at_once(other.sweep(&*other.store)).unwrap();
                other.moves(&other.ended);
                other.moves(&other.pending);
            }
            Fault::None
        });
        let outcome = world.sweep(&store).await;
        assert!(matches!(outcome, Ok(()) | Err(TreeError::Overtaken)), "{at}: {outcome:?}");
        assert!(at_once(world.store.get(&log::batch(1))).unwrap().is_some());
        world.sweep(&*world.store).await.unwrap();
        is_whole(&world, &format!("another sweep before operation {at}"));
    }
}
