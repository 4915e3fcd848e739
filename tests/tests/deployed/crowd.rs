//! Many people at once.

use std::time::Instant;

use countersign::engine::What;
use futures_util::StreamExt;
use serde_json::json;

use crate::chains;
use crate::nonsense::record;
use crate::place::{Place, wish};

/// The variable that says how many there are.
const SIZE: &str = "COUNTERSIGN_CROWD";

/// So many calls are under way at once: an emulator in one process has no use for more.
pub(crate) const SIDE_BY_SIDE: usize = 16;

/// So many records come in one batch.
const BATCH: usize = 25;

/// How many there are; `cargo xtask deployed --full` has 500.
pub(crate) fn size() -> usize {
    std::env::var(SIZE).ok().and_then(|size| size.parse().ok()).unwrap_or(50)
}

/// People of our domain need not be in the settings.
fn email(number: usize) -> String {
    format!("p{number}@acme.test")
}

/// Everybody asks; it is approved and taken back before anybody looks; and all of the stream comes
/// twice.
pub(crate) async fn tell(place: &Place) {
    let began = Instant::now();
    let everybody = || futures_util::stream::iter(0..size());
    let asking = everybody().map(|number| async move {
        let wish = wish("prod-database", "1h");
        let asked = place.person(&email(number)).record("/v1/runs", &wish).await;
        assert_eq!(asked.status, 202, "{asked:?}");
        asked.text("id")
    });
    let runs: Vec<_> = asking.buffered(SIDE_BY_SIDE).collect().await;
    let asked = began.elapsed();
    tell_again(place, &runs).await;
    all(place, &runs, "pending").await;
    let pending = began.elapsed();
    let deciding =
        futures_util::stream::iter(runs.iter().enumerate()).map(|(number, run)| async move {
            let path = |what: &str| format!("/v1/runs/{run}/{what}");
            let approved = place.person("ops@acme.test").record(&path("approve"), &json!({})).await;
            assert_eq!(approved.status, 202, "{approved:?}");
            let revoked = place.person(&email(number)).order(run, "revoke").await;
            assert!(matches!(revoked.status, 202 | 409), "{revoked:?}");
            revoked.status == 202
        });
    let revoked: Vec<_> = deciding.buffered(SIDE_BY_SIDE).collect().await;
    tell_again(place, &runs).await;
    for ((number, run), revoked) in runs.iter().enumerate().zip(revoked) {
        if !revoked {
            let mut person = place.person(&email(number));
            person.until(run, "active").await;
            person.act(run, "revoke").await;
        }
    }
    all(place, &runs, "closed").await;
    let closed = began.elapsed();
    println!(
        "  {} runs: asked {:.1} s, pending {:.1} s, closed {:.1} s after the first",
        runs.len(),
        asked.as_secs_f64(),
        pending.as_secs_f64(),
        closed.as_secs_f64()
    );
    let checking = futures_util::stream::iter(&runs).map(|run| is_in_order(place, run));
    checking.buffer_unordered(SIDE_BY_SIDE).collect::<()>().await;
}

/// Tells the worker of every run once more, as a stream may.
async fn tell_again(place: &Place, runs: &[String]) {
    for some in runs.chunks(BATCH) {
        let records: Vec<_> = some.iter().enumerate().map(|(at, run)| record(run, at)).collect();
        place.invoke("worker", &json!({ "Records": records })).await.unwrap();
    }
}

/// Until all of them have this status.
async fn all(place: &Place, runs: &[String], status: &str) {
    let waiting = futures_util::stream::iter(runs).map(|run| async move {
        place.person("root@acme.test").until(run, status).await;
    });
    waiting.buffer_unordered(SIDE_BY_SIDE).collect::<()>().await;
}

/// Each thing happened once, and after what it rests on.
async fn is_in_order(place: &Place, run: &str) {
    let entries = chains::entries(&mut place.person("root@acme.test"), run).await;
    let word = |what: &What| match what {
        What::Requested { .. } => Some("requested"),
        What::Asked { .. } => Some("asked"),
        What::Approved { .. } => Some("approved"),
        What::Granting { .. } => Some("granting"),
        What::Granted { .. } => Some("granted"),
        What::Ending { .. } => Some("ending"),
        What::Revoked { .. } => Some("revoked"),
        What::Closed { .. } => Some("closed"),
        _ => None,
    };
    let words: Vec<_> = entries.iter().filter_map(|sealed| word(&sealed.entry.what)).collect();
    let mut expected = vec![
        "requested",
        "asked",
        "approved",
        "granting",
        "granted",
        "ending",
        "revoked",
        "closed",
    ];
    if !words.contains(&"granted") {
        // It was taken back while another worker was still giving it.
        expected.retain(|word| *word != "granted");
    }
    assert_eq!(words, expected, "{run}");
    assert!(entries.iter().map(|sealed| sealed.entry.at).is_sorted(), "{run}");
}
