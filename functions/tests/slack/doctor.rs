//! What is missing is found before somebody finds it by using it.

use countersign_functions::finding::Finding;
use countersign_functions::slack::doctor::look;

use crate::rig::Office;

async fn found(office: &Office) -> Vec<Finding> {
    let settings = office.local.directory.settings();
    look(settings, &settings.secrets()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_that_is_set_up_is_well() {
    let more =
        "app_token = { file = 'FOLDER/app' }\napp_id = 'A0COUNTER1'\nerror_channel = '#errors'";
    let office = Office::with(more, "").await;
    office.workspace.add_channel("#errors", &[]);
    office.workspace.with_socket_mode().await;
    let findings = found(&office).await;
    assert_eq!(findings.len(), 6, "{findings:?}");
    assert!(findings.iter().all(Finding::is_good), "{findings:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_scope_is_named_with_where_to_add_it() {
    let office = Office::open().await;
    office.workspace.without_scopes(&["users:read.email", "im:write"]);
    let findings = found(&office).await;
    let bad: Vec<_> = findings.iter().filter(|finding| finding.is_bad()).collect();
    assert_eq!(bad.len(), 1, "{findings:?}");
    assert_eq!(bad[0].about, "slack `slack`, scopes");
    assert_eq!(bad[0].seen, "missing: im:write, users:read.email");
    assert!(bad[0].mend.as_ref().unwrap().contains("OAuth & Permissions"), "{bad:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_slack_does_not_take_is_found() {
    let office = Office::open().await;
    office.workspace.replace_bot_token("xoxb-2");
    let findings = found(&office).await;
    let bad = findings.iter().find(|finding| finding.is_bad()).unwrap();
    assert!(bad.seen.contains("auth.test answers invalid_auth"), "{bad:?}");
    let all = format!("{findings:?}");
    assert!(!all.contains("canary"), "no secret is told: {all}");
}

/// What is wrong with one thing, and how to mend it.
async fn wrong(office: &Office, about: &str) -> (String, String) {
    let findings = found(office).await;
    let of = findings.iter().find(|it| it.about == format!("slack `slack`, {about}"));
    let of = of.unwrap_or_else(|| panic!("nothing about {about}: {findings:?}"));
    assert!(of.is_bad(), "{of:?}");
    (of.seen.clone(), of.mend.clone().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_another_app_than_the_pinned_one_is_found() {
    let office = Office::with("app_id = 'A0OTHER001'", "").await;
    let (seen, mend) = wrong(&office, "app").await;
    assert_eq!(seen, "the bot token is of A0COUNTER1, and not of A0OTHER001");
    assert!(mend.contains("`app_id`"), "{mend}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signing_secret_that_is_none_is_found() {
    // As long as the one is being changed, there are two, and the second is none here.
    let findings = found(&Office::rotating().await).await;
    let of: Vec<_> = findings.iter().filter(|it| it.about.ends_with("signing secret")).collect();
    assert_eq!(
        of.iter().map(|it| it.good).collect::<Vec<_>>(),
        [Some(true), Some(false)],
        "{findings:?}"
    );
    assert!(of[1].seen.contains("32 hexadecimal digits"), "{findings:?}");
    assert!(!format!("{findings:?}").contains("canary"), "no secret is told: {findings:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_token_that_is_none_is_found() {
    let office = Office::with("app_token = { file = 'FOLDER/bot' }", "").await;
    assert!(wrong(&office, "Socket Mode").await.0.contains("those begin with `xapp-`"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_channel_that_cannot_be_told_anything_is_found() {
    let office = Office::with("error_channel = '#errors'", "").await;
    assert!(wrong(&office, "error channel").await.0.contains("there is no channel `#errors`"));
    let channel = office.workspace.add_private_channel("#errors", &[&office.ada]);
    let (_, mend) = wrong(&office, "error channel").await;
    assert!(mend.contains("/invite"), "{mend}");
    let office = Office::with(&format!("error_channel = '{channel}'"), "").await;
    let channel = office.workspace.add_channel("#errors", &[]);
    office.workspace.archive(&channel);
    wrong(&office, "error channel").await;
}
