//! Against an account that refuses what OneLogin refuses.

use async_trait::async_trait;
use countersign::model::{Integration, Target};
use countersign::testing::{Mishap, StrategyKit, System};
use countersign_vendors::onelogin::{CLIENT, OneLogin as Vendor, SECRET};
use serde_json::json;

use crate::managers::Managers;
use crate::testing::{integration, misbehave, open, secret, secrets, user};

fn vendor() -> Vendor {
    let vendor = Vendor::open();
    {
        let mut all = vendor.inner();
        for (id, name) in [(1, "ada"), (2, "bo"), (3, "cy"), (4, "dee")] {
            all.users.insert(id, (format!("{name}@acme.test"), 1));
        }
        // So many that whoever is meant is on the second page.
        all.users
            .extend([(7, ("x*@acme.test".to_owned(), 1)), (8, ("xy@acme.test".to_owned(), 1))]);
        for list in ["users", "admins"] {
            all.roles.insert(("5".to_owned(), list.to_owned()), [3, 4].into());
        }
    }
    vendor
}

fn acme(vendor: &Vendor) -> Integration {
    let settings =
        json!({ "url": vendor.house.url, "client_id": CLIENT, "client_secret": secret(SECRET) });
    integration("onelogin", "acme.onelogin.com", settings)
}

struct World(Vendor, &'static str);

#[async_trait]
impl System for World {
    async fn has(&self, who: &str, _: &Target) -> Option<bool> {
        let all = self.0.inner();
        Some(
            all.roles
                .iter()
                .any(|((_, list), ids)| *list == self.1 && ids.contains(&who.parse().unwrap())),
        )
    }

    async fn set(&self, who: &str, _: &Target, has: bool) -> bool {
        let all = &mut *self.0.inner();
        let role = all.roles.get_mut(&("5".to_owned(), self.1.to_owned())).unwrap();
        let id = who.parse().unwrap();
        if has {
            role.insert(id)
        } else {
            role.remove(&id)
        };
        true
    }

    async fn mishap(&self, mishap: Mishap) -> bool {
        misbehave(&self.0.house, mishap)
    }

    async fn forget(&self, who: &str) -> bool {
        let (id, all) = (who.parse().unwrap(), &mut *self.0.inner());
        all.users.remove(&id);
        for role in all.roles.values_mut() {
            role.remove(&id);
        }
        true
    }

    async fn delete(&self, _: &Target) -> bool {
        self.0.inner().roles.clear();
        true
    }

    async fn dissolve(&self) -> bool {
        self.0.house.shut(404);
        true
    }
}

#[tokio::test]
async fn a_role_and_its_administration_keep_the_contract() {
    for (privilege, list) in [("member", "users"), ("admin", "admins")] {
        let fresh = || {
            let vendor = vendor();
            (open("onelogin_role", &acme(&vendor), json!({})), World(vendor, list))
        };
        StrategyKit::new(fresh)
            .target_settings(&json!({ "role_id": "5", "privilege": privilege }))
            .unknown("stranger@acme.test")
            .run()
            .await;
    }
}

#[tokio::test]
async fn an_address_with_an_asterisk_is_that_person_only_and_the_inactive_are_an_error() {
    let vendor = vendor();
    let strategy = open("onelogin_role", &acme(&vendor), json!({}));
    let found = strategy.0.fetch_remote_identity(&user("x*@acme.test")).await.unwrap();
    assert_eq!(found.as_deref(), Some("7"));
    vendor.inner().users.get_mut(&1).unwrap().1 = 2;
    strategy.0.fetch_remote_identity(&user("ada@acme.test")).await.unwrap_err();
}

#[tokio::test]
async fn a_manager_is_the_user_whose_id_is_written() {
    let vendor = vendor();
    let integration = acme(&vendor);
    let onelogin = super::OneLogin::open(&integration, &secrets()).unwrap().unwrap();
    let ada = user("ada@acme.test");
    assert_eq!(onelogin.manager(&integration, &user("stranger@acme.test")).await.unwrap(), None);
    assert_eq!(onelogin.manager(&integration, &ada).await.unwrap(), None);
    vendor.inner().managers.insert(1, 2);
    let bo = onelogin.manager(&integration, &ada).await.unwrap().unwrap();
    assert_eq!((bo.email.as_deref(), bo.is_active), (Some("bo@acme.test"), true));
    vendor.inner().users.get_mut(&2).unwrap().1 = 2;
    assert!(!onelogin.manager(&integration, &ada).await.unwrap().unwrap().is_active);
    vendor.inner().users.remove(&2);
    let error = onelogin.manager(&integration, &ada).await.unwrap_err();
    assert!(error.what.contains("the manager of ada@acme.test is `2`"), "{error}");
}
