//! Listings: their order, their ends, and one page after the other.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{commit, delete, put};
use crate::store::{
    Expect::{Absent, Anything},
    Item, MAX_WRITES, Query, Store,
};

/// Puts items of these keys into the partition `p`.
async fn fill(store: &dyn Store, keys: impl IntoIterator<Item = impl AsRef<str>>) {
    let writes: Vec<_> = keys.into_iter().map(|sk| put("p", sk.as_ref(), "{}", Absent)).collect();
    for (n, writes) in writes.chunks(MAX_WRITES).enumerate() {
        commit(store, &format!("fill {n}"), writes).await;
    }
}

/// All items of a query, page after page, each page as long as it may be at most.
async fn all(store: &dyn Store, query: Query) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    let mut next = query;
    loop {
        let page = store.query(&next).await.expect("the store can be read");
        assert!(page.items.len() <= next.limit, "a page is longer than its limit");
        items.extend(page.items);
        if !page.more {
            return items;
        }
        let last = items.last().expect("a page that is not the last has items").key.sk.clone();
        assert_ne!(next.after.as_ref(), Some(&last), "a page does not go on");
        next = next.after(Some(last));
    }
}

async fn keys(store: &dyn Store, query: Query) -> Vec<String> {
    all(store, query).await.into_iter().map(|item| item.key.sk).collect()
}

fn p() -> Query {
    Query::of("p")
}

pub(super) async fn a_partition_is_listed_in_the_order_of_its_bytes(store: Arc<dyn Store>) {
    let ordered = ["#", "0", "10", "9", "A", "Z", "a", "aa", "b", "z", "é", "中", "\u{ffee}", "🔑"];
    let mut shuffled = ordered;
    shuffled.reverse();
    shuffled.swap(2, 9);
    fill(&*store, shuffled).await;
    for limit in [1, 3, 100] {
        assert_eq!(keys(&*store, p().limit(limit)).await, ordered);
    }
}

pub(super) async fn a_listing_is_of_one_partition(store: Arc<dyn Store>) {
    for pk in ["o", "p", "p ", "p#", "pp", "P", "q"] {
        commit(&*store, pk, [put(pk, "a", pk, Absent)]).await;
    }
    let items = all(&*store, p()).await;
    assert_eq!(items, [super::item("p", "a", 1, "p", "p")]);
    assert_eq!(keys(&*store, Query::of("nothing")).await, Vec::<String>::new());
}

pub(super) async fn a_prefix_limits_a_listing(store: Arc<dyn Store>) {
    fill(&*store, ["#", "C#1", "D#", "E", "E#", "E#1", "E#2", "E$", "E#1#x", "F"]).await;
    assert_eq!(keys(&*store, p().prefix("E#")).await, ["E#", "E#1", "E#1#x", "E#2"]);
    assert_eq!(
        keys(&*store, p().prefix("E#").descending().limit(1)).await,
        ["E#2", "E#1#x", "E#1", "E#"]
    );
    assert_eq!(keys(&*store, p().prefix("E#3")).await, Vec::<String>::new());
}

pub(super) async fn a_prefix_is_a_prefix_of_characters_that_are_special_elsewhere(
    store: Arc<dyn Store>,
) {
    let prefixes = ["%", "_", "*", "[a]", "\\", "'", "~", "\u{7f}", "é", "\u{d7ff}", "\u{10ffff}"];
    let items = prefixes.iter().flat_map(|prefix| [(*prefix).to_owned(), format!("{prefix}1")]);
    fill(&*store, items.chain(["a".to_owned(), "\u{e000}".to_owned()])).await;
    for prefix in prefixes {
        let expected = [prefix.to_owned(), format!("{prefix}1")];
        assert_eq!(keys(&*store, p().prefix(prefix)).await, expected, "{prefix:?}");
    }
}

pub(super) async fn a_listing_begins_after_a_key_that_need_not_exist(store: Arc<dyn Store>) {
    fill(&*store, ["b", "d", "f"]).await;
    let after = |sk: &str| p().after(Some(sk.to_owned()));
    assert_eq!(keys(&*store, after("a")).await, ["b", "d", "f"]);
    assert_eq!(keys(&*store, after("b")).await, ["d", "f"]);
    assert_eq!(keys(&*store, after("c")).await, ["d", "f"]);
    assert_eq!(keys(&*store, after("f")).await, Vec::<String>::new());
    assert_eq!(keys(&*store, after("z")).await, Vec::<String>::new());
    assert_eq!(keys(&*store, p().after(None)).await, ["b", "d", "f"]);
}

pub(super) async fn a_prefix_and_a_beginning_hold_together(store: Arc<dyn Store>) {
    fill(&*store, ["a", "e1", "e2", "e3", "f"]).await;
    let after = |sk: &str| p().prefix("e").after(Some(sk.to_owned()));
    for before_all in ["a", "c", "e"] {
        assert_eq!(keys(&*store, after(before_all)).await, ["e1", "e2", "e3"]);
        assert_eq!(keys(&*store, after(before_all).descending()).await, Vec::<String>::new());
    }
    assert_eq!(keys(&*store, after("e2")).await, ["e3"]);
    assert_eq!(keys(&*store, after("e2").descending()).await, ["e1"]);
    for after_all in ["e4", "f", "g"] {
        assert_eq!(keys(&*store, after(after_all)).await, Vec::<String>::new());
        assert_eq!(keys(&*store, after(after_all).descending()).await, ["e3", "e2", "e1"]);
    }
}

pub(super) async fn a_listing_ends_with_the_key_it_goes_up_to(store: Arc<dyn Store>) {
    fill(&*store, ["1", "2", "2#", "3", "30", "4"]).await;
    for limit in [1, 2, 100] {
        let until = |sk: &str| p().until(sk).limit(limit);
        assert_eq!(keys(&*store, until("2")).await, ["1", "2"]);
        assert_eq!(keys(&*store, until("29")).await, ["1", "2", "2#"]);
        assert_eq!(keys(&*store, until("0")).await, Vec::<String>::new());
        assert_eq!(keys(&*store, until("9")).await, ["1", "2", "2#", "3", "30", "4"]);
        assert_eq!(keys(&*store, until("3").prefix("3")).await, ["3"]);
        assert_eq!(keys(&*store, until("4").prefix("3")).await, ["3", "30"]);
        assert_eq!(keys(&*store, until("2").prefix("3")).await, Vec::<String>::new());
        let between = |from: &str, to: &str| until(to).after(Some(from.to_owned()));
        assert_eq!(keys(&*store, between("1", "3")).await, ["2", "2#", "3"]);
        assert_eq!(keys(&*store, between("3", "3")).await, Vec::<String>::new());
        assert_eq!(keys(&*store, between("4", "1")).await, Vec::<String>::new());
    }
}

pub(super) async fn a_listing_goes_down_as_well(store: Arc<dyn Store>) {
    fill(&*store, ["a", "b", "c", "d"]).await;
    for limit in [1, 3, 4, 100] {
        let down = || p().descending().limit(limit);
        assert_eq!(keys(&*store, down()).await, ["d", "c", "b", "a"]);
        assert_eq!(keys(&*store, down().after(Some("c".to_owned()))).await, ["b", "a"]);
        assert_eq!(keys(&*store, down().after(Some("a".to_owned()))).await, Vec::<String>::new());
        assert_eq!(keys(&*store, down().after(Some("bb".to_owned()))).await, ["b", "a"]);
    }
}

pub(super) async fn a_page_is_at_most_as_long_as_its_limit(store: Arc<dyn Store>) {
    fill(&*store, ["a", "b", "c"]).await;
    let page = store.query(&p().limit(2)).await.expect("it can be read");
    assert!(page.more && matches!(page.items.len(), 1 | 2), "{page:?}");
    assert_eq!(page.items[0].key.sk, "a");
    let page = store.query(&p().descending().limit(1)).await.expect("it can be read");
    assert!(page.more);
    assert_eq!(page.items.iter().map(|item| item.key.sk.as_str()).collect::<Vec<_>>(), ["c"]);
}

pub(super) async fn the_last_page_says_that_it_is_the_last(store: Arc<dyn Store>) {
    let page = store.query(&p()).await.expect("it can be read");
    assert!(page.items.is_empty() && !page.more);
    fill(&*store, ["a", "b"]).await;
    // A store may learn only from an empty page that a full one was the last.
    let page = store.query(&p().limit(3)).await.expect("it can be read");
    assert!(page.items.len() == 2 && !page.more, "{page:?}");
    let page = store.query(&p().after(Some("b".to_owned()))).await.expect("it can be read");
    assert!(page.items.is_empty() && !page.more);
}

pub(super) async fn pages_together_are_the_partition(store: Arc<dyn Store>) {
    let expected: Vec<_> = (0..1000).map(|n| format!("{n:04}")).collect();
    fill(&*store, &expected).await;
    for limit in [1000, 7] {
        assert_eq!(keys(&*store, p().limit(limit)).await, expected);
    }
    let mut down = keys(&*store, p().limit(99).descending()).await;
    down.reverse();
    assert_eq!(down, expected);
}

pub(super) async fn pages_miss_nothing_while_items_come_and_go_beside_them(store: Arc<dyn Store>) {
    let kept: BTreeSet<_> = (0..1000).map(|n| format!("{n:04}")).collect();
    fill(&*store, &kept).await;
    let is_over = Arc::new(AtomicBool::new(false));
    let beside = tokio::spawn({
        let (store, is_over) = (Arc::clone(&store), Arc::clone(&is_over));
        async move {
            let mut n = 0_u32;
            while !is_over.load(Ordering::Relaxed) {
                let passing = format!("{:04}+", n * 37 % 1000);
                commit(&*store, &format!("in {n}"), [put("p", &passing, "{}", Anything)]).await;
                commit(&*store, &format!("out {n}"), [delete("p", &passing, Anything)]).await;
                n += 1;
            }
        }
    });
    for limit in [10, 33] {
        for query in [p().limit(limit), p().limit(limit).descending()] {
            let listed = keys(&*store, query).await;
            let seen: BTreeSet<_> = listed.iter().cloned().collect();
            assert_eq!(seen.len(), listed.len(), "something was listed twice");
            assert!(seen.is_superset(&kept), "something was left out");
        }
    }
    is_over.store(true, Ordering::Relaxed);
    beside.await.expect("the writer ends well");
    assert_eq!(keys(&*store, p()).await, kept.into_iter().collect::<Vec<_>>());
}

pub(super) async fn large_items_are_paged_through(store: Arc<dyn Store>) {
    let body = format!("\"{}\"", "x".repeat(300 * 1024));
    let expected: Vec<_> = (0..20).map(|n| format!("{n:02}")).collect();
    for sk in &expected {
        commit(&*store, sk, [put("p", sk, &body, Absent)]).await;
    }
    let items = all(&*store, p()).await;
    assert!(items.iter().all(|item| item.body == body), "a body is not as it was put");
    assert_eq!(items.into_iter().map(|item| item.key.sk).collect::<Vec<_>>(), expected);
}

pub(super) async fn a_listing_shows_what_was_just_written(store: Arc<dyn Store>) {
    for n in 0..50_u32 {
        let sk = format!("{n:02}");
        commit(&*store, &sk, [put("p", &sk, &sk, Absent)]).await;
        let page = store.query(&p().descending().limit(1)).await.expect("it can be read");
        assert_eq!(page.items, [super::item("p", &sk, 1, &sk, &sk)]);
    }
}
