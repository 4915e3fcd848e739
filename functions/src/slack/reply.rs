//! What Slack is answered, and what is done after that.

use std::time::Duration;

use countersign::desk::Problem;
use countersign::model::RunId;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::blocks::escape;

/// The answer to one request of Slack's.
pub(crate) struct Reply {
    /// The body; without one there is nothing to say.
    pub(crate) body: Option<Value>,
    /// What is done once Slack has its answer, or before it where nothing is after that. What must not be
    /// lost is recorded before.
    pub(crate) later: Option<BoxFuture<'static, ()>>,
    /// What is shown as it goes on, where something is after the answer. Elsewhere people are told of it by
    /// messages alone.
    pub(crate) watch: Option<BoxFuture<'static, ()>>,
}

impl Reply {
    /// That it came.
    pub(super) const fn nothing() -> Self {
        Self { body: None, later: None, watch: None }
    }

    pub(super) const fn body(body: Value) -> Self {
        Self { body: Some(body), later: None, watch: None }
    }

    /// A text that only the person sees who typed the command.
    pub(super) fn says(text: &str) -> Self {
        Self::body(ephemeral(text))
    }

    pub(super) fn later(self, work: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { later: Some(Box::pin(work)), ..self }
    }

    pub(super) fn watch(self, work: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { watch: Some(Box::pin(work)), ..self }
    }
}

/// A message that only one person sees.
pub(super) fn ephemeral(text: &str) -> Value {
    json!({ "response_type": "ephemeral", "replace_original": false, "text": text })
}

/// Why somebody was not heard, as they are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stop {
    pub(super) text: String,
    /// The run that stands in the way.
    pub(super) run: Option<RunId>,
}

impl Stop {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), run: None }
    }

    /// What somebody did is known to another version of this program only.
    pub(super) fn outdated(thing: &str) -> Self {
        Self::new(format!(
            ":no_entry: Nothing was done: this {thing} is not known any more. Please begin anew, or use the page."
        ))
    }
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        let hint = problem.hint.map(|hint| format!("\n{}", sentence(&hint))).unwrap_or_default();
        let text = format!(":no_entry: {}{hint}", sentence(&problem.detail));
        Self { text, run: problem.run }
    }
}

/// With a capital at its start and a full stop at its end, and escaped.
pub(super) fn sentence(text: &str) -> String {
    let text = escape(text.trim());
    let mut letters = text.chars();
    let Some(first) = letters.next() else { return String::new() };
    let stop = if text.ends_with(['.', '!', '?', ':']) { "" } else { "." };
    format!("{}{}{stop}", first.to_uppercase(), letters.as_str())
}

/// What follows an answer changes what that shows: it must not come before it.
const BEFORE: Duration = Duration::from_millis(300);

/// Finds something out, and lets Slack show its answer meanwhile.
pub(super) async fn after_the_answer<T>(found: impl Future<Output = T>) -> T {
    tokio::join!(found, tokio::time::sleep(BEFORE)).0
}

/// Slack takes no answer that comes later than three seconds; whoever it depends on has so long.
pub(super) const SOON: Duration = Duration::from_millis(1_400);
