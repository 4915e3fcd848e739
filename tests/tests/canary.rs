//! No secret is told anywhere, whatever goes wrong: not in a log, an error, an entry, a page, a message.
//!
//! One company with all systems, each with secrets that are looked for; people ask for everything while
//! systems refuse, answer nonsense, break off, and echo what they were sent.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on panics"
)]

#[path = "canary/company.rs"]
mod company;
#[path = "canary/settings.rs"]
mod settings;

use company::Company;
use countersign_tests::canary::Log;
use countersign_vendors::Trouble;

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_told_anywhere() {
    let log = Log::listen().unwrap();
    let company = Company::open().await;
    company.everything_works().await;
    let troubles = [Trouble::Echoes(401), Trouble::Echoes(200), Trouble::DoneButSilent];
    for trouble in troubles {
        company.everything_suffers(&trouble).await;
    }
    company.secrets_are_no_secrets().await;
    let found = company.told(&log).await;
    assert!(found.is_empty(), "{} places:\n{}", found.len(), found.join("\n\n"));
}
