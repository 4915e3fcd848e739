//! GitHub: who may do what in a repository, and who is in a team.
//!
//! Source: <https://docs.github.com/en/rest>; the shapes of requests and answers as in
//! `@octokit/openapi` 23.0.2 (`api.github.com`), those of GraphQL as in
//! <https://docs.github.com/en/graphql/reference/objects#externalidentity>.

mod client;
mod people;
mod repository;
mod team;
#[cfg(test)]
mod tests;

pub use client::GitHub;
pub(crate) use repository::REPOSITORY;
pub(crate) use team::TEAM;
