//! Cards of runs as they stand, as Slack gets them. The files are Slack's JSON.

use std::collections::BTreeMap;

use countersign_vendors::slack::mistakes_in_message;
use expect_test::expect_file;

use super::*;

const RUN: &str = include_str!("tests/run.json");

fn environment() -> Environment {
    Environment {
        org: "acme".to_owned(),
        name: "test".to_owned(),
        version: "1".to_owned(),
        zone: jiff::tz::TimeZone::UTC,
        flows: BTreeMap::new(),
        targets: BTreeMap::new(),
        strategies: BTreeMap::new(),
    }
    .with_built_in()
}

fn run(change: impl FnOnce(&mut Value)) -> Run {
    let mut run: Value = serde_json::from_str(RUN).unwrap();
    change(&mut run);
    serde_json::from_value(run).unwrap()
}

fn shown(make: impl FnOnce(&Around<'_>) -> Card) -> String {
    let environment = environment();
    let names = Names::from([("ada@acme.test".to_owned(), "<@U0ADA00001>".to_owned())]);
    let around = Around {
        environment: &environment,
        url: Some("https://countersign.acme.test"),
        names: &names,
    };
    let Card { text, blocks } = make(&around);
    assert_eq!(mistakes_in_message(&blocks), [""; 0]);
    let card = json!({ "text": text, "blocks": blocks });
    format!("{}\n", serde_json::to_string_pretty(&card).unwrap())
}

#[test]
fn a_request_that_waits() {
    let run = run(|_| {});
    expect_file!["tests/pending.json"].assert_eq(&shown(|around| request(&run, around)));
}

#[test]
fn access_that_is_there() {
    let run = run(|run| {
        run["until"] = "2026-03-02T10:00:00Z".into();
        run["state"] = json!({ "is": "active", "until": "2026-03-02T10:00:00Z", "warned": false });
        let by = json!({ "user": { "id": "bo@acme.test", "because": "is in Slack #ops" } });
        let binding = run["chain"].clone();
        run["approvals"] =
            json!([{ "by": by, "at": "2026-03-02T09:00:00Z", "stage": 0, "binding": binding }]);
    });
    expect_file!["tests/active.json"].assert_eq(&shown(|around| request(&run, around)));
    expect_file!["tests/ends_soon.json"].assert_eq(&shown(|around| ends_soon(&run, around)));
    let text = "Approved by bo@acme.test; active until 2026-03-02 10:00 UTC";
    expect_file!["tests/outcome.json"].assert_eq(&shown(|around| outcome(&run, around, text)));
}

#[test]
fn a_request_that_is_over() {
    let run = run(|run| {
        run["state"] = json!({
            "is": "closed",
            "outcome": "denied",
            "message": "not <now>, *please*\n<!channel>",
            "at": "2026-03-02T09:00:00Z",
            "recheck": null,
        });
    });
    expect_file!["tests/denied.json"].assert_eq(&shown(|around| request(&run, around)));
}

#[test]
fn a_follow_up() {
    let run = run(|run| run["template"] = "follow_up".into());
    let words = "How did it go with Orders & <bills>? Please answer a few questions.";
    expect_file!["tests/follow_up.json"].assert_eq(&shown(|around| follow_up(&run, around, words)));
}

/// Everything is as long as it can be, and of characters that Slack's markup writes longer.
#[test]
fn the_longest_request_is_not_too_long_for_slack_and_says_where_the_rest_is() {
    let long = "&&<&\u{202e}".repeat(2_000);
    let run = run(|run| {
        run["request"]["reason"] = long.clone().into();
        run["request"]["target"]["label"] = long.clone().into();
        let fields = (0..32).map(|n| (format!("{n}{long}"), Value::from(long.clone())));
        run["request"]["fields"] = fields.collect::<serde_json::Map<_, _>>().into();
        run["state"]["plan"]["stages"][0]["who"] = json!({ "slack_channel": long });
        run["state"]["asked"] = json!(vec!["someone-with-a-long-name@acme.test"; 500]);
    });
    let card = shown(|around| request(&run, around));
    assert!(card.len() < 30_000, "{}", card.len());
    assert!(card.contains("Cut short, read it all: <https://countersign.acme.test/runs/01M8"));
    for make in
        [ends_soon, |run: &Run, around: &Around<'_>| outcome(run, around, &"&".repeat(5_000))]
    {
        shown(|around| make(&run, around));
    }
    shown(|around| said(Some(&run), around, &"&".repeat(5_000)));
    shown(|around| reminder(&run, around));
}

#[test]
fn whoever_may_decide_is_named_so_that_slack_tells_them() {
    let environment = environment();
    let of = |who: Value, names: &[(&str, &str)]| {
        let run = run(|run| run["state"]["plan"]["stages"][0]["who"] = who);
        let names = names.iter().map(|(name, mark)| ((*name).to_owned(), (*mark).to_owned()));
        let names: Names = names.collect();
        let around = Around { environment: &environment, url: None, names: &names };
        let Card { blocks, .. } = request(&run, &around);
        let line = blocks[0]["text"]["text"].as_str().unwrap().to_owned();
        let foot = blocks.last().unwrap()["elements"][0]["text"].as_str().unwrap().to_owned();
        (line, foot.split(" · ").next().unwrap().to_owned())
    };
    let (bo, cy) = (("bo@acme.test", "<@U0BO>"), ("cy@acme.test", "<@U0CY>"));
    let (line, foot) = of(json!({ "okta_group": "security" }), &[bo, cy]);
    assert_eq!(line, "*Waiting for 1 of 2 in Okta group security: <@U0BO> or <@U0CY>*");
    assert_eq!(foot, "May decide: Okta group security: <@U0BO>, <@U0CY>, not the requester");
    let (_, foot) = of(json!({ "okta_group": "security" }), &[bo]);
    assert_eq!(foot, "May decide: Okta group security: <@U0BO>, cy@acme.test, not the requester");
    let (_, foot) = of(json!({ "okta_group": "<!here> & co" }), &[]);
    assert_eq!(foot, "May decide: Okta group &lt;!here&gt; &amp; co, not the requester");
    let group = ("Slack group @on-call", "<!subteam^S0GROUP>");
    let (_, foot) = of(json!({ "slack_group": "@on-call" }), &[group]);
    assert_eq!(foot, "May decide: <!subteam^S0GROUP>, not the requester");
    let people = json!({ "users": ["bo@acme.test", "cy@acme.test"] });
    assert_eq!(of(people, &[bo, cy]).1, "May decide: <@U0BO>, <@U0CY>, not the requester");
}
