//! Slack's Web API: a workspace with people, channels, user groups and one app.
//!
//! Written from <https://docs.slack.dev/reference/methods> (arguments, scopes, errors, tiers),
//! <https://docs.slack.dev/reference/block-kit> and <https://docs.slack.dev/reference/views> (limits),
//! as of August 2026. Where Slack cuts off or ignores, this refuses: nobody should rely on that.

mod api;
mod blocks;
mod chat;
mod conversations;
mod hooks;
mod people;
mod rates;
mod read;
mod socket;
mod state;
mod users;
mod views;

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use crate::house::House;

pub use blocks::{
    in_message as mistakes_in_message, in_suggestions as mistakes_in_suggestions,
    in_view as mistakes_in_view,
};
pub use people::{Ended, Someone, seen};
pub use read::{Button, Conversation, Message};
pub use state::{Kind, User, View};

use state::State;

/// All scopes that the app has unless it is told otherwise.
pub const SCOPES: [&str; 19] = [
    "channels:history",
    "channels:join",
    "channels:read",
    "chat:write",
    "chat:write.public",
    "commands",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "mpim:history",
    "mpim:read",
    "mpim:write",
    "team:read",
    "usergroups:read",
    "users:read",
    "users:read.email",
    "users:write",
];

/// A workspace that listens until it is dropped.
#[derive(Debug)]
pub struct Workspace {
    house: House,
    shared: Shared,
}

pub(crate) type Shared = Arc<Mutex<State>>;

impl Workspace {
    /// An empty one, with the app in it.
    pub async fn open() -> Self {
        let shared: Shared = Arc::new(Mutex::new(State::new()));
        let routes = api::routes(shared.clone()).merge(hooks::routes(shared.clone()));
        let house = House::open(routes).await;
        shared.lock().unwrap().house.clone_from(&house.url);
        Self { house, shared }
    }

    /// Where it listens, what it heard, and how it is made to misbehave: paths begin with `/api/`.
    #[must_use]
    pub const fn house(&self) -> &House {
        &self.house
    }

    /// The address of its Web API, for the setting `url`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}/api/", self.house.url)
    }

    /// The app's bot token.
    #[must_use]
    pub fn bot_token(&self) -> String {
        self.state().bot_token.clone()
    }

    /// The app's token for Socket Mode.
    #[must_use]
    pub fn app_token(&self) -> String {
        self.state().app_token.clone()
    }

    /// The workspace's id.
    #[must_use]
    pub fn team(&self) -> String {
        self.state().team.clone()
    }

    /// The app's id.
    #[must_use]
    pub fn app(&self) -> String {
        self.state().app.clone()
    }

    /// The user id of the app's bot.
    #[must_use]
    pub fn bot(&self) -> String {
        self.state().bot.clone()
    }

    /// Takes scopes away from the app.
    pub fn without_scopes(&self, scopes: &[&str]) {
        self.state().scopes.retain(|scope| !scopes.contains(&scope.as_str()));
    }

    /// Puts another bot token in the place of the one before, which is not taken any more.
    pub fn replace_bot_token(&self, token: &str) {
        token.clone_into(&mut self.state().bot_token);
    }

    /// Shortens Slack's second, so that a test of its limits does not take minutes.
    pub fn with_second(&self, second: Duration) {
        self.state().rates.second = second;
    }

    /// How often it asked to be left alone.
    #[must_use]
    pub fn refused_for_rate(&self) -> usize {
        self.state().rates.refused
    }

    /// Adds somebody, and returns their id. The handle is what stands before the `@`.
    pub fn person(&self, mail: &str) -> String {
        self.state().add_user(mail, Kind::Member)
    }

    /// Adds somebody of another sort.
    pub fn somebody(&self, mail: &str, kind: Kind) -> String {
        self.state().add_user(mail, kind)
    }

    /// Changes somebody.
    pub fn change(&self, id: &str, change: impl FnOnce(&mut User)) {
        change(self.state().users.get_mut(id).expect("there is nobody with this id"));
    }

    /// Adds a public channel with these members, by id, and the app in it.
    pub fn add_channel(&self, name: &str, members: &[&str]) -> String {
        let mut state = self.state();
        let bot = state.bot.clone();
        state.add_channel(name, false, members.iter().copied().chain([bot.as_str()]))
    }

    /// Adds a public channel without the app.
    pub fn add_foreign_channel(&self, name: &str, members: &[&str]) -> String {
        self.state().add_channel(name, false, members.iter().copied())
    }

    /// Adds a private channel, with the app only if it is named.
    pub fn add_private_channel(&self, name: &str, members: &[&str]) -> String {
        self.state().add_channel(name, true, members.iter().copied())
    }

    /// Adds a user group with these members, by id.
    pub fn add_group(&self, handle: &str, members: &[&str]) -> String {
        self.state().add_group(handle, members)
    }

    /// Renames a channel.
    pub fn rename(&self, channel: &str, name: &str) {
        let mut state = self.state();
        let channel = state.channels.get_mut(channel).expect("there is no such channel");
        name.trim_start_matches('#').clone_into(&mut channel.name);
    }

    /// Archives a channel.
    pub fn archive(&self, channel: &str) {
        let mut state = self.state();
        let channel = state.channels.get_mut(channel).expect("there is no such channel");
        channel.is_archived = true;
    }

    /// Somebody leaves a channel.
    pub fn leave(&self, channel: &str, user: &str) {
        let mut state = self.state();
        let channel = state.channels.get_mut(channel).expect("there is no such channel");
        channel.members.retain(|member| member != user);
    }

    /// Somebody who may do that deletes a message.
    pub fn delete_message(&self, message: &Message) {
        let mut state = self.state();
        let channel = state.channels.get_mut(&message.channel).expect("there is no such channel");
        channel.messages.retain(|it| it.ts != message.ts);
    }

    /// A trigger of something that somebody did just now: for one view, within three seconds.
    pub fn trigger(&self, user: &str) -> String {
        self.state().new_trigger(user)
    }

    /// The time of all triggers so far is up.
    pub fn expire_triggers(&self) {
        self.state().expire_triggers();
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.shared.lock().unwrap()
    }

    pub(crate) fn shared(&self) -> Shared {
        self.shared.clone()
    }
}
