//! What the tests of this folder tell of.

use countersign::desk::{Account, account_id, account_key};
use countersign::engine::records::{self, Listed, json};
use countersign::engine::{Actor, Cause, Entry, SCHEMA, SealedEntry, What, genesis, seal};
use countersign::model::{Channel, CommandId, Source, UserId};
use countersign::store::{Commit, Expect, Key, Store, Write};

/// What is recorded when somebody was refused something.
pub(super) fn refusal(user: &UserId) -> SealedEntry {
    let (id, at) = (account_id(user), "2026-03-02T09:00:00Z".parse().unwrap());
    let entry = Entry {
        v: SCHEMA,
        run: id.clone(),
        seq: 1,
        at,
        actor: Actor::local(user.clone()),
        channel: Channel::from(Source::Api),
        cause: Cause::Command { id: CommandId::parse("c1").unwrap(), recorded: at },
        what: What::Noted { about: "test".to_owned(), details: serde_json::json!({}) },
        effects: Vec::new(),
        notes: Vec::new(),
    };
    seal(entry, genesis(&id))
}

/// Somebody was refused something for the first time.
pub(super) async fn refuse(store: &dyn Store, user: &str) {
    let user = UserId::parse(user).unwrap();
    let (id, sealed) = (account_id(&user), refusal(&user));
    let account = Account { user: user.clone(), seq: 1, chain: sealed.hash.clone() };
    let listed = Listed { account: user.clone(), after: 0 };
    let put = |key, body| Write::Put { key, body, expect: Expect::Absent };
    let writes = vec![
        put(account_key(&user), json(&account)),
        put(records::entries(&id, 1), json(&[&sealed])),
        put(Key::new(records::NOTED, user.as_str()), json(&listed)),
    ];
    assert_eq!(store.write(&records::transaction(writes)).await, Commit::Committed);
}
