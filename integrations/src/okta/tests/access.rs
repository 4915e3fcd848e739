//! Membership as access.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use countersign::model::{Object, Outcome, Status, StrategyName, Target, TargetName};
use countersign::prelude::*;
use countersign::strategy::Setup;
use countersign::testing::{Mishap, StrategyKit, System, TestApp, TestRun};
use countersign_vendors::Trouble;
use countersign_vendors::okta::Okta as Vendor;
use serde_json::Value;

use super::super::OktaGroup;
use super::{World, integration};
use crate::Secrets;
use crate::testing::trouble;

mod asked {
    use countersign::prelude::*;

    flow!("asked", Access);

    #[reducer]
    fn get_approver() -> Approvers {
        slack::channel("#gate")
    }
}

/// The organization, as the kit reaches it past the strategy.
struct Organization(World);

#[async_trait]
impl System for Organization {
    async fn has(&self, who: &str, _: &Target) -> Option<bool> {
        Some(self.0.vendor.is_member(&self.0.group, who))
    }

    async fn set(&self, who: &str, _: &Target, has: bool) -> bool {
        self.0.vendor.set_member(&self.0.group, who, has);
        true
    }

    async fn mishap(&self, mishap: Mishap) -> bool {
        // Only changes are below a member's own path.
        let changes = format!("/api/v1/groups/{}/users/", self.0.group);
        match trouble(mishap) {
            None => self.0.vendor.house.recover(),
            Some(Trouble::Answers(_, said)) => {
                self.0.vendor.house.expect(&changes, Trouble::Answers(503, said));
            }
            Some(trouble) => self.0.vendor.house.expect(&changes, trouble),
        }
        true
    }

    async fn forget(&self, who: &str) -> bool {
        self.0.vendor.delete_user(who);
        true
    }

    async fn delete(&self, _: &Target) -> bool {
        self.0.vendor.delete_group(&self.0.group);
        true
    }

    async fn dissolve(&self) -> bool {
        self.0.vendor.house.shut(404);
        true
    }
}

fn open(vendor: &Vendor, folder: &std::path::Path, settings: &Value) -> OktaGroup {
    let integration = integration(vendor, json!({ "token": { "file": "token" } }));
    let setup = Setup { integration, settings: settings.as_object().unwrap().clone() };
    OktaGroup::open(&setup, &Secrets::new(folder)).unwrap()
}

fn target(group: &str) -> Target {
    let mut settings = Object::new();
    settings.insert("group".into(), json!(group));
    Target {
        name: TargetName::parse("prod").unwrap(),
        kind: "okta".into(),
        label: "Production".into(),
        strategy: Some(StrategyName::parse("okta").unwrap()),
        settings,
    }
}

/// An organization behind a target, and people who ask for it.
struct Scene {
    app: TestApp,
    vendor: Vendor,
    group: String,
    ada: String,
    _folder: tempfile::TempDir,
}

async fn scene(settings: Value) -> Scene {
    scene_of("prod-admins", settings).await
}

async fn scene_of(name: &str, settings: Value) -> Scene {
    let World { vendor, ada, folder, .. } = World::new().await;
    let group = vendor.add_group("prod-admins");
    let app = TestApp::new(&asked::FLOW)
        .strategy("okta", Arc::new(open(&vendor, folder.path(), &settings)))
        .channel("#gate", ["bo@acme.test"])
        .put_target(target(name));
    Scene { app, vendor, group, ada, _folder: folder }
}

impl Scene {
    /// Ada asks and Bo says yes.
    async fn granted(&self) -> TestRun<'_> {
        let run = self.app.person("ada@acme.test").asks("prod").duration("1h").await;
        self.app.person("bo@acme.test").approves(&run).await;
        run
    }

    fn has(&self) -> bool {
        self.vendor.is_member(&self.group, &self.ada)
    }

    /// How a change of Ada's membership goes wrong.
    fn changes_go_wrong(&self, trouble: Trouble) {
        self.vendor.house.expect(&format!("/api/v1/groups/{}/users/", self.group), trouble);
    }
}

#[tokio::test]
async fn a_group_at_okta_keeps_the_contract() {
    let kit = StrategyKit::new(|| {
        let world = World::at_once();
        for user in [&world.ada, &world.bo] {
            world.vendor.set_member(&world.group, user, false);
        }
        (open(&world.vendor, world.folder.path(), &json!({})), Organization(world))
    });
    kit.target_settings(&json!({ "group": "data-security" }))
        .unknown("stranger@acme.test")
        .run()
        .await;
}

#[tokio::test]
async fn access_is_given_by_the_group_s_name_and_taken_away_in_time() {
    let scene = scene(json!({})).await;
    let run = scene.granted().await;
    run.assert_active();
    assert!(scene.has());
    scene.app.advance("1h").await;
    run.assert_closed(Outcome::Ended);
    assert!(!scene.has());
    assert!(scene.vendor.ended_sessions().is_empty());
}

#[tokio::test]
async fn sessions_are_ended_where_the_settings_say_so() {
    let scene = scene(json!({ "clear_sessions": true })).await;
    scene.granted().await;
    scene.app.advance("1h").await;
    assert!(!scene.has());
    let ended: BTreeSet<_> = scene.vendor.ended_sessions().into_iter().collect();
    assert_eq!(ended, BTreeSet::from([scene.ada.clone()]));
}

#[tokio::test]
async fn membership_from_before_stays() {
    let scene = scene(json!({})).await;
    scene.vendor.set_member(&scene.group, &scene.ada, true);
    let run = scene.granted().await;
    run.assert_active();
    scene.app.advance("1h").await;
    run.assert_closed(Outcome::Ended);
    assert!(scene.has());
}

#[tokio::test]
async fn a_change_whose_answer_never_comes_is_repeated_and_is_one() {
    let scene = scene(json!({})).await;
    for trouble in [Trouble::DoneButSilent, Trouble::Hangs] {
        scene.changes_go_wrong(trouble);
        let run = scene.granted().await;
        run.assert_status(Status::Granting);
        scene.app.advance("1m").await;
        run.assert_active();
        scene.changes_go_wrong(Trouble::DoneButFails);
        scene.app.advance("2h").await;
        run.assert_closed(Outcome::Ended);
        assert!(!scene.has());
    }
    let _ = scene.app.error_channel();
}

#[tokio::test]
async fn with_the_group_or_the_account_the_access_has_gone() {
    for is_group in [true, false] {
        let scene = scene(json!({})).await;
        let run = scene.granted().await;
        run.assert_active();
        if is_group {
            scene.vendor.delete_group(&scene.group);
        } else {
            scene.vendor.delete_user(&scene.ada);
        }
        scene.app.advance("1h").await;
        run.assert_closed(Outcome::Ended);
    }
}

#[tokio::test]
async fn nothing_is_given_to_an_account_that_was_deleted_or_in_a_group_that_okta_does_not_keep() {
    let gone = scene(json!({})).await;
    let run = gone.app.person("ada@acme.test").asks("prod").duration("1h").await;
    gone.vendor.delete_user(&gone.ada);
    gone.app.person("bo@acme.test").approves(&run).await;
    gone.app.advance("10m").await;
    run.assert_closed(Outcome::Failed);

    let foreign = scene_of("from-hr", json!({})).await;
    let group = foreign.vendor.add_group_of("from-hr", "APP_GROUP");
    let run = foreign.granted().await;
    run.assert_closed(Outcome::Failed);
    assert!(!foreign.vendor.is_member(&group, &foreign.ada));
    let story = format!("{:?}", run.entries());
    assert!(story.contains("the members of `from-hr` are not kept at Okta"), "{story}");
    let _ = (gone.app.error_channel(), foreign.app.error_channel());
}

#[tokio::test]
async fn a_group_that_was_renamed_is_still_the_one_that_was_given() {
    let scene = scene(json!({})).await;
    scene.granted().await;
    scene.vendor.rename_group(&scene.group, "prod-admins-old");
    let other = scene.vendor.add_group("prod-admins");
    scene.vendor.set_member(&other, &scene.ada, true);
    scene.app.advance("1h").await;
    assert!(!scene.has());
    assert!(scene.vendor.is_member(&other, &scene.ada));
}

#[test]
fn an_integration_without_a_secret_cannot_give_access() {
    let integration = countersign::model::Integration {
        settings: Object::new(),
        name: "okta".into(),
        kind: "okta".into(),
        external_id: "acme.okta.com".into(),
        srn: countersign::model::Srn::parse("acme:integration:okta:okta:latest").unwrap(),
    };
    let setup = Setup { integration, settings: Object::new() };
    let error = OktaGroup::open(&setup, &Secrets::new(std::path::Path::new("/"))).unwrap_err();
    assert!(error.to_string().contains("neither `token` nor `private_key`"), "{error}");
}
