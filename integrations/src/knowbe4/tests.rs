//! Against an account that refuses what KnowBe4 refuses.

use countersign::context::{ServiceError, SystemCall};
use countersign_vendors::knowbe4::{KnowBe4 as Vendor, TOKEN};
use serde_json::{Value, json};

use crate::Systems;
use crate::testing::{integration, secret, secrets};

fn systems(vendor: &Vendor) -> Systems {
    let settings = json!({ "url": vendor.house.url, "token": secret(TOKEN), "region": "eu" });
    Systems::new(vec![integration("knowbe4", "acme", settings)], secrets())
}

async fn enrollments(systems: &Systems, mail: &str) -> Result<Value, ServiceError> {
    let (system, operation) = ("knowbe4".to_owned(), "enrollments".to_owned());
    let (input, key) = (json!({ "email": mail }), String::new());
    systems.call(&SystemCall { system, integration: None, operation, input, key }).await
}

#[tokio::test]
async fn trainings_are_those_of_the_person_and_users_are_read_once_an_hour() {
    let vendor = Vendor::open();
    {
        let mut all = vendor.inner();
        all.users = (0..1_200).map(|id| (id, format!("user{id}@acme.test"))).collect();
        all.users.push((7_000, "Ada@Acme.test".to_owned()));
        let done = Some("2026-01-02T03:04:05.000Z".to_owned());
        all.enrollments.push((7_000, "Security".to_owned(), "Passed".to_owned(), done));
        all.enrollments.push((1, "Security".to_owned(), "Past Due".to_owned(), None));
    }
    let systems = systems(&vendor);
    let found = enrollments(&systems, "ada@acme.test").await.unwrap();
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!(found[0]["status"], "Passed");
    enrollments(&systems, "ada@acme.test").await.unwrap();
    assert_eq!(vendor.house.times("/v1/users"), 3);
    assert_eq!(enrollments(&systems, "zoe@acme.test").await.unwrap(), json!([]));
}

#[tokio::test]
async fn two_users_of_one_address_are_an_error() {
    let vendor = Vendor::open();
    vendor.inner().users = vec![(1, "ada@acme.test".to_owned()), (2, "ada@acme.test".to_owned())];
    let error = enrollments(&systems(&vendor), "ada@acme.test").await.unwrap_err();
    assert!(error.what.contains("more than one"), "{error}");
}
