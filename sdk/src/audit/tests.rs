//! Stories of the audit tree: what comes into it, what a crash leaves, what is found.

mod costs;
mod exports;
mod interference;
mod tampering;
mod world;

use super::*;
use crate::engine::records::{List, NOTED};
use crate::store::{Query, Store};
use world::{Key, World, at_once};

#[tokio::test]
async fn every_entry_of_every_chain_comes_into_the_tree_and_under_a_signed_head() {
    let world = World::new().await;
    let collected = world.collect().await.unwrap();
    assert_eq!((collected.batches, collected.leaves, collected.damaged), (1, 4, 0));
    let head = world.sign().await.unwrap().unwrap();
    assert_eq!((head.head.number, head.head.size), (1, 4));
    assert_eq!(head.head.previous, no_head());
    assert_eq!(world.problems(), [""; 0]);
    assert_eq!(world.uncovered(), 0);
}

#[tokio::test]
async fn what_goes_on_is_watched_and_what_is_over_is_not() {
    let world = World::new().await;
    let listed = |list: &str| {
        let page = at_once(world.store.query(&Query::of(list))).unwrap();
        page.items.into_iter().map(|item| item.key.sk).collect::<Vec<_>>()
    };
    assert_eq!(listed(&List::Open.partition()).len(), 3);
    assert_eq!(listed(NOTED), ["eve@acme.test"]);
    world.collect().await.unwrap();
    assert_eq!(listed(&List::Open.partition()), [world.pending.as_str()]);
    assert_eq!(listed(NOTED), [""; 0]);
}

#[tokio::test]
async fn nothing_new_makes_no_batch_and_no_head_and_writes_nothing() {
    let world = World::new().await;
    world.collect().await.unwrap();
    world.sign().await.unwrap();
    let before = world.store.dump();
    assert_eq!(world.collect().await.unwrap(), Collected::default());
    assert_eq!(world.sign().await.unwrap(), None);
    assert_eq!(world.store.dump(), before);
}

#[tokio::test]
async fn each_head_names_the_one_before_and_covers_what_came_since() {
    let world = World::new().await;
    world.collect().await.unwrap();
    let first = world.sign().await.unwrap().unwrap();
    for _ in 0..2 {
        world.moves(&world.pending);
        world.collect().await.unwrap();
    }
    let second = world.sign().await.unwrap().unwrap();
    assert_eq!(second.head.previous, first.head.hash());
    assert_eq!(second.head.batches, Batches { from: 2, to: 3 });
    assert_eq!(world.problems(), [""; 0]);
    let leaves = world.leaves();
    let of_pending: Vec<_> = leaves.iter().filter(|leaf| leaf.run == world.pending).collect();
    assert!(of_pending.array_windows().all(|[a, b]| b.from == a.to + 1), "{of_pending:#?}");
}

#[tokio::test]
async fn a_run_that_is_refused_something_after_it_was_over_comes_in_again_from_its_beginning() {
    let world = World::new().await;
    world.collect().await.unwrap();
    world.moves(&world.ended);
    let collected = world.collect().await.unwrap();
    assert_eq!(collected.leaves, 1);
    let last = world.leaves().pop().unwrap();
    assert_eq!((&last.run, last.from), (&world.ended, 1));
    world.sign().await.unwrap();
    assert_eq!((world.problems(), world.uncovered()), (vec![], 0));
}

#[tokio::test]
async fn what_an_account_does_next_comes_in_from_there() {
    let world = World::new().await;
    world.collect().await.unwrap();
    world.refuse_eve().await;
    world.refuse_eve().await;
    world.collect().await.unwrap();
    let last = world.leaves().pop().unwrap();
    assert_eq!((last.from, last.to), (2, 3));
    world.sign().await.unwrap();
    assert_eq!((world.problems(), world.uncovered()), (vec![], 0));
}

#[tokio::test]
async fn a_clock_that_goes_backwards_changes_no_order() {
    let world = World::new().await;
    world.collect().await.unwrap();
    let first = world.sign().await.unwrap().unwrap();
    world.moves(&world.pending);
    world.set_clock("2020-01-01T00:00:00Z");
    world.collect().await.unwrap();
    let second = world.sign().await.unwrap().unwrap();
    assert_eq!(second.head.at, first.head.at);
    assert_eq!((world.problems(), world.uncovered()), (vec![], 0));
}

#[tokio::test]
async fn many_runs_come_in_several_batches_and_all_of_them_come() {
    let world = World::new().await;
    world.many(1_250);
    let collected = world.collect().await.unwrap();
    assert_eq!((collected.batches, collected.leaves), (2, 1_254));
    world.sign().await.unwrap();
    assert_eq!((world.problems(), world.uncovered()), (vec![], 0));
}

#[tokio::test]
async fn a_damaged_run_holds_up_no_other() {
    let world = World::new().await;
    world.put(&crate::engine::records::head(&world.pending), "{}");
    let collected = world.collect().await.unwrap();
    assert_eq!((collected.leaves, collected.damaged), (3, 1));
    assert_eq!(world.collect().await.unwrap().damaged, 1);
}

#[tokio::test]
async fn a_key_that_does_not_sign_leaves_the_batches_for_the_next_head() {
    let world = World::new().await;
    world.collect().await.unwrap();
    let failed = sign(&*world.store, &Key::broken(), "test", world.now()).await;
    assert!(matches!(failed, Err(TreeError::Sign(_))), "{failed:?}");
    assert_eq!(world.sign().await.unwrap().unwrap().head.batches, Batches { from: 1, to: 1 });
}

#[tokio::test]
async fn heads_and_batches_are_kept_once_and_in_order() {
    let world = World::new().await;
    world.collect().await.unwrap();
    world.sign().await.unwrap();
    world.moves(&world.pending);
    world.collect().await.unwrap();
    world.sign().await.unwrap();
    assert_eq!(keep(&*world.store, &world.vault).await.unwrap(), 2);
    assert_eq!(keep(&*world.store, &world.vault).await.unwrap(), 0);
    assert_eq!(world.vault.names(), [batch_name(1), head_name(1), batch_name(2), head_name(2)]);
    let kept = world.vault.head(2);
    assert_eq!(world.checked().kept(&kept), Ok(()));
}

#[tokio::test]
async fn another_place_gets_everything() {
    let world = World::new().await;
    world.collect().await.unwrap();
    world.sign().await.unwrap();
    keep(&*world.store, &world.vault).await.unwrap();
    let other = world::Shelf::named("other");
    assert_eq!(keep(&*world.store, &other).await.unwrap(), 1);
    assert_eq!(other.names(), world.vault.names());
}

#[tokio::test]
async fn a_head_that_is_kept_already_as_another_is_an_error_that_stays() {
    let world = World::new().await;
    world.collect().await.unwrap();
    world.sign().await.unwrap();
    world.vault.keep(&head_name(1), "another").await.unwrap();
    for _ in 0..2 {
        let failed = keep(&*world.store, &world.vault).await;
        assert!(matches!(failed, Err(TreeError::Keep { .. })), "{failed:?}");
    }
}

#[tokio::test]
async fn a_batch_that_somebody_removed_is_told_once_and_the_rest_is_kept() {
    let world = World::new().await;
    for _ in 0..3 {
        world.collect().await.unwrap();
        world.sign().await.unwrap();
        world.moves(&world.pending);
    }
    for number in [1, 3] {
        let (key, expect) = (log::batch(number), crate::store::Expect::Anything);
        world::commit(&*world.store, vec![crate::store::Write::Delete { key, expect }]);
    }
    let failed = keep(&*world.store, &world.vault).await;
    assert!(matches!(&failed, Err(TreeError::Gone(name)) if *name == batch_name(1)), "{failed:?}");
    assert_eq!(world.vault.names(), [head_name(1), batch_name(2), head_name(2), head_name(3)]);
    assert_eq!(keep(&*world.store, &world.vault).await.unwrap(), 0);
}

#[tokio::test]
async fn what_stands_in_anothers_place_is_refused_and_leads_nobody_in_a_circle() {
    let world = World::new().await;
    world.collect().await.unwrap();
    world.sign().await.unwrap();
    let item = world.store.get(&log::batch(1)).await.unwrap().unwrap();
    let back = |batch: &mut Batch| batch.number = 0;
    world::commit(&*world.store, vec![world::rewritten(&item, back)]);
    let failed = keep(&*world.store, &world.vault).await;
    assert!(matches!(failed, Err(TreeError::Read(_))), "{failed:?}");
    let item = world.store.get(&log::head(1)).await.unwrap().unwrap();
    let back = |signed: &mut SignedHead| signed.head.number = 0;
    world::commit(&*world.store, vec![world::rewritten(&item, back)]);
    assert!(log::heads(&*world.store, 0, 1).await.is_err());
}
