//! What is in a workspace.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tokio::time::Instant;

use super::SCOPES;
use super::rates::Rates;
use super::read::Message;
use super::socket::Sockets;

/// How long a trigger is good for.
const TRIGGER_LIFE: Duration = Duration::from_secs(3);

/// What sort of account somebody has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A member.
    Member,
    /// A guest in some channels.
    Guest,
    /// A guest in one channel.
    SingleChannelGuest,
    /// Somebody of another company, in a shared channel.
    Outsider,
    /// A program.
    Bot,
}

/// Somebody.
#[derive(Debug, Clone)]
pub struct User {
    /// Their id.
    pub id: String,
    /// Their handle.
    pub name: String,
    /// What they are called.
    pub real_name: String,
    /// Their mail address.
    pub email: Option<String>,
    /// What sort of account it is.
    pub kind: Kind,
    /// Whether it was deactivated.
    pub deleted: bool,
}

/// A channel, a direct message, or a group of them.
#[derive(Debug, Clone)]
pub(crate) struct Channel {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) sort: Sort,
    pub(crate) is_archived: bool,
    /// Everybody in it, the app's bot among them where it is.
    pub(crate) members: Vec<String>,
    pub(crate) messages: Vec<Message>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    Public,
    Private,
    Direct,
    Group,
}

impl Sort {
    /// What the scopes for it begin with.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Public => "channels",
            Self::Private => "groups",
            Self::Direct => "im",
            Self::Group => "mpim",
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) handle: String,
    pub(crate) users: Vec<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Trigger {
    pub(crate) user: String,
    pub(crate) made: Instant,
    pub(crate) used: bool,
}

/// A modal, or somebody's App Home.
#[derive(Debug, Clone)]
pub struct View {
    /// Its id.
    pub id: String,
    /// Whom it is shown to.
    pub user: String,
    /// As the app gave it.
    pub view: Value,
    /// Changes with every update.
    pub hash: String,
    /// What it was pushed onto.
    pub previous: Option<String>,
}

/// A message that only one person saw.
#[derive(Debug, Clone)]
pub(crate) struct Ephemeral {
    pub(crate) user: String,
    pub(crate) message: Message,
}

/// An address to answer at: good for half an hour, and five answers.
#[derive(Debug, Clone)]
pub(crate) struct Hook {
    pub(crate) user: String,
    pub(crate) channel: String,
    pub(crate) made: Instant,
    pub(crate) used: u32,
    /// The message for one person that was answered with last, among all of these.
    pub(crate) answer: Option<usize>,
}

/// All of it.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) team: String,
    pub(crate) app: String,
    pub(crate) bot: String,
    pub(crate) bot_token: String,
    pub(crate) app_token: String,
    pub(crate) scopes: BTreeSet<String>,
    pub(crate) users: BTreeMap<String, User>,
    pub(crate) channels: BTreeMap<String, Channel>,
    pub(crate) groups: BTreeMap<String, Group>,
    pub(crate) ephemerals: Vec<Ephemeral>,
    pub(crate) triggers: BTreeMap<String, Trigger>,
    /// Each person's modals, the one on top last.
    pub(crate) stacks: BTreeMap<String, Vec<View>>,
    pub(crate) homes: BTreeMap<String, View>,
    pub(crate) rates: Rates,
    /// Where the house is: addresses to answer at are below it.
    pub(crate) house: String,
    /// Where the app listens, and what is signed with.
    pub(crate) app_url: String,
    pub(crate) signing_secret: String,
    /// The addresses to answer at that were given out.
    pub(crate) hooks: BTreeMap<String, Hook>,
    /// What reaches the app.
    pub(crate) client: Option<reqwest::Client>,
    /// What the app answered, oldest first.
    pub(crate) answers: Vec<Value>,
    /// What somebody pressed last, as the app was told of it.
    pub(crate) last_action: Option<(String, Value)>,
    /// What people typed and chose in views, by view, block and action.
    pub(crate) typed: BTreeMap<(String, String, String), Value>,
    /// Where `apps.connections.open` sends whoever asks.
    pub(crate) socket_url: Option<String>,
    pub(crate) sockets: Sockets,
    /// Whether each envelope is delivered twice.
    pub(crate) twice: bool,
    made: u32,
    last_ts: u64,
}

impl State {
    pub(crate) fn new() -> Self {
        let bot = "U0BOT00001".to_owned();
        let mut state = Self {
            team: "T0ACME0001".to_owned(),
            app: "A0COUNTER1".to_owned(),
            bot: bot.clone(),
            bot_token: "xoxb-1-canary".to_owned(),
            app_token: "xapp-1-canary".to_owned(),
            scopes: SCOPES.iter().map(ToString::to_string).collect(),
            users: BTreeMap::new(),
            channels: BTreeMap::new(),
            groups: BTreeMap::new(),
            ephemerals: Vec::new(),
            triggers: BTreeMap::new(),
            stacks: BTreeMap::new(),
            homes: BTreeMap::new(),
            rates: Rates::default(),
            house: String::new(),
            app_url: String::new(),
            // Of the form that Slack gives them.
            signing_secret: "ca4a1e5ca4a1e5ca4a1e5ca4a1e5ca4a".to_owned(),
            hooks: BTreeMap::new(),
            typed: BTreeMap::new(),
            client: None,
            answers: Vec::new(),
            last_action: None,
            socket_url: None,
            sockets: Sockets::default(),
            twice: false,
            made: 0,
            last_ts: 0,
        };
        for (id, name, kind) in
            [(bot.as_str(), "countersign", Kind::Bot), ("USLACKBOT", "slackbot", Kind::Member)]
        {
            let user = User {
                id: id.to_owned(),
                name: name.to_owned(),
                real_name: name.to_owned(),
                email: None,
                kind,
                deleted: false,
            };
            state.users.insert(id.to_owned(), user);
        }
        state
    }

    /// An id that nothing else has.
    pub(crate) fn new_id(&mut self, letter: &str) -> String {
        self.made += 1;
        format!("{letter}0{:08}", self.made)
    }

    /// A time that no other message has.
    pub(crate) fn new_ts(&mut self) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros();
        self.last_ts = u64::try_from(now).unwrap().max(self.last_ts + 1);
        format!("{}.{:06}", self.last_ts / 1_000_000, self.last_ts % 1_000_000)
    }

    pub(crate) fn add_user(&mut self, mail: &str, kind: Kind) -> String {
        let id = self.new_id("U");
        let name = mail.split('@').next().unwrap().to_owned();
        let email = (kind != Kind::Bot).then(|| mail.to_owned());
        let real_name = name.clone();
        let user = User { id: id.clone(), name, real_name, email, kind, deleted: false };
        self.users.insert(id.clone(), user);
        id
    }

    pub(crate) fn add_channel<'a>(
        &mut self,
        name: &str,
        is_private: bool,
        members: impl Iterator<Item = &'a str>,
    ) -> String {
        let id = self.new_id("C");
        let channel = Channel {
            id: id.clone(),
            name: name.trim_start_matches('#').to_owned(),
            sort: if is_private { Sort::Private } else { Sort::Public },
            is_archived: false,
            members: members.map(ToOwned::to_owned).collect(),
            messages: Vec::new(),
        };
        self.channels.insert(id.clone(), channel);
        id
    }

    pub(crate) fn add_group(&mut self, handle: &str, members: &[&str]) -> String {
        let id = self.new_id("S");
        let users = members.iter().map(ToString::to_string).collect();
        let group = Group { id: id.clone(), handle: handle.to_owned(), users };
        self.groups.insert(id.clone(), group);
        id
    }

    /// The direct message of the app with these people, which is there from now on.
    pub(crate) fn direct(&mut self, users: &[&str]) -> String {
        let mut members: Vec<String> = users.iter().map(ToString::to_string).collect();
        members.push(self.bot.clone());
        members.sort();
        members.dedup();
        let is_it = |channel: &&Channel| {
            matches!(channel.sort, Sort::Direct | Sort::Group) && channel.members == members
        };
        if let Some(channel) = self.channels.values().find(is_it) {
            return channel.id.clone();
        }
        let (letter, sort) =
            if members.len() > 2 { ("G", Sort::Group) } else { ("D", Sort::Direct) };
        let (id, name) = (self.new_id(letter), String::new());
        let (is_archived, messages) = (false, Vec::new());
        let channel = Channel { id: id.clone(), name, sort, is_archived, members, messages };
        self.channels.insert(id.clone(), channel);
        id
    }

    pub(crate) fn new_trigger(&mut self, user: &str) -> String {
        self.made += 1;
        let id = format!("{}.{}.trigger{}", self.made, 1_000_000, self.made);
        let trigger = Trigger { user: user.to_owned(), made: Instant::now(), used: false };
        self.triggers.insert(id.clone(), trigger);
        id
    }

    pub(crate) fn expire_triggers(&mut self) {
        for trigger in self.triggers.values_mut() {
            trigger.made -= TRIGGER_LIFE;
        }
    }

    /// Exchanges a trigger; says whose it is.
    pub(crate) fn exchange(&mut self, id: &str) -> Result<String, &'static str> {
        let trigger = self.triggers.get_mut(id).ok_or("invalid_trigger_id")?;
        if trigger.used {
            return Err("exchanged_trigger_id");
        }
        if trigger.made.elapsed() >= TRIGGER_LIFE {
            return Err("expired_trigger_id");
        }
        trigger.used = true;
        Ok(trigger.user.clone())
    }
}
