//! What is read: the last committed write, byte by byte.

use std::sync::Arc;

use super::{commit, get, item, put};
use crate::store::{
    Expect::{Absent, Anything},
    Key, Store,
};

pub(super) async fn what_is_not_there_is_not_found(store: Arc<dyn Store>) {
    assert_eq!(get(&*store, "p", "a").await, None);
    commit(&*store, "t", [put("p", "a", "1", Absent)]).await;
    assert_eq!(get(&*store, "p", "b").await, None);
    assert_eq!(get(&*store, "q", "a").await, None);
}

pub(super) async fn a_write_is_read_by_whoever_knows_of_it(store: Arc<dyn Store>) {
    let tasks: Vec<_> = (0..8)
        .map(|task| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let pk = format!("p{task}");
                for version in 1..=25 {
                    let token = format!("{task}.{version}");
                    commit(&*store, &token, [put(&pk, "a", &token, Anything)]).await;
                    let expected = item(&pk, "a", version, &token, &token);
                    assert_eq!(get(&*store, &pk, "a").await, Some(expected));
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("the task ends well");
    }
}

pub(super) async fn bodies_and_keys_come_back_byte_by_byte(store: Arc<dyn Store>) {
    let texts = [
        "{\"name\":\"Zoë Åström\",\"reason\":\"数据库 🔑\"}",
        "{ \"spaced\" :\t[ 1.0, 1e2, -0 ] }\n",
        "\"\\u0000 \\ud83d\\ude00 \u{7f} \u{2028} \u{feff}\"",
        "null",
        "123456789012345678901234567890.10",
        "",
        "O'Neill; DROP TABLE items; -- %_\\",
    ];
    for (n, text) in texts.into_iter().enumerate() {
        let sk = format!("{n}#ключ/鍵 '\"%_\\ {text}");
        let token = format!("tøken {n}");
        commit(&*store, &token, [put("Ü#ä", &sk, text, Absent)]).await;
        assert_eq!(get(&*store, "Ü#ä", &sk).await, Some(item("Ü#ä", &sk, 1, text, &token)));
    }
}

pub(super) async fn keys_differ_by_case_and_by_form(store: Arc<dyn Store>) {
    let keys = ["ada", "Ada", "ADA", "ada ", " ada", "é", "e\u{301}", "1", "01", "1.0"];
    for (n, sk) in keys.into_iter().enumerate() {
        commit(&*store, &n.to_string(), [put("p", sk, &n.to_string(), Absent)]).await;
    }
    for (n, sk) in keys.into_iter().enumerate() {
        let n = n.to_string();
        assert_eq!(get(&*store, "p", sk).await, Some(item("p", sk, 1, &n, &n)));
    }
}

pub(super) async fn the_two_parts_of_a_key_do_not_run_together(store: Arc<dyn Store>) {
    commit(&*store, "t1", [put("ab", "c", "1", Absent), put("a", "bc", "2", Absent)]).await;
    assert_eq!(get(&*store, "ab", "c").await, Some(item("ab", "c", 1, "1", "t1")));
    assert_eq!(get(&*store, "a", "bc").await, Some(item("a", "bc", 1, "2", "t1")));
}

pub(super) async fn several_items_come_in_the_order_of_their_keys(store: Arc<dyn Store>) {
    commit(&*store, "t", [put("p", "a", "1", Absent), put("q", "b", "2", Absent)]).await;
    let keys = [
        Key::new("q", "b"),
        Key::new("p", "none"),
        Key::new("p", "a"),
        Key::new("none", "a"),
        Key::new("q", "b"),
    ];
    let (a, b) = (item("p", "a", 1, "1", "t"), item("q", "b", 1, "2", "t"));
    assert_eq!(
        store.get_many(&keys).await.expect("they can be read"),
        [Some(b.clone()), None, Some(a), None, Some(b)]
    );
}

pub(super) async fn no_items_are_asked_for_and_none_come(store: Arc<dyn Store>) {
    assert_eq!(store.get_many(&[]).await.expect("nothing can be read"), []);
}

pub(super) async fn a_hundred_large_items_are_read_together(store: Arc<dyn Store>) {
    let body = format!("\"{}\"", "x".repeat(200 * 1024));
    let keys: Vec<_> = (0..120).map(|n| Key::new("p", format!("{n:03}"))).collect();
    for key in &keys {
        commit(&*store, &key.sk, [put("p", &key.sk, &body, Absent)]).await;
    }
    let found = store.get_many(&keys).await.expect("they can be read");
    let expected: Vec<_> =
        keys.iter().map(|key| Some(item("p", &key.sk, 1, &body, &key.sk))).collect();
    assert!(found == expected, "not the items that were put");
}
