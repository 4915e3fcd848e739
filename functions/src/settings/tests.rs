//! Stories about the settings: what is read, and what is said of each mistake.

mod mistakes;
mod program;
mod robustness;

use countersign::model::{Duration, Role, UserId};
use expect_test::expect_file;
use serde_json::json;

use super::*;

/// The settings of the example, which every newcomer starts with.
const EXAMPLE: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/infra-access/settings.toml"));

/// The least that a document has.
const LEAST: &str = r#"[environment]
name = "local"
org = "acme"
"#;

#[track_caller]
fn toml(text: &str) -> Settings {
    Settings::parse(text, Format::Toml, "settings.toml").unwrap_or_else(|errors| panic!("{errors}"))
}

fn example() -> Settings {
    toml(EXAMPLE)
}

#[test]
fn the_example_reads_without_an_error_or_a_warning() {
    let settings = example();
    assert_eq!(settings.warnings(), []);
    let users: Vec<_> = settings.known_users().iter().map(|user| user.id.to_string()).collect();
    assert_eq!(users.len(), 7);
    assert!(users.contains(&"root@acme.test".to_owned()));
}

#[test]
fn a_file_is_read_by_how_its_name_ends() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/infra-access/settings.toml");
    assert_eq!(Settings::read(path).unwrap(), example());
    let missing = Settings::read("no/such.toml").unwrap_err().to_string();
    assert!(missing.starts_with("no/such.toml:1:1: the file cannot be read"), "{missing}");
    let unknown = Settings::read("settings.ini").unwrap_err().to_string();
    assert!(unknown.ends_with("name it `.toml` or `.json`"), "{unknown}");
}

#[test]
fn toml_and_json_say_the_same() {
    let settings = example();
    let json = serde_json::to_string_pretty(&settings).unwrap();
    assert_eq!(Settings::parse(&json, Format::Json, "settings.json").unwrap(), settings);
}

#[test]
fn null_in_json_is_the_same_as_leaving_the_key_out() {
    let json = json!({
        "environment": { "name": "local", "org": "acme", "time_zone": null },
        "targets": [{ "name": "a", "kind": null, "max_duration": null, "settings": null }],
        "flows": null,
    });
    let settings = Settings::parse(&json.to_string(), Format::Json, "settings.json").unwrap();
    assert_eq!(
        settings,
        toml(&format!(
            r#"{LEAST}[[targets]]
name = "a"
"#
        ))
    );
}

#[test]
fn what_is_left_out_has_its_default() {
    let settings = toml(&format!(
        r#"{LEAST}[[flows]]
name = "infra_access"
"#
    ));
    assert_eq!(settings.environment.time_zone, "UTC");
    let flow = settings.flow("infra_access").unwrap();
    assert_eq!(flow, &FlowSettings::new(flow.name.clone()));
    assert!(flow.reason.required);
    assert_eq!(flow.allowed_sources.len(), 4);
    let none = toml(&format!(
        r#"{LEAST}[[flows]]
name = "a"
allowed_sources = []
"#
    ));
    assert_eq!(none.flow("a").unwrap().allowed_sources, []);
}

#[test]
fn a_target_has_the_kind_and_the_label_that_are_written_or_else_derived() {
    let settings = toml(&format!(
        r#"{LEAST}
        [[strategies]]
name = "groups"
type = "directory_group"
        [[strategies]]
name = "ask"
type = "approval_only"
        [[targets]]
name = "plain"
strategy = "groups"
settings = {{ group = "g" }}
        [[targets]]
name = "told"
strategy = "ask"
kind = "s3"
label = "Told"
        [[targets]]
name = "free"
"#
    ));
    let plain = settings.target("plain").unwrap();
    assert_eq!((plain.kind(), plain.label.as_str()), ("directory_group", "plain"));
    assert_eq!(plain.strategy.unwrap().as_str(), "groups");
    assert_eq!(plain.settings["group"], "g");
    let told = settings.target("told").unwrap();
    assert_eq!((told.kind(), told.label.as_str(), &told.strategy), ("s3", "Told", &None));
    let free = settings.target("free").unwrap();
    assert_eq!((free.kind(), &free.strategy), ("approval_only", &None));
    assert_eq!(settings.target("other"), None);
}

#[test]
fn an_integration_has_a_resource_name_and_settings_even_when_none_are_written() {
    let settings = example();
    let okta = settings.integration("okta").unwrap();
    assert_eq!(okta.srn.to_string(), "acme:integration:okta:okta:latest");
    assert!(okta.settings.is_empty());
    let text = format!(
        "{LEAST}[[integrations]]\nname = \"okta\"\ntype = \"okta\"\nexternal_id = \"acme.okta.com\"\n\
         settings = {{ token = {{ env = \"OKTA_TOKEN\" }} }}\n"
    );
    let okta = toml(&text).integration("okta").unwrap();
    let reference = SecretRef::of(&okta.settings["token"]);
    assert_eq!(reference, Some(SecretRef::Env("OKTA_TOKEN".into())));
    let directory = settings.integrations_of("directory");
    assert_eq!(directory.len(), 1);
    assert!(directory[0].settings.is_empty());
}

#[test]
fn the_shorter_maximum_holds_and_bounds_the_choices() {
    let settings = example();
    let times = |target: &str| {
        let choices: Vec<_> =
            settings.durations("infra_access", target).iter().map(ToString::to_string).collect();
        (settings.max_duration("infra_access", target).to_string(), choices.join(" "))
    };
    assert_eq!(times("s3-customer-data"), ("4h".into(), "30m 1h 4h".into()));
    assert_eq!(times("prod-database"), ("8h".into(), "30m 1h 4h".into()));

    let short = toml(&format!(
        r#"{LEAST}[[targets]]
name = "a"
max_duration = "10m"
"#
    ));
    assert_eq!(short.durations("any", "a"), [Duration::minutes(10)]);
    assert_eq!(short.max_duration("any", "other"), Duration::hours(8));
    let own = toml(&format!(
        r#"{LEAST}[[targets]]
name = "a"
durations = ["2h", "9h"]
"#
    ));
    assert_eq!(own.durations("any", "a"), [Duration::hours(2)]);
}

#[test]
fn people_are_members_by_their_domain_and_guests_otherwise() {
    let settings = example();
    let role = |mail| settings.role_of(&UserId::of_mail(mail).unwrap());
    assert_eq!(role("New@ACME.test"), Role::Member);
    assert_eq!(role("eve@other.test"), Role::Guest);
    assert_eq!(role("eve@acme.test.evil.test"), Role::Guest);
    let root = settings.known_users().into_iter().find(|user| user.name == "Root").unwrap();
    assert_eq!(root.role, Role::Admin);
}

#[test]
fn a_mail_address_is_the_same_however_it_is_capitalised() {
    let settings = toml(&format!(
        r#"{LEAST}[[users]]
email = "Ada@Acme.test"
"#
    ));
    assert_eq!(settings.users[0].email.as_str(), "ada@acme.test");
    assert_eq!(settings.known_users()[0].name, "ada");
}

#[test]
fn somebody_is_on_call_while_their_shift_lasts() {
    let shifts = r#"shifts = [
        { user = "dee@acme.test" },
        { user = "bo@acme.test", from = 2030-01-01T00:00:00Z, until = "2030-01-02T00:00:00Z" }]"#;
    let settings = toml(&format!(
        r#"{LEAST}[[directory.schedules]]
name = "primary"
{shifts}
"#
    ));
    let on_call = |at: &str| {
        let users = settings.directory.on_call("primary", at.parse().unwrap()).unwrap();
        users.into_iter().map(|user| user.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(on_call("2029-12-31T23:59:59Z"), ["dee@acme.test"]);
    assert_eq!(on_call("2030-01-01T00:00:00Z"), ["bo@acme.test", "dee@acme.test"]);
    assert_eq!(on_call("2030-01-02T00:00:00Z"), ["dee@acme.test"]);
    assert_eq!(settings.directory.on_call("other", "2030-01-01T00:00:00Z".parse().unwrap()), None);
}

#[test]
fn a_reason_is_required_and_matches_its_pattern() {
    let reason = ReasonSettings {
        pattern: Some("^INC-[0-9]+".into()),
        message: Some("name the incident".into()),
        ..ReasonSettings::default()
    };
    assert_eq!(reason.check("INC-42: disk full"), Ok(()));
    assert_eq!(reason.check("because"), Err("name the incident".into()));
    assert_eq!(reason.check("  "), Err("say why you need it".into()));
    let optional = ReasonSettings { required: false, ..reason };
    assert_eq!(optional.check(""), Ok(()));
}

#[tokio::test]
async fn a_secret_is_read_from_beside_the_settings() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("token"), "s3cret\n").unwrap();
    let path = folder.path().join("settings.toml");
    std::fs::write(&path, format!("{LEAST}[secrets]\ngood = {{ file = \"token\" }}\n")).unwrap();
    let settings = Settings::read(&path).unwrap();
    let secret = settings.secrets().read(settings.secret("good").unwrap()).await;
    assert_eq!(secret.unwrap().expose(), "s3cret");
    assert!(settings.secret("other").is_none());
}

/// `UPDATE_EXPECT=1 cargo test` writes it anew.
#[test]
fn the_committed_schema_is_the_one_of_the_types() {
    let schema = serde_json::to_string_pretty(&schema()).unwrap();
    expect_file![concat!(env!("CARGO_MANIFEST_DIR"), "/settings.schema.json")]
        .assert_eq(&format!("{schema}\n"));
}

#[test]
fn audit_entries_are_passed_on_to_a_folder_and_an_endpoint() {
    let settings = toml(&format!(
        "{LEAST}\n[export]\nfolder = \"kept\"\n\n[export.http]\n\
         url = \"https://siem.acme.test/countersign\"\nsecret = {{ env = \"EXPORT_SECRET\" }}\n"
    ));
    let http = settings.export.http.unwrap();
    assert_eq!(http.url, "https://siem.acme.test/countersign");
    assert_eq!(http.secret, SecretRef::Env("EXPORT_SECRET".to_owned()));
    let wrong = format!("{LEAST}\n[export.http]\nurl = \"\"\nsecret = \"whsec_x\"\n");
    let errors = Settings::parse(&wrong, Format::Toml, "s.toml").unwrap_err().to_string();
    assert!(errors.contains("export.http.url: this must not be empty"), "{errors}");
    assert!(errors.contains("export.http.secret: "), "{errors}");
}
