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
    let office = Office::with("app_token = { file = 'FOLDER/app' }", "").await;
    office.workspace.with_socket_mode().await;
    let findings = found(&office).await;
    assert_eq!(findings.len(), 4, "{findings:?}");
    assert!(findings.iter().all(|finding| finding.good), "{findings:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_scope_is_named_with_where_to_add_it() {
    let office = Office::open().await;
    office.workspace.without_scopes(&["users:read.email", "im:write"]);
    let findings = found(&office).await;
    let bad: Vec<_> = findings.iter().filter(|finding| !finding.good).collect();
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
    let bad = findings.iter().find(|finding| !finding.good).unwrap();
    assert!(bad.seen.contains("auth.test answers invalid_auth"), "{bad:?}");
    let all = format!("{findings:?}");
    assert!(!all.contains("canary"), "no secret is told: {all}");
}
