//! What became of a write: unknown, repeated, refused, or in competition with others.

use std::sync::Arc;

use super::{commit, delete, get, item, put, transaction, write};
use crate::store::{
    Commit,
    Expect::{Absent, Anything, Version},
    Store, Transaction, write_surely,
};
use crate::testing::{Fault, FaultyStore};

/// A transition as the engine makes it: the head goes on, an event is added, an index item goes.
fn transition() -> Transaction {
    transaction(
        "transition",
        [
            put("R#1", "#", "{\"state\":2}", Version(1)),
            put("R#1", "E#00000002", "{}", Absent),
            delete("A#bob", "1", Anything),
        ],
    )
}

async fn before_the_transition(store: &dyn Store) {
    let writes = [put("R#1", "#", "{\"state\":1}", Absent), put("A#bob", "1", "{}", Absent)];
    commit(store, "before", writes).await;
}

async fn is_made_once(store: &dyn Store) {
    let head = item("R#1", "#", 2, "{\"state\":2}", "transition");
    assert_eq!(get(store, "R#1", "#").await, Some(head));
    let event = item("R#1", "E#00000002", 1, "{}", "transition");
    assert_eq!(get(store, "R#1", "E#00000002").await, Some(event));
    assert_eq!(get(store, "A#bob", "1").await, None);
}

pub(super) async fn a_repeated_transaction_is_recognized_as_ones_own(store: Arc<dyn Store>) {
    before_the_transition(&*store).await;
    for _ in 0..3 {
        assert_eq!(write_surely(&*store, &transition()).await, Commit::Committed);
        is_made_once(&*store).await;
    }
}

pub(super) async fn a_write_that_was_lost_is_made_by_repeating_it(store: Arc<dyn Store>) {
    before_the_transition(&*store).await;
    let store = FaultyStore::failing_writes(store, [Fault::Lost, Fault::Lost]);
    assert_eq!(write_surely(&store, &transition()).await, Commit::Committed);
    is_made_once(&store).await;
}

pub(super) async fn a_write_whose_answer_was_lost_happened_once(store: Arc<dyn Store>) {
    before_the_transition(&*store).await;
    let faults = [Fault::AnswerLost, Fault::Lost, Fault::None];
    let store = FaultyStore::failing_writes(store, faults);
    assert_eq!(write_surely(&store, &transition()).await, Commit::Committed);
    is_made_once(&store).await;
}

pub(super) async fn anothers_write_is_not_ones_own(store: Arc<dyn Store>) {
    before_the_transition(&*store).await;
    commit(&*store, "other", [put("R#1", "#", "{\"state\":9}", Version(1))]).await;
    let store = FaultyStore::failing_writes(store, [Fault::Lost]);
    let other = item("R#1", "#", 2, "{\"state\":9}", "other");
    assert_eq!(
        write_surely(&store, &transition()).await,
        Commit::Conflict(vec![Some(other), None, None])
    );
    assert_eq!(get(&store, "R#1", "E#00000002").await, None);
}

pub(super) async fn a_throttled_write_did_not_happen(store: Arc<dyn Store>) {
    before_the_transition(&*store).await;
    let store = FaultyStore::failing_writes(store, [Fault::Throttled]);
    assert_eq!(write_surely(&store, &transition()).await, Commit::Throttled);
    assert_eq!(get(&store, "R#1", "E#00000002").await, None);
    assert_eq!(write_surely(&store, &transition()).await, Commit::Committed);
    is_made_once(&store).await;
}

pub(super) async fn what_is_written_ahead_is_there_before_the_next_write(store: Arc<dyn Store>) {
    for number in 0..3 {
        let (ahead, next) = (format!("ahead-{number}"), format!("next-{number}"));
        let of = |sk: &str| transaction(sk, [put("p", sk, "{}", Absent)]);
        assert_eq!(store.write_ahead(&of(&ahead)).await, Commit::Committed);
        assert_eq!(store.write(&of(&next)).await, Commit::Committed);
        assert!(get(&*store, "p", &ahead).await.is_some());
    }
}

pub(super) async fn nobody_is_told_that_nothing_was_written_while_that_is_unknown(
    store: Arc<dyn Store>,
) {
    before_the_transition(&*store).await;
    let busy = [Fault::Throttled, Fault::Throttled, Fault::Throttled];
    let faults = [Fault::AnswerLost].into_iter().chain(busy);
    let store = FaultyStore::failing_writes(store, faults);
    assert!(matches!(write_surely(&store, &transition()).await, Commit::Unknown(_)));
    assert_eq!(write_surely(&store, &transition()).await, Commit::Committed);
    is_made_once(&store).await;
}

pub(super) async fn increments_side_by_side_lose_nothing(store: Arc<dyn Store>) {
    const TASKS: u64 = 50;
    commit(&*store, "zero", [put("p", "count", "0", Absent)]).await;
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { increment(&*store, task).await })
        })
        .collect();
    for task in tasks {
        task.await.expect("the task ends well");
    }
    let count = get(&*store, "p", "count").await.expect("the count");
    assert_eq!((count.body.as_str(), count.version), ("50", TASKS + 1));
}

async fn increment(store: &dyn Store, task: u64) {
    loop {
        let old = get(store, "p", "count").await.expect("the count");
        let body = (old.body.parse::<u64>().expect("a number") + 1).to_string();
        let token = format!("{task}@{}", old.version);
        match write(store, &token, [put("p", "count", &body, Version(old.version))]).await {
            Commit::Committed => return,
            Commit::Conflict(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

pub(super) async fn only_one_of_many_creates(store: Arc<dyn Store>) {
    let tasks: Vec<_> = (0..20)
        .map(|task| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let writes = [
                    put("p", "one", &task.to_string(), Absent),
                    put("p", &format!("own {task}"), "1", Absent),
                ];
                (task, write(&*store, &format!("task {task}"), writes).await)
            })
        })
        .collect();
    let mut outcomes = Vec::new();
    for task in tasks {
        outcomes.push(task.await.expect("the task ends well"));
    }
    let winner = get(&*store, "p", "one").await.expect("somebody won");
    for (task, outcome) in outcomes {
        let own = get(&*store, "p", &format!("own {task}")).await;
        if winner.body == task.to_string() {
            assert_eq!(outcome, Commit::Committed);
            assert!(own.is_some());
        } else {
            assert_eq!(outcome, Commit::Conflict(vec![Some(winner.clone()), None]));
            assert_eq!(own, None);
        }
    }
}

pub(super) async fn a_caller_who_stops_waiting_leaves_no_half_of_a_write(store: Arc<dyn Store>) {
    for n in 0..40 {
        let pk = format!("p{n}");
        let writes: Vec<_> = (0..5).map(|sk| put(&pk, &sk.to_string(), "1", Absent)).collect();
        let transaction = transaction(&pk, writes);
        let impatience = std::time::Duration::from_micros(n * 20);
        let _ = tokio::time::timeout(impatience, store.write(&transaction)).await;
        let found = store.query(&crate::store::Query::of(&pk)).await.expect("it can be read");
        assert!(matches!(found.items.len(), 0 | 5), "{} of 5 writes", found.items.len());
        assert_eq!(write_surely(&*store, &transaction).await, Commit::Committed);
    }
}
