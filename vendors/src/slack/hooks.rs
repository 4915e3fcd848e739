//! Addresses to answer at, which come with what somebody did.
//! Source: <https://docs.slack.dev/interactivity/handling-user-interaction/#message_responses>.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, State as With};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::Shared;
use super::blocks;
use super::read::Message;
use super::state::{Ephemeral, Hook, State};
use tokio::time::Instant;

/// How long an address is good for.
const LIFE: Duration = Duration::from_mins(30);

/// How many answers it takes.
const USES: u32 = 5;

pub(super) fn routes(shared: Shared) -> Router {
    Router::new().route("/hooks/{team}/{secret}", post(answered)).with_state(shared)
}

async fn answered(
    With(shared): With<Shared>,
    Path((_, secret)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let kind = headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let message: Option<Value> = serde_json::from_slice(&body).ok();
    let (Some(message), true) = (message, kind.starts_with("application/json")) else {
        return (StatusCode::BAD_REQUEST, "invalid_payload").into_response();
    };
    let mut state = shared.lock().unwrap();
    match state.hooked(&secret, &message) {
        Ok(()) => (StatusCode::OK, "ok").into_response(),
        Err((status, error)) => {
            (status, Json(json!({ "ok": false, "error": error }))).into_response()
        }
    }
}

impl State {
    /// A new address to answer at.
    pub(crate) fn new_hook(&mut self, user: &str, channel: &str) -> String {
        let secret = self.new_id("H");
        let (user, channel) = (user.to_owned(), channel.to_owned());
        let hook = Hook { user, channel, made: Instant::now(), used: 0, answer: None };
        self.hooks.insert(secret.clone(), hook);
        format!("{}/hooks/{}/{secret}", self.house, self.team)
    }

    fn hooked(&mut self, secret: &str, message: &Value) -> Result<(), (StatusCode, String)> {
        let gone = |why: &str| (StatusCode::NOT_FOUND, why.to_owned());
        let hook = self.hooks.get_mut(secret).ok_or_else(|| gone("no_such_url"))?;
        if hook.made.elapsed() >= LIFE {
            return Err(gone("expired_url"));
        }
        if hook.used >= USES {
            return Err(gone("used_url"));
        }
        hook.used += 1;
        let hook = hook.clone();
        let told = self.tell(&hook, message).map_err(|why| (StatusCode::BAD_REQUEST, why))?;
        self.hooks.get_mut(secret).unwrap().answer = Some(told);
        Ok(())
    }

    /// Shows one person a message, as an answer to what they did; returns which one it is.
    pub(crate) fn tell(&mut self, hook: &Hook, message: &Value) -> Result<usize, String> {
        const KNOWN: [&str; 7] = [
            "text",
            "blocks",
            "response_type",
            "replace_original",
            "delete_original",
            "thread_ts",
            "attachments",
        ];
        let members = message.as_object().ok_or("invalid_payload")?;
        if let Some(unknown) = members.keys().find(|name| !KNOWN.contains(&name.as_str())) {
            return Err(format!("invalid_arg_name: {unknown}"));
        }
        if message["response_type"] != "ephemeral" {
            return Err("the app of these stories answers one person only".to_owned());
        }
        let blocks = message["blocks"].as_array().cloned().unwrap_or_default();
        let mistakes = blocks::in_message(&blocks);
        if !mistakes.is_empty() {
            return Err(format!("invalid_blocks: {}", mistakes.join("; ")));
        }
        let text = message["text"].as_str().unwrap_or_default().to_owned();
        if text.is_empty() && blocks.is_empty() {
            return Err("no_text".to_owned());
        }
        let message_of = |state: &mut Self| Message {
            channel: hook.channel.clone(),
            ts: state.new_ts(),
            user: state.bot.clone(),
            text: text.clone(),
            blocks: blocks.clone(),
            thread: None,
            metadata: None,
            edits: 0,
        };
        let new = message_of(self);
        if let (Some(index), true) = (hook.answer, message["replace_original"] == true) {
            self.ephemerals[index].message = new;
            return Ok(index);
        }
        self.ephemerals.push(Ephemeral { user: hook.user.clone(), message: new });
        Ok(self.ephemerals.len() - 1)
    }
}
