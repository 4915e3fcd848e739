//! What became of a write.

use countersign::store::{Commit, Expect, Item, Key, Store, Token, Transaction, Write};
use serde_json::{Value, json};

use super::fake::{
    Answer, Fake, cancelled, done, error, in_the_way, reason, refused, says, stored,
};
use crate::store::dynamodb::Units;

fn put(sk: &str, expect: Expect) -> Write {
    Write::Put { key: Key::new("p", sk), body: "{}".to_owned(), expect }
}

fn delete(sk: &str) -> Write {
    Write::Delete { key: Key::new("p", sk), expect: Expect::Anything }
}

fn check(sk: &str, expect: Expect) -> Write {
    Write::Check { key: Key::new("p", sk), expect }
}

fn transaction(writes: impl Into<Vec<Write>>) -> Transaction {
    Transaction { token: Token("mine".to_owned()), writes: writes.into() }
}

fn alone() -> Transaction {
    transaction([put("a", Expect::Absent)])
}

fn together() -> Transaction {
    transaction([put("a", Expect::Absent), put("b", Expect::Version(2))])
}

fn found(sk: &str, token: &str) -> Item {
    let (key, token) = (Key::new("p", sk), Token(token.to_owned()));
    Item { key, version: 3, body: "{}".to_owned(), token }
}

/// What a write came to, and what it asked for.
async fn outcome(
    write: &Transaction,
    answers: impl IntoIterator<Item = Answer>,
) -> (Commit, String) {
    let fake = Fake::of(answers).await;
    (fake.store.write(write).await, fake.operations())
}

fn said(commit: &Commit) -> &str {
    match commit {
        Commit::Unknown(why) | Commit::Invalid(why) => why,
        Commit::Committed | Commit::Conflict(_) | Commit::Throttled => "",
    }
}

#[tokio::test]
async fn a_write_by_itself_is_no_transaction() {
    let by_itself = [
        (put("a", Expect::Absent), "PutItem"),
        (put("a", Expect::Version(7)), "PutItem"),
        (put("a", Expect::Anything), "UpdateItem"),
        (put("a", Expect::Present), "UpdateItem"),
        (delete("a"), "DeleteItem"),
        (check("a", Expect::Present), "TransactWriteItems"),
    ];
    for (write, operation) in by_itself {
        let write = transaction([write]);
        assert_eq!(outcome(&write, [done()]).await, (Commit::Committed, operation.to_owned()));
    }
    let several = "TransactWriteItems".to_owned();
    assert_eq!(outcome(&together(), [done()]).await, (Commit::Committed, several));
    let nothing_asked = [check("a", Expect::Anything), delete("b")];
    let outcome = outcome(&transaction(nothing_asked), [done()]).await;
    assert_eq!(outcome, (Commit::Committed, "DeleteItem".to_owned()));
}

#[tokio::test]
async fn what_asks_for_nothing_is_not_sent() {
    let write = transaction([check("a", Expect::Anything)]);
    assert_eq!(outcome(&write, [done()]).await, (Commit::Committed, String::new()));
}

#[tokio::test]
async fn every_condition_asks_for_what_stood_in_its_way_and_for_its_price() {
    let writes = [put("a", Expect::Absent), put("b", Expect::Anything), delete("c")];
    let fake = Fake::of([done()]).await;
    for write in &writes {
        fake.store.write(&transaction([write.clone()])).await;
    }
    fake.store.write(&transaction(writes)).await;
    for (operation, input) in fake.asked() {
        assert_eq!(input["ReturnConsumedCapacity"], "TOTAL", "{operation}");
        let actions = match &input["TransactItems"] {
            Value::Array(items) => items
                .iter()
                .map(|item| item.as_object().unwrap().values().next().unwrap())
                .collect(),
            _ => vec![&input],
        };
        for action in actions {
            assert_eq!(action["ReturnValuesOnConditionCheckFailure"], "ALL_OLD", "{operation}");
            assert_eq!(action["TableName"], "core", "{operation}");
        }
    }
}

#[tokio::test]
async fn a_transaction_that_met_another_is_tried_again_under_the_same_token() {
    let met = || cancelled(&[reason("None"), reason("TransactionConflict")]);
    let fake = Fake::of([met(), met(), done()]).await;
    assert_eq!(fake.store.write(&together()).await, Commit::Committed);
    let tokens: Vec<_> =
        fake.asked().iter().map(|(_, input)| input["ClientRequestToken"].clone()).collect();
    assert_eq!(tokens.len(), 3);
    assert!(tokens.iter().all(|token| *token == tokens[0]), "{tokens:?}");
    assert_eq!(tokens[0].as_str().unwrap().len(), 36);
    // Another transaction under the same token of ours is another to DynamoDB.
    let other = transaction([put("a", Expect::Absent), put("b", Expect::Version(3))]);
    fake.store.write(&other).await;
    assert_ne!(fake.asked()[3].1["ClientRequestToken"], tokens[0]);
}

#[tokio::test]
async fn what_is_too_much_at_once_is_tried_a_few_times_and_then_throttled() {
    for (write, answer) in [
        (together(), cancelled(&[reason("TransactionConflict"), reason("None")])),
        (together(), cancelled(&[reason("None"), reason("ThrottlingError")])),
        (together(), cancelled(&[reason("ProvisionedThroughputExceeded"), reason("None")])),
        (together(), error(400, "ThrottlingException")),
        (alone(), error(400, "ProvisionedThroughputExceededException")),
        (alone(), error(400, "RequestLimitExceeded")),
        (alone(), error(400, "TransactionConflictException")),
    ] {
        let (commit, asked) = outcome(&write, [answer.clone()]).await;
        assert_eq!(commit, Commit::Throttled, "{answer:?}");
        let times = asked.split(' ').count();
        assert!((2..=7).contains(&times), "{answer:?}: {times} times");
        let write_again = outcome(&write, [answer.clone(), done()]).await;
        assert_eq!(write_again.0, Commit::Committed, "{answer:?}");
    }
}

#[tokio::test]
async fn what_stood_in_the_way_is_told_write_by_write() {
    let (commit, asked) = outcome(&alone(), [refused(&stored("a", "other"))]).await;
    assert_eq!(commit, Commit::Conflict(vec![Some(found("a", "other"))]));
    assert_eq!(asked, "PutItem");

    let writes = [
        check("x", Expect::Anything),
        put("a", Expect::Absent),
        put("b", Expect::Present),
        put("c", Expect::Version(1)),
    ];
    let absent = json!({ "Code": "ConditionalCheckFailed" });
    let reasons = [reason("None"), absent, in_the_way(&stored("c", "other"))];
    let (commit, asked) = outcome(&transaction(writes), [cancelled(&reasons)]).await;
    assert_eq!(commit, Commit::Conflict(vec![None, None, None, Some(found("c", "other"))]));
    assert_eq!(asked, "TransactWriteItems");
}

#[tokio::test]
async fn ones_own_write_in_the_way_is_success() {
    let own = [refused(&stored("a", "mine"))];
    assert_eq!(outcome(&alone(), own).await.0, Commit::Committed);
    for other in [reason("None"), in_the_way(&stored("a", "other")), reason("TransactionConflict")]
    {
        let own = [cancelled(&[other.clone(), in_the_way(&stored("b", "mine"))])];
        let (commit, asked) = outcome(&together(), own).await;
        assert_eq!((commit, asked.as_str()), (Commit::Committed, "TransactWriteItems"), "{other}");
    }
}

#[tokio::test]
async fn a_conflict_beside_another_transaction_is_looked_at_again() {
    let mixed = || cancelled(&[in_the_way(&stored("a", "other")), reason("TransactionConflict")]);
    let own = cancelled(&[in_the_way(&stored("a", "other")), in_the_way(&stored("b", "mine"))]);
    let (commit, asked) = outcome(&together(), [mixed(), own]).await;
    assert_eq!(commit, Commit::Committed);
    assert_eq!(asked, "TransactWriteItems TransactWriteItems");
    let (commit, _) = outcome(&together(), [mixed()]).await;
    assert_eq!(commit, Commit::Conflict(vec![Some(found("a", "other")), None]));
}

#[tokio::test]
async fn what_can_never_be_written_is_invalid_and_says_where() {
    let reasons = [in_the_way(&stored("a", "other")), reason("ValidationError")];
    let (commit, asked) = outcome(&together(), [cancelled(&reasons)]).await;
    assert!(matches!(commit, Commit::Invalid(_)), "{commit:?}");
    for part in ["table `core`", "action 1", "it is a ValidationError"] {
        assert!(said(&commit).contains(part), "{commit:?}");
    }
    assert_eq!(asked, "TransactWriteItems");
    for (write, code) in [
        (alone(), "ValidationException"),
        (alone(), "ItemCollectionSizeLimitExceededException"),
        (together(), "ValidationException"),
        (together(), "IdempotentParameterMismatchException"),
    ] {
        let (commit, asked) = outcome(&write, [error(400, code)]).await;
        assert!(matches!(&commit, Commit::Invalid(why) if why.contains(code)), "{commit:?}");
        assert!(!asked.contains(' '), "{asked}");
    }
}

#[tokio::test]
async fn what_may_have_been_written_is_unknown_and_not_repeated() {
    for (write, answer) in [
        (alone(), error(500, "InternalServerError")),
        (together(), error(500, "InternalServerError")),
        (together(), error(503, "ThrottlingException")),
        (together(), error(400, "TransactionInProgressException")),
        (together(), cancelled(&[])),
        (together(), cancelled(&[reason("None"), reason("SomethingNew")])),
        (alone(), Answer::Says(200, json!("no object"))),
        (alone(), Answer::Says(400, json!("no object"))),
    ] {
        let (commit, asked) = outcome(&write, [answer.clone()]).await;
        assert!(matches!(commit, Commit::Unknown(_)), "{answer:?}: {commit:?}");
        assert!(!asked.contains(' '), "{answer:?}: {asked}");
    }
}

#[tokio::test]
async fn nobody_waits_longer_than_is_said() {
    let began = std::time::Instant::now();
    let (commit, asked) = outcome(&together(), [Answer::Silence]).await;
    let took = began.elapsed().as_millis();
    assert!(matches!(commit, Commit::Unknown(_)), "{commit:?}");
    assert_eq!(asked, "TransactWriteItems");
    assert!((600..3_000).contains(&took), "{took} ms");
}

#[tokio::test]
async fn what_must_be_mended_is_said() {
    for (code, parts) in [
        ("ResourceNotFoundException", ["`core` (COUNTERSIGN_TABLE)", "Terraform"]),
        ("AccessDeniedException", ["role of this function", "`audit` (COUNTERSIGN_AUDIT_TABLE)"]),
        ("ExpiredTokenException", ["credentials", "sign in again"]),
        ("UnrecognizedClientException", ["credentials", "AWS_PROFILE"]),
    ] {
        let (commit, asked) = outcome(&alone(), [error(400, code)]).await;
        assert!(matches!(commit, Commit::Unknown(_)), "{commit:?}");
        for part in parts.into_iter().chain([code, "as it is told"]) {
            assert!(said(&commit).contains(part), "{commit:?}");
        }
        assert_eq!(asked, "PutItem");
    }
}

#[tokio::test]
async fn damage_in_the_way_is_told() {
    let bare = refused(&json!({ "pk": { "S": "p" }, "sk": { "S": "a" } }));
    let (commit, _) = outcome(&alone(), [bare]).await;
    assert!(matches!(&commit, Commit::Invalid(why) if why.contains("`p / a`")), "{commit:?}");
}

#[tokio::test]
async fn units_that_are_told_are_counted() {
    let told = says(json!({ "ConsumedCapacity": { "TableName": "core", "CapacityUnits": 3.0 } }));
    let several = says(json!({ "ConsumedCapacity": [
        { "TableName": "core", "CapacityUnits": 4.0 },
        { "TableName": "audit", "CapacityUnits": 2.0 },
    ] }));
    let fake = Fake::of([told, several]).await;
    fake.store.write(&alone()).await;
    fake.store.write(&together()).await;
    assert_eq!(fake.store.reported_units(), Units { read: 0, write: 9 });
    assert_eq!(fake.store.units(), Units { read: 0, write: 5 });
}
