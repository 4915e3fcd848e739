//! The store on `DynamoDB` is a store, keeps entries apart, and says what is wrong with its tables.
//!
//! It is tried on an emulator of its own, or where `COUNTERSIGN_DYNAMODB_ENDPOINT` says: on any other
//! that takes any credentials, such as `DynamoDB` Local, by its address, and on `DynamoDB` itself by
//! `aws` (with credentials, a region and permission to make tables). Every test makes its own tables
//! and deletes them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on panics"
)]

#[path = "dynamodb/place.rs"]
mod place;

use std::sync::Arc;

use countersign::store::{
    Commit, Expect, Item, Key, Query, ReadError, Store, Token, Transaction, Write, write_surely,
};
use countersign::testing::MemoryStore;
use countersign_functions::aws::{Clients, Patience};
use countersign_functions::store::DynamoStore;
use countersign_functions::store::dynamodb::{Tables, Units};
use place::Place;

/// The cases cannot be left out one by one: where there is no `DynamoDB`, they are told to a store in
/// memory, and the line that says so is all that there is to see.
async fn dynamodb() -> (Arc<dyn Store>, Option<Place>) {
    match Place::find().await {
        Some(place) => (Arc::new(place.store()), Some(place)),
        None => (Arc::new(MemoryStore::new()), None),
    }
}

mod conformance {
    countersign::store_conformance!(super::dynamodb);
}

fn put(pk: &str, sk: &str, body: &str, expect: Expect) -> Write {
    Write::Put { key: Key::new(pk, sk), body: body.to_owned(), expect }
}

fn delete(pk: &str, sk: &str) -> Write {
    Write::Delete { key: Key::new(pk, sk), expect: Expect::Anything }
}

fn transaction(token: &str, writes: impl Into<Vec<Write>>) -> Transaction {
    Transaction { token: Token(token.to_owned()), writes: writes.into() }
}

async fn commit(store: &DynamoStore, token: &str, writes: impl Into<Vec<Write>>) {
    assert_eq!(store.write(&transaction(token, writes)).await, Commit::Committed, "{token}");
}

fn keys(items: Vec<Item>) -> Vec<String> {
    items.into_iter().map(|item| item.key.sk).collect()
}

#[tokio::test]
async fn entries_are_kept_in_the_audit_table_and_listed_among_the_rest() {
    let Some(place) = Place::find().await else { return };
    let store = place.store();
    let run = ["#", "C#1", "E#0000000001", "E#0000000002", "F", "W#wake"];
    let writes = run.map(|sk| put("R#1", sk, sk, Expect::Absent));
    commit(&store, "t", writes).await;
    assert_eq!(place.scan(&place.tables.audit).await, ["E#0000000001", "E#0000000002"]);
    assert_eq!(place.scan(&place.tables.core).await, ["#", "C#1", "F", "W#wake"]);
    for limit in [1, 2, 4, 100] {
        let (mut up, mut query) = (Vec::new(), Query::of("R#1").limit(limit));
        loop {
            let page = store.query(&query).await.unwrap();
            up.extend(keys(page.items));
            if !page.more {
                break;
            }
            query = query.after(up.last().cloned());
        }
        assert_eq!(up, run, "{limit}");
    }
    let down = store.query(&Query::of("R#1").descending().limit(3)).await.unwrap();
    assert_eq!(keys(down.items), ["W#wake", "F", "E#0000000002"]);
    let both = [Key::new("R#1", "#"), Key::new("R#1", "E#0000000002")];
    let found = store.get_many(&both).await.unwrap();
    assert_eq!(found.into_iter().flatten().map(|item| item.key).collect::<Vec<_>>(), both);
}

#[tokio::test]
async fn an_entry_is_written_once_and_never_changed_or_taken_away() {
    let Some(place) = Place::find().await else { return };
    let store = place.store();
    let entry = "E#0000000001";
    commit(&store, "first", [put("R#1", entry, "1", Expect::Absent)]).await;
    for write in [
        put("R#1", entry, "2", Expect::Anything),
        put("R#1", entry, "2", Expect::Present),
        put("R#1", entry, "2", Expect::Version(1)),
        delete("R#1", entry),
    ] {
        let outcome = store.write(&transaction("second", [write])).await;
        let Commit::Invalid(why) = outcome else { panic!("{outcome:?}") };
        assert!(why.contains("`R#1 / E#0000000001` is an entry"), "{why}");
    }
    let check = Write::Check { key: Key::new("R#1", entry), expect: Expect::Version(1) };
    commit(&store, "third", [check, put("R#1", "#", "{}", Expect::Absent)]).await;
    assert_eq!(store.get(&Key::new("R#1", entry)).await.unwrap().unwrap().body, "1");
}

#[tokio::test]
async fn ones_own_write_is_recognised_however_it_was_made() {
    let Some(place) = Place::find().await else { return };
    let store = place.store();
    commit(&store, "before", [put("p", "b", "0", Expect::Absent)]).await;
    let alone = transaction("alone", [put("p", "a", "1", Expect::Absent)]);
    let together = transaction(
        "together",
        [put("p", "b", "1", Expect::Version(1)), put("p", "c", "1", Expect::Anything)],
    );
    for _ in 0..3 {
        assert_eq!(store.write(&alone).await, Commit::Committed);
        assert_eq!(store.write(&together).await, Commit::Committed);
    }
    for (sk, version) in [("a", 1), ("b", 2), ("c", 1)] {
        assert_eq!(store.get(&Key::new("p", sk)).await.unwrap().unwrap().version, version, "{sk}");
    }
    // Somebody else's write is told apart, and so is another one under the same token.
    let other = transaction("other", [put("p", "a", "2", Expect::Absent)]);
    assert!(matches!(store.write(&other).await, Commit::Conflict(old) if old[0].is_some()));
    let reused = [put("p", "d", "1", Expect::Absent), put("p", "e", "1", Expect::Absent)];
    commit(&store, "together", reused).await;
    assert!(store.get(&Key::new("p", "e")).await.unwrap().is_some());
}

#[tokio::test]
async fn units_are_counted_as_they_are_charged() {
    let Some(place) = Place::find().await else { return };
    let store = place.store();
    let mut before = store.units();
    let mut costs = |read, write| {
        let now = store.units();
        let cost = Units { read: now.read - before.read, write: now.write - before.write };
        assert_eq!(cost, Units { read, write });
        before = now;
    };
    commit(&store, "t1", [put("p", "a", "1", Expect::Absent)]).await;
    costs(0, 1);
    commit(&store, "t2", [put("p", "a", &"x".repeat(1000), Expect::Anything)]).await;
    costs(0, 2);
    commit(&store, "t3", [put("R#1", "#", "1", Expect::Absent), delete("p", "a")]).await;
    costs(0, 4);
    store.write(&transaction("t4", [put("R#1", "#", "1", Expect::Absent)])).await;
    costs(0, 1);
    commit(&store, "t5", [put("p", "b", &"x".repeat(4000), Expect::Anything)]).await;
    costs(0, 4);
    store.get(&Key::new("p", "none")).await.unwrap();
    costs(1, 0);
    store.get_many(&["a", "b", "none"].map(|sk| Key::new("p", sk))).await.unwrap();
    costs(3, 0);
    store.query(&Query::of("p")).await.unwrap();
    costs(1, 0);
    println!("reckoned {:?}, reported {:?}", store.units(), store.reported_units());
}

#[tokio::test]
async fn tables_that_are_not_there_are_named_with_their_variables() {
    let Some(place) = Place::find().await else { return };
    let tables = Tables { core: "no-core".to_owned(), audit: "no-audit".to_owned() };
    let store = DynamoStore::new(&place.clients, tables, Patience::Working);
    let says_so = |message: &str| {
        for said in ["`no-core` (COUNTERSIGN_TABLE)", "`no-audit` (COUNTERSIGN_AUDIT_TABLE)"] {
            assert!(message.contains(said), "{message}");
        }
    };
    let one = [put("p", "a", "1", Expect::Absent)];
    let two = [put("p", "a", "1", Expect::Absent), put("p", "b", "1", Expect::Absent)];
    for write in [transaction("one", one), transaction("two", two)] {
        let outcome = store.write(&write).await;
        let Commit::Unknown(why) = outcome else { panic!("{outcome:?}") };
        says_so(&why);
    }
    let key = Key::new("p", "a");
    let error = store.get(&key).await.unwrap_err();
    says_so(&error.to_string());
    says_so(&store.get_many(&[key]).await.unwrap_err().to_string());
    says_so(&store.query(&Query::of("p")).await.unwrap_err().to_string());
}

#[tokio::test]
async fn an_item_that_somebody_else_put_is_damage() {
    let Some(place) = Place::find().await else { return };
    let store = place.store();
    place.put_bare(&place.tables.core, "p", "a").await;
    for error in [
        store.get(&Key::new("p", "a")).await.unwrap_err(),
        store.get_many(&[Key::new("p", "a")]).await.unwrap_err(),
        store.query(&Query::of("p")).await.unwrap_err(),
    ] {
        assert!(matches!(&error, ReadError::Damaged(what) if what.contains("`p / a`")), "{error}");
    }
    let outcome = store.write(&transaction("t", [put("p", "a", "1", Expect::Absent)])).await;
    assert!(matches!(&outcome, Commit::Invalid(what) if what.contains("`p / a`")), "{outcome:?}");
}

#[tokio::test]
async fn nobody_knows_what_became_of_a_write_that_nobody_answered() {
    // Nothing listens there.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let clients = Clients::of_emulator(&format!("http://{closed}"));
    let tables = Tables { core: "core".to_owned(), audit: "audit".to_owned() };
    let store = DynamoStore::new(&clients, tables, Patience::Waiting);
    let outcome =
        write_surely(&store, &transaction("t", [put("p", "a", "1", Expect::Absent)])).await;
    assert!(
        matches!(&outcome, Commit::Unknown(why) if why.contains("cannot be asked")),
        "{outcome:?}"
    );
    let error = store.get(&Key::new("p", "a")).await.unwrap_err();
    assert!(matches!(error, ReadError::Unavailable(_)), "{error}");
}
