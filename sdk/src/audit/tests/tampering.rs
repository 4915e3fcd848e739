//! What somebody who can write the store may do, and that it is found.

use super::super::*;
use super::world::{World, commit, items, rewritten};
use crate::engine::{SealedEntry, records, seal};
use crate::model::{RunId, UserId};
use crate::store::{Expect, Item, Store, Write};

async fn world() -> World {
    let world = World::new().await;
    for _ in 0..3 {
        world.sweep(&*world.store).await.unwrap();
        world.moves(&world.pending);
    }
    world.sweep(&*world.store).await.unwrap();
    assert_eq!(world.problems(), [""; 0]);
    world
}

fn entries(world: &World, run: &RunId) -> Vec<Item> {
    items(&*world.store, &records::partition(run), "E#")
}

fn delete(item: &Item) -> Write {
    Write::Delete { key: item.key.clone(), expect: Expect::Anything }
}

#[track_caller]
fn finds(world: &World, what: &str) {
    let problems = world.problems();
    assert!(problems.iter().any(|problem| problem.contains(what)), "{what}: {problems:#?}");
}

#[tokio::test]
async fn a_chain_that_was_written_anew_is_found_though_it_holds_in_itself() {
    let world = world().await;
    let mut previous = crate::engine::genesis(&world.ended);
    let mut writes = Vec::new();
    for item in entries(&world, &world.ended) {
        writes.push(rewritten(&item, |added: &mut Vec<SealedEntry>| {
            for sealed in added {
                sealed.entry.actor = crate::engine::Actor::ENGINE;
                *sealed = seal(sealed.entry.clone(), previous.clone());
                previous = sealed.hash.clone();
            }
        }));
    }
    commit(&*world.store, writes);
    let items = entries(&world, &world.ended);
    let all: Vec<_> = items.iter().flat_map(|item| records::read_entries(item).unwrap()).collect();
    assert!(crate::engine::verify(&world.ended, &all).is_ok());
    finds(&world, "is not the one that is in the tree");
}

#[tokio::test]
async fn an_entry_that_was_cut_off_is_found_though_the_head_of_its_run_was_changed_too() {
    let world = world().await;
    let last = entries(&world, &world.pending).pop().unwrap();
    commit(&*world.store, vec![delete(&last)]);
    finds(&world, "in the tree, and only");
}

#[tokio::test]
async fn a_run_that_was_removed_with_all_that_names_it_is_found() {
    let world = world().await;
    commit(&*world.store, entries(&world, &world.ended).iter().map(delete).collect());
    finds(&world, "in the tree, and none is there");
}

#[tokio::test]
async fn a_batch_that_was_changed_is_found() {
    let world = world().await;
    let batch = items(&*world.store, log::PARTITION, "B#").remove(0);
    let change = |batch: &mut Batch| batch.leaves[0].from += 1;
    commit(&*world.store, vec![rewritten(&batch, change)]);
    finds(&world, "is not that of the batches that are there");
}

#[tokio::test]
async fn a_batch_that_is_missing_is_found() {
    let world = world().await;
    for number in [1, 2, 4] {
        let key = log::batch(number);
        let item = world.store.get(&key).await.unwrap().unwrap();
        commit(&*world.store, vec![delete(&item)]);
        finds(&world, "missing");
        world.put(&key, &item.body);
        assert_eq!(world.problems(), [""; 0]);
    }
}

#[tokio::test]
async fn each_changed_field_of_a_head_is_found() {
    let world = world().await;
    let changes: [fn(&mut TreeHead); 6] = [
        |head| head.size += 1,
        |head| head.root = no_head(),
        |head| head.previous = no_head(),
        |head| head.environment = "other".to_owned(),
        |head| head.at = head.at.checked_add(jiff::SignedDuration::from_secs(1)).unwrap(),
        |head| head.batches.to += 1,
    ];
    for change in changes {
        let item = world.store.get(&log::head(2)).await.unwrap().unwrap();
        let write = rewritten(&item, |signed: &mut SignedHead| change(&mut signed.head));
        commit(&*world.store, vec![write]);
        finds(&world, "head 2: its signature is not valid");
        world.put(&item.key, &item.body);
    }
}

#[tokio::test]
async fn a_head_that_is_missing_is_found() {
    let world = world().await;
    let heads = items(&*world.store, log::PARTITION, "H#");
    commit(&*world.store, vec![delete(&heads[1])]);
    finds(&world, "head 2 is missing; 3 stands in its place");
}

#[tokio::test]
async fn heads_that_were_cut_off_or_forked_are_found_by_those_that_were_kept() {
    let world = world().await;
    let last = items(&*world.store, log::PARTITION, "H#").pop().unwrap();
    commit(&*world.store, vec![delete(&last)]);
    // By itself what is left is an older tree that holds.
    assert_eq!(world.problems(), [""; 0]);
    let kept = world.vault.head(4);
    assert_eq!(world.checked().kept(&kept), Err("head 4 was kept, and is not here".to_owned()));

    // Whoever has the key may sign another history.
    let other = World::new().await;
    other.moves(&other.ended);
    for _ in 0..4 {
        other.sweep(&*other.store).await.unwrap();
        other.moves(&other.pending);
    }
    assert_eq!(other.problems(), [""; 0]);
    let forked = other.checked().kept(&kept).unwrap_err();
    assert_eq!(forked, "head 4 is another than the one that was kept");
}

#[tokio::test]
async fn what_is_missing_is_said_once_and_not_held_against_what_comes_after() {
    let world = world().await;
    for _ in 0..3 {
        world.moves(&world.pending);
        world.sweep(&*world.store).await.unwrap();
    }
    let gone = |prefix: &str| {
        let items = items(&*world.store, log::PARTITION, prefix);
        commit(&*world.store, items[1..3].iter().map(delete).collect());
        let problems = world.problems();
        for item in &items {
            world.put(&item.key, &item.body);
        }
        problems
    };
    assert_eq!(gone("B#"), ["batches 2 to 3 are missing; 4 stands in their place"]);
    assert_eq!(gone("H#"), ["heads 2 to 3 are missing; 4 stands in their place"]);
    assert_eq!(world.problems(), [""; 0]);
}

#[tokio::test]
async fn a_batch_that_was_changed_is_said_once_and_where() {
    let world = world().await;
    let batch = world.store.get(&log::batch(2)).await.unwrap().unwrap();
    let change = |batch: &mut Batch| batch.leaves[0].from += 1;
    commit(&*world.store, vec![rewritten(&batch, change)]);
    let problems = world.problems();
    assert_eq!(problems.len(), 1, "{problems:#?}");
    finds(&world, "head 2 is not that of the batches that are there: one of 2 to 2 was changed");
}

#[tokio::test]
async fn an_entry_of_long_ago_that_is_not_in_the_tree_is_no_newer_one() {
    let world = world().await;
    let seal_at = |run: &RunId, hours: i64| {
        let last = entries(&world, run).pop().unwrap();
        let sealed = records::read_entries(&last).unwrap().pop().unwrap();
        let mut entry = sealed.entry.clone();
        entry.seq += 1;
        entry.at = world.now() - jiff::SignedDuration::from_hours(hours);
        let key = records::entries(run, entry.seq);
        world.put(&key, &records::json(&[seal(entry, sealed.hash)]));
    };
    // What came since is newer, also by a clock that is somewhat late.
    seal_at(&world.pending, 0);
    seal_at(&world.pending, 1);
    assert_eq!(world.problems(), [""; 0]);
    assert_eq!(world.uncovered(), 2);
    seal_at(&world.ended, 24);
    finds(&world, "is under none of the heads");
}

#[tokio::test]
async fn a_batch_that_nobody_signed_covers_nothing() {
    let world = world().await;
    world.moves(&world.pending);
    world.collect().await.unwrap();
    assert_eq!((world.problems(), world.uncovered()), (vec![], 1));
    world.sweep(&*world.store).await.unwrap();
    assert_eq!((world.problems(), world.uncovered()), (vec![], 0));
}

#[tokio::test]
async fn a_chain_that_is_an_accounts_is_not_called_a_run() {
    let world = world().await;
    let eve = UserId::parse("eve@acme.test").unwrap();
    let id = crate::desk::account_id(&eve);
    commit(&*world.store, entries(&world, &id).iter().map(delete).collect());
    let expected =
        format!("the account with the chain {id}: 1 entry is in the tree, and none is there");
    assert_eq!(world.problems(), [expected]);
}
