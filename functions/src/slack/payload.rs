//! What Slack sends, as far as we read it. None of it is printed: an address to answer at is a secret.
//! Sources: <https://docs.slack.dev/interactivity/implementing-slash-commands/>,
//! <https://docs.slack.dev/reference/interaction-payloads/>, <https://docs.slack.dev/apis/events-api/>.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// A command that somebody typed.
#[derive(Clone, Deserialize)]
pub(super) struct Typed {
    pub(super) team_id: Option<String>,
    pub(super) enterprise_id: Option<String>,
    pub(super) api_app_id: Option<String>,
    pub(super) channel_id: Option<String>,
    pub(super) user_id: String,
    pub(super) command: String,
    #[serde(default)]
    pub(super) text: String,
    pub(super) response_url: Option<String>,
    pub(super) trigger_id: String,
}

/// Something that has an id.
#[derive(Clone, Deserialize)]
pub(super) struct Id {
    pub(super) id: String,
}

/// Something that somebody did with what we show.
#[derive(Clone, Deserialize)]
pub(super) struct Done {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) team: Option<Id>,
    pub(super) enterprise: Option<Id>,
    pub(super) api_app_id: Option<String>,
    pub(super) user: Id,
    pub(super) channel: Option<Id>,
    pub(super) trigger_id: Option<String>,
    pub(super) response_url: Option<String>,
    /// Of a shortcut.
    pub(super) callback_id: Option<String>,
    #[serde(default)]
    pub(super) actions: Vec<Action>,
    pub(super) view: Option<View>,
    /// Of a field whose choices are looked for.
    pub(super) action_id: Option<String>,
    pub(super) block_id: Option<String>,
    pub(super) value: Option<String>,
}

/// A button that was pressed, or a field that was changed.
#[derive(Clone, Deserialize)]
pub(super) struct Action {
    #[serde(rename = "action_id")]
    pub(super) id: String,
    #[serde(default)]
    pub(super) block_id: String,
    /// Of a button.
    pub(super) value: Option<String>,
    /// Of a list.
    pub(super) selected_option: Option<Selected>,
    /// When, to the microsecond: the same when Slack sends it again.
    #[serde(rename = "action_ts", default)]
    pub(super) at: String,
}

/// A choice that was made.
#[derive(Clone, Deserialize)]
pub(super) struct Selected {
    pub(super) value: String,
}

/// A view that is open.
#[derive(Clone, Deserialize)]
pub(super) struct View {
    pub(super) id: String,
    #[serde(default)]
    pub(super) hash: String,
    #[serde(rename = "type", default)]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) callback_id: String,
    #[serde(default)]
    pub(super) private_metadata: String,
    #[serde(default)]
    pub(super) state: State,
}

/// What stands in a view's fields.
#[derive(Clone, Default, Deserialize)]
pub(super) struct State {
    /// By block and then by action.
    #[serde(default)]
    pub(super) values: BTreeMap<String, BTreeMap<String, Value>>,
}

/// Something that happened in the workspace.
#[derive(Clone, Deserialize)]
pub(super) struct Happened {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) team_id: Option<String>,
    pub(super) enterprise_id: Option<String>,
    pub(super) api_app_id: Option<String>,
    /// What Slack wants back, to see that we are there.
    pub(super) challenge: Option<String>,
    pub(super) event: Option<Event>,
}

/// See [`Happened`].
#[derive(Clone, Deserialize)]
pub(super) struct Event {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) user: Option<String>,
    pub(super) tab: Option<String>,
}

/// One of them.
#[derive(Clone)]
pub(super) enum Payload {
    Command(Box<Typed>),
    Interaction(Box<Done>),
    Options(Box<Done>),
    Event(Box<Happened>),
}

impl Payload {
    /// The ids that it names: of the workspace, of the organization, of the app.
    pub(super) fn ids(&self) -> (Option<&str>, Option<&str>, Option<&str>) {
        match self {
            Self::Command(it) => {
                (it.team_id.as_deref(), it.enterprise_id.as_deref(), it.api_app_id.as_deref())
            }
            Self::Interaction(it) | Self::Options(it) => (
                it.team.as_ref().map(|team| team.id.as_str()),
                it.enterprise.as_ref().map(|enterprise| enterprise.id.as_str()),
                it.api_app_id.as_deref(),
            ),
            Self::Event(it) => {
                (it.team_id.as_deref(), it.enterprise_id.as_deref(), it.api_app_id.as_deref())
            }
        }
    }

    /// Whether Slack only looks whether we are there, in the name of no workspace.
    pub(super) fn is_greeting(&self) -> bool {
        matches!(self, Self::Event(it) if it.kind == "url_verification")
    }
}

/// A form, with each name once.
pub(super) fn form(body: &[u8]) -> Option<serde_json::Map<String, Value>> {
    let mut all = serde_json::Map::new();
    for (name, value) in form_urlencoded::parse(body) {
        if all.insert(name.into_owned(), value.into_owned().into()).is_some() {
            return None;
        }
    }
    Some(all)
}
