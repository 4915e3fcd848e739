//! People and bots ask, approve and take back.

use countersign_tests::http::Answer;
use serde_json::{Value, json};

use crate::place::{Person, Place, eventually, wish};

pub(crate) async fn tell(place: &Place) {
    let (mut ada, mut ops) = (place.person("ada@acme.test"), place.person("ops@acme.test"));
    let run = ada.ask("prod-database", "1h").await;

    let own = ada.order(&run, "approve").await;
    assert_eq!(own.status, 202, "{own:?}");
    assert_eq!(outcome(&mut ada, &own).await["code"], "self_approval");
    let other = place.person("bo@acme.test").act(&run, "approve").await;
    assert!(other.status >= 400, "{other:?}");
    ada.until(&run, "pending").await;

    ops.approve(&run).await;
    assert_eq!(holds(place, &run).await, Some(json!("ada@acme.test")));
    let twin = ada.post("/v1/runs", &wish("prod-database", "1h")).await;
    assert_eq!(twin.status, 409, "{twin:?}");

    let revoked = ada.order(&run, "revoke").await;
    assert_eq!(revoked.status, 202, "{revoked:?}");
    assert_eq!(ada.until(&run, "closed").await["outcome"], "ended");
    assert_eq!(holds(place, &run).await, None);
}

pub(crate) async fn tell_of_bots(place: &Place) {
    let mut root = place.person("root@acme.test");
    let wanted = json!({ "bot": "bot:ci", "scopes": ["request", "revoke", "read"] });
    let made = root.post("/v1/tokens", &wanted).await;
    assert_eq!(made.status, 201, "{made:?}");
    let mut bot = place.bearer(made.text("token"));
    let run = bot.ask("ci-deploy", "30m").await;
    let decided = bot.act(&run, "approve").await;
    let refused = (decided.status, decided.text("code"));
    assert_eq!(refused, (403, "bots_never_decide".to_owned()), "{decided:?}");
    place.person("ops@acme.test").approve(&run).await;
    bot.act(&run, "revoke").await;
    assert_eq!(bot.until(&run, "closed").await["outcome"], "ended");
}

/// What became of a command that was recorded.
async fn outcome(person: &mut Person, accepted: &Answer) -> Value {
    let path = format!("/v1/events/{}", accepted.text("event"));
    let told = eventually(async || {
        let told = person.get(&path).await;
        (told.status == 200 && told.text("status") != "pending").then(|| told.json())
    });
    told.await.expect("the command is never handled")
}

/// Who holds access by this run.
pub(crate) async fn holds(place: &Place, run: &str) -> Option<Value> {
    let grants = place.person("root@acme.test").get("/v1/grants").await.json();
    let grants = grants["items"].as_array().unwrap();
    grants.iter().find(|grant| grant["run"] == run).map(|grant| grant["user"].clone())
}
