//! Against a stand-in that refuses what AWS refuses.

mod in_background;
mod moto;

use std::time::Duration;

use async_trait::async_trait;
use countersign::model::{Integration, Object, Target};
use countersign::testing::{Mishap, StrategyKit, System};
use countersign_vendors::aws::{self as vendor, Cloud};
use serde_json::{Value, json};

use super::iam::{Groups, Users};
use super::identity_center::{Assignments, Instance, Patience};
use crate::membership::{ByMembership, Membership, Seat};
use crate::testing::{integration, open, secret, secrets, user};

const RUN: &str = "01KJPWD6M00QJS22HDXJ4G4Q61";

/// The settings by which the stand-in is called, through a role.
fn settings(cloud: &Cloud) -> Value {
    json!({
        "url": cloud.house.url,
        "region": "eu-central-1",
        "access_key_id": vendor::KEY,
        "secret_access_key": secret("hush"),
        "role_arn": vendor::role(),
        "role_external_id": vendor::EXTERNAL_ID,
    })
}

fn account(cloud: &Cloud) -> Integration {
    integration("aws", vendor::ACCOUNT, settings(cloud))
}

fn center(cloud: &Cloud) -> Integration {
    integration("aws_identity_center", vendor::INSTANCE, settings(cloud))
}

/// Ada and Bo, everywhere.
fn cloud() -> Cloud {
    let cloud = Cloud::open();
    {
        let mut all = cloud.inner();
        all.iam_groups.insert("admins".to_owned(), "AGPAADMINS".to_owned());
        all.roles.insert(READER.to_owned());
        for (number, name) in [("210987654321", "production"), ("333333333333", "staging")] {
            all.accounts.insert(number.to_owned(), name.to_owned());
        }
        all.group("Admins");
        for mail in ["ada@acme.test", "bo@acme.test"] {
            all.iam_users.insert(mail.to_owned(), [("mail".to_owned(), mail.to_owned())].into());
            all.user(mail, mail);
        }
    }
    cloud
}

fn next(cloud: &Cloud, mishap: Mishap) -> bool {
    cloud.next(match mishap {
        Mishap::None => {
            cloud.mend();
            return true;
        }
        Mishap::Fails => vendor::Mishap::Refused,
        Mishap::FailsAfterwards => vendor::Mishap::DoneAndRefused,
        Mishap::Busy => vendor::Mishap::Throttled,
        // AWS's own library asks again, so it hangs until it is mended.
        Mishap::Hangs => vendor::Mishap::Hangs,
        Mishap::FailsForGood | Mishap::LandsLate(_) | Mishap::Panics => return false,
    });
    true
}

/// Nobody is let into the account any more.
fn dissolve(cloud: &Cloud) {
    cloud.inner().roles.clear();
}

/// Deletes somebody's users; a session of a role is nobody's.
fn forget(cloud: &Cloud, who: &str) -> bool {
    let (name, all) = (name(who), &mut *cloud.inner());
    if !who.starts_with("arn:") && !all.users.contains_key(who) {
        return false;
    }
    all.iam_users.remove(&name);
    all.iam_members.retain(|(_, user)| *user != name);
    all.policies.retain(|(holder, _), _| *holder != format!("user/{name}"));
    all.users.remove(who);
    all.members.retain(|_, (_, user)| user != who);
    all.assignments.retain(|(_, user)| user != who);
    true
}

fn put<T: Ord>(set: &mut std::collections::BTreeSet<T>, item: T, has: bool) {
    if has {
        set.insert(item);
    } else {
        set.remove(&item);
    }
}

fn name(arn: &str) -> String {
    arn.rsplit('/').next().unwrap().to_owned()
}

macro_rules! system {
    ($name:ident, |$inner:ident, $who:ident| $has:expr, |$all:ident, $whom:ident, $give:ident| $set:expr, |$gone:ident| $delete:expr) => {
        struct $name(Cloud);

        #[async_trait]
        impl System for $name {
            async fn has(&self, $who: &str, _: &Target) -> Option<bool> {
                let $inner = self.0.inner();
                Some($has)
            }

            async fn set(&self, $whom: &str, _: &Target, $give: bool) -> bool {
                let $all = &mut *self.0.inner();
                $set;
                true
            }

            async fn mishap(&self, mishap: Mishap) -> bool {
                next(&self.0, mishap)
            }

            async fn forget(&self, who: &str) -> bool {
                forget(&self.0, who)
            }

            async fn delete(&self, _: &Target) -> bool {
                let $gone = &mut *self.0.inner();
                $delete
            }

            async fn dissolve(&self) -> bool {
                dissolve(&self.0);
                true
            }
        }
    };
}

system!(
    IamGroups,
    |all, who| all.iam_members.contains(&("admins".to_owned(), name(who))),
    |all, who, has| put(&mut all.iam_members, ("admins".to_owned(), name(who)), has),
    |all| {
        all.iam_members.clear();
        all.iam_groups.remove("admins").is_some()
    }
);

#[tokio::test]
async fn membership_in_a_group_of_iam_keeps_the_contract() {
    for settings in [json!({}), json!({ "find_by": "tag", "tag": "mail" })] {
        let fresh = || {
            let cloud = cloud();
            (open("aws_iam_group", &account(&cloud), settings.clone()), IamGroups(cloud))
        };
        StrategyKit::new(fresh)
            .target_settings(&json!({ "group": "admins" }))
            .unknown("stranger@acme.test")
            .run()
            .await;
    }
}

#[tokio::test]
async fn access_by_a_group_that_was_renamed_is_taken_away() {
    let cloud = cloud();
    let groups = Groups(Users::open(&account(&cloud), &Object::new(), &secrets()).unwrap());
    let target = json!({ "name": "kit-target", "kind": "group", "label": "Admins", "settings": { "group": "admins" } });
    let target: Target = serde_json::from_value(target).unwrap();
    let place = |given: Option<Value>| {
        let place = groups.place(&target).unwrap();
        let groups = &groups;
        async move { groups.settled(place, given.as_ref(), "run").await.unwrap() }
    };
    let who = groups.find(&user("ada@acme.test")).await.unwrap().unwrap();
    let then = place(None).await;
    groups.add(&Seat { place: &then, who: &who, run: "run" }).await.unwrap();
    {
        let all = &mut *cloud.inner();
        let id = all.iam_groups.remove("admins").unwrap();
        all.iam_groups.insert("administrators".to_owned(), id);
        // Somebody makes another one of the old name.
        all.iam_groups.insert("admins".to_owned(), "AGPANEW".to_owned());
        let members = std::mem::take(&mut all.iam_members).into_iter();
        all.iam_members = members.map(|(_, user)| ("administrators".to_owned(), user)).collect();
    }
    let now = place(Some(json!(then))).await;
    let seat = Seat { place: &now, who: &who, run: "run" };
    assert!(groups.has(&seat).await.unwrap());
    groups.remove(&seat).await.unwrap();
    assert!(!groups.has(&seat).await.unwrap());
    assert!(cloud.inner().iam_members.is_empty());
}

system!(
    Assigned,
    |all, who| all.assignments.contains(&("210987654321".to_owned(), who.to_owned())),
    |all, who, has| put(&mut all.assignments, ("210987654321".to_owned(), who.to_owned()), has),
    |all| {
        all.assignments.clear();
        all.accounts.remove("210987654321").is_some()
    }
);

const HASTY: Patience = Patience {
    first: Duration::from_millis(1),
    longest: Duration::from_millis(4),
    all: Duration::from_millis(400),
};

fn assignments(cloud: &Cloud) -> Assignments {
    Assignments { instance: Instance::open(&center(cloud), &secrets()).unwrap(), patience: HASTY }
}

fn admin() -> Value {
    json!({ "account": "210987654321", "permission_set_arn": vendor::PERMISSION_SET })
}

#[tokio::test]
async fn a_permission_set_in_an_account_keeps_the_contract() {
    let fresh = || {
        let cloud = cloud();
        (ByMembership(assignments(&cloud)), Assigned(cloud))
    };
    for account in ["210987654321", "production"] {
        let mut target = admin();
        target["account"] = json!(account);
        StrategyKit::new(fresh).target_settings(&target).unknown("stranger@acme.test").run().await;
    }
}

system!(
    CenterGroups,
    |all, who| all.members.values().any(|(_, user)| user == who),
    |all, who, has| {
        all.members.retain(|_, (_, user)| user != who);
        if has {
            let group = all.groups.keys().next().unwrap().clone();
            all.members.insert(format!("m-{who}"), (group, who.to_owned()));
        }
    },
    |all| {
        all.members.clear();
        all.groups.clear();
        true
    }
);

#[tokio::test]
async fn membership_in_a_group_of_identity_center_keeps_the_contract() {
    let fresh = || {
        let cloud = cloud();
        let strategy = open("aws_identity_center_group", &center(&cloud), json!({}));
        (strategy, CenterGroups(cloud))
    };
    let kit = |target: Value| {
        StrategyKit::new(fresh).target_settings(&target).unknown("stranger@acme.test")
    };
    // A group that is not found by its name may have another one now.
    kit(json!({ "group": "Admins" })).unsure_what_is_deleted().run().await;
    let id = cloud().inner().groups.keys().next().unwrap().clone();
    kit(json!({ "group_id": id })).run().await;
}

const POLICY: &str = "countersign-kit-target";
/// The role that people act in.
const READER: &str = "reader";

system!(
    UserPolicies,
    |all, who| all.policies.contains_key(&(format!("user/{}", name(who)), POLICY.to_owned())),
    |all, who, has| {
        let key = (format!("user/{}", name(who)), POLICY.to_owned());
        if has {
            all.policies.insert(key, "{}".to_owned())
        } else {
            all.policies.remove(&key)
        };
    },
    // What a policy names need not be there.
    |_all| false
);

#[tokio::test]
async fn a_policy_on_a_user_keeps_the_contract() {
    let fresh = || {
        let cloud = cloud();
        (open("aws_s3", &account(&cloud), json!({})), UserPolicies(cloud))
    };
    StrategyKit::new(fresh)
        .target_settings(
            &json!({ "bucket": "customer-data", "prefix": "2026/", "access": "read_write" }),
        )
        .unknown("stranger@acme.test")
        .run()
        .await;
}

system!(
    RolePolicies,
    |all, who| all.policies.contains_key(&(format!("role/{READER}"), format!("{POLICY}@{who}"))),
    |all, who, has| {
        let key = (format!("role/{READER}"), format!("{POLICY}@{who}"));
        if has {
            all.policies.insert(key, "{}".to_owned())
        } else {
            all.policies.remove(&key)
        };
    },
    |all| {
        all.policies.clear();
        all.roles.remove(READER)
    }
);

#[tokio::test]
async fn a_policy_for_sessions_of_a_role_keeps_the_contract() {
    let fresh = || {
        let cloud = cloud();
        (open("aws_s3", &account(&cloud), json!({ "principal": "session" })), RolePolicies(cloud))
    };
    StrategyKit::new(fresh)
        .target_settings(&json!({ "bucket": "customer-data", "role": READER }))
        .run()
        .await;
}

#[tokio::test]
async fn a_role_that_cannot_be_assumed_is_named() {
    let cloud = cloud();
    let mut settings = settings(&cloud);
    settings["role_external_id"] = json!("other");
    let integration = integration("aws_identity_center", vendor::INSTANCE, settings);
    let instance = Instance::open(&integration, &secrets()).unwrap();
    let error = instance.find(&user("ada@acme.test")).await.unwrap_err();
    assert!(error.to_string().contains("role/countersign-grants"), "{error}");
    assert!(error.hint().unwrap().contains("sts:AssumeRole"), "{error:?}");
}

#[tokio::test]
async fn a_mail_address_of_one_that_is_the_name_of_another_is_ambiguous() {
    let cloud = cloud();
    cloud.inner().user("carl@acme.test", "other@acme.test");
    cloud.inner().user("other", "carl@acme.test");
    let instance = Instance::open(&center(&cloud), &secrets()).unwrap();
    let error = instance.find(&user("carl@acme.test")).await.unwrap_err();
    assert_eq!(error.code(), "Identity:AMBIGUOUS");
    assert!(instance.find(&user("other@acme.test")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_disabled_user_is_an_error_and_a_tag_on_two_users_is_ambiguous() {
    let cloud = cloud();
    for (_, _, is_enabled) in cloud.inner().users.values_mut() {
        *is_enabled = false;
    }
    let instance = Instance::open(&center(&cloud), &secrets()).unwrap();
    let error = instance.find(&user("ada@acme.test")).await.unwrap_err();
    assert!(error.to_string().contains("disabled"), "{error}");
    let tags = [("mail".to_owned(), "ADA@acme.test".to_owned())].into();
    cloud.inner().iam_users.insert("ada-2".to_owned(), tags);
    let strategy =
        open("aws_iam_group", &account(&cloud), json!({ "find_by": "tag", "tag": "mail" }));
    let error = strategy.0.fetch_remote_identity(&user("ada@acme.test")).await.unwrap_err();
    assert_eq!(error.code(), "Identity:AMBIGUOUS");
}

#[tokio::test]
async fn a_policy_names_the_run_and_only_what_the_target_is() {
    let cloud = cloud();
    let fresh = || (open("aws_s3", &account(&cloud), json!({})), ());
    let target = json!({ "bucket": "customer-data", "prefix": "2026/" });
    StrategyKit::new(fresh).target_settings(&target).run().await;
    let heard = cloud.house.heard();
    let mut bodies = heard.iter().map(|heard| String::from_utf8_lossy(&heard.body));
    let put = bodies.find(|body| body.starts_with("Action=PutUserPolicy")).unwrap();
    assert!(!put.contains("Condition%22%3A%7B%7D"), "{put}");
    assert!(put.contains("s3%3AGetObject") && put.contains("2026%2F%2A"), "{put}");
    assert!(!put.contains("PutObject"), "{put}");
    assert!(put.contains("Objects01"), "{put}");
}

fn function(cloud: &Cloud) -> crate::testing::Opened {
    let settings = json!({ "function": "arn:aws:lambda:eu-central-1:123456789012:function:grants", "can_look": true });
    open("aws_lambda", &account(cloud), settings)
}

/// A function that keeps who has what.
struct Kept(Cloud);

#[async_trait]
impl System for Kept {
    async fn has(&self, who: &str, _: &Target) -> Option<bool> {
        self.0.inner().function_keeps.as_ref().map(|kept| kept.contains(who))
    }

    async fn set(&self, who: &str, _: &Target, has: bool) -> bool {
        put(self.0.inner().function_keeps.as_mut().unwrap(), who.to_owned(), has);
        true
    }

    async fn mishap(&self, mishap: Mishap) -> bool {
        match crate::testing::trouble(mishap) {
            Some(trouble) => self.0.house.expect("/2015-03-31/functions/", trouble),
            None => self.0.house.recover(),
        }
        true
    }

    async fn forget(&self, who: &str) -> bool {
        let all = &mut *self.0.inner();
        all.function_keeps.as_mut().unwrap().remove(who);
        all.function_refuses.insert(who.to_owned())
    }

    async fn delete(&self, _: &Target) -> bool {
        let all = &mut *self.0.inner();
        all.function_keeps.as_mut().unwrap().clear();
        all.function_refuses.insert("kit-target".to_owned())
    }

    async fn dissolve(&self) -> bool {
        dissolve(&self.0);
        true
    }
}

#[tokio::test]
async fn a_function_of_one_s_own_that_keeps_the_contract_keeps_it_through_us() {
    let fresh = || {
        let cloud = cloud();
        cloud.inner().function_keeps = Some([].into());
        (function(&cloud), Kept(cloud))
    };
    StrategyKit::new(fresh).run().await;
}

#[tokio::test]
async fn a_function_is_told_what_to_do_and_what_it_answers_is_kept() {
    let cloud = cloud();
    for (granted, action) in [(json!(null), "escalate"), (json!(null), "deescalate")] {
        cloud.inner().function.insert(action.to_owned(), json!({ "body": granted, "errors": [] }));
    }
    let look = json!({ "body": { "granted": false }, "errors": [] });
    cloud.inner().function.insert("is_granted".to_owned(), look);
    let findings = StrategyKit::new(|| (function(&cloud), ())).findings().await;
    // It says that nothing is there, whatever it was told: the kit believes it.
    assert!(findings.iter().any(|it| it.case.contains("taking what was never given")));
    let told = cloud.inner().invoked.clone();
    let told = told.iter().find(|it| it["action"] == "escalate").unwrap();
    assert_eq!(told["identity"], "ada@acme.test");
    assert_eq!(told["version"], 1);
    assert_eq!(told["duration"], "1h");
}

#[tokio::test]
async fn a_function_s_answer_of_another_shape_is_an_error() {
    for (answer, code) in [
        (json!("done"), "Lambda:WRONG_SHAPE"),
        (json!({ "body": {} }), "Lambda:WRONG_SHAPE"),
        (json!({ "body": {}, "errors": "none" }), "Lambda:WRONG_SHAPE"),
        (json!({ "body": 1, "errors": [] }), "Lambda:WRONG_SHAPE"),
        (json!({ "body": {}, "errors": [], "more": 1 }), "Lambda:WRONG_SHAPE"),
        (json!({ "body": {}, "errors": ["no such door"] }), "Lambda:FAILED"),
    ] {
        let cloud = cloud();
        cloud.inner().function.insert("identity".to_owned(), answer.clone());
        let settings = json!({ "function": "grants", "identity": "function" });
        let strategy = open("aws_lambda", &account(&cloud), settings);
        let error = strategy.0.fetch_remote_identity(&user("ada@acme.test")).await.unwrap_err();
        assert_eq!(error.code(), code, "{answer}: {error}");
    }
}

#[tokio::test]
async fn a_function_that_fails_is_an_error_with_what_it_says() {
    let cloud = cloud();
    cloud.inner().function_fails = true;
    let settings = json!({ "function": "grants", "identity": "function" });
    let strategy = open("aws_lambda", &account(&cloud), settings);
    let error = strategy.0.fetch_remote_identity(&user("ada@acme.test")).await.unwrap_err();
    assert!(error.to_string().contains("no such database"), "{error}");
    assert_eq!(cloud.house.times("/2015-03-31/functions/grants"), 1);
}

#[test]
fn settings_that_nothing_reads_and_accounts_that_are_none_are_refused() {
    let wrong = [
        integration("aws", "acme", json!({})),
        integration("aws", vendor::ACCOUNT, json!({ "rol_arn": "x" })),
        integration("aws", vendor::ACCOUNT, json!({ "url": "http://evil.test" })),
        integration("aws", vendor::ACCOUNT, json!({ "access_key_id": "x" })),
    ];
    let kind = crate::strategies().iter().find(|it| it.kind == "aws_iam_group").unwrap();
    for integration in wrong {
        let setup = countersign::strategy::Setup {
            integration,
            settings: crate::testing::object(json!({})),
        };
        assert!((kind.open)(&setup, &secrets()).is_err(), "{setup:?}");
    }
}
