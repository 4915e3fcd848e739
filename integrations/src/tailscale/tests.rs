//! Against a tailnet that refuses what Tailscale refuses.

use async_trait::async_trait;
use countersign::model::{Integration, Target};
use countersign::testing::{Mishap, StrategyKit, System};
use countersign_vendors::Trouble;
use countersign_vendors::tailscale::{CLIENT, SECRET, TAILNET, TOKEN, Tailscale as Vendor};
use serde_json::json;

use crate::membership::{Membership, Seat};
use crate::testing::{integration, misbehave, open, secret, secrets, user};

const POLICY: &str = "{\n  // who repairs\n  \"groups\": { \"group:sre\": [\"cy@acme.test\",], },\n  \"acls\": [],\n}\n";

fn vendor() -> Vendor {
    let vendor = Vendor::open(POLICY);
    for name in ["ada", "bo"] {
        vendor.inner().users.push((format!("{name}@acme.test"), "active".to_owned()));
    }
    vendor
}

fn acme(vendor: &Vendor) -> Integration {
    integration("tailscale", TAILNET, json!({ "url": vendor.house.url, "token": secret(TOKEN) }))
}

fn acme_by_client(vendor: &Vendor) -> Integration {
    let settings =
        json!({ "url": vendor.house.url, "client_id": CLIENT, "client_secret": secret(SECRET) });
    integration("tailscale", TAILNET, settings)
}

struct World(Vendor);

#[async_trait]
impl System for World {
    async fn has(&self, who: &str, _: &Target) -> Option<bool> {
        let all = self.0.inner();
        Some(all.policy.contains(who))
    }

    async fn set(&self, who: &str, _: &Target, has: bool) -> bool {
        let all = &mut *self.0.inner();
        let quoted = format!("\"{who}\",");
        all.version += 1;
        all.policy = all.policy.replace(&format!("{quoted} "), "").replace(&quoted, "");
        if has {
            all.policy = all
                .policy
                .replace('[', &format!("[{quoted}"))
                .replace(&format!("\"acls\": [{quoted}"), "\"acls\": [");
        }
        true
    }

    async fn mishap(&self, mishap: Mishap) -> bool {
        misbehave(&self.0.house, mishap)
    }

    async fn forget(&self, who: &str) -> bool {
        self.0.inner().users.retain(|(name, _)| name != who);
        true
    }

    async fn delete(&self, _: &Target) -> bool {
        let all = &mut *self.0.inner();
        all.version += 1;
        all.policy = "{ \"acls\": [] }".to_owned();
        true
    }

    async fn dissolve(&self) -> bool {
        self.0.house.shut(404);
        true
    }
}

#[tokio::test]
async fn membership_in_a_group_of_the_policy_file_keeps_the_contract() {
    for by in [acme, acme_by_client] {
        let fresh = || {
            let vendor = vendor();
            (open("tailscale_group", &by(&vendor), json!({})), World(vendor))
        };
        StrategyKit::new(fresh)
            .target_settings(&json!({ "group": "sre" }))
            .unknown("stranger@acme.test")
            .run()
            .await;
    }
}

#[tokio::test]
async fn a_client_is_given_one_token_and_another_when_that_is_refused() {
    let vendor = vendor();
    let strategy = open("tailscale_group", &acme_by_client(&vendor), json!({}));
    for _ in 0..2 {
        assert!(strategy.0.fetch_remote_identity(&user("ada@acme.test")).await.unwrap().is_some());
    }
    assert_eq!(vendor.house.times("/api/v2/oauth/token"), 1);
    vendor.house.expect("/api/v2/tailnet", Trouble::Answers(401, "{}".to_owned()));
    assert!(strategy.0.fetch_remote_identity(&user("bo@acme.test")).await.unwrap().is_some());
    assert_eq!(vendor.house.times("/api/v2/oauth/token"), 2);
}

#[tokio::test]
async fn a_client_that_is_not_taken_says_what_it_needs_without_its_secret() {
    let vendor = vendor();
    let mut acme = acme_by_client(&vendor);
    acme.settings["client_secret"] = secret("tskey-client-other");
    vendor.house.expect("/api/v2/oauth/token", Trouble::Echoes(401));
    let strategy = open("tailscale_group", &acme, json!({}));
    let error = strategy.0.fetch_remote_identity(&user("ada@acme.test")).await.unwrap_err();
    assert!(error.hint().unwrap().contains("`policy_file` and `users:read`"), "{error:?}");
    assert!(!format!("{error:?}").contains("tskey-client-other"), "{error:?}");
}

#[test]
fn a_tailnet_is_entered_in_one_way() {
    for settings in [
        json!({}),
        json!({ "client_id": CLIENT }),
        json!({ "client_id": CLIENT, "client_secret": secret(SECRET), "token": secret(TOKEN) }),
    ] {
        let acme = integration("tailscale", TAILNET, settings);
        let error = super::Tailnet::open(&acme, &secrets()).unwrap_err();
        assert!(error.to_string().contains("client_"), "{error}");
    }
}

#[tokio::test]
async fn what_somebody_else_writes_meanwhile_and_what_people_noted_stays() {
    let vendor = vendor();
    let tailnet = super::Tailnet::open(&acme(&vendor), &secrets()).unwrap();
    let place = tailnet.place(&crate::testing::target(json!({ "group": "group:sre" }))).unwrap();
    let seat = Seat { place: &place, who: "ada@acme.test", run: "r" };
    vendor.inner().quicker = 2;
    tailnet.add(&seat).await.unwrap();
    tailnet.remove(&seat).await.unwrap();
    let policy = vendor.inner().policy.clone();
    assert_eq!(policy.matches("somebody else was here").count(), 2);
    assert!(policy.contains("// who repairs") && policy.contains("cy@acme.test"), "{policy}");
    vendor.inner().quicker = 100;
    let error = tailnet.add(&seat).await.unwrap_err();
    assert!(!error.is_terminal(), "{error:?}");
}

#[tokio::test]
async fn a_group_that_is_only_called_otherwise_is_not_taken_for_deleted() {
    let vendor = vendor();
    let tailnet = super::Tailnet::open(&acme(&vendor), &secrets()).unwrap();
    let place = tailnet.place(&crate::testing::target(json!({ "group": "sre" }))).unwrap();
    let seat = Seat { place: &place, who: "ada@acme.test", run: "r" };
    tailnet.add(&seat).await.unwrap();
    {
        let all = &mut *vendor.inner();
        all.policy = all.policy.replace("group:sre", "group:operations");
    }
    let error = tailnet.remove(&seat).await.unwrap_err();
    assert!(error.to_string().contains("has no `group:sre`"), "{error}");
    tailnet.has(&seat).await.unwrap_err();
}

#[tokio::test]
async fn a_suspended_user_is_an_error() {
    let vendor = vendor();
    "suspended".clone_into(&mut vendor.inner().users[0].1);
    let strategy = open("tailscale_group", &acme(&vendor), json!({}));
    strategy.0.fetch_remote_identity(&user("ada@acme.test")).await.unwrap_err();
}
