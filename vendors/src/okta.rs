//! Okta: users, groups, memberships, sessions and tokens of service apps.
//!
//! Written from `@okta/openapi` 2.15.0 (`dist/spec.json`: paths, parameters, shapes), from the
//! descriptions in Okta's Python SDK 3.4.6 (what `search` finds and how old that may be, page sizes,
//! what is refused), and from <https://developer.okta.com/docs/reference/error-codes/> and
//! <https://developer.okta.com/docs/reference/rl-best-practices/>.
//!
//! Refused as at Okta: no or another token (401, E0000011), a scope that the token lacks (403,
//! `insufficient_scope`), what is not there (404, E0000007), a search that does not read (400, E0000031),
//! members of groups that Okta does not keep (403, E0000006), too many calls (429, E0000047, with
//! `X-Rate-Limit-Reset` and without `Retry-After`), a signed statement that is old, for somebody else,
//! used twice or signed with another key (401, `invalid_client`), a scope that was not granted (400,
//! `invalid_scope`). A query that these operations do not have is refused too, more strictly than at Okta.

pub(crate) mod key;
mod oauth;
mod routes;
mod search;
mod state;

use std::sync::{Arc, Mutex};

use crate::House;
use crate::contract::OKTA;

pub use key::private_key;
use state::State;

/// An organization at Okta.
#[derive(Debug)]
pub struct Okta {
    /// Where it listens, what it heard, and how it misbehaves.
    pub house: House,
    state: Arc<Mutex<State>>,
}

impl Okta {
    /// An organization in which nobody is.
    pub async fn open() -> Self {
        std::future::ready(Self::serve()).await
    }

    /// The same, at once: for those who cannot wait. It has to be called from within a runtime.
    #[must_use]
    pub fn serve() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let house = House::serve(routes::routes(state.clone())).held_to(OKTA);
        state.lock().unwrap().url.clone_from(&house.url);
        Self { house, state }
    }

    /// The API token that is taken.
    #[must_use]
    pub fn token(&self) -> String {
        self.state.lock().unwrap().token.clone()
    }

    /// Takes another API token from now on.
    pub fn change_token(&self, token: &str) {
        token.clone_into(&mut self.state.lock().unwrap().token);
    }

    /// Adds somebody in use, and returns their id.
    #[must_use]
    pub fn add_user(&self, mail: &str) -> String {
        self.state.lock().unwrap().add_user(mail, mail)
    }

    /// Adds somebody whose login is not their mail address.
    #[must_use]
    pub fn add_user_with_login(&self, mail: &str, login: &str) -> String {
        self.state.lock().unwrap().add_user(mail, login)
    }

    /// Changes the status of an account, such as to `SUSPENDED`.
    pub fn set_status(&self, user: &str, status: &'static str) {
        status.clone_into(&mut self.state.lock().unwrap().user(user).status);
    }

    /// Writes something into somebody's profile.
    pub fn set_profile(&self, user: &str, field: &str, value: &str) {
        let mut state = self.state.lock().unwrap();
        state.user(user).profile.insert(field.to_owned(), value.into());
    }

    /// Deletes an account for good.
    pub fn delete_user(&self, user: &str) {
        let mut state = self.state.lock().unwrap();
        state.users.retain(|one| one.id != user);
        state.members.retain(|(_, member)| member != user);
    }

    /// Adds a group whose members are kept at Okta, and returns its id.
    #[must_use]
    pub fn add_group(&self, name: &str) -> String {
        self.add_group_of(name, "OKTA_GROUP")
    }

    /// Adds a group of a type, such as `APP_GROUP`.
    #[must_use]
    pub fn add_group_of(&self, name: &str, kind: &str) -> String {
        self.state.lock().unwrap().add_group(name, kind)
    }

    /// Calls a group otherwise from now on.
    pub fn rename_group(&self, group: &str, name: &str) {
        let mut state = self.state.lock().unwrap();
        let found = state.groups.iter_mut().find(|one| one.id == group).unwrap();
        name.clone_into(&mut found.name);
    }

    /// Deletes a group.
    pub fn delete_group(&self, group: &str) {
        let mut state = self.state.lock().unwrap();
        state.groups.retain(|one| one.id != group);
        state.members.retain(|(of, _)| of != group);
    }

    /// Puts somebody into a group, or takes them out, as an administrator at Okta would.
    pub fn set_member(&self, group: &str, user: &str, is_in: bool) {
        let mut state = self.state.lock().unwrap();
        let member = (group.to_owned(), user.to_owned());
        if is_in {
            state.members.insert(member);
        } else {
            state.members.remove(&member);
        }
    }

    /// Whether somebody is in a group.
    #[must_use]
    pub fn is_member(&self, group: &str, user: &str) -> bool {
        self.state.lock().unwrap().members.contains(&(group.to_owned(), user.to_owned()))
    }

    /// Whose sessions were ended, in order.
    #[must_use]
    pub fn ended_sessions(&self) -> Vec<String> {
        self.state.lock().unwrap().ended_sessions.clone()
    }

    /// Allows a service app with the key of [`private_key`] to do these.
    pub fn grant(&self, client_id: &str, scopes: &[&str]) {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        self.state.lock().unwrap().apps.insert(client_id.to_owned(), scopes);
    }

    /// Forgets the tokens that service apps were given.
    pub fn revoke_tokens(&self) {
        self.state.lock().unwrap().passes.clear();
    }

    /// From now on, what `search` finds stays as it is now, as where Okta's index lags.
    pub fn freeze_search(&self) {
        let mut state = self.state.lock().unwrap();
        state.index = Some(state.users.clone());
    }

    /// Refuses the next calls with 429 until this many seconds from now.
    pub fn limit(&self, calls: u32, seconds: i64) {
        self.state.lock().unwrap().limited = Some((calls, seconds));
    }

    /// Says with each answer that it was the last one for so many seconds.
    pub fn exhaust(&self, seconds: i64) {
        self.state.lock().unwrap().exhausted = Some(seconds);
    }
}
