//! Against an account that refuses what `PagerDuty` refuses.

use countersign::model::{Integration, Srn};
use countersign_vendors::Trouble;
use countersign_vendors::pagerduty::{PagerDuty as Vendor, TOKEN};
use serde_json::{Value, json};

use super::{Duty, PagerDuty};
use crate::{Person, Secrets};

/// Ada and Bo on the first two levels of "Payments", by the schedule "primary" and always; Cy on
/// "Search".
struct World {
    vendor: Vendor,
    pagerduty: PagerDuty,
    ada: String,
    bo: String,
    schedule: String,
    folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let vendor = Vendor::open().await;
        let [ada, bo, cy] =
            ["ada", "bo", "cy"].map(|it| vendor.add_user(&format!("{it}@acme.test")));
        let schedule = vendor.add_schedule("primary");
        let _ = vendor.add_schedule("primary (old)");
        let (payments, search) = (vendor.add_policy("Payments"), vendor.add_policy("Search"));
        vendor.put_on_call(&ada, &payments, 1, Some(&schedule));
        vendor.put_on_call(&bo, &payments, 2, None);
        vendor.put_on_call(&cy, &search, 1, None);
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("token"), TOKEN).unwrap();
        let settings = json!({ "token": { "file": "token" }, "url": vendor.house.url });
        let secrets = Secrets::new(folder.path());
        let pagerduty = PagerDuty::open(&integration(&settings), &secrets).unwrap().unwrap();
        Self { vendor, pagerduty, ada, bo, schedule, folder }
    }
}

fn integration(settings: &Value) -> Integration {
    Integration {
        name: "pagerduty".into(),
        kind: "pagerduty".into(),
        external_id: "acme".into(),
        settings: settings.as_object().unwrap().clone(),
        srn: Srn::parse("acme:integration:pagerduty:pagerduty:latest").unwrap(),
    }
}

fn mails(people: &[Person]) -> Vec<&str> {
    people.iter().filter_map(|person| person.email.as_deref()).collect()
}

#[tokio::test]
async fn who_is_on_call_is_found_by_schedule_policy_and_level() {
    let world = World::new().await;
    let cases: [(Duty<'_>, &[&str]); 6] = [
        (Duty::Schedule("primary"), &["ada@acme.test"]),
        (Duty::Schedule(&world.schedule), &["ada@acme.test"]),
        (Duty::Policy("Payments", None), &["ada@acme.test", "bo@acme.test"]),
        (Duty::Policy("Payments", Some(2)), &["bo@acme.test"]),
        (Duty::Policy("Payments", Some(3)), &[]),
        (Duty::Any, &["ada@acme.test", "bo@acme.test", "cy@acme.test"]),
    ];
    for (duty, expected) in cases {
        let people = world.pagerduty.on_call(duty).await.unwrap();
        assert_eq!(mails(&people), expected, "{duty:?}");
        for (id, mail) in [(&world.ada, "ada@acme.test"), (&world.bo, "bo@acme.test")] {
            let is_on_call = world.pagerduty.is_on_call(id, duty).await.unwrap();
            assert_eq!(is_on_call, expected.contains(&mail), "{mail} {duty:?}");
        }
    }
}

#[tokio::test]
async fn nobody_on_call_is_nobody_and_no_error() {
    let world = World::new().await;
    world.vendor.end_all_on_calls();
    assert!(world.pagerduty.on_call(Duty::Schedule("primary")).await.unwrap().is_empty());
}

#[tokio::test]
async fn more_than_a_page_is_read_to_its_end() {
    let world = World::new().await;
    let policy = world.vendor.add_policy("Everybody");
    for number in 0..250 {
        let user = world.vendor.add_user(&format!("person{number}@acme.test"));
        world.vendor.put_on_call(&user, &policy, 1, None);
    }
    let people = world.pagerduty.on_call(Duty::Policy("Everybody", None)).await.unwrap();
    assert_eq!(people.len(), 250);
    assert_eq!(world.vendor.house.times("/oncalls"), 3);
}

#[tokio::test]
async fn a_name_that_nothing_or_too_much_has_is_an_error() {
    let world = World::new().await;
    let error = world.pagerduty.on_call(Duty::Schedule("Primary")).await.unwrap_err();
    assert!(error.to_string().contains("there is no schedule `Primary`"), "{error}");
    assert_eq!(error.hint.as_deref(), Some("is it `primary`?"));
    let error = world.pagerduty.on_call(Duty::Policy("PNOSUCH", None)).await.unwrap_err();
    assert!(error.to_string().contains("there is no escalation policy `PNOSUCH`"), "{error}");
    let other = world.vendor.add_schedule("primary");
    let error = world.pagerduty.on_call(Duty::Schedule("primary")).await.unwrap_err();
    assert!(error.to_string().contains(&other), "{error}");
    assert_eq!(world.pagerduty.on_call(Duty::Schedule(&other)).await.unwrap(), []);
}

#[tokio::test]
async fn a_user_is_found_by_exactly_their_mail_address() {
    let world = World::new().await;
    let _ = world.vendor.add_user("not-ada@acme.test");
    let ada = world.pagerduty.user_by_mail("Ada@acme.test").await.unwrap().unwrap();
    assert_eq!(ada.id, world.ada);
    assert_eq!(world.pagerduty.user_by_mail("da@acme.test").await.unwrap(), None);
    let other = world.vendor.add_user("ada@acme.test");
    let error = world.pagerduty.user_by_mail("ada@acme.test").await.unwrap_err();
    assert!(error.to_string().contains(&other), "{error}");
}

#[tokio::test]
async fn open_incidents_are_listed_by_service_and_by_whom_they_are_assigned_to() {
    let world = World::new().await;
    let (database, web) = (world.vendor.add_service("Database"), world.vendor.add_service("Web"));
    let open = world.vendor.add_incident(&database, "triggered", Some(&world.ada));
    let other = world.vendor.add_incident(&web, "acknowledged", Some(&world.bo));
    let _ = world.vendor.add_incident(&database, "resolved", None);
    let ids = async |service, user| -> Vec<String> {
        let incidents = world.pagerduty.incidents(service, user).await.unwrap();
        incidents.into_iter().map(|incident| incident.id).collect()
    };
    assert_eq!(ids(None, None).await, [open.clone(), other.clone()]);
    assert_eq!(ids(Some("Database"), None).await, std::slice::from_ref(&open));
    assert_eq!(ids(None, Some(world.bo.as_str())).await, [other]);
    assert!(ids(Some("Web"), Some(world.ada.as_str())).await.is_empty());
    let incident = &world.pagerduty.incidents(Some("Database"), None).await.unwrap()[0];
    assert_eq!((incident.status.as_str(), incident.service.as_str()), ("triggered", "Database"));
}

#[tokio::test]
async fn a_wrong_token_says_what_to_look_at() {
    let world = World::new().await;
    std::fs::write(world.folder.path().join("token"), "another").unwrap();
    let error = world.pagerduty.on_call(Duty::Any).await.unwrap_err();
    assert!(error.hint.unwrap().contains("look at the secret"));
}

#[tokio::test]
async fn an_answer_of_another_shape_is_an_error_and_never_nobody() {
    let world = World::new().await;
    let answers = [
        (r#"{"on_calls": [], "more": false}"#, "it has no `oncalls`"),
        (r#"{"oncalls": []}"#, "whether there is `more`"),
        (r#"{"oncalls": [{"user": {"id": "P1"}}], "more": false}"#, "name"),
        ("[]", "listOnCalls"),
    ];
    for (answer, expected) in answers {
        world.vendor.house.expect("/oncalls", Trouble::Answers(200, answer.to_owned()));
        let error = world.pagerduty.on_call(Duty::Any).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn an_account_is_opened_where_it_is_kept_and_not_without_a_token() {
    let secrets = Secrets::new(std::path::Path::new("/"));
    let open = |settings: Value| PagerDuty::open(&integration(&settings), &secrets);
    assert!(open(json!({})).unwrap().is_none());
    let token = json!({ "env": "X" });
    let address = |settings| open(settings).unwrap().unwrap().api.address(&["oncalls"]);
    assert_eq!(address(json!({ "token": token })), "https://api.pagerduty.com/oncalls");
    let eu = json!({ "token": token, "region": "eu" });
    assert_eq!(address(eu), "https://api.eu.pagerduty.com/oncalls");
    assert!(open(json!({ "token": token, "region": "mars" })).is_err());
    assert!(open(json!({ "token": "secret" })).is_err());
}
