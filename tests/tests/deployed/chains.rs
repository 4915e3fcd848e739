//! The audit chains, read as anybody reads them.

use countersign::engine::{Run, SealedEntry, verify};
use countersign::model::RunId;
use serde_json::Value;

use crate::place::{Person, Place};

/// The entries of a run, which are the whole chain.
pub(crate) async fn entries(person: &mut Person, run: &str) -> Vec<SealedEntry> {
    let path = format!("/v1/runs/{run}/events?limit=200");
    let answer = person.get(&path).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let page = answer.json();
    assert_eq!(page["next"], Value::Null, "{run} has more entries than a page");
    let entries: Vec<SealedEntry> = serde_json::from_value(page["items"].clone()).unwrap();
    verify(&RunId::parse(run).unwrap(), &entries).unwrap();
    assert!(Run::replay(&entries).is_some(), "{run}");
    entries
}

pub(crate) async fn tell(place: &Place) {
    let mut root = place.person("root@acme.test");
    let (mut runs, mut path) = (0, "/v1/runs?limit=200".to_owned());
    loop {
        let page = root.get(&path).await.json();
        for run in page["items"].as_array().unwrap() {
            entries(&mut root, run["id"].as_str().unwrap()).await;
            runs += 1;
        }
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/runs?limit=200&cursor={next}");
    }
    println!("  {runs} chains");
    assert!(runs >= crate::crowd::size());
}
