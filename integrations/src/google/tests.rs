//! Against a domain that refuses what Google refuses.

use async_trait::async_trait;
use countersign::model::{Integration, Target};
use countersign::testing::{Mishap, StrategyKit, System};
use countersign_vendors::Trouble;
use countersign_vendors::google::{Google as Vendor, SERVICE, SUBJECT};
use serde_json::json;

use crate::managers::Managers;
use crate::testing::{integration, misbehave, open, secret, secrets, user};

fn vendor() -> Vendor {
    let vendor = Vendor::open();
    {
        let mut all = vendor.inner();
        all.users.insert("ada@acme.test".to_owned(), ("1001".to_owned(), false));
        all.users.insert("bo@acme.test".to_owned(), ("1002".to_owned(), false));
        all.groups.insert("admins@acme.test".to_owned(), [].into());
    }
    vendor
}

fn acme(vendor: &Vendor) -> Integration {
    let settings = json!({ "url": vendor.house.url, "client_email": SERVICE, "subject": SUBJECT, "private_key": secret(&vendor.key()) });
    integration("google", "acme.test", settings)
}

struct World(Vendor);

#[async_trait]
impl System for World {
    async fn has(&self, who: &str, _: &Target) -> Option<bool> {
        let all = self.0.inner();
        Some(all.groups["admins@acme.test"].contains_key(who))
    }

    async fn set(&self, who: &str, _: &Target, has: bool) -> bool {
        let all = &mut *self.0.inner();
        let group = all.groups.get_mut("admins@acme.test").unwrap();
        if has {
            group.insert(who.to_owned(), "MEMBER".to_owned())
        } else {
            group.remove(who)
        };
        true
    }

    async fn mishap(&self, mishap: Mishap) -> bool {
        misbehave(&self.0.house, mishap)
    }

    async fn forget(&self, who: &str) -> bool {
        let all = &mut *self.0.inner();
        all.users.retain(|_, (id, _)| id != who);
        all.groups.values_mut().for_each(|it| drop(it.remove(who)));
        true
    }

    async fn delete(&self, _: &Target) -> bool {
        self.0.inner().groups.remove("admins@acme.test").is_some()
    }

    async fn dissolve(&self) -> bool {
        self.0.house.shut(401);
        true
    }
}

#[tokio::test]
async fn membership_in_a_google_group_keeps_the_contract() {
    let fresh = || {
        let vendor = vendor();
        (open("google_group", &acme(&vendor), json!({})), World(vendor))
    };
    StrategyKit::new(fresh)
        .target_settings(&json!({ "group": "admins@acme.test" }))
        .unsure_what_is_deleted()
        .unknown("stranger@acme.test")
        .run()
        .await;
}

#[tokio::test]
async fn a_suspended_account_and_a_service_account_that_may_not_are_errors() {
    let vendor = vendor();
    vendor.inner().users.get_mut("ada@acme.test").unwrap().1 = true;
    let strategy = open("google_group", &acme(&vendor), json!({}));
    let error = strategy.0.fetch_remote_identity(&user("ada@acme.test")).await.unwrap_err();
    assert!(error.to_string().contains("suspended"), "{error}");
    let settings = json!({ "url": vendor.house.url, "client_email": SERVICE, "subject": "other@acme.test", "private_key": secret(&vendor.key()) });
    let strategy = open("google_group", &integration("google", "acme.test", settings), json!({}));
    let error = strategy.0.fetch_remote_identity(&user("ada@acme.test")).await.unwrap_err();
    assert!(error.hint().unwrap().contains("domain-wide delegation"), "{error:?}");
}

#[tokio::test]
async fn a_manager_is_who_the_relation_names_and_nobody_else() {
    let vendor = vendor();
    let integration = acme(&vendor);
    let google = super::Google::open(&integration, &secrets()).unwrap().unwrap();
    let ada = user("ada@acme.test");
    assert_eq!(google.manager(&integration, &user("zoe@acme.test")).await.unwrap(), None);
    assert_eq!(google.manager(&integration, &ada).await.unwrap(), None);
    let relate = |kind, to: &str| {
        vendor.inner().relations.push(("1001".to_owned(), kind, to.to_owned()));
    };
    relate("assistant", "cy@acme.test");
    relate("manager", "Bo@acme.test");
    let bo = google.manager(&integration, &ada).await.unwrap().unwrap();
    assert_eq!((bo.id.as_str(), bo.email.as_deref()), ("1002", Some("bo@acme.test")));
    vendor.inner().users.get_mut("bo@acme.test").unwrap().1 = true;
    assert!(!google.manager(&integration, &ada).await.unwrap().unwrap().is_active);
    relate("manager", "eve@acme.test");
    let error = google.manager(&integration, &ada).await.unwrap_err();
    assert!(error.what.contains("Bo@acme.test, eve@acme.test"), "{error}");
    vendor.inner().relations.retain(|(.., to)| to != "Bo@acme.test");
    let error = google.manager(&integration, &ada).await.unwrap_err();
    assert!(error.what.contains("`eve@acme.test`, and nobody is called so"), "{error}");
}

#[tokio::test]
async fn a_quota_that_is_used_up_passes() {
    let vendor = vendor();
    let body = json!({ "error": { "errors": [{ "reason": "quotaExceeded" }] } }).to_string();
    vendor.house.expect("/admin", Trouble::Answers(403, body));
    let strategy = open("google_group", &acme(&vendor), json!({}));
    let error = strategy.0.fetch_remote_identity(&user("ada@acme.test")).await.unwrap_err();
    assert!(!error.is_terminal(), "{error:?}");
}
