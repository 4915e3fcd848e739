//! What is read.

use countersign::store::{Key, Query, ReadError, Store};
use serde_json::{Value, json};

use super::fake::{Answer, Fake, error, says, stored};

fn key(sk: &str) -> Key {
    Key::new("p", sk)
}

fn listed(keys: &[&str], last: Option<&str>) -> Answer {
    let items: Vec<_> = keys.iter().map(|sk| stored(sk, "t")).collect();
    let mut body = json!({ "Items": items });
    if let Some(last) = last {
        body["LastEvaluatedKey"] = json!({ "pk": { "S": "p" }, "sk": { "S": last } });
    }
    says(body)
}

fn got(keys: &[&str], unprocessed: &[&str]) -> Answer {
    let items: Vec<_> = keys.iter().map(|sk| stored(sk, "t")).collect();
    let rest: Vec<_> =
        unprocessed.iter().map(|sk| json!({ "pk": { "S": "p" }, "sk": { "S": sk } })).collect();
    let mut body = json!({ "Responses": { "core": items }, "UnprocessedKeys": {} });
    if !rest.is_empty() {
        body["UnprocessedKeys"]["core"] = json!({ "Keys": rest, "ConsistentRead": true });
    }
    says(body)
}

#[tokio::test]
async fn every_read_is_consistent() {
    let fake = Fake::of([says(json!({}))]).await;
    fake.store.get(&key("a")).await.unwrap();
    fake.store.get_many(&[key("a"), Key::new("R#1", "E#1")]).await.unwrap();
    fake.store.query(&Query::of("R#1")).await.unwrap();
    assert_eq!(fake.operations(), "GetItem BatchGetItem Query Query");
    let mut tables = Vec::new();
    for (operation, input) in fake.asked() {
        assert_eq!(input["ReturnConsumedCapacity"], "TOTAL", "{operation}");
        let reads: Vec<(Value, &Value)> = match &input["RequestItems"] {
            Value::Object(items) => {
                items.iter().map(|(table, read)| (json!(table), read)).collect()
            }
            _ => vec![(input["TableName"].clone(), &input)],
        };
        for (table, read) in reads {
            assert_eq!(read["ConsistentRead"], true, "{operation}");
            tables.push(table.as_str().unwrap().to_owned());
        }
    }
    tables.sort();
    assert_eq!(tables, ["audit", "audit", "core", "core", "core"]);
}

#[tokio::test]
async fn what_cannot_be_there_is_not_asked_for() {
    let fake = Fake::of([error(400, "ValidationException")]).await;
    let long = "k".repeat(1025);
    let impossible =
        [Key::new("", "a"), Key::new("p", ""), Key::new(&long, "a"), Key::new("p", long)];
    for key in &impossible {
        assert_eq!(fake.store.get(key).await.unwrap(), None);
    }
    assert_eq!(fake.store.get_many(&[]).await.unwrap(), []);
    assert!(fake.store.query(&Query::of("")).await.unwrap().items.is_empty());
    assert_eq!(fake.operations(), "");
}

#[tokio::test]
async fn a_read_is_repeated_a_few_times() {
    let failure = || error(500, "InternalServerError");
    let item = says(json!({ "Item": stored("a", "t") }));
    let fake = Fake::of([failure(), error(400, "ThrottlingException"), item]).await;
    assert!(fake.store.get(&key("a")).await.unwrap().is_some());
    assert_eq!(fake.operations(), "GetItem GetItem GetItem");

    let fake = Fake::of([failure()]).await;
    let error = fake.store.get(&key("a")).await.unwrap_err();
    assert!(matches!(&error, ReadError::Unavailable(_)), "{error}");
    assert_eq!(fake.operations(), "GetItem GetItem GetItem");
}

#[tokio::test]
async fn what_was_left_out_of_an_answer_is_asked_for_again() {
    let fake = Fake::of([got(&["a"], &["b", "c"]), got(&[], &["b", "c"]), got(&["c"], &[])]).await;
    let found = fake.store.get_many(&["a", "b", "c"].map(key)).await.unwrap();
    let there: Vec<_> = found.iter().map(Option::is_some).collect();
    assert_eq!(there, [true, false, true]);
    let asked = fake.asked();
    assert_eq!(asked.len(), 3);
    assert_eq!(asked[1].1["RequestItems"]["core"]["Keys"].as_array().unwrap().len(), 2);
    // One that is not there costs as much as one that is.
    assert_eq!(fake.store.units().read, 3);
}

#[tokio::test]
async fn whoever_is_left_out_every_time_is_told_so() {
    let fake = Fake::of([got(&[], &["a"])]).await;
    let error = fake.store.get_many(&[key("a")]).await.unwrap_err();
    let ReadError::Unavailable(why) = error else { panic!("{error}") };
    assert!(why.contains("throttled and left out 1 of 1 items"), "{why}");
}

#[tokio::test]
async fn more_keys_than_dynamodb_takes_are_asked_for_in_parts() {
    let fake = Fake::of([got(&[], &[])]).await;
    let keys: Vec<_> = (0..250).map(|n| key(&n.to_string())).collect();
    fake.store.get_many(&[keys.clone(), keys].concat()).await.unwrap();
    let sizes: Vec<_> = fake
        .asked()
        .iter()
        .map(|(_, input)| input["RequestItems"]["core"]["Keys"].as_array().unwrap().len())
        .collect();
    assert_eq!(sizes, [100, 100, 50]);
}

#[tokio::test]
async fn a_page_that_dynamodb_cut_short_is_filled() {
    let fake = Fake::of([
        listed(&["a", "b"], Some("b")),
        listed(&[], Some("c")),
        listed(&["d"], Some("d")),
    ])
    .await;
    let page = fake.store.query(&Query::of("p").limit(3)).await.unwrap();
    let keys: Vec<_> = page.items.into_iter().map(|item| item.key.sk).collect();
    assert_eq!((keys.concat(), page.more), ("abd".to_owned(), true));
    let asked = fake.asked();
    let limits: Vec<_> = asked.iter().map(|(_, input)| input["Limit"].as_u64().unwrap()).collect();
    assert_eq!(limits, [3, 1, 1]);
    assert_eq!(asked[1].1["ExclusiveStartKey"]["sk"]["S"], "b");
    assert_eq!(asked[2].1["ExclusiveStartKey"]["sk"]["S"], "c");

    let fake = Fake::of([listed(&["a"], Some("a")), listed(&[], None)]).await;
    let page = fake.store.query(&Query::of("p").limit(3)).await.unwrap();
    assert_eq!((page.items.len(), page.more), (1, false));
}

#[tokio::test]
async fn units_that_are_told_are_counted() {
    let capacity = json!({ "TableName": "core", "CapacityUnits": 2.0 });
    let fake = Fake::of([
        says(json!({ "ConsumedCapacity": capacity })),
        says(json!({
            "ConsumedCapacity": [capacity, capacity],
        })),
    ])
    .await;
    fake.store.get(&key("a")).await.unwrap();
    fake.store.get_many(&[key("a")]).await.unwrap();
    assert_eq!(fake.store.reported_units().read, 6);
    assert_eq!(fake.store.units().read, 2);
}
