//! Who is in what, by whom.

use countersign::approvers::{OrgChart, People};
use countersign::context::{Directory, IncidentQuery, Services};
use countersign::model::Role;
use countersign_functions::directory::{LocalDirectory, stand_ins};
use countersign_vendors::Trouble;
use countersign_vendors::github::{APP, GitHub, ORGANIZATION};
use countersign_vendors::google::{Google, SERVICE, SUBJECT};
use countersign_vendors::okta::Okta;
use countersign_vendors::onelogin::{CLIENT, OneLogin, SECRET};

use crate::rig::{Company, group, id, mails, parse, store_identity};

#[tokio::test]
async fn the_members_of_an_okta_group_are_our_users_by_their_mail_addresses() {
    let company = Company::new().await;
    let security = company.okta.add_group("security");
    let ada = company.hire("Ada@acme.test", &security);
    company.hire("eve@partner.test", &security);
    let gone = company.hire("gone@acme.test", &security);
    company.okta.set_status(&gone, "DEPROVISIONED");
    let directory = company.directory();
    let members = directory.members(&group("security")).await.unwrap();
    let seen: Vec<_> = members.iter().map(|it| (it.id.as_str(), it.role)).collect();
    assert_eq!(seen, [("ada@acme.test", Role::Member), ("eve@partner.test", Role::Guest)]);
    assert_eq!(members[0].identity("okta", "acme.okta.com"), Some(ada.as_str()));
}

#[tokio::test]
async fn an_integration_without_a_secret_is_answered_by_the_settings() {
    let folder = tempfile::tempdir().unwrap();
    let text = r#"
        environment = { name = "test", org = "acme", domains = ["acme.test"] }
        integrations = [
            { name = "okta", type = "okta", external_id = "acme.okta.test" },
            { name = "pagerduty", type = "pagerduty", external_id = "acme" },
        ]
        [[directory.groups]]
        name = "security"
        members = ["bo@acme.test"]
        [[directory.schedules]]
        name = "Payments/1"
        shifts = [{ user = "ada@acme.test" }]
        [[directory.schedules]]
        name = "Payments/2"
        shifts = [{ user = "bo@acme.test" }]
    "#;
    let settings = parse(text, folder.path());
    assert_eq!(stand_ins(&settings).unwrap(), ["okta", "pagerduty"]);
    let store = std::sync::Arc::new(countersign::testing::MemoryStore::new());
    let directory = LocalDirectory::new(settings, store);
    assert_eq!(mails(&directory, &group("security")).await.unwrap(), ["bo@acme.test"]);
    assert_eq!(mails(&directory, &group("okta/security")).await.unwrap(), ["bo@acme.test"]);
    let policy = |level| People::PagerDutyPolicy { policy: "Payments".into(), level };
    let both = ["ada@acme.test", "bo@acme.test"];
    assert_eq!(mails(&directory, &policy(None)).await.unwrap(), both);
    assert_eq!(mails(&directory, &policy(Some(2))).await.unwrap(), ["bo@acme.test"]);
    assert!(directory.is_member(&policy(Some(1)), &id("ada@acme.test")).await.unwrap());
    let error = mails(&directory, &policy(Some(3))).await.unwrap_err();
    assert!(error.hint.unwrap().contains("[[directory.schedules]]"));
}

#[tokio::test]
async fn two_accounts_with_one_mail_address_are_an_error_until_one_is_stored() {
    let company = Company::new().await;
    let security = company.okta.add_group("security");
    let ada = company.hire("ada@acme.test", &security);
    let admin = company.okta.add_user_with_login("ada@acme.test", "ada-admin");
    company.okta.set_member(&security, &admin, true);
    let error = mails(&company.directory(), &group("security")).await.unwrap_err();
    assert!(
        error.to_string().contains("two accounts of `okta` belong to ada@acme.test"),
        "{error}"
    );
    let error = company.directory().user_now(&id("ada@acme.test")).await.unwrap_err();
    assert!(error.to_string().contains("several accounts in use"), "{error}");

    store_identity(&company.server(), "ada@acme.test", &ada).await;
    let directory = company.directory();
    assert_eq!(mails(&directory, &group("security")).await.unwrap(), ["ada@acme.test"]);
    assert!(!directory.user_now(&id("ada@acme.test")).await.unwrap().unwrap().deactivated);
}

#[tokio::test]
async fn whoever_is_stored_as_somebody_else_is_not_taken_for_whom_their_address_suggests() {
    let company = Company::new().await;
    let security = company.okta.add_group("security");
    let shared = company.hire("ada@acme.test", &security);
    store_identity(&company.server(), "bo@acme.test", &shared).await;
    let directory = company.directory();
    assert_eq!(mails(&directory, &group("security")).await.unwrap(), ["bo@acme.test"]);
    assert!(directory.is_member(&group("security"), &id("bo@acme.test")).await.unwrap());
}

#[tokio::test]
async fn of_two_organizations_the_one_before_the_slash_is_asked() {
    let company = Company::new().await;
    let other = Okta::open().await;
    other.change_token(&company.okta.token());
    for (okta, mail) in [(&company.okta, "ada@acme.test"), (&other, "bo@acme.test")] {
        let group = okta.add_group("security");
        let user = okta.add_user(mail);
        okta.set_member(&group, &user, true);
    }
    let more = format!(
        "[[integrations]]\nname = \"okta-eu\"\ntype = \"okta\"\nexternal_id = \"acme.okta-emea.com\"\n\
         settings = {{ token = {{ file = \"okta\" }}, url = \"{}\" }}\n",
        other.house.url
    );
    let directory = company.directory_with(&more);
    assert_eq!(mails(&directory, &group("okta/security")).await.unwrap(), ["ada@acme.test"]);
    assert_eq!(mails(&directory, &group("okta-eu/security")).await.unwrap(), ["bo@acme.test"]);
    let error = mails(&directory, &group("security")).await.unwrap_err();
    assert_eq!(error.hint.as_deref(), Some("write `okta/security` or `okta-eu/security`"));
}

#[tokio::test]
async fn only_what_decides_asks_whether_somebody_is_still_here() {
    let company = Company::new().await;
    let security = company.okta.add_group("security");
    let ada = company.hire("ada@acme.test", &security);
    let directory = company.directory();
    company.okta.set_status(&ada, "LOCKED_OUT");
    assert!(!directory.user(&id("ada@acme.test")).await.unwrap().unwrap().deactivated);
    assert_eq!(company.okta.house.heard().len(), 0);
    assert!(directory.user_now(&id("ada@acme.test")).await.unwrap().unwrap().deactivated);

    company.okta.set_status(&ada, "ACTIVE");
    let now = company.directory().user_now(&id("ada@acme.test")).await.unwrap().unwrap();
    assert!(!now.deactivated && now.is_in("security"));
    company.okta.house.expect("/api/v1/users", Trouble::Answers(403, "{}".to_owned()));
    let directory = company.directory();
    assert!(directory.user_now(&id("ada@acme.test")).await.is_err());
    assert!(directory.user(&id("ada@acme.test")).await.is_ok());
}

#[tokio::test]
async fn somebody_whom_okta_does_not_know_is_no_leaver_and_whose_account_was_deleted_is() {
    let company = Company::new().await;
    let ada = company.okta.add_user("ada@acme.test");
    let now = company.directory().user_now(&id("eve@acme.test")).await.unwrap().unwrap();
    assert!(!now.deactivated);
    store_identity(&company.server(), "ada@acme.test", &ada).await;
    company.okta.delete_user(&ada);
    assert!(company.directory().user_now(&id("ada@acme.test")).await.unwrap().unwrap().deactivated);
}

#[tokio::test]
async fn who_is_on_call_is_found_at_pagerduty() {
    let company = Company::new().await;
    let pagerduty = &company.pagerduty;
    let [ada, bo] = ["ada@acme.test", "bo@acme.test"].map(|mail| pagerduty.add_user(mail));
    let (policy, primary) = (pagerduty.add_policy("Payments"), pagerduty.add_schedule("primary"));
    pagerduty.put_on_call(&ada, &policy, 1, Some(&primary));
    pagerduty.put_on_call(&bo, &policy, 2, None);
    let directory = company.directory();
    let schedule = People::PagerDutySchedule("primary".into());
    assert_eq!(mails(&directory, &schedule).await.unwrap(), ["ada@acme.test"]);
    let second = People::PagerDutyPolicy { policy: "Payments".into(), level: Some(2) };
    assert!(directory.is_member(&second, &id("bo@acme.test")).await.unwrap());
    assert!(!directory.is_member(&second, &id("ada@acme.test")).await.unwrap());
    let user = async |mail: &str| directory.user(&id(mail)).await.unwrap().unwrap();
    assert!(directory.is_on_call(&user("bo@acme.test").await, None).await.unwrap());
    assert!(!directory.is_on_call(&user("bo@acme.test").await, Some("primary")).await.unwrap());
    assert!(!directory.is_on_call(&user("cy@acme.test").await, None).await.unwrap());

    let database = pagerduty.add_service("Database");
    let incident = pagerduty.add_incident(&database, "triggered", Some(&ada));
    let of = |mail: &str| IncidentQuery { user: Some(id(mail)), ..IncidentQuery::default() };
    let incidents = directory.incidents(&of("ada@acme.test")).await.unwrap();
    assert_eq!(incidents.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), [incident]);
    assert!(directory.incidents(&of("cy@acme.test")).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_collaborators_of_a_repository_decide_by_their_role() {
    let company = Company::new().await;
    let github = GitHub::open();
    company.keep("github", &github.key());
    {
        let mut all = github.inner();
        let ada = all.account("ada", Some("ada@acme.test"));
        let bo = all.account("bo", Some("bo@acme.test"));
        // Nobody knows whose account this is.
        let zoe = all.account("zoe", None);
        let roles = [(ada, "write"), (bo, "admin"), (zoe, "admin")];
        let roles = roles.map(|(id, role)| (id, role.to_owned()));
        all.repositories.insert("billing".to_owned(), roles.into());
    }
    let directory = company.directory_with(&format!(
        "\n[[integrations]]\nname = 'github'\ntype = 'github'\nexternal_id = '{ORGANIZATION}'\n\
         settings = {{ url = '{}', app_id = '{APP}', private_key = {{ file = 'github' }} }}\n",
        github.house.url
    ));
    let of = |repository: &str, role: &str| People::GitHubCollaborators {
        repository: repository.to_owned(),
        role: role.to_owned(),
    };
    let admins = of("acme/billing", "admin");
    assert_eq!(mails(&directory, &admins).await.unwrap(), ["bo@acme.test"]);
    assert!(directory.is_member(&admins, &id("bo@acme.test")).await.unwrap());
    assert!(!directory.is_member(&admins, &id("ada@acme.test")).await.unwrap());
    for (repository, says) in [
        ("acme/none", "there is no repository"),
        ("other/billing", "nobody can ask"),
        ("billing", "names no"),
    ] {
        let error = mails(&directory, &of(repository, "admin")).await.unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
    }
    github.house.expect("/graphql", Trouble::Answers(200, "{}".to_owned()));
    mails(&directory, &admins).await.unwrap_err();
}

#[tokio::test]
async fn managers_are_found_in_whichever_directory_a_flow_names() {
    let (company, google, onelogin) = (Company::new().await, Google::open(), OneLogin::open());
    company.keep("google", &google.key());
    company.keep("onelogin", SECRET);
    for (mail, id) in [("ada@acme.test", "1001"), ("bo@acme.test", "1002")] {
        google.inner().users.insert(mail.to_owned(), (id.to_owned(), false));
    }
    google.inner().relations.push(("1001".to_owned(), "manager", "bo@acme.test".to_owned()));
    for (id, mail) in [(1, "ada@acme.test"), (2, "cy@acme.test")] {
        onelogin.inner().users.insert(id, (mail.to_owned(), 1));
    }
    onelogin.inner().managers.insert(1, 2);
    let of_ada = |chart| People::Manager { of: id("ada@acme.test"), chart };
    let error = mails(&company.directory(), &of_ada(OrgChart::Google)).await.unwrap_err();
    assert!(error.hint.unwrap().contains("integration of type `google`"));
    let directory = company.directory_with(&format!(
        r#"
[[integrations]]
name = "google"
type = "google"
external_id = "acme.test"
settings = {{ url = "{}", client_email = "{SERVICE}", subject = "{SUBJECT}", private_key = {{ file = "google" }} }}

[[integrations]]
name = "onelogin"
type = "onelogin"
external_id = "acme.onelogin.com"
settings = {{ url = "{}", client_id = "{CLIENT}", client_secret = {{ file = "onelogin" }} }}
"#,
        google.house.url, onelogin.house.url,
    ));
    let found = mails(&directory, &of_ada(OrgChart::Google)).await.unwrap();
    assert_eq!(found, ["bo@acme.test"]);
    let found = mails(&directory, &of_ada(OrgChart::OneLogin)).await.unwrap();
    assert_eq!(found, ["cy@acme.test"]);
    assert!(directory.is_member(&of_ada(OrgChart::OneLogin), &id("cy@acme.test")).await.unwrap());
    let of_bo = People::Manager { of: id("bo@acme.test"), chart: OrgChart::Google };
    assert!(mails(&directory, &of_bo).await.unwrap().is_empty());
}
