//! The deployed story: the zip, the Terraform module as it is, and everything between API Gateway
//! and access that is taken away, on an emulator of AWS.
//!
//! It is deployed once, and what is looked at then is told one after the other. `cargo xtask deployed`
//! makes the zip and runs it; without a zip, an emulator, Terraform or its provider it says what
//! is missing and does nothing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on panics"
)]

mod chains;
mod crowd;
mod doctor;
mod ends;
mod form;
mod nonsense;
mod pages;
mod people;
mod place;
mod slack;
mod tokens;

use std::time::Instant;

use place::Place;

/// A deployment and a whole story are to take no longer, in seconds.
const BUDGET: f64 = 240.0;

#[tokio::test(flavor = "multi_thread")]
async fn a_request_goes_from_api_gateway_to_access_that_is_taken_away() {
    let began = Instant::now();
    let Some(place) = Place::find().await else { return };
    println!("deployed in {:.1} s by Terraform", place.deployment.applied.as_secs_f64());
    place.tell("only good tokens of known people are taken", tokens::tell).await;
    place.tell("somebody asks, somebody else approves, it is taken back", people::tell).await;
    place.tell("a bot asks, and decides nothing", people::tell_of_bots).await;
    place.tell("a form needs no user code, and a preview does", form::tell).await;
    place.tell("somebody signs in to the pages, and asks by them", pages::tell).await;
    place.tell("what makes no sense is set aside and blocks nobody", nonsense::tell).await;
    place.tell("what is told twice happens once", nonsense::tell_of_duplicates).await;
    place.tell("a schedule ends access while nobody sweeps", ends::tell).await;
    place.tell("a sweep ends access whose schedule comes to nothing", ends::tell_of_sweeps).await;
    place.tell("a crowd asks at once, and nothing is lost", crowd::tell).await;
    place.tell("every chain is whole", chains::tell).await;
    place.tell("Slack is turned on, and somebody asks there", slack::tell).await;
    let took = began.elapsed().as_secs_f64();
    let word = if took <= BUDGET { "reached" } else { "missed" };
    println!("the deployed story: {took:.1} s, at most {BUDGET} s: {word}");
}
