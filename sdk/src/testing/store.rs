//! What every store is tested by: `store_conformance!` makes a test of each case.
//!
//! The cases ask for what [`store`](crate::store) promises and for nothing else: a page may be
//! shorter than its limit, and a write may be throttled. How a store is opened, refused or
//! repaired is each adapter's own affair.

mod conditions;
mod outcomes;
mod pages;
mod reads;

use std::sync::Arc;

use crate::store::{Commit, Expect, Item, Key, Store, Token, Transaction, Write};

/// Makes a test of each case of the conformance suite.
///
/// It is given the path of a function without arguments, `async` or returning a future, that makes
/// an empty store, as `Arc<dyn Store>`, and something to keep until the test is over, such as its
/// directory.
///
/// ```ignore
/// async fn memory() -> (Arc<dyn Store>, ()) {
///     (Arc::new(MemoryStore::new()), ())
/// }
///
/// countersign::store_conformance!(memory);
/// ```
#[macro_export]
macro_rules! store_conformance {
    ($make:path) => {
        $crate::store_conformance! { @cases tests $make }
    };

    // The one list of cases.
    (@cases $what:ident $($make:path)?) => {
        $crate::store_conformance! { @$what ($($make)?)
            conditions {
                an_unconditional_put_creates_and_replaces
                a_put_that_expects_nothing_creates_once
                a_put_that_expects_something_only_replaces
                a_put_that_expects_a_version_replaces_that_one
                a_delete_removes_under_its_condition
                a_delete_of_nothing_is_done
                a_check_asks_and_changes_nothing
                a_deleted_item_begins_again_with_version_one
                a_transaction_happens_as_a_whole_or_not_at_all
                a_transaction_may_span_partitions
                a_conflict_names_what_stood_in_the_way_of_each_write
                a_condition_that_holds_is_not_reported
                two_writes_of_one_key_are_refused
                a_transaction_has_one_to_a_hundred_writes
                a_body_may_be_as_large_as_is_said_and_no_larger
                a_key_has_two_parts_of_limited_length
            }
            outcomes {
                a_repeated_transaction_is_recognized_as_ones_own
                a_write_that_was_lost_is_made_by_repeating_it
                a_write_whose_answer_was_lost_happened_once
                anothers_write_is_not_ones_own
                a_throttled_write_did_not_happen
                what_is_written_ahead_is_there_before_the_next_write
                nobody_is_told_that_nothing_was_written_while_that_is_unknown
                increments_side_by_side_lose_nothing
                only_one_of_many_creates
                a_caller_who_stops_waiting_leaves_no_half_of_a_write
            }
            reads {
                what_is_not_there_is_not_found
                a_write_is_read_by_whoever_knows_of_it
                bodies_and_keys_come_back_byte_by_byte
                keys_differ_by_case_and_by_form
                the_two_parts_of_a_key_do_not_run_together
                several_items_come_in_the_order_of_their_keys
                no_items_are_asked_for_and_none_come
                a_hundred_large_items_are_read_together
            }
            pages {
                a_partition_is_listed_in_the_order_of_its_bytes
                a_listing_is_of_one_partition
                a_prefix_limits_a_listing
                a_prefix_is_a_prefix_of_characters_that_are_special_elsewhere
                a_listing_begins_after_a_key_that_need_not_exist
                a_prefix_and_a_beginning_hold_together
                a_listing_ends_with_the_key_it_goes_up_to
                a_listing_goes_down_as_well
                a_page_is_at_most_as_long_as_its_limit
                the_last_page_says_that_it_is_the_last
                pages_together_are_the_partition
                pages_miss_nothing_while_items_come_and_go_beside_them
                large_items_are_paged_through
                a_listing_shows_what_was_just_written
            }
        }
    };

    (@tests ($make:path) $($module:ident { $($case:ident)* })*) => {
        $($(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let (store, _kept) = $make().await;
                $crate::testing::store::run(stringify!($case), store).await;
            }
        )*)*
    };

    (@table () $($module:ident { $($case:ident)* })*) => {
        &[$($((stringify!($case), |store| ::std::boxed::Box::pin($module::$case(store)))),*),*]
    };
}

type Case = fn(Arc<dyn Store>) -> futures_util::future::BoxFuture<'static, ()>;

/// The cases by name.
const CASES: &[(&str, Case)] = store_conformance! { @cases table };

/// The names of all cases.
pub fn names() -> impl Iterator<Item = &'static str> {
    CASES.iter().map(|(name, _)| *name)
}

/// Puts an empty store to one case.
///
/// # Panics
///
/// The store fails it, or there is no such case.
pub async fn run(name: &str, store: Arc<dyn Store>) {
    let (_, case) = CASES.iter().find(|(known, _)| *known == name).expect("a case of this name");
    case(store).await;
}

fn put(pk: &str, sk: &str, body: &str, expect: Expect) -> Write {
    Write::Put { key: Key::new(pk, sk), body: body.to_owned(), expect }
}

fn delete(pk: &str, sk: &str, expect: Expect) -> Write {
    Write::Delete { key: Key::new(pk, sk), expect }
}

fn check(pk: &str, sk: &str, expect: Expect) -> Write {
    Write::Check { key: Key::new(pk, sk), expect }
}

fn item(pk: &str, sk: &str, version: u64, body: &str, token: &str) -> Item {
    Item { key: Key::new(pk, sk), version, body: body.to_owned(), token: Token(token.to_owned()) }
}

fn transaction(token: &str, writes: impl Into<Vec<Write>>) -> Transaction {
    Transaction { token: Token(token.to_owned()), writes: writes.into() }
}

/// Writes, and again for as long as the store has too much to do.
async fn write(store: &dyn Store, token: &str, writes: impl Into<Vec<Write>>) -> Commit {
    let transaction = transaction(token, writes);
    for attempt in 0..8 {
        match store.write(&transaction).await {
            Commit::Throttled => {
                tokio::time::sleep(std::time::Duration::from_millis(20 << attempt)).await;
            }
            known => return known,
        }
    }
    panic!("the store has had too much to do for five seconds");
}

/// Writes what must succeed.
async fn commit(store: &dyn Store, token: &str, writes: impl Into<Vec<Write>>) {
    assert_eq!(write(store, token, writes).await, Commit::Committed, "{token}");
}

async fn get(store: &dyn Store, pk: &str, sk: &str) -> Option<Item> {
    store.get(&Key::new(pk, sk)).await.expect("the store can be read")
}
