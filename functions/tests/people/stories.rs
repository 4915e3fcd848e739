//! Whole stories, and how often Okta is asked in them.

use countersign_vendors::Trouble;

use crate::rig::Company;

/// So many members are in the group of those who approve.
const MANY: usize = 5_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_group_of_five_thousand_is_listed_once_when_it_is_asked_and_never_when_one_decides() {
    let company = Company::new().await;
    let approvers = company.okta.add_group("approvers");
    for number in 0..MANY {
        company.hire(&format!("person{number}@acme.test"), &approvers);
    }
    let _ = company.okta.add_user("ada@acme.test");
    let server = company.server();
    let run = server.asked("ada@acme.test", "orders").await;
    assert_eq!(run["status"], "pending", "{run}");
    let pages = || company.okta.house.times("/api/v1/groups/");
    let calls = || company.okta.house.heard().len();
    // The name of the group and 25 pages of 200: 26. And of the requester who she is, whether she is
    // still there and what she is in, the latter two again when they are more than seconds old.
    assert_eq!(pages(), 25);
    assert!((29..=33).contains(&calls()), "{} calls", calls());

    let before = calls();
    let (status, run) = server.does("person17@acme.test", "approve", &run).await;
    assert_eq!((status.as_u16(), run["status"].as_str()), (200, Some("active")), "{run}");
    assert_eq!(pages(), 25, "the group was listed to find out about one person");
    // Of the approver and of the requester, the same three each at most; what is known for seconds
    // is not asked for again.
    assert!(calls() - before <= 8, "{} calls", calls() - before);
}

#[tokio::test(flavor = "multi_thread")]
async fn okta_s_groups_are_what_a_flow_decides_by_and_without_them_people_are_asked() {
    let company = Company::new().await;
    let approvers = company.okta.add_group("approvers");
    company.hire("bo@acme.test", &approvers);
    let contractors = company.okta.add_group("contractors");
    company.hire("eve@acme.test", &contractors);
    let _ = company.okta.add_user("ada@acme.test");
    let server = company.server();
    let run = server.asked("eve@acme.test", "orders").await;
    assert_eq!(run["outcome"], "denied", "{run}");

    // Ada is on call; as long as nobody knows whether she is a contractor, that is not enough.
    let (ada, policy) =
        (company.pagerduty.add_user("ada@acme.test"), company.pagerduty.add_policy("Payments"));
    company.pagerduty.put_on_call(&ada, &policy, 1, None);
    for _ in 0..6 {
        company.okta.house.expect("/api/v1/users", Trouble::Answers(403, "{}".to_owned()));
    }
    let run = server.asked("ada@acme.test", "orders").await;
    assert_eq!(run["status"], "pending", "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_on_call_is_let_in_and_the_level_above_approves() {
    let company = Company::new().await;
    let pagerduty = &company.pagerduty;
    let [ada, bo] = ["ada@acme.test", "bo@acme.test"].map(|mail| pagerduty.add_user(mail));
    let policy = pagerduty.add_policy("Payments");
    pagerduty.put_on_call(&ada, &policy, 1, None);
    let server = company.server();
    let run = server.asked("ada@acme.test", "paged").await;
    assert_eq!(run["status"], "active", "{run}");

    pagerduty.put_on_call(&bo, &policy, 2, None);
    let run = server.asked("cy@acme.test", "paged").await;
    assert_eq!(run["waiting_for"], serde_json::json!(["bo@acme.test"]), "{run}");
    let (status, answer) = server.does("ada@acme.test", "approve", &run).await;
    assert_eq!((status.as_u16(), answer["code"].as_str()), (403, Some("not_an_approver")));
    let (_, run) = server.does("bo@acme.test", "approve", &run).await;
    assert_eq!(run["status"], "active", "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_requester_s_manager_approves() {
    let company = Company::new().await;
    let ada = company.okta.add_user("ada@acme.test");
    let _ = company.okta.add_user("bo@acme.test");
    company.okta.set_profile(&ada, "manager", "bo@acme.test");
    let server = company.server();
    let run = server.asked("ada@acme.test", "managed").await;
    assert_eq!(run["waiting_for"], serde_json::json!(["bo@acme.test"]), "{run}");
    let (_, run) = server.does("bo@acme.test", "approve", &run).await;
    assert_eq!(run["status"], "active", "{run}");
}
