//! What is missing is found before somebody finds it by using it.

use countersign::model::Timestamp;
use countersign_functions::doctor::look;
use countersign_functions::finding::Finding;
use countersign_vendors::github::{APP, GitHub, ORGANIZATION};
use countersign_vendors::okta::private_key;
use countersign_vendors::smtp::Postbox;

use crate::rig::Company;

async fn found(company: &Company, more: &str) -> Vec<Finding> {
    let settings = company.settings(more);
    look(&settings, &settings.secrets(), Timestamp::now()).await
}

#[track_caller]
fn only_bad<'a>(findings: &'a [Finding], about: &str) -> &'a Finding {
    let bad: Vec<_> = findings.iter().filter(|finding| finding.is_bad()).collect();
    assert!(bad.len() == 1 && bad[0].about == about, "{findings:?}");
    bad[0]
}

#[tokio::test(flavor = "multi_thread")]
async fn systems_that_take_what_they_are_shown_are_well() {
    let company = Company::new().await;
    company.keep("hook", "whsec_YSBzZWNyZXQgb2YgYXQgbGVhc3QgMjQgYnl0ZXM=");
    let hook = "\n[[webhooks]]\nname = 'siem'\nurl = 'https://hooks.acme.test/'\nsecret = { file = 'hook' }\n";
    let findings = found(&company, hook).await;
    let about: Vec<_> = findings.iter().map(|finding| finding.about.as_str()).collect();
    assert_eq!(about, ["okta `okta`", "pagerduty `pagerduty`", "webhook `siem`"]);
    assert!(findings.iter().all(Finding::is_good), "{findings:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_not_taken_is_found_with_what_to_look_at() {
    let company = Company::new().await;
    company.keep("pagerduty", "y_another-token-of-ours");
    let findings = found(&company, "").await;
    let bad = only_bad(&findings, "pagerduty `pagerduty`");
    assert!(bad.seen.contains("401"), "{bad:?}");
    assert!(bad.mend.as_ref().unwrap().contains("secret"), "{bad:?}");
    assert!(!format!("{findings:?}").contains("another-token"), "{findings:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_that_a_service_app_lacks_is_named_with_where_it_is_granted() {
    let company = Company::new().await;
    company.keep("key", &private_key());
    company.okta.grant("0oa1", &["okta.groups.manage"]);
    let app = format!(
        "\n[[integrations]]\nname = 'app'\ntype = 'okta'\nexternal_id = 'app.okta.com'\n\
         settings = {{ url = '{}', client_id = '0oa1', private_key = {{ file = 'key' }}, scopes = ['okta.groups.manage'] }}\n",
        company.okta.house.url
    );
    let findings = found(&company, &app).await;
    let bad = only_bad(&findings, "okta `app`");
    assert!(bad.mend.as_ref().unwrap().contains("okta.users.read"), "{bad:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permission_that_an_app_at_github_lacks_is_found() {
    let company = Company::new().await;
    let github = GitHub::open();
    github.inner().sign_on = Some(Vec::new());
    company.keep("github", &github.key());
    let app = format!(
        "\n[[integrations]]\nname = 'github'\ntype = 'github'\nexternal_id = '{ORGANIZATION}'\n\
         settings = {{ url = '{}', app_id = '{APP}', private_key = {{ file = 'github' }} }}\n",
        github.house.url
    );
    let findings = found(&company, &app).await;
    assert!(findings.iter().all(Finding::is_good), "{findings:?}");
    github.inner().permissions.clear();
    only_bad(&found(&company, &app).await, "github `github`");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permission_to_change_is_named_where_a_strategy_needs_it_and_the_app_may_only_read() {
    let company = Company::new().await;
    let github = GitHub::open();
    github.inner().sign_on = Some(Vec::new());
    company.keep("github", &github.key());
    let app = format!(
        "\n[[integrations]]\nname = 'github'\ntype = 'github'\nexternal_id = '{ORGANIZATION}'\n\
         settings = {{ url = '{}', app_id = '{APP}', private_key = {{ file = 'github' }} }}\n\
         [[strategies]]\nname = 'teams'\ntype = 'github_team'\nintegration = 'github'\n",
        github.house.url
    );
    let findings = found(&company, &app).await;
    assert!(findings.iter().all(Finding::is_good), "{findings:?}");
    github.inner().read_only.insert("members");
    let findings = found(&company, &app).await;
    let bad = only_bad(&findings, "github `github`, scopes");
    assert_eq!(bad.seen, "missing: members:write");
    assert!(
        bad.mend.as_ref().unwrap().contains("Permissions & events of the app `4711`"),
        "{bad:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_to_change_is_named_where_a_strategy_needs_it_and_nobody_asks_for_it() {
    let company = Company::new().await;
    company.keep("key", &private_key());
    company.okta.grant("0oa1", &["okta.groups.read", "okta.groups.manage", "okta.users.read"]);
    let app = |scopes: &str| {
        format!(
            "\n[[integrations]]\nname = 'app'\ntype = 'okta'\nexternal_id = 'app.okta.com'\n\
             settings = {{ url = '{}', client_id = '0oa1', private_key = {{ file = 'key' }}, scopes = [{scopes}] }}\n\
             [[strategies]]\nname = 'teams'\ntype = 'okta_group'\nintegration = 'app'\n",
            company.okta.house.url
        )
    };
    let findings = found(&company, &app("'okta.groups.manage', 'okta.users.read'")).await;
    assert!(findings.iter().all(Finding::is_good), "{findings:?}");
    let findings = found(&company, &app("'okta.groups.read', 'okta.users.read'")).await;
    let bad = only_bad(&findings, "okta `app`, scopes");
    assert_eq!(bad.seen, "missing: okta.groups.manage");
    assert!(bad.mend.as_ref().unwrap().contains("Okta API Scopes of the app `0oa1`"), "{bad:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_knows_another_password_is_found() {
    let company = Company::new().await;
    company.keep("post", "not-the-password");
    let postbox = Postbox::open("access", "the-password").await;
    let mail = format!(
        "\n[[integrations]]\nname = 'mail'\ntype = 'smtp'\nexternal_id = '127.0.0.1'\n\
         settings = {{ from = 'access@acme.test', port = {}, security = 'none', username = 'access', password = {{ file = 'post' }} }}\n",
        postbox.port()
    );
    let findings = found(&company, &mail).await;
    let bad = only_bad(&findings, "smtp `mail`");
    assert!(bad.mend.as_ref().unwrap().contains("password"), "{bad:?}");
    company.keep("post", "the-password");
    assert!(found(&company, &mail).await.iter().all(Finding::is_good));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_not_there_is_found() {
    let company = Company::new().await;
    let hook = "\n[[webhooks]]\nname = 'siem'\nurl = 'https://hooks.acme.test/'\nsecret = { file = 'nowhere' }\n";
    let findings = found(&company, hook).await;
    let bad = only_bad(&findings, "webhook `siem`");
    assert!(bad.seen.contains("nowhere"), "{bad:?}");
}
