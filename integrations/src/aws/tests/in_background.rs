//! Assignments of permission sets, which AWS makes in the background.

use std::time::Duration;

use countersign::flow::HandlerError;
use countersign_vendors::aws::{self as vendor, Cloud};
use serde_json::json;

use super::{Assignments, RUN, admin, assignments, cloud};
use crate::membership::{Membership, Seat};
use crate::testing::target;

/// Takes one call of a strategy outside the kit.
async fn add(strategy: &Assignments, who: &str) -> Result<(), HandlerError> {
    let place = strategy.place(&target(admin()))?;
    strategy.add(&Seat { place: &place, who, run: RUN }).await
}

async fn remove(strategy: &Assignments, who: &str) -> Result<(), HandlerError> {
    let place = strategy.place(&target(admin()))?;
    strategy.remove(&Seat { place: &place, who, run: RUN }).await
}

fn ada(cloud: &Cloud) -> String {
    let all = cloud.inner();
    all.users.iter().find(|(_, (name, _, _))| name == "ada@acme.test").unwrap().0.clone()
}

#[tokio::test]
async fn what_is_in_conflict_or_too_much_is_asked_again_until_it_is_taken() {
    let cloud = cloud();
    let (strategy, ada) = (assignments(&cloud), ada(&cloud));
    // The SDK itself repeats what is throttled; more than that is left to us.
    cloud.next(vendor::Mishap::Conflict);
    cloud.next(vendor::Mishap::Conflict);
    cloud.next(vendor::Mishap::Throttled);
    add(&strategy, &ada).await.unwrap();
    assert_eq!(cloud.inner().assignments.len(), 1);
    cloud.next(vendor::Mishap::Conflict);
    remove(&strategy, &ada).await.unwrap();
    assert_eq!(cloud.inner().assignments.len(), 0);
}

#[tokio::test]
async fn a_change_that_fails_in_the_background_is_an_error_with_its_reason() {
    let cloud = cloud();
    let (strategy, ada) = (assignments(&cloud), ada(&cloud));
    cloud.next(vendor::Mishap::FailsLater);
    let error = add(&strategy, &ada).await.unwrap_err();
    assert!(error.to_string().contains("Received a 404 status error"), "{error}");
    assert!(!error.is_terminal());
    add(&strategy, &ada).await.unwrap();
    cloud.next(vendor::Mishap::FailsLater);
    remove(&strategy, &ada).await.unwrap_err();
    assert_eq!(cloud.inner().assignments.len(), 1);
}

#[tokio::test]
async fn a_change_that_takes_too_long_is_no_success_and_is_taken_up_again() {
    let cloud = cloud();
    let (mut strategy, ada) = (assignments(&cloud), ada(&cloud));
    strategy.patience.all = Duration::from_millis(20);
    cloud.inner().slowness = 20;
    let error = add(&strategy, &ada).await.unwrap_err();
    assert!(error.to_string().contains("still under way"), "{error}");
    // Taking it away waits until it has landed, and then ends it.
    strategy.patience.all = Duration::from_secs(5);
    remove(&strategy, &ada).await.unwrap();
    assert!(cloud.inner().assignments.is_empty());
}

#[tokio::test]
async fn what_somebody_had_who_was_deleted_is_ended_and_ending_it_again_is_no_error() {
    let cloud = cloud();
    let (strategy, ada) = (assignments(&cloud), ada(&cloud));
    add(&strategy, &ada).await.unwrap();
    cloud.inner().users.remove(&ada);
    remove(&strategy, &ada).await.unwrap();
    remove(&strategy, &ada).await.unwrap();
    let error = add(&strategy, &ada).await.unwrap_err();
    assert!(error.is_terminal(), "{error}");
}

#[tokio::test]
async fn an_account_s_name_means_one_account_and_what_it_meant_when_access_was_given() {
    let cloud = cloud();
    let strategy = assignments(&cloud);
    let named = || {
        let mut target_settings = admin();
        target_settings["account"] = json!("production");
        strategy.place(&target(target_settings)).unwrap()
    };
    let place = strategy.settled(named(), None, RUN).await.unwrap();
    let given = serde_json::to_value(&place).unwrap();
    assert_eq!(
        (&given["account"], &given["account_name"]),
        (&json!("210987654321"), &json!("production"))
    );
    // Another one is called so by now.
    cloud.inner().accounts.insert("210987654321".to_owned(), "old".to_owned());
    cloud.inner().accounts.insert("444444444444".to_owned(), "production".to_owned());
    let then = strategy.settled(named(), Some(&given), RUN).await.unwrap();
    assert_eq!(serde_json::to_value(&then).unwrap(), given);
    cloud.inner().accounts.insert("555555555555".to_owned(), "production".to_owned());
    let error = strategy.settled(named(), None, RUN).await.unwrap_err();
    assert!(error.to_string().contains("444444444444, 555555555555 are all called"), "{error}");
    assert!(error.is_terminal(), "{error:?}");
    cloud.inner().accounts.retain(|_, name| name != "production");
    let error = strategy.settled(named(), None, RUN).await.unwrap_err();
    assert!(error.to_string().contains("no account called `production`"), "{error}");
    for wrong in ["2109", "2109876543210"] {
        let mut target_settings = admin();
        target_settings["account"] = json!(wrong);
        assert!(strategy.place(&target(target_settings)).is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn the_session_is_named_after_the_run() {
    let cloud = cloud();
    let (strategy, ada) = (assignments(&cloud), ada(&cloud));
    add(&strategy, &ada).await.unwrap();
    assert_eq!(cloud.inner().sessions, [RUN]);
}
