//! The entrance: who calls, with which scopes, how often, with which arguments.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::{Path, State as With};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use axum::{Json, Router};
use serde_json::{Map, Value, json};

use super::state::State;
use super::{Shared, chat, conversations, users, views};

/// Why something is not done.
#[derive(Debug)]
pub(crate) struct No {
    code: String,
    more: Map<String, Value>,
    /// For how many seconds the caller should wait.
    wait: Option<u64>,
}

impl From<&str> for No {
    fn from(code: &str) -> Self {
        Self { code: code.to_owned(), more: Map::new(), wait: None }
    }
}

impl No {
    /// Something is wrong with what was sent, as Slack says it: what, and where.
    pub(crate) fn wrong(code: &str, mistakes: &[String]) -> Self {
        let messages: Vec<_> = mistakes.iter().map(|it| format!("[ERROR] {it}")).collect();
        let mut no = Self::from(code);
        no.more.insert("errors".to_owned(), json!(mistakes));
        no.more.insert("response_metadata".to_owned(), json!({ "messages": messages }));
        no
    }

    pub(crate) fn busy(seconds: u64) -> Self {
        Self { wait: Some(seconds), ..Self::from("ratelimited") }
    }

    fn scope(needed: &str, provided: &[String]) -> Self {
        let mut no = Self::from("missing_scope");
        no.more.insert("needed".to_owned(), json!(needed));
        no.more.insert("provided".to_owned(), json!(provided.join(",")));
        no
    }
}

pub(crate) type Answer = Result<Value, No>;

pub(crate) fn routes(shared: Shared) -> Router {
    Router::new().route("/api/{method}", any(called)).with_state(shared)
}

async fn called(
    With(shared): With<Shared>,
    Path(method): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut state = shared.lock().unwrap();
    match answer(&mut state, &method, &headers, &body) {
        Ok(mut value) => {
            value["ok"] = true.into();
            let scopes: Vec<_> = state.scopes.iter().map(String::as_str).collect();
            ([("x-oauth-scopes", scopes.join(","))], Json(value)).into_response()
        }
        Err(No { code, mut more, wait }) => {
            more.insert("ok".to_owned(), false.into());
            more.insert("error".to_owned(), code.into());
            let json = Json(Value::Object(more));
            match wait {
                Some(seconds) => {
                    (StatusCode::TOO_MANY_REQUESTS, [("retry-after", seconds.to_string())], json)
                        .into_response()
                }
                None => json.into_response(),
            }
        }
    }
}

fn answer(state: &mut State, method: &str, headers: &HeaderMap, body: &Bytes) -> Answer {
    let known = METHODS.iter().find(|known| known.name == method).ok_or("unknown_method")?;
    let token = headers.get("authorization").and_then(|value| value.to_str().ok());
    let token = token.and_then(|value| value.strip_prefix("Bearer ")).ok_or("not_authed")?;
    if known.name == "apps.connections.open" {
        if token != state.app_token {
            return Err(if token == state.bot_token {
                "not_allowed_token_type"
            } else {
                "invalid_auth"
            }
            .into());
        }
    } else if token != state.bot_token {
        return Err(if token == state.app_token {
            "not_allowed_token_type"
        } else {
            "invalid_auth"
        }
        .into());
    }
    for scope in known.scopes {
        state.needs(scope)?;
    }
    state.rates.call(method).map_err(No::busy)?;
    let arguments = Arguments::read(known, headers, body)?;
    (known.call)(state, &arguments)
}

impl State {
    /// Whether the app has this scope.
    pub(crate) fn needs(&self, scope: &str) -> Result<(), No> {
        if self.scopes.contains(scope) {
            return Ok(());
        }
        let provided: Vec<String> = self.scopes.iter().cloned().collect();
        Err(No::scope(scope, &provided))
    }
}

/// What a method is called with.
#[derive(Debug)]
pub(crate) struct Arguments(BTreeMap<String, Value>);

impl Arguments {
    fn read(method: &Method, headers: &HeaderMap, body: &Bytes) -> Result<Self, No> {
        let kind = headers.get("content-type").and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or_default();
        let arguments: BTreeMap<String, Value> = if kind.starts_with("application/json") {
            if !method.takes_json {
                return Err("invalid_post_type".into());
            }
            serde_json::from_slice(body).map_err(|_| No::from("invalid_json"))?
        } else if kind.starts_with("application/x-www-form-urlencoded") {
            let form: BTreeMap<String, String> =
                form(body).ok_or_else(|| No::from("invalid_form_data"))?;
            form.into_iter().map(|(name, value)| (name, Value::String(value))).collect()
        } else if body.is_empty() {
            BTreeMap::new()
        } else {
            return Err("missing_post_type".into());
        };
        // Slack ignores what it does not know; nobody should send it.
        if arguments.keys().any(|name| !method.arguments.contains(&name.as_str())) {
            return Err("invalid_arg_name".into());
        }
        Ok(Self(arguments))
    }

    /// A text; an empty one is as good as none.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// A text that has to be there.
    pub(crate) fn needed(&self, name: &str) -> Result<&str, No> {
        self.text(name).ok_or_else(|| {
            let what = format!("missing required field: {name}");
            No::wrong("invalid_arguments", &[what])
        })
    }

    /// JSON, also where it comes as a text.
    pub(crate) fn json(&self, name: &str) -> Result<Option<Value>, ()> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => serde_json::from_str(text).map(Some).map_err(drop),
            Some(value) => Ok(Some(value.clone())),
        }
    }

    /// Yes or no.
    pub(crate) fn flag(&self, name: &str) -> bool {
        match self.0.get(name) {
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(text)) => matches!(text.as_str(), "true" | "1"),
            _ => false,
        }
    }

    /// How many at most, and where they begin.
    pub(crate) fn page(&self) -> Result<(usize, usize), No> {
        let limit = match self.0.get("limit") {
            None => 100,
            Some(Value::String(text)) => text.parse().map_err(|_| No::from("invalid_limit"))?,
            Some(value) => usize::try_from(value.as_u64().ok_or("invalid_limit")?).unwrap(),
        };
        if limit == 0 || limit > 999 {
            return Err("invalid_limit".into());
        }
        let begin = match self.text("cursor") {
            None => 0,
            Some(cursor) => {
                let place = cursor.strip_prefix("next:").and_then(|place| place.parse().ok());
                place.ok_or("invalid_cursor")?
            }
        };
        Ok((limit, begin))
    }
}

/// A page of a list, and where the next one begins.
pub(crate) fn paged<T>(all: Vec<T>, (limit, begin): (usize, usize)) -> (Vec<T>, Value) {
    let more = begin + limit < all.len();
    let next = if more { format!("next:{}", begin + limit) } else { String::new() };
    let page = all.into_iter().skip(begin).take(limit).collect();
    (page, json!({ "next_cursor": next }))
}

fn form(body: &[u8]) -> Option<BTreeMap<String, String>> {
    let text = std::str::from_utf8(body).ok()?;
    let mut form = BTreeMap::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        form.insert(decoded(name)?, decoded(value)?);
    }
    Some(form)
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

struct Method {
    name: &'static str,
    scopes: &'static [&'static str],
    takes_json: bool,
    arguments: &'static [&'static str],
    call: fn(&mut State, &Arguments) -> Answer,
}

const fn method(
    name: &'static str,
    scopes: &'static [&'static str],
    takes_json: bool,
    arguments: &'static [&'static str],
    call: fn(&mut State, &Arguments) -> Answer,
) -> Method {
    Method { name, scopes, takes_json, arguments, call }
}

const METHODS: [Method; 23] = [
    method("auth.test", &[], true, &[], users::auth_test),
    method("apps.connections.open", &[], true, &[], views::connections_open),
    method(
        "chat.postMessage",
        &["chat:write"],
        true,
        &[
            "channel",
            "text",
            "blocks",
            "thread_ts",
            "metadata",
            "unfurl_links",
            "unfurl_media",
            "reply_broadcast",
            "mrkdwn",
            "link_names",
        ],
        chat::post,
    ),
    method(
        "chat.update",
        &["chat:write"],
        true,
        &["channel", "ts", "text", "blocks", "metadata", "link_names"],
        chat::update,
    ),
    method(
        "chat.postEphemeral",
        &["chat:write"],
        true,
        &["channel", "user", "text", "blocks", "thread_ts"],
        chat::ephemeral,
    ),
    method("chat.delete", &["chat:write"], true, &["channel", "ts"], chat::delete),
    method(
        "conversations.open",
        &[],
        true,
        &["channel", "users", "return_im", "prevent_creation"],
        conversations::open,
    ),
    method(
        "conversations.list",
        &[],
        false,
        &["types", "exclude_archived", "limit", "cursor", "team_id"],
        conversations::list,
    ),
    method("conversations.info", &[], false, &["channel"], conversations::info),
    method("conversations.join", &["channels:join"], true, &["channel"], conversations::join),
    method(
        "conversations.members",
        &[],
        false,
        &["channel", "limit", "cursor"],
        conversations::members,
    ),
    method(
        "conversations.history",
        &[],
        true,
        &["channel", "limit", "cursor", "oldest", "latest", "inclusive", "include_all_metadata"],
        conversations::history,
    ),
    method(
        "conversations.replies",
        &[],
        false,
        &[
            "channel",
            "ts",
            "limit",
            "cursor",
            "oldest",
            "latest",
            "inclusive",
            "include_all_metadata",
        ],
        conversations::replies,
    ),
    method("bots.info", &["users:read"], false, &["bot", "team_id"], users::bot_info),
    method("users.info", &["users:read"], false, &["user"], users::info),
    method("users.list", &["users:read"], false, &["limit", "cursor", "team_id"], users::list),
    method("users.lookupByEmail", &["users:read.email"], false, &["email"], users::lookup_by_email),
    method(
        "usergroups.list",
        &["usergroups:read"],
        false,
        &["include_count", "include_disabled", "include_users", "team_id"],
        users::groups,
    ),
    method(
        "usergroups.users.list",
        &["usergroups:read"],
        false,
        &["usergroup", "include_disabled", "team_id"],
        users::group_members,
    ),
    method("views.open", &[], true, &["trigger_id", "view"], views::open),
    method("views.push", &[], true, &["trigger_id", "view"], views::push),
    method("views.update", &[], true, &["view_id", "external_id", "view", "hash"], views::update),
    method("views.publish", &[], true, &["user_id", "view", "hash"], views::publish),
];
