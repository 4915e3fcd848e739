//! What functions are told that is nonsense, or was told before.

use countersign::engine::records::ASIDE;
use countersign::store::{Query, Store};
use serde_json::{Value, json};

use crate::chains;
use crate::place::Place;

/// A record of the stream, as the worker is told of it.
pub(crate) fn record(run: &str, number: usize) -> Value {
    json!({
        "eventID": format!("{number:032x}"),
        "eventName": "MODIFY",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "Keys": { "pk": { "S": format!("J#{run}") }, "sk": { "S": "#" } },
            "SequenceNumber": format!("{number:021}"),
            "StreamViewType": "NEW_IMAGE",
        },
    })
}

pub(crate) async fn tell(place: &Place) {
    let bad = [
        json!({ "eventName": "INSERT", "nonsense": "stream one" }),
        json!({ "dynamodb": { "Keys": { "pk": { "S": "X#none" } }, "SequenceNumber": "7" } }),
        json!("stream three"),
        // A run that is not there is nothing to do.
        record("01M80K8A6DD4Y4DKHZKGGX7PQQ", 4),
    ];
    let answer = place.invoke("worker", &json!({ "Records": bad })).await.unwrap();
    assert_eq!(answer, json!({ "batchItemFailures": [] }));
    let payload = json!({ "run": "no run", "due": "end", "at": "never" });
    for _ in 0..2 {
        assert_eq!(place.invoke("timer", &payload).await, Ok(Value::Null));
    }
    let aside = place.store.query(&Query::of(ASIDE)).await.unwrap().items;
    let from = |from: &str| aside.iter().filter(|item| item.key.sk.starts_with(from)).count();
    assert_eq!((from("stream#"), from("schedule#"), aside.len()), (3, 1, 4), "{aside:?}");
    assert!(aside.iter().any(|item| item.body.contains("stream three")), "{aside:?}");

    let run = place.person("ada@acme.test").ask("s3-customer-data", "1h").await;
    place.person("bo@acme.test").approve(&run).await;
    place.person("ada@acme.test").act(&run, "revoke").await;
    place.person("ada@acme.test").until(&run, "closed").await;
}

pub(crate) async fn tell_of_duplicates(place: &Place) {
    let mut bo = place.person("bo@acme.test");
    let run = bo.ask("prod-database", "1h").await;
    let before = chains::entries(&mut bo, &run).await.len();
    let records: Vec<_> = (0..10).map(|number| record(&run, number)).collect();
    let batch = json!({ "Records": records });
    let twice = tokio::join!(place.invoke("worker", &batch), place.invoke("worker", &batch));
    for answer in [twice.0, twice.1] {
        assert_eq!(answer, Ok(json!({ "batchItemFailures": [] })));
    }
    assert_eq!(chains::entries(&mut bo, &run).await.len(), before);
    bo.act(&run, "cancel").await;
    bo.until(&run, "closed").await;
}
