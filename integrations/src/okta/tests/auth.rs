//! How we show who we are.

use countersign_vendors::okta::private_key;
use serde_json::{Value, json};

use super::super::Okta;
use super::{World, integration};
use crate::Secrets;

/// A world with a service app.
async fn with_app(scopes: &[&str], extra: Value) -> (World, Okta) {
    let world = World::new().await;
    world.vendor.grant("0oaapp", scopes);
    std::fs::write(world.folder.path().join("key"), private_key()).unwrap();
    let mut settings = json!({ "client_id": "0oaapp", "private_key": { "file": "key" } });
    settings.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    let okta = world.asked_with(settings);
    (world, okta)
}

const ALL: [&str; 2] = ["okta.groups.manage", "okta.users.read"];

#[tokio::test]
async fn a_service_app_signs_for_itself_and_its_token_is_used_again() {
    let (world, okta) = with_app(&ALL, json!({})).await;
    assert_eq!(okta.members("data-security").await.unwrap().len(), 2);
    assert!(okta.is_member("data-security", &world.ada).await.unwrap());
    assert_eq!(world.vendor.house.times("/oauth2/v1/token"), 1);
}

#[tokio::test]
async fn a_token_that_was_taken_back_is_replaced() {
    let (world, okta) = with_app(&ALL, json!({})).await;
    okta.group("data-security").await.unwrap();
    world.vendor.revoke_tokens();
    assert_eq!(okta.members("data-security").await.unwrap().len(), 2);
    assert_eq!(world.vendor.house.times("/oauth2/v1/token"), 2);
}

#[tokio::test]
async fn a_scope_that_nobody_granted_is_named_with_where_to_grant_it() {
    let (_world, okta) = with_app(&["okta.users.read"], json!({})).await;
    let error = okta.members("data-security").await.unwrap_err();
    let hint = error.hint.unwrap();
    assert!(hint.contains("grant `okta.groups.manage okta.users.read`"), "{hint}");

    let extra = json!({ "scopes": ["okta.users.read"] });
    let (_world, okta) = with_app(&["okta.users.read"], extra).await;
    let error = okta.members("data-security").await.unwrap_err();
    let hint = error.hint.unwrap();
    assert!(hint.contains("grant the scope `okta.groups.read`"), "{hint}");
}

#[tokio::test]
async fn an_app_that_okta_does_not_know_is_refused_and_says_what_to_look_at() {
    let (_world, okta) = with_app(&ALL, json!({ "client_id": "0oaother" })).await;
    let error = okta.members("data-security").await.unwrap_err();
    assert!(error.hint.unwrap().contains("look at `client_id`"));
}

#[tokio::test]
async fn a_key_that_is_none_is_an_error_that_does_not_print_it() {
    let (world, okta) = with_app(&ALL, json!({})).await;
    std::fs::write(world.folder.path().join("key"), "hunter2").unwrap();
    let error = okta.members("data-security").await.unwrap_err();
    assert!(error.to_string().contains("the private key is no PEM"), "{error}");
    assert!(!format!("{error:?}").contains("hunter2"));
}

#[tokio::test]
async fn an_api_token_that_was_changed_is_read_anew() {
    let world = World::new().await;
    world.okta.group("data-security").await.unwrap();
    world.vendor.change_token("another");
    let error = world.okta.members("data-security").await.unwrap_err();
    assert!(error.to_string().contains("401"), "{error}");
    std::fs::write(world.folder.path().join("token"), "another").unwrap();
    assert_eq!(world.okta.members("data-security").await.unwrap().len(), 2);
}

#[tokio::test]
async fn an_integration_without_a_secret_is_not_called_and_one_with_two_ways_is_wrong() {
    let world = World::new().await;
    let secrets = Secrets::new(world.folder.path());
    let open = |settings| Okta::open(&integration(&world.vendor, settings), &secrets);
    assert!(open(json!({})).unwrap().is_none());
    let (token, key) = (json!({ "file": "token" }), json!({ "file": "key" }));
    let wrong = [
        json!({ "token": token, "client_id": "0oa" }),
        json!({ "client_id": "0oa" }),
        json!({ "private_key": key }),
        json!({ "token": "ssws" }),
        json!({ "token": token, "tokn": 1 }),
    ];
    for settings in wrong {
        assert!(open(settings.clone()).is_err(), "{settings}");
    }
}
