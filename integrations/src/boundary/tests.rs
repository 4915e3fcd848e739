//! Against a cluster that refuses what Boundary refuses.

use async_trait::async_trait;
use countersign::model::{Integration, Target};
use countersign::testing::{Mishap, StrategyKit, System};
use countersign_vendors::boundary::{AUTH_METHOD, Boundary as Vendor, LOGIN, PASSWORD};
use serde_json::json;

use crate::membership::{Membership, Seat};
use crate::testing::{integration, misbehave, open, secret, secrets};

fn vendor() -> Vendor {
    let vendor = Vendor::open();
    {
        let mut all = vendor.inner();
        for name in ["ada", "bo", "cy"] {
            all.users.insert(format!("u_{name}"), format!("{name}@acme.test"));
        }
        for id in ["g_1", "r_1"] {
            all.groups.insert(id.to_owned(), (3, ["u_cy".to_owned()].into()));
        }
    }
    vendor
}

fn acme(vendor: &Vendor) -> Integration {
    let settings = json!({ "url": vendor.house.url, "auth_method_id": AUTH_METHOD, "login_name": LOGIN, "password": secret(PASSWORD) });
    integration("boundary", "https://boundary.acme.test", settings)
}

struct World(Vendor, &'static str);

#[async_trait]
impl System for World {
    async fn has(&self, who: &str, _: &Target) -> Option<bool> {
        let all = self.0.inner();
        Some(all.groups[self.1].1.contains(who))
    }

    async fn set(&self, who: &str, _: &Target, has: bool) -> bool {
        let all = &mut *self.0.inner();
        let group = all.groups.get_mut(self.1).unwrap();
        group.0 += 1;
        if has {
            group.1.insert(who.to_owned())
        } else {
            group.1.remove(who)
        };
        true
    }

    async fn mishap(&self, mishap: Mishap) -> bool {
        misbehave(&self.0.house, mishap)
    }

    async fn forget(&self, who: &str) -> bool {
        let all = &mut *self.0.inner();
        all.users.remove(who);
        for (_, members) in all.groups.values_mut() {
            members.remove(who);
        }
        true
    }

    async fn delete(&self, _: &Target) -> bool {
        self.0.inner().groups.remove(self.1).is_some()
    }

    async fn dissolve(&self) -> bool {
        self.0.house.shut(404);
        true
    }
}

#[tokio::test]
async fn membership_in_a_group_of_boundary_keeps_the_contract() {
    let fresh = || {
        let vendor = vendor();
        (open("boundary_group", &acme(&vendor), json!({})), World(vendor, "g_1"))
    };
    StrategyKit::new(fresh)
        .target_settings(&json!({ "group_id": "g_1" }))
        .unknown("stranger@acme.test")
        .run()
        .await;
}

#[tokio::test]
async fn a_principal_of_a_role_of_boundary_keeps_the_contract() {
    let fresh = || {
        let vendor = vendor();
        (open("boundary_role", &acme(&vendor), json!({})), World(vendor, "r_1"))
    };
    StrategyKit::new(fresh)
        .target_settings(&json!({ "role_id": "r_1" }))
        .unknown("stranger@acme.test")
        .run()
        .await;
}

#[tokio::test]
async fn somebody_else_s_change_is_not_lost_and_does_not_stop_ours() {
    let vendor = vendor();
    let boundary = super::Boundary::open(&acme(&vendor), &secrets(), &super::GROUPS).unwrap();
    let place = boundary.place(&crate::testing::target(json!({ "group_id": "g_1" }))).unwrap();
    let seat = Seat { place: &place, who: "u_ada", run: "r" };
    vendor.inner().quicker = 2;
    boundary.add(&seat).await.unwrap();
    assert_eq!(vendor.inner().groups["g_1"].1.len(), 2);
    vendor.inner().quicker = 100;
    boundary.remove(&seat).await.unwrap_err();
    vendor.inner().quicker = 0;
    boundary.remove(&seat).await.unwrap();
    // A user whom the cluster does not know is refused at once.
    let nobody = Seat { who: "u_nobody", ..seat };
    boundary.add(&nobody).await.unwrap_err();
}
