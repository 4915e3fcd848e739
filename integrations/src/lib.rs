//! The other systems that Countersign talks to: who is in them, and how access to them is given.
//!
//! A system is one file or folder: its client, who its people are, what they are called there, its
//! strategies. Each speaks to the vendor through [`Api`], which never takes an answer for more than it
//! is, and reads its secrets through [`Secrets`] when it uses them.

mod api;
mod aptible;
#[cfg(feature = "aws")]
mod aws;
mod boundary;
pub mod doctor;
pub mod github;
pub mod google;
pub mod guarded;
mod jira;
mod jwt;
mod knowbe4;
pub mod mail;
mod managers;
mod membership;
pub mod okta;
pub mod onelogin;
pub mod pagerduty;
mod pass;
mod person;
mod secret;
mod setting;
pub mod slack;
mod strategies;
mod systems;
mod tailscale;
#[cfg(test)]
mod testing;

pub use api::{Answer, Api, Call, Refusal};
pub use managers::Managers;
pub use person::Person;
pub use secret::{Fetch, SecretError, SecretRef, Secrets};
pub use strategies::{Open, Right, StrategyKind, strategies};
pub use systems::{Systems, asked_by_flows};

/// Chooses how this program speaks TLS, once.
pub fn install_tls() {
    // A second call finds it chosen already: there is only this one in the program.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
