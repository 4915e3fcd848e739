//! What a write may ask for, and what it is told when it does not get it.

use std::sync::Arc;

use super::{check, commit, delete, get, item, put, transaction, write};
use crate::store::{
    Commit,
    Expect::{Absent, Anything, Present, Version},
    MAX_BODY, MAX_WRITES, Store,
};

/// A conflict over one write.
fn conflict(old: Option<crate::store::Item>) -> Commit {
    Commit::Conflict(vec![old])
}

pub(super) async fn an_unconditional_put_creates_and_replaces(store: Arc<dyn Store>) {
    commit(&*store, "t1", [put("p", "a", "1", Anything)]).await;
    assert_eq!(get(&*store, "p", "a").await, Some(item("p", "a", 1, "1", "t1")));
    commit(&*store, "t2", [put("p", "a", "2", Anything)]).await;
    assert_eq!(get(&*store, "p", "a").await, Some(item("p", "a", 2, "2", "t2")));
}

pub(super) async fn a_put_that_expects_nothing_creates_once(store: Arc<dyn Store>) {
    commit(&*store, "t1", [put("p", "a", "1", Absent)]).await;
    let there = item("p", "a", 1, "1", "t1");
    assert_eq!(
        write(&*store, "t2", [put("p", "a", "2", Absent)]).await,
        conflict(Some(there.clone()))
    );
    assert_eq!(get(&*store, "p", "a").await, Some(there));
}

pub(super) async fn a_put_that_expects_something_only_replaces(store: Arc<dyn Store>) {
    assert_eq!(write(&*store, "t1", [put("p", "a", "1", Present)]).await, conflict(None));
    assert_eq!(get(&*store, "p", "a").await, None);
    commit(&*store, "t2", [put("p", "a", "2", Absent)]).await;
    commit(&*store, "t3", [put("p", "a", "3", Present)]).await;
    assert_eq!(get(&*store, "p", "a").await, Some(item("p", "a", 2, "3", "t3")));
}

pub(super) async fn a_put_that_expects_a_version_replaces_that_one(store: Arc<dyn Store>) {
    assert_eq!(write(&*store, "t0", [put("p", "a", "0", Version(1))]).await, conflict(None));
    commit(&*store, "t1", [put("p", "a", "1", Absent)]).await;
    commit(&*store, "t2", [put("p", "a", "2", Version(1))]).await;
    let there = item("p", "a", 2, "2", "t2");
    for other in [0, 1, 3, u64::MAX] {
        assert_eq!(
            write(&*store, &format!("not {other}"), [put("p", "a", "3", Version(other))]).await,
            conflict(Some(there.clone())),
            "version {other}"
        );
    }
    commit(&*store, "t4", [put("p", "a", "4", Version(2))]).await;
    assert_eq!(get(&*store, "p", "a").await, Some(item("p", "a", 3, "4", "t4")));
}

pub(super) async fn a_delete_removes_under_its_condition(store: Arc<dyn Store>) {
    for (n, expect) in [Anything, Present, Version(1)].into_iter().enumerate() {
        commit(&*store, &format!("put {n}"), [put("p", "a", "1", Absent)]).await;
        commit(&*store, &format!("delete {n}"), [delete("p", "a", expect)]).await;
        assert_eq!(get(&*store, "p", "a").await, None, "{expect:?}");
    }
    commit(&*store, "t", [put("p", "a", "1", Absent)]).await;
    let there = item("p", "a", 1, "1", "t");
    for expect in [Absent, Version(2)] {
        assert_eq!(
            write(&*store, &format!("{expect:?}"), [delete("p", "a", expect)]).await,
            conflict(Some(there.clone()))
        );
    }
    assert_eq!(get(&*store, "p", "a").await, Some(there));
}

pub(super) async fn a_delete_of_nothing_is_done(store: Arc<dyn Store>) {
    commit(&*store, "t1", [delete("p", "a", Anything)]).await;
    commit(&*store, "t2", [delete("p", "a", Absent)]).await;
    for expect in [Present, Version(1)] {
        assert_eq!(
            write(&*store, &format!("{expect:?}"), [delete("p", "a", expect)]).await,
            conflict(None)
        );
    }
    assert_eq!(get(&*store, "p", "a").await, None);
}

pub(super) async fn a_check_asks_and_changes_nothing(store: Arc<dyn Store>) {
    commit(&*store, "t1", [put("p", "a", "1", Absent)]).await;
    let there = item("p", "a", 1, "1", "t1");
    for (n, expect) in [Anything, Present, Version(1)].into_iter().enumerate() {
        let sk = format!("b{n}");
        let writes = [check("p", "a", expect), put("p", &sk, "x", Absent)];
        commit(&*store, &format!("holds {n}"), writes).await;
    }
    commit(&*store, "t2", [check("p", "none", Absent), put("p", "c", "x", Absent)]).await;

    for expect in [Absent, Version(2)] {
        let writes = [check("p", "a", expect), put("p", "d", "x", Anything)];
        assert_eq!(
            write(&*store, &format!("there {expect:?}"), writes).await,
            Commit::Conflict(vec![Some(there.clone()), None])
        );
    }
    for expect in [Present, Version(1)] {
        let writes = [check("p", "none", expect), put("p", "d", "x", Anything)];
        assert_eq!(
            write(&*store, &format!("none {expect:?}"), writes).await,
            Commit::Conflict(vec![None, None])
        );
    }
    assert_eq!(get(&*store, "p", "a").await, Some(there));
    assert_eq!(get(&*store, "p", "d").await, None);
    assert_eq!(get(&*store, "p", "none").await, None);
}

pub(super) async fn a_deleted_item_begins_again_with_version_one(store: Arc<dyn Store>) {
    commit(&*store, "t1", [put("p", "a", "1", Absent)]).await;
    commit(&*store, "t2", [put("p", "a", "2", Version(1))]).await;
    commit(&*store, "t3", [delete("p", "a", Version(2))]).await;
    commit(&*store, "t4", [put("p", "a", "4", Anything)]).await;
    assert_eq!(get(&*store, "p", "a").await, Some(item("p", "a", 1, "4", "t4")));
}

pub(super) async fn a_transaction_happens_as_a_whole_or_not_at_all(store: Arc<dyn Store>) {
    commit(&*store, "t1", [put("p", "old", "1", Absent), put("p", "kept", "1", Absent)]).await;
    let writes = [
        put("p", "new", "2", Absent),
        put("p", "old", "2", Version(1)),
        delete("p", "kept", Present),
        put("p", "last", "2", Present),
    ];
    assert_eq!(write(&*store, "t2", writes).await, Commit::Conflict(vec![None; 4]));
    assert_eq!(get(&*store, "p", "new").await, None);
    assert_eq!(get(&*store, "p", "old").await, Some(item("p", "old", 1, "1", "t1")));
    assert_eq!(get(&*store, "p", "kept").await, Some(item("p", "kept", 1, "1", "t1")));
    assert_eq!(get(&*store, "p", "last").await, None);
}

pub(super) async fn a_transaction_may_span_partitions(store: Arc<dyn Store>) {
    let partitions = ["R#1", "L#ada#db", "X#7", "A#bob", "G#ada"];
    commit(&*store, "t1", partitions.map(|pk| put(pk, "#", pk, Absent))).await;
    for pk in partitions {
        assert_eq!(get(&*store, pk, "#").await, Some(item(pk, "#", 1, pk, "t1")));
    }
}

pub(super) async fn a_conflict_names_what_stood_in_the_way_of_each_write(store: Arc<dyn Store>) {
    commit(&*store, "t1", [put("p", "a", "1", Absent)]).await;
    commit(&*store, "t2", [put("q", "b", "2", Absent)]).await;
    commit(&*store, "t3", [put("q", "b", "3", Version(1))]).await;
    let writes = [
        put("q", "b", "4", Version(1)),
        put("p", "new", "4", Absent),
        put("p", "missing", "4", Present),
        delete("p", "a", Version(9)),
    ];
    assert_eq!(
        write(&*store, "t4", writes).await,
        Commit::Conflict(vec![
            Some(item("q", "b", 2, "3", "t3")),
            None,
            None,
            Some(item("p", "a", 1, "1", "t1")),
        ])
    );
}

pub(super) async fn a_condition_that_holds_is_not_reported(store: Arc<dyn Store>) {
    commit(&*store, "t1", [put("p", "a", "1", Absent), put("p", "b", "1", Absent)]).await;
    let writes =
        [put("p", "a", "2", Version(1)), put("p", "b", "2", Absent), check("p", "c", Absent)];
    assert_eq!(
        write(&*store, "t2", writes).await,
        Commit::Conflict(vec![None, Some(item("p", "b", 1, "1", "t1")), None])
    );
}

pub(super) async fn two_writes_of_one_key_are_refused(store: Arc<dyn Store>) {
    let writes = [put("p", "a", "1", Anything), check("p", "b", Absent), delete("p", "a", Absent)];
    is_refused(&*store, writes.into()).await;
    assert_eq!(get(&*store, "p", "a").await, None);
}

pub(super) async fn a_transaction_has_one_to_a_hundred_writes(store: Arc<dyn Store>) {
    let writes = |count: usize| -> Vec<_> {
        (0..count).map(|n| put("p", &format!("{n:03}"), "1", Absent)).collect()
    };
    is_refused(&*store, Vec::new()).await;
    is_refused(&*store, writes(MAX_WRITES + 1)).await;
    assert_eq!(get(&*store, "p", "000").await, None);
    commit(&*store, "t", writes(MAX_WRITES)).await;
    assert_eq!(get(&*store, "p", "099").await, Some(item("p", "099", 1, "1", "t")));
}

pub(super) async fn a_body_may_be_as_large_as_is_said_and_no_larger(store: Arc<dyn Store>) {
    let body = format!("\"{}\"", "x".repeat(MAX_BODY - 2));
    commit(&*store, "t", [put("p", "a", &body, Absent)]).await;
    assert_eq!(get(&*store, "p", "a").await.map(|item| item.body), Some(body.clone()));
    is_refused(&*store, vec![put("p", "b", &(body + " "), Absent)]).await;
    assert_eq!(get(&*store, "p", "b").await, None);
}

pub(super) async fn a_key_has_two_parts_of_limited_length(store: Arc<dyn Store>) {
    let long = "k".repeat(1024);
    commit(&*store, "t", [put(&long, &long, "1", Absent)]).await;
    assert_eq!(get(&*store, &long, &long).await, Some(item(&long, &long, 1, "1", "t")));
    let too_long = "k".repeat(1025);
    for (pk, sk) in [("", "a"), ("p", ""), (&*too_long, "a"), ("p", &*too_long)] {
        is_refused(&*store, vec![put(pk, sk, "1", Anything)]).await;
    }
}

async fn is_refused(store: &dyn Store, writes: Vec<crate::store::Write>) {
    let outcome = store.write(&transaction("refused", writes)).await;
    assert!(matches!(outcome, Commit::Invalid(_)), "{outcome:?}");
}
