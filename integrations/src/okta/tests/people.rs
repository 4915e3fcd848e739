//! Who is who, and who is in what.

use countersign_vendors::Trouble;

use super::World;

fn mails(accounts: &[super::super::Account]) -> Vec<&str> {
    accounts.iter().filter_map(|account| account.mail()).collect()
}

#[tokio::test]
async fn the_members_of_a_group_are_found_by_its_name_and_by_its_id() {
    let world = World::new().await;
    for name in ["data-security", &world.group] {
        let members = world.okta.members(name).await.unwrap();
        assert_eq!(mails(&members), ["ada@acme.test", "bo@acme.test"], "{name}");
    }
}

#[tokio::test]
async fn five_thousand_members_are_26_calls_and_one_person_is_three_at_most() {
    let world = World::new().await;
    let everybody = world.vendor.add_group("everybody");
    for number in 0..5_000 {
        let user = world.vendor.add_user(&format!("person{number}@acme.test"));
        world.vendor.set_member(&everybody, &user, true);
    }
    assert_eq!(world.okta.members("everybody").await.unwrap().len(), 5_000);
    assert_eq!(world.vendor.house.heard().len(), 26);

    let before = world.vendor.house.heard().len();
    let cy = world.okta.account_by_mail("cy@acme.test").await.unwrap().unwrap();
    assert!(!world.okta.is_member("everybody", &cy.id).await.unwrap());
    // A search for the account, the account as it is now, its groups. The group's id is known.
    assert_eq!(world.vendor.house.heard().len() - before, 3);

    let before = world.vendor.house.heard().len();
    assert!(world.okta.is_member("data-security", &world.bo).await.unwrap());
    // What the group is called, and who is in it.
    assert_eq!(world.vendor.house.heard().len() - before, 2);
}

#[tokio::test]
async fn a_group_that_is_not_there_is_an_error_that_says_how_to_name_it() {
    let world = World::new().await;
    let error = world.okta.members("Data-Security").await.unwrap_err();
    assert!(error.to_string().contains("there is no group `Data-Security`"), "{error}");
    assert_eq!(error.hint.as_deref(), Some("is it `data-security`?"));
    let error = world.okta.is_member("nobody", &world.ada).await.unwrap_err();
    assert!(error.to_string().contains("there is no group `nobody`"), "{error}");
}

#[tokio::test]
async fn a_name_of_two_groups_is_an_error_and_their_ids_are_not() {
    let world = World::new().await;
    let other = world.vendor.add_group_of("data-security", "APP_GROUP");
    let error = world.okta.members("data-security").await.unwrap_err();
    assert!(error.to_string().contains(&world.group), "{error}");
    assert!(error.to_string().contains(&other), "{error}");
    assert!(world.okta.members(&other).await.unwrap().is_empty());
}

#[tokio::test]
async fn names_with_quotes_are_names() {
    let world = World::new().await;
    let name = r#"the "A" \ team"#;
    let group = world.vendor.add_group(name);
    assert_eq!(world.okta.group(name).await.unwrap().id, group);
}

#[tokio::test]
async fn an_account_is_found_by_its_mail_address_however_that_is_capitalised() {
    let world = World::new().await;
    let ada = world.okta.account_by_mail("Ada@ACME.test").await.unwrap().unwrap();
    assert_eq!(ada.id, world.ada);
    assert!(world.okta.account_by_mail("nobody@acme.test").await.unwrap().is_none());
}

#[tokio::test]
async fn two_accounts_with_one_mail_address_are_an_error() {
    let world = World::new().await;
    let other = world.vendor.add_user_with_login("ada@acme.test", "ada-admin");
    let error = world.okta.account_by_mail("ada@acme.test").await.unwrap_err();
    assert!(error.to_string().contains("several accounts"), "{error}");
    assert!(error.to_string().contains(&other), "{error}");
}

#[tokio::test]
async fn an_old_account_with_the_same_mail_address_does_not_count() {
    let world = World::new().await;
    world.vendor.set_status(&world.ada, "DEPROVISIONED");
    let new = world.vendor.add_user("ada@acme.test");
    let found = world.okta.account_by_mail("ada@acme.test").await.unwrap().unwrap();
    assert_eq!(found.id, new);
}

#[tokio::test]
async fn somebody_who_left_a_moment_ago_is_not_taken_for_active_because_the_search_lags() {
    let world = World::new().await;
    world.vendor.freeze_search();
    world.vendor.set_status(&world.ada, "DEPROVISIONED");
    let ada = world.okta.account_by_mail("ada@acme.test").await.unwrap().unwrap();
    assert!(ada.status.has_left() && !ada.person().is_active);
}

#[tokio::test]
async fn who_is_in_use_may_decide_and_who_is_locked_out_has_not_left() {
    let world = World::new().await;
    let statuses = [
        ("STAGED", false, false),
        ("PROVISIONED", true, false),
        ("ACTIVE", true, false),
        ("RECOVERY", true, false),
        ("PASSWORD_EXPIRED", true, false),
        ("LOCKED_OUT", false, false),
        ("SUSPENDED", false, true),
        ("DEPROVISIONED", false, true),
    ];
    for (status, is_active, has_left) in statuses {
        world.vendor.set_status(&world.ada, status);
        // A moment later; the account is asked for anew.
        let okta = world.asked_with(serde_json::json!({ "token": { "file": "token" } }));
        let found = okta.account(&world.ada).await.unwrap().unwrap().status;
        assert_eq!((found.is_active(), found.has_left()), (is_active, has_left), "{status}");
        assert_eq!(found.as_str(), status);
    }
}

#[tokio::test]
async fn a_status_that_okta_does_not_have_is_an_error_that_names_call_and_field() {
    let world = World::new().await;
    world.vendor.house.let_go();
    world.vendor.set_status(&world.ada, "ON_LEAVE");
    let error = world.okta.account(&world.ada).await.unwrap_err();
    assert!(error.to_string().contains("getUser"), "{error}");
    assert!(error.to_string().contains("`status`"), "{error}");
}

#[tokio::test]
async fn a_page_that_is_no_list_is_an_error_and_no_empty_group() {
    let world = World::new().await;
    world.okta.group("data-security").await.unwrap();
    world.vendor.house.expect("/api/v1/groups", Trouble::Answers(200, r#"{"users": []}"#.into()));
    let error = world.okta.members("data-security").await.unwrap_err();
    assert!(error.to_string().contains("listGroupUsers is not what it should be"), "{error}");
}

#[tokio::test]
async fn too_many_calls_are_made_later_by_okta_s_own_clock() {
    let world = World::new().await;
    world.vendor.limit(1, 1);
    assert_eq!(world.okta.members("data-security").await.unwrap().len(), 2);
    world.vendor.limit(1, 50);
    let error = world.okta.members(&world.group).await.unwrap_err();
    assert!(error.retryable, "{error}");
    assert!(error.to_string().contains("429"), "{error}");
}

#[tokio::test]
async fn no_further_page_is_asked_for_when_okta_says_that_nothing_is_left() {
    let world = World::new().await;
    let everybody = world.vendor.add_group("everybody");
    for number in 0..201 {
        let user = world.vendor.add_user(&format!("person{number}@acme.test"));
        world.vendor.set_member(&everybody, &user, true);
    }
    world.vendor.exhaust(50);
    let error = world.okta.members(&everybody).await.unwrap_err();
    assert!(error.to_string().contains("no further call is left"), "{error}");
}

#[tokio::test]
async fn a_manager_is_found_by_what_the_profile_says() {
    let world = World::new().await;
    let ada = async |okta: &super::Okta| okta.account(&world.ada).await.unwrap().unwrap();
    let fresh = || world.asked_with(serde_json::json!({ "token": { "file": "token" } }));
    assert_eq!(world.okta.manager_of(&ada(&world.okta).await).await.unwrap(), None);
    for (field, value) in [("manager", "bo@acme.test"), ("managerId", world.bo.as_str())] {
        world.vendor.set_profile(&world.ada, "manager", "");
        world.vendor.set_profile(&world.ada, field, value);
        let okta = fresh();
        let manager = okta.manager_of(&ada(&okta).await).await.unwrap().unwrap();
        assert_eq!(manager.id, world.bo, "{field}");
    }
    world.vendor.set_profile(&world.ada, "manager", "Bo B.");
    world.vendor.set_profile(&world.ada, "managerId", "4711");
    let okta = fresh();
    let error = okta.manager_of(&ada(&okta).await).await.unwrap_err();
    assert!(error.to_string().contains("the manager of ada@acme.test is `Bo B.`"), "{error}");
}
