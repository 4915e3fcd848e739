//! Slack's people, as the stand-in has them.

use countersign::model::{Integration, Srn};
use countersign_vendors::slack::{Kind, Workspace};
use countersign_vendors::{House, Trouble};
use serde_json::json;

use super::*;
use crate::person::Person;
use crate::secret::Secrets;

struct Rig {
    workspace: Workspace,
    slack: Slack,
    // Deleted when it is dropped.
    _folder: tempfile::TempDir,
}

impl Rig {
    async fn new() -> Self {
        let workspace = Workspace::open().await;
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("token"), workspace.bot_token()).unwrap();
        let settings = json!({ "bot_token": { "file": "token" }, "url": workspace.url() });
        let integration = Integration {
            name: "slack".to_owned(),
            kind: "slack".to_owned(),
            external_id: workspace.team(),
            settings: settings.as_object().unwrap().clone(),
            srn: Srn::parse("acme:integration:slack:slack:latest").unwrap(),
        };
        let secrets = Secrets::new(folder.path());
        let slack = Slack::open(&integration, &secrets).unwrap().unwrap();
        Self { workspace, slack, _folder: folder }
    }

    fn house(&self) -> &House {
        self.workspace.house()
    }
}

fn mails(people: &[Person]) -> Vec<&str> {
    people.iter().filter_map(|person| person.email.as_deref()).collect()
}

#[tokio::test]
async fn the_members_of_a_channel_are_told_apart() {
    let rig = Rig::new().await;
    let of = |mail: &str, kind| rig.workspace.somebody(mail, kind);
    let ids = [
        of("ada@acme.test", Kind::Member),
        of("guest@acme.test", Kind::Guest),
        of("one@acme.test", Kind::SingleChannelGuest),
        of("other@else.test", Kind::Outsider),
        of("robot", Kind::Bot),
        of("gone@acme.test", Kind::Member),
    ];
    rig.workspace.change(&ids[5], |user| user.deleted = true);
    let members: Vec<&str> = ids.iter().map(String::as_str).collect();
    rig.workspace.add_channel("#ops", &members);
    let members = rig.slack.channel_members("#ops").await.unwrap();
    let said = |id: &str| {
        let person = members.iter().find(|person| person.id == id).unwrap();
        (person.is_active, person.is_guest, person.is_outsider, person.is_bot)
    };
    assert_eq!(said(&ids[0]), (true, false, false, false));
    assert_eq!(said(&ids[1]), (true, true, false, false));
    assert_eq!(said(&ids[2]), (true, true, false, false));
    assert_eq!(said(&ids[3]), (true, false, true, false));
    assert_eq!(said(&ids[4]), (true, false, false, true));
    assert_eq!(said(&ids[5]), (false, false, false, false));
    assert!(said(&rig.workspace.bot()).3, "the app itself");
}

/// Who may decide is asked for each decision: one look at who is in, and everybody at most every
/// five minutes.
#[tokio::test]
async fn a_channel_of_five_thousand_costs_fourteen_calls_and_then_seven() {
    let rig = Rig::new().await;
    let ids: Vec<String> =
        (0..5_000).map(|n| rig.workspace.person(&format!("p{n}@acme.test"))).collect();
    let members: Vec<&str> = ids.iter().map(String::as_str).collect();
    rig.workspace.add_channel("#all", &members);
    let count = || rig.house().heard().len();
    assert_eq!(rig.slack.channel_members("#all").await.unwrap().len(), 5_001);
    let first = count();
    // One for the id, one for its name, six pages of members, six of people; 999 fit on a page.
    assert_eq!(first, 1 + 1 + 6 + 6);
    rig.slack.channel_members("#all").await.unwrap();
    assert_eq!(count() - first, 1 + 6);
    assert_eq!(rig.workspace.refused_for_rate(), 0);
}

#[tokio::test]
async fn who_left_a_channel_is_not_in_it_any_more() {
    let rig = Rig::new().await;
    let (ada, bo) = (rig.workspace.person("ada@acme.test"), rig.workspace.person("bo@acme.test"));
    let ops = rig.workspace.add_channel("#ops", &[&ada, &bo]);
    assert_eq!(
        mails(&rig.slack.channel_members("#ops").await.unwrap()),
        ["ada@acme.test", "bo@acme.test"]
    );
    rig.workspace.leave(&ops, &bo);
    assert_eq!(mails(&rig.slack.channel_members("#ops").await.unwrap()), ["ada@acme.test"]);
}

/// Whoever can rename channels could otherwise make themselves approvers for a while.
#[tokio::test]
async fn a_name_that_has_come_to_stand_for_another_channel_means_that_one_at_once() {
    let rig = Rig::new().await;
    let (ada, bo) = (rig.workspace.person("ada@acme.test"), rig.workspace.person("bo@acme.test"));
    let old = rig.workspace.add_channel("#ops", &[&ada]);
    assert_eq!(mails(&rig.slack.channel_members("#ops").await.unwrap()), ["ada@acme.test"]);
    rig.workspace.rename(&old, "#ops-old");
    let hint = rig.slack.channel_members("#ops").await.unwrap_err().error;
    assert_eq!(hint.what, "there is no channel `#ops` that the app can see");
    rig.workspace.add_channel("#ops", &[&bo]);
    assert_eq!(mails(&rig.slack.channel_members("#ops").await.unwrap()), ["bo@acme.test"]);
}

#[tokio::test]
async fn a_private_channel_without_the_app_is_none() {
    let rig = Rig::new().await;
    let ada = rig.workspace.person("ada@acme.test");
    let id = rig.workspace.add_private_channel("#secret", &[&ada]);
    assert!(rig.slack.channel_members("#secret").await.is_err());
    let error = rig.slack.channel_members(&id).await.unwrap_err();
    assert!(error.is("channel_not_found"));
}

#[tokio::test]
async fn a_user_group_is_found_by_its_handle() {
    let rig = Rig::new().await;
    let ada = rig.workspace.person("ada@acme.test");
    rig.workspace.add_group("sec-oncall", &[&ada]);
    for name in ["sec-oncall", "@sec-oncall"] {
        assert_eq!(mails(&rig.slack.group_members(name).await.unwrap()), ["ada@acme.test"]);
    }
    let error = rig.slack.group_members("nobody").await.unwrap_err().error;
    assert_eq!(error.what, "there is no user group `@nobody` in use");
}

#[tokio::test]
async fn one_person_is_found_by_id_mail_address_and_handle() {
    let rig = Rig::new().await;
    let ada = rig.workspace.person("ada@acme.test");
    for name in [ada.as_str(), "Ada@acme.test", "@ada", "ada"] {
        let found = rig.slack.user(name).await.unwrap().unwrap();
        assert_eq!(found.id, ada, "{name}");
    }
    for name in ["U099999999", "nobody@acme.test", "@nobody"] {
        assert_eq!(rig.slack.user(name).await.unwrap(), None, "{name}");
    }
}

#[tokio::test]
async fn a_name_of_two_people_is_no_name() {
    let rig = Rig::new().await;
    for mail in ["ada@acme.test", "other@acme.test"] {
        let id = rig.workspace.person(mail);
        rig.workspace.change(&id, |user| "Ada L.".clone_into(&mut user.real_name));
    }
    let error = rig.slack.user("@Ada L.").await.unwrap_err().error;
    assert!(error.what.starts_with("`@Ada L.` is the name of several people"), "{}", error.what);
}

#[tokio::test]
async fn whoever_is_asked_for_by_themselves_is_looked_up_afresh() {
    let rig = Rig::new().await;
    let ada = rig.workspace.person("ada@acme.test");
    assert!(rig.slack.user_by_id(&ada).await.unwrap().unwrap().is_active);
    rig.workspace.change(&ada, |user| user.deleted = true);
    assert!(!rig.slack.user_by_id(&ada).await.unwrap().unwrap().is_active);
    assert_eq!(rig.slack.user_by_email("ada@acme.test").await.unwrap(), None);
}

#[tokio::test]
async fn a_missing_scope_is_named_with_its_place() {
    let rig = Rig::new().await;
    rig.workspace.without_scopes(&["users:read.email"]);
    let error = rig.slack.user_by_email("ada@acme.test").await.unwrap_err().error;
    assert_eq!(error.what, "users.lookupByEmail answers missing_scope");
    assert_eq!(
        error.hint.unwrap(),
        "add the scope `users:read.email` under OAuth & Permissions of the Slack app, and install it again"
    );
}

#[tokio::test]
async fn an_answer_of_another_shape_names_the_call_and_the_field() {
    let rig = Rig::new().await;
    for (body, said) in [
        (
            r#"{"ok":true,"members":[{"name":"x"}]}"#,
            "the answer to users.list is not what it should be: at `members[0]`: missing field `id`",
        ),
        (
            r#"{"ok":true}"#,
            "the answer to users.list is not what it should be: at `.`: missing field `members`",
        ),
        (
            r#"{"ok":true,"members":[{"id":"U1","is_bot":false}]}"#,
            "the answer to users.list is not what it should be: at `members[0]`: missing field `deleted`",
        ),
        (
            r#"{"ok":true,"members":[{"id":"U1","deleted":false}]}"#,
            "the answer to users.list is not what it should be: at `members[0]`: missing field `is_bot`",
        ),
        ("{}", "the answer to users.list is not what it should be: it has no `ok`"),
    ] {
        rig.house().expect("/api/users.list", Trouble::Answers(200, body.to_owned()));
        let error = rig.slack.user("@ada").await.unwrap_err().error;
        assert_eq!(error.what, said);
    }
}

#[tokio::test]
async fn pages_without_an_end_are_an_error() {
    let rig = Rig::new().await;
    let page = r#"{"ok":true,"members":[],"response_metadata":{"next_cursor":"x"}}"#;
    for _ in 0..2 {
        rig.house().expect("/api/users.list", Trouble::Answers(200, page.to_owned()));
    }
    let error = rig.slack.user("@ada").await.unwrap_err().error;
    assert_eq!(
        error.what,
        "the answer to users.list is not what it should be: its pages have no end"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_who_ask_at_once_are_answered_by_a_few_looks() {
    let rig = Rig::new().await;
    let ada = rig.workspace.person("ada@acme.test");
    rig.workspace.add_channel("#ops", &[&ada]);
    let slack = &rig.slack;
    let asked = (0..1_000).map(|_| slack.channel_members("#ops"));
    for members in futures_util::future::join_all(asked).await {
        assert_eq!(mails(&members.unwrap()), ["ada@acme.test"]);
    }
    // Two, unless the first comes back before the last has asked.
    let looks = rig.house().times("/api/conversations.members");
    assert!((2..=20).contains(&looks), "{looks}");
    assert_eq!(rig.workspace.refused_for_rate(), 0);
}
