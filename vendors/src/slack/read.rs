//! What is to be seen in a workspace.

use serde_json::Value;

use super::state::{Sort, State, View};
use super::{Shared, Workspace};

/// A message, as it stands now.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Where it is.
    pub channel: String,
    /// When it was posted: its name there.
    pub ts: String,
    /// Whose it is.
    pub user: String,
    /// What notifications say.
    pub text: String,
    /// What is seen.
    pub blocks: Vec<Value>,
    /// The message whose thread it is in.
    pub thread: Option<String>,
    /// What the app hid in it.
    pub metadata: Option<Value>,
    /// How often it was changed.
    pub edits: usize,
}

/// A button, as somebody sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// What stands on it.
    pub label: String,
    /// Its `action_id`.
    pub action: String,
    /// Its value.
    pub value: String,
    /// Where a link goes.
    pub url: Option<String>,
}

impl Message {
    /// What is seen, line by line: the texts of all blocks, or the plain text of a message without
    /// any.
    #[must_use]
    pub fn seen(&self) -> String {
        if self.blocks.is_empty() {
            return self.text.clone();
        }
        let mut lines = Vec::new();
        self.blocks.iter().for_each(|block| texts(block, &mut lines));
        lines.join("\n")
    }

    /// The first line of what is seen.
    #[must_use]
    pub fn first_line(&self) -> String {
        self.seen().lines().next().unwrap_or_default().to_owned()
    }

    /// Its buttons.
    #[must_use]
    pub fn buttons(&self) -> Vec<Button> {
        let elements = |block: &Value| block["elements"].as_array().cloned().unwrap_or_default();
        let all = self.blocks.iter().filter(|block| block["type"] == "actions").flat_map(elements);
        all.filter(|element| element["type"] == "button")
            .map(|element| Button {
                label: text(&element["text"]["text"]),
                action: text(&element["action_id"]),
                value: text(&element["value"]),
                url: element["url"].as_str().map(ToOwned::to_owned),
            })
            .collect()
    }

    /// The button with this label.
    #[must_use]
    pub fn button(&self, label: &str) -> Option<Button> {
        self.buttons().into_iter().find(|button| button.label == label)
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The texts of a block that is no row of buttons.
fn texts(block: &Value, lines: &mut Vec<String>) {
    if block["type"] == "actions" {
        return;
    }
    let one = |value: &Value, lines: &mut Vec<String>| {
        if let Some(text) = value["text"].as_str() {
            lines.push(text.to_owned());
        }
    };
    one(&block["text"], lines);
    for field in block["fields"].as_array().into_iter().flatten() {
        one(field, lines);
    }
    for element in block["elements"].as_array().into_iter().flatten() {
        one(element, lines);
    }
}

/// A channel, or the direct messages with somebody.
#[derive(Debug, Clone)]
pub struct Conversation {
    shared: Shared,
    id: String,
}

impl Conversation {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The messages in it that are in no thread, oldest first.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        self.all().into_iter().filter(|message| message.thread.is_none()).collect()
    }

    /// The replies in a message's thread, oldest first.
    #[must_use]
    pub fn replies(&self, to: &Message) -> Vec<Message> {
        self.all().into_iter().filter(|it| it.thread.as_ref() == Some(&to.ts)).collect()
    }

    /// All messages, oldest first.
    #[must_use]
    pub fn all(&self) -> Vec<Message> {
        self.shared.lock().unwrap().channels[&self.id].messages.clone()
    }
}

impl Workspace {
    /// A channel, by `#name`.
    #[must_use]
    pub fn channel(&self, name: &str) -> Conversation {
        let named = name.trim_start_matches('#');
        let state = self.state();
        let found = state.channels.values().find(|it| it.name == named && is_channel(it.sort));
        let id = found.unwrap_or_else(|| panic!("there is no channel {name}")).id.clone();
        drop(state);
        Conversation { shared: self.shared(), id }
    }

    /// The app's direct messages with somebody, by their id.
    #[must_use]
    pub fn direct(&self, user: &str) -> Conversation {
        self.group(&[user])
    }

    /// The app's direct messages with several people, by their ids.
    #[must_use]
    pub fn group(&self, users: &[&str]) -> Conversation {
        let id = self.state().direct(users);
        Conversation { shared: self.shared(), id }
    }

    /// What only this person saw, oldest first.
    #[must_use]
    pub fn ephemerals(&self, user: &str) -> Vec<Message> {
        let state = self.state();
        let theirs = state.ephemerals.iter().filter(|it| it.user == user);
        theirs.map(|it| it.message.clone()).collect()
    }

    /// The modal that somebody looks at.
    #[must_use]
    pub fn modal(&self, user: &str) -> Option<View> {
        self.state().stacks.get(user).and_then(|stack| stack.last()).cloned()
    }

    /// Somebody's App Home.
    #[must_use]
    pub fn home(&self, user: &str) -> Option<View> {
        self.state().homes.get(user).cloned()
    }
}

const fn is_channel(sort: Sort) -> bool {
    matches!(sort, Sort::Public | Sort::Private)
}

impl State {
    /// A message as the API tells of it.
    pub(crate) fn told(message: &Message, with_metadata: bool) -> Value {
        let mut told = serde_json::json!({
            "type": "message",
            "user": message.user,
            "ts": message.ts,
            "text": message.text,
            "blocks": message.blocks,
        });
        if let Some(thread) = &message.thread {
            told["thread_ts"] = thread.clone().into();
        }
        if let (Some(metadata), true) = (&message.metadata, with_metadata) {
            told["metadata"] = metadata.clone();
        }
        if message.edits > 0 {
            told["edited"] = serde_json::json!({ "user": message.user, "ts": message.ts });
        }
        told
    }
}
