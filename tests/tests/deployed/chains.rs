//! The audit chains, read as anybody reads them.

use countersign::engine::{Run, SealedEntry, verify};
use countersign::model::RunId;
use futures_util::StreamExt;
use serde_json::Value;

use crate::crowd::SIDE_BY_SIDE;
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
    let (mut runs, mut path) = (Vec::new(), "/v1/runs?limit=200".to_owned());
    loop {
        let page = root.get(&path).await.json();
        let items = page["items"].as_array().unwrap();
        runs.extend(items.iter().map(|run| run["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/runs?limit=200&cursor={next}");
    }
    let reading = futures_util::stream::iter(&runs)
        .map(|run| async move { entries(&mut place.person("root@acme.test"), run).await.len() });
    let entries: Vec<_> = reading.buffer_unordered(SIDE_BY_SIDE).collect().await;
    println!("  {} chains, {} entries", runs.len(), entries.iter().sum::<usize>());
    assert!(runs.len() >= crate::crowd::size());
}
