//! Against an organization that refuses what GitHub refuses.

use async_trait::async_trait;
use countersign::model::{Integration, Target};
use countersign::testing::{Mishap, StrategyKit, System};
use countersign_vendors::github::{APP, GitHub as Vendor, ORGANIZATION};
use serde_json::{Value, json};

use super::GitHub;
use crate::testing::{integration, open, secret, secrets, user};

fn settings(vendor: &Vendor) -> Value {
    json!({ "url": vendor.house.url, "app_id": APP, "private_key": secret(&vendor.key()) })
}

fn acme(vendor: &Vendor) -> Integration {
    integration("github", ORGANIZATION, settings(vendor))
}

/// Ada and Bo are members, Zoe is not, and there is a repository and a team.
fn vendor() -> Vendor {
    let vendor = Vendor::open();
    {
        let mut all = vendor.inner();
        all.account("ada", Some("ada@acme.test"));
        all.account("bo", Some("bo@acme.test"));
        all.account("cy", Some("cy@acme.test"));
        all.account("zoe", None);
        all.repositories.insert("billing".to_owned(), [].into());
        all.teams.insert("ops".to_owned(), [].into());
    }
    vendor
}

struct Repositories(Vendor);

#[async_trait]
impl System for Repositories {
    async fn has(&self, who: &str, _: &Target) -> Option<bool> {
        Some(self.0.inner().repositories["billing"].contains_key(&who.parse().unwrap()))
    }

    async fn set(&self, who: &str, _: &Target, has: bool) -> bool {
        let id = who.parse().unwrap();
        let mut all = self.0.inner();
        let repository = all.repositories.get_mut("billing").unwrap();
        if has {
            repository.insert(id, "write".to_owned())
        } else {
            repository.remove(&id)
        };
        true
    }

    async fn mishap(&self, mishap: Mishap) -> bool {
        crate::testing::misbehave(&self.0.house, mishap)
    }

    async fn forget(&self, who: &str) -> bool {
        self.0.inner().forget(who.parse().unwrap());
        true
    }

    async fn delete(&self, _: &Target) -> bool {
        self.0.inner().repositories.remove("billing").is_some()
    }

    async fn dissolve(&self) -> bool {
        self.0.house.shut(401);
        true
    }
}

#[tokio::test]
async fn a_collaborator_keeps_the_contract() {
    let fresh = || {
        let vendor = vendor();
        // The token is fetched, and people are asked for, before anything goes wrong.
        (open("github_repository", &acme(&vendor), json!({})), Repositories(vendor))
    };
    StrategyKit::new(fresh)
        .target_settings(&json!({ "repository": "acme/billing", "permission": "push" }))
        .unsure_what_is_deleted()
        .unknown("stranger@acme.test")
        .run()
        .await;
}

struct Teams(Vendor);

#[async_trait]
impl System for Teams {
    async fn has(&self, who: &str, _: &Target) -> Option<bool> {
        Some(self.0.inner().teams["ops"].contains_key(&who.parse().unwrap()))
    }

    async fn set(&self, who: &str, _: &Target, has: bool) -> bool {
        let id = who.parse().unwrap();
        let mut all = self.0.inner();
        let team = all.teams.get_mut("ops").unwrap();
        if has {
            team.insert(id, "maintainer".to_owned())
        } else {
            team.remove(&id)
        };
        true
    }

    async fn mishap(&self, mishap: Mishap) -> bool {
        crate::testing::misbehave(&self.0.house, mishap)
    }

    async fn forget(&self, who: &str) -> bool {
        self.0.inner().forget(who.parse().unwrap());
        true
    }

    async fn delete(&self, _: &Target) -> bool {
        self.0.inner().teams.remove("ops").is_some()
    }

    async fn dissolve(&self) -> bool {
        self.0.house.shut(401);
        true
    }
}

#[tokio::test]
async fn a_member_of_a_team_keeps_the_contract() {
    let fresh = || {
        let vendor = vendor();
        (open("github_team", &acme(&vendor), json!({})), Teams(vendor))
    };
    StrategyKit::new(fresh)
        .target_settings(&json!({ "team": "ops" }))
        .unsure_what_is_deleted()
        .unknown("stranger@acme.test")
        .run()
        .await;
}

use super::repository::Repositories as Strategy;
use crate::membership::{Membership, Seat};

const RUN: &str = "01KJPWD6M00QJS22HDXJ4G4Q61";

fn billing(vendor: &Vendor) -> Strategy {
    Strategy(GitHub::open(&acme(vendor), &secrets()).unwrap().unwrap())
}

#[tokio::test]
async fn an_invitation_is_no_access_until_it_is_accepted_and_is_cancelled_with_it() {
    let vendor = vendor();
    let strategy = billing(&vendor);
    let place =
        strategy.place(&crate::testing::target(json!({ "repository": "billing" }))).unwrap();
    let seat = Seat { place: &place, who: "zoe", run: RUN };
    let error = strategy.add(&seat).await.unwrap_err();
    assert!(error.to_string().contains("not accepted yet") && !error.is_terminal(), "{error:?}");
    assert!(!strategy.has(&seat).await.unwrap());
    vendor.inner().accept_all();
    assert!(strategy.has(&seat).await.unwrap());
    strategy.add(&seat).await.unwrap();
    strategy.remove(&seat).await.unwrap();
    assert!(!strategy.has(&seat).await.unwrap());
    strategy.add(&seat).await.unwrap_err();
    strategy.remove(&seat).await.unwrap();
    assert!(vendor.inner().invitations.is_empty());
}

#[tokio::test]
async fn who_has_another_role_there_already_keeps_it() {
    let vendor = vendor();
    let strategy = billing(&vendor);
    let ada = *vendor.inner().accounts.iter().find(|(_, it)| *it == "ada").unwrap().0;
    vendor.inner().repositories.get_mut("billing").unwrap().insert(ada, "read".to_owned());
    let target = crate::testing::target(json!({ "repository": "billing", "permission": "admin" }));
    let (place, who) = (strategy.place(&target).unwrap(), ada.to_string());
    let error = strategy.add(&Seat { place: &place, who: &who, run: RUN }).await.unwrap_err();
    assert!(error.is_terminal() && error.to_string().contains("`read` already"), "{error:?}");
    assert_eq!(vendor.inner().repositories["billing"][&ada], "read");
}

#[tokio::test]
async fn an_account_that_is_renamed_is_the_same_and_one_that_is_deleted_has_nothing() {
    let vendor = vendor();
    let strategy = billing(&vendor);
    let ada = *vendor.inner().accounts.iter().find(|(_, it)| *it == "ada").unwrap().0;
    let place =
        strategy.place(&crate::testing::target(json!({ "repository": "billing" }))).unwrap();
    let who = ada.to_string();
    let seat = Seat { place: &place, who: &who, run: RUN };
    strategy.add(&seat).await.unwrap();
    vendor.inner().accounts.insert(ada, "ada-lovelace".to_owned());
    // Somebody else takes the name.
    vendor.inner().account("ada", None);
    strategy.remove(&seat).await.unwrap();
    assert!(vendor.inner().repositories["billing"].is_empty());
    vendor.inner().accounts.remove(&ada);
    assert!(!strategy.has(&seat).await.unwrap());
    strategy.remove(&seat).await.unwrap();
    assert!(strategy.add(&seat).await.unwrap_err().is_terminal());
}

#[tokio::test]
async fn a_token_that_is_not_taken_any_more_is_asked_for_anew_and_one_is_enough_otherwise() {
    let vendor = vendor();
    let github = GitHub::open(&acme(&vendor), &secrets()).unwrap().unwrap();
    github.find(&user("ada@acme.test")).await.unwrap().unwrap();
    github.find(&user("bo@acme.test")).await.unwrap().unwrap();
    assert_eq!(vendor.house.times("/app/installations"), 1);
    vendor.inner().tokens.clear();
    github.find(&user("ada@acme.test")).await.unwrap().unwrap();
    assert_eq!(vendor.house.times("/app/installations"), 2);
}

#[tokio::test]
async fn without_single_sign_on_people_are_known_by_addresses_of_verified_domains() {
    let vendor = vendor();
    let github = GitHub::open(&acme(&vendor), &secrets()).unwrap().unwrap();
    {
        let mut all = vendor.inner();
        all.sign_on = None;
        let id = |login: &str| *all.accounts.iter().find(|(_, it)| *it == login).unwrap().0;
        let (ada, bo, cy) = (id("ada"), id("bo"), id("cy"));
        all.mails.insert(ada, vec!["Ada@acme.test".to_owned()]);
        all.mails.insert(bo, vec!["both@acme.test".to_owned()]);
        all.mails.insert(cy, vec!["both@acme.test".to_owned(), "cy@acme.test".to_owned()]);
    }
    assert!(github.find(&user("ada@acme.test")).await.unwrap().is_some());
    assert!(github.find(&user("zoe@acme.test")).await.unwrap().is_none());
    let error = github.find(&user("both@acme.test")).await.unwrap_err();
    assert!(error.to_string().contains("2 accounts"), "{error}");
}

#[tokio::test]
async fn collaborators_are_people_with_the_addresses_that_sign_on_knows() {
    let vendor = vendor();
    {
        let mut all = vendor.inner();
        let ids: Vec<_> = all.accounts.keys().copied().collect();
        let repository = all.repositories.get_mut("billing").unwrap();
        for (id, role) in ids.iter().zip(["admin", "write", "admin", "admin"]) {
            repository.insert(*id, role.to_owned());
        }
    }
    let github = GitHub::open(&acme(&vendor), &secrets()).unwrap().unwrap();
    let people = github.collaborators("acme/billing", "admin").await.unwrap();
    let mails: Vec<_> = people.iter().map(|it| it.email.as_deref()).collect();
    assert_eq!(mails, [Some("ada@acme.test"), Some("cy@acme.test"), None]);
    assert!(github.collaborators("acme/other", "admin").await.is_err());
}

#[tokio::test]
async fn a_missing_permission_and_a_missing_installation_say_how_to_mend_it() {
    let vendor = vendor();
    vendor.inner().permissions.remove("members");
    let github = GitHub::open(&acme(&vendor), &secrets()).unwrap().unwrap();
    let error = github.find(&user("ada@acme.test")).await.unwrap_err();
    assert!(error.hint.unwrap().contains("members"));
    let elsewhere = integration("github", "other", settings(&vendor));
    let github = GitHub::open(&elsewhere, &secrets()).unwrap().unwrap();
    let error = github.find(&user("ada@acme.test")).await.unwrap_err();
    assert!(error.hint.unwrap().contains("install the app"));
}
