//! People who use the app: what they type, fill in and press is sent to it as Slack sends it, signed,
//! and what it answers is taken as Slack takes it.
//!
//! Written from <https://docs.slack.dev/interactivity/implementing-slash-commands/>,
//! <https://docs.slack.dev/reference/interaction-payloads/>,
//! <https://docs.slack.dev/surfaces/modals/#updating_response> and
//! <https://docs.slack.dev/authentication/verifying-requests-from-slack/>.

mod fields;
mod sending;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::read::Message;
use super::state::View;
use super::{Workspace, blocks};

/// Somebody in the workspace, by their mail address.
#[derive(Debug, Clone, Copy)]
pub struct Someone<'a> {
    workspace: &'a Workspace,
    id: &'a str,
    channel: Option<&'a str>,
}

/// What became of a form that somebody sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// It was closed.
    Closed,
    /// It became something else, or something was laid over it.
    Goes,
    /// The app found these wrong: what is said beside each field, by its label.
    Wrong(BTreeMap<String, String>),
    /// Slack did not send it, because these fields are empty: by their labels.
    Incomplete(Vec<String>),
}

impl Workspace {
    /// Somebody, by their id.
    #[must_use]
    pub const fn someone<'a>(&'a self, id: &'a str) -> Someone<'a> {
        Someone { workspace: self, id, channel: None }
    }
}

impl<'a> Someone<'a> {
    /// The same person, in a channel, by its id.
    #[must_use]
    pub const fn in_channel(self, channel: &'a str) -> Self {
        Self { channel: Some(channel), ..self }
    }

    /// Their id.
    #[must_use]
    pub const fn id(&self) -> &'a str {
        self.id
    }

    fn place(&self) -> String {
        match self.channel {
            Some(channel) => channel.to_owned(),
            None => self.workspace.state().direct(&[self.id]),
        }
    }

    /// Types a command, as in `/access infra_access`.
    pub async fn types(&self, line: &str) {
        let (command, text) = line.split_once(' ').unwrap_or((line, ""));
        let place = self.place();
        let fields = {
            let mut state = self.workspace.state();
            let trigger = state.new_trigger(self.id);
            let hook = state.new_hook(self.id, &place);
            [
                ("token", "deprecated".to_owned()),
                ("team_id", state.team.clone()),
                ("team_domain", "acme".to_owned()),
                ("channel_id", place),
                ("channel_name", "directmessage".to_owned()),
                ("user_id", self.id.to_owned()),
                ("user_name", state.users[self.id].name.clone()),
                ("command", command.to_owned()),
                ("text", text.to_owned()),
                ("api_app_id", state.app.clone()),
                ("is_enterprise_install", "false".to_owned()),
                ("response_url", hook),
                ("trigger_id", trigger),
            ]
        };
        let hook = fields.iter().find(|(name, _)| *name == "response_url").unwrap().1.clone();
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        let kind = "application/x-www-form-urlencoded";
        let told = self.workspace.told("/slack/commands", kind, &form.finish()).await;
        if !told.is_null() {
            let mut state = self.workspace.state();
            let secret = hook.rsplit('/').next().unwrap();
            let hook = state.hooks[secret].clone();
            let index = state.tell(&hook, &told).unwrap_or_else(|why| panic!("{why}: {told}"));
            state.hooks.get_mut(secret).unwrap().answer = Some(index);
        }
    }

    /// Uses one of the app's shortcuts.
    pub async fn uses(&self, shortcut: &str) {
        let trigger = self.workspace.state().new_trigger(self.id);
        let mut payload = self.payload("shortcut");
        payload["trigger_id"] = trigger.into();
        payload["callback_id"] = shortcut.into();
        payload["action_ts"] = self.workspace.state().new_ts().into();
        self.workspace.interaction("/slack/interactions", &payload).await;
    }

    /// Opens the app's home.
    pub async fn opens_home(&self) {
        let channel = self.place();
        let event = json!({
            "type": "app_home_opened",
            "user": self.id,
            "channel": channel,
            "tab": "home",
            "event_ts": "1.1",
        });
        self.workspace.happens(event).await;
    }

    fn payload(&self, kind: &str) -> Value {
        let state = self.workspace.state();
        json!({
            "type": kind,
            "token": "deprecated",
            "api_app_id": state.app,
            "team": { "id": state.team, "domain": "acme" },
            "user": { "id": self.id, "name": state.users[self.id].name, "team_id": state.team },
            "enterprise": null,
            "is_enterprise_install": false,
        })
    }

    /// The modal that they look at, if there is one.
    #[must_use]
    pub fn modal(&self) -> Option<View> {
        self.workspace.modal(self.id)
    }

    /// Waits for a modal in which this text is to be seen.
    pub async fn sees_modal(&self, text: &str) -> View {
        let what = format!("{} sees a modal with {text:?}", self.id);
        let look = || self.modal().filter(|view| seen(&view.view).contains(text));
        self.workspace.house.until(&what, look).await
    }

    /// Waits until their App Home has this text.
    pub async fn sees_home(&self, text: &str) -> View {
        let what = format!("{} sees a home with {text:?}", self.id);
        let look = || self.workspace.home(self.id).filter(|view| seen(&view.view).contains(text));
        self.workspace.house.until(&what, look).await
    }

    /// Waits for a message that only they see, and that has this text.
    pub async fn is_told(&self, text: &str) -> Message {
        let what = format!("{} is told {text:?}", self.id);
        let look = || {
            let all = self.workspace.ephemerals(self.id);
            all.into_iter()
                .rfind(|message| message.text.contains(text) || message.seen().contains(text))
        };
        self.workspace.house.until(&what, look).await
    }

    /// Presses a button of a message that they see.
    pub async fn clicks_in(&self, message: &Message, label: &str) {
        let element = self.button(&message.blocks, label);
        let (mut payload, hook) = {
            let mut state = self.workspace.state();
            let hook = state.new_hook(self.id, &message.channel);
            let told = super::state::State::told(message, false);
            (
                json!({ "channel": { "id": message.channel, "name": "channel" }, "message": told }),
                hook,
            )
        };
        payload["response_url"] = hook.into();
        payload["container"] =
            json!({ "type": "message", "message_ts": message.ts, "channel_id": message.channel });
        self.acts(payload, &element).await;
    }

    /// Presses a button of the modal that they look at.
    pub async fn clicks(&self, label: &str) {
        let view = self.modal().expect("there is no modal");
        let element = self.button(view.view["blocks"].as_array().unwrap(), label);
        self.acts_in_view(&view, &element).await;
    }

    /// Presses a button of their App Home.
    pub async fn clicks_at_home(&self, label: &str) {
        let view = self.workspace.home(self.id).expect("they have no home");
        let element = self.button(view.view["blocks"].as_array().unwrap(), label);
        self.acts_in_view(&view, &element).await;
    }

    fn button(&self, all: &[Value], label: &str) -> Value {
        let elements = all.iter().filter(|block| block["type"] == "actions").flat_map(|block| {
            let with_block = |element: &Value| {
                let mut element = element.clone();
                element["block_id"] = block["block_id"].clone();
                element
            };
            block["elements"].as_array().unwrap().iter().map(with_block).collect::<Vec<_>>()
        });
        let labels: Vec<_> = elements.collect();
        let found = labels.iter().find(|element| element["text"]["text"] == label);
        found.unwrap_or_else(|| panic!("{} sees no button {label:?}: {labels:?}", self.id)).clone()
    }

    /// Acts on something in a view.
    async fn acts_in_view(&self, view: &View, element: &Value) {
        let mut told = self.workspace.state().told_view(view);
        told["state"] = self.state_of(view);
        let container = json!({ "type": "view", "view_id": view.id });
        self.acts(json!({ "view": told, "container": container }), element).await;
    }

    async fn acts(&self, more: Value, element: &Value) {
        let mut payload = self.payload("block_actions");
        for (name, value) in more.as_object().unwrap() {
            payload[name] = value.clone();
        }
        {
            let mut state = self.workspace.state();
            payload["trigger_id"] = state.new_trigger(self.id).into();
            let mut action = element.clone();
            action["action_ts"] = state.new_ts().into();
            if action["block_id"].is_null() {
                action["block_id"] = "b1".into();
            }
            payload["actions"] = json!([action]);
        }
        self.workspace.state().last_action = Some((self.id.to_owned(), payload.clone()));
        self.workspace.interaction("/slack/interactions", &payload).await;
    }

    /// Slack tells of their last click once more.
    pub async fn is_heard_twice(&self) {
        let (user, payload) = self.workspace.state().last_action.clone().expect("nobody clicked");
        assert_eq!(user, self.id, "somebody else clicked last");
        self.workspace.interaction("/slack/interactions", &payload).await;
    }

    /// Sends the modal that they look at.
    pub async fn submits(&self) -> Ended {
        let view = self.modal().expect("there is no modal");
        assert!(view.view["submit"].is_object(), "there is nothing to send: {}", view.view);
        let empty = self.empty_fields(&view);
        if !empty.is_empty() {
            return Ended::Incomplete(empty);
        }
        let mut told = self.workspace.state().told_view(&view);
        told["state"] = self.state_of(&view);
        let mut payload = self.payload("view_submission");
        payload["trigger_id"] = self.workspace.state().new_trigger(self.id).into();
        payload["view"] = told;
        payload["response_urls"] = json!([]);
        let answer = self.workspace.interaction("/slack/interactions", &payload).await;
        self.ends(&view, &answer)
    }

    /// Does with a modal what the app answers.
    fn ends(&self, view: &View, answer: &Value) -> Ended {
        let mut state = self.workspace.state();
        let top = |state: &mut super::state::State| {
            let stack = state.stacks.get_mut(self.id).unwrap();
            stack.iter().position(|it| it.id == view.id).unwrap()
        };
        match answer["response_action"].as_str() {
            None => {
                assert!(answer.is_null() || *answer == json!({}), "no answer to a form: {answer}");
                state.stacks.get_mut(self.id).unwrap().pop();
                Ended::Closed
            }
            Some("clear") => {
                state.stacks.remove(self.id);
                Ended::Closed
            }
            Some("errors") => {
                let errors = answer["errors"].as_object().unwrap();
                let by_label = errors.iter().map(|(block, text)| {
                    let label = fields::label_of(view, block);
                    let label = label.unwrap_or_else(|| panic!("no input block {block}"));
                    (label, text.as_str().unwrap().to_owned())
                });
                Ended::Wrong(by_label.collect())
            }
            Some("update") => {
                let new = checked(answer);
                let at = top(&mut state);
                let hash = state.new_ts();
                let stack = state.stacks.get_mut(self.id).unwrap();
                (stack[at].view, stack[at].hash) = (new, hash);
                Ended::Goes
            }
            Some("push") => {
                let new = checked(answer);
                let pushed = state.new_view(self.id, new, Some(view.id.clone()));
                let pushed = pushed.unwrap_or_else(|_| panic!("it cannot be pushed: {answer}"));
                let stack = state.stacks.get_mut(self.id).unwrap();
                assert!(stack.len() < 3, "push_limit_reached");
                stack.push(pushed);
                Ended::Goes
            }
            Some(other) => panic!("there is no response_action {other}"),
        }
    }

    /// Closes the modal that they look at.
    pub fn closes(&self) {
        let mut state = self.workspace.state();
        state.stacks.get_mut(self.id).and_then(Vec::pop).expect("there is no modal");
    }
}

/// The view in an answer, if Slack would take it.
fn checked(answer: &Value) -> Value {
    let view = &answer["view"];
    let mistakes = blocks::in_view(view, "modal");
    assert!(mistakes.is_empty(), "{mistakes:?}: {view}");
    view.clone()
}

/// All texts of a view, line by line.
#[must_use]
pub fn seen(value: &Value) -> String {
    let mut lines = Vec::new();
    collect(value, &mut lines);
    lines.join("\n")
}

fn collect(value: &Value, lines: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            if let (Some(Value::String(text)), true) =
                (members.get("text"), members.contains_key("type"))
            {
                lines.push(text.clone());
                return;
            }
            members.values().for_each(|member| collect(member, lines));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, lines)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
