//! Against an organization that refuses what Aptible refuses.

use async_trait::async_trait;
use countersign::model::{Integration, Target};
use countersign::testing::{Mishap, StrategyKit, System};
use countersign_vendors::aptible::{Aptible as Vendor, ORGANIZATION, PASSWORD, USERNAME};
use serde_json::json;

use crate::testing::{integration, misbehave, open, secret, user};

fn vendor() -> Vendor {
    let vendor = Vendor::open();
    {
        let mut all = vendor.inner();
        for name in ["ada", "bo"] {
            all.users.insert(format!("u-{name}"), format!("{name}@acme.test"));
        }
        all.roles.push("r-1".to_owned());
    }
    vendor
}

fn acme(vendor: &Vendor) -> Integration {
    let settings =
        json!({ "url": vendor.house.url, "username": USERNAME, "password": secret(PASSWORD) });
    integration("aptible", ORGANIZATION, settings)
}

struct World(Vendor);

#[async_trait]
impl System for World {
    async fn has(&self, who: &str, _: &Target) -> Option<bool> {
        let all = self.0.inner();
        Some(all.memberships.values().any(|(_, user)| user == who))
    }

    async fn set(&self, who: &str, _: &Target, has: bool) -> bool {
        let all = &mut *self.0.inner();
        all.memberships.retain(|_, (_, user)| user != who);
        if has {
            all.join("r-1", who);
        }
        true
    }

    async fn mishap(&self, mishap: Mishap) -> bool {
        misbehave(&self.0.house, mishap)
    }

    async fn forget(&self, who: &str) -> bool {
        let all = &mut *self.0.inner();
        all.users.remove(who);
        all.memberships.retain(|_, (_, user)| user != who);
        true
    }

    async fn delete(&self, _: &Target) -> bool {
        let all = &mut *self.0.inner();
        all.roles.clear();
        all.memberships.clear();
        true
    }

    async fn dissolve(&self) -> bool {
        self.0.house.shut(404);
        true
    }
}

#[tokio::test]
async fn a_role_at_aptible_keeps_the_contract() {
    let fresh = || {
        let vendor = vendor();
        (open("aptible_role", &acme(&vendor), json!({})), World(vendor))
    };
    StrategyKit::new(fresh)
        .target_settings(&json!({ "role_id": "r-1" }))
        .unsure_what_is_deleted()
        .unknown("stranger@acme.test")
        .run()
        .await;
}

#[tokio::test]
async fn two_users_of_one_address_are_ambiguous() {
    let vendor = vendor();
    vendor.inner().users.insert("u-2".to_owned(), "ada@acme.test".to_owned());
    let strategy = open("aptible_role", &acme(&vendor), json!({}));
    let error = strategy.0.fetch_remote_identity(&user("ada@acme.test")).await.unwrap_err();
    assert_eq!(error.code(), "Identity:AMBIGUOUS");
}
