//! Pieces of messages and views, with Slack's limits.
//! Source: <https://docs.slack.dev/reference/block-kit/>.

use serde_json::{Value, json};

use super::text::cut_escaped;
pub(super) use super::text::escape;

/// The longest text of a section.
const SECTION: usize = 3_000;

/// The longest label of an option, a button or a placeholder that we use: the shortest of their limits.
const LABEL: usize = 75;

/// The longest title of a view.
const TITLE: usize = 24;

/// Text as it is, without any of Slack's marks.
pub(super) fn plain(text: &str) -> Value {
    json!({ "type": "plain_text", "text": text, "emoji": false })
}

/// A text that is at most so long; what is left out shows as `…`.
pub(super) fn cut(text: &str, most: usize) -> String {
    super::text::cut(text, most).0
}

/// A paragraph with Slack's marks. What users wrote has to be escaped.
pub(super) fn section(text: &str) -> Value {
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": cut_escaped(text, SECTION).0 } })
}

/// A small line.
pub(super) fn context(text: &str) -> Value {
    let text = cut_escaped(text, SECTION).0;
    json!({ "type": "context", "elements": [{ "type": "mrkdwn", "text": text }] })
}

/// A heading.
pub(super) fn header(text: &str) -> Value {
    json!({ "type": "header", "text": plain(&cut(text, 150)) })
}

/// A line between two parts.
pub(super) fn divider() -> Value {
    json!({ "type": "divider" })
}

/// A short text, as on a button or beside a choice.
pub(super) fn label(text: &str) -> Value {
    plain(&cut(if text.is_empty() { "–" } else { text }, LABEL))
}

/// A choice.
pub(super) fn option(value: &str, text: &str) -> Value {
    json!({ "text": label(text), "value": value })
}

/// A button about a run.
pub(super) fn button(action: &str, run: &str, text: &str, style: Option<&str>) -> Value {
    let mut button =
        json!({ "type": "button", "action_id": action, "text": label(text), "value": run });
    if let (Some(style), Some(button)) = (style, button.as_object_mut()) {
        button.insert("style".to_owned(), style.into());
    }
    button
}

/// Buttons in a row.
pub(super) fn actions(buttons: &[Value]) -> Value {
    json!({ "type": "actions", "elements": buttons })
}

/// A view of a modal. Without `submit` there is nothing to send.
pub(super) struct Modal<'a> {
    pub(super) callback: &'a str,
    pub(super) title: &'a str,
    pub(super) submit: Option<&'a str>,
    pub(super) metadata: String,
    pub(super) blocks: Vec<Value>,
}

impl Modal<'_> {
    pub(super) fn view(self) -> Value {
        let mut view = json!({
            "type": "modal",
            "callback_id": self.callback,
            "title": plain(&cut(self.title, TITLE)),
            "close": plain(if self.submit.is_some() { "Cancel" } else { "Close" }),
            "blocks": self.blocks,
        });
        if let (false, Some(view)) = (self.metadata.is_empty(), view.as_object_mut()) {
            view.insert("private_metadata".to_owned(), self.metadata.into());
        }
        if let (Some(submit), Some(view)) = (self.submit, view.as_object_mut()) {
            view.insert("submit".to_owned(), plain(submit));
        }
        view
    }
}

/// A modal that says something.
pub(super) fn notice(title: &str, text: &str) -> Value {
    let blocks = vec![section(text)];
    Modal { callback: "cs_notice", title, submit: None, metadata: String::new(), blocks }.view()
}
