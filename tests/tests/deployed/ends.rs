//! Access ends by itself.

use countersign::engine::{Cause, Due, What};
use serde_json::json;

use crate::chains;
use crate::place::{Place, eventually};

/// Long enough that access is given at all.
const SHORT: &str = "12s";

pub(crate) async fn tell(place: &Place) {
    // So that it is the schedule that does it.
    place.stop("sweep").await;
    let run = begin(place, "cy@acme.test", "ci-deploy").await;
    let closed = place.person("cy@acme.test").until(&run, "closed").await;
    assert_eq!(closed["outcome"], "ended");
    assert_in_time(place, &run).await;
    place.mend("sweep").await;
}

pub(crate) async fn tell_of_sweeps(place: &Place) {
    place.stop("timer").await;
    let run = begin(place, "cy@acme.test", "staging-admin").await;
    let mut cy = place.person("cy@acme.test");
    let path = format!("/v1/runs/{run}");
    // There is one every minute; this does not wait for it.
    let closed = eventually(async || {
        place.invoke("sweep", &json!({})).await.unwrap();
        let seen = cy.get(&path).await;
        (seen.text("status") == "closed").then(|| seen.json())
    });
    let closed = closed.await.expect("the sweep ends it");
    assert_eq!(closed["outcome"], "ended");
    assert_in_time(place, &run).await;
    place.mend("timer").await;
}

/// Somebody gets access for a short time.
async fn begin(place: &Place, who: &str, target: &str) -> String {
    let run = place.person(who).ask(target, SHORT).await;
    let mut ops = place.person("ops@acme.test");
    let approved = ops.act(&run, "approve").await;
    // On a busy machine it may be over by the time that anybody looks.
    assert!(matches!(approved.status, 200 | 202), "{approved:?}");
    run
}

/// It was given, and then ended because its time was up, not before that.
async fn assert_in_time(place: &Place, run: &str) {
    let entries = chains::entries(&mut place.person("root@acme.test"), run).await;
    let until = entries.iter().find_map(|sealed| match &sealed.entry.what {
        What::Granting { until } => *until,
        _ => None,
    });
    assert!(entries.iter().any(|sealed| matches!(sealed.entry.what, What::Granted { .. })));
    let ending = entries.iter().find(|it| matches!(it.entry.what, What::Ending { .. })).unwrap();
    assert_eq!(ending.entry.cause, Cause::Due { due: Due::End });
    assert!(ending.entry.at >= until.unwrap(), "{ending:?}");
}
