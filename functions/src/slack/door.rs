//! The door: what Slack sends is verified, read, and answered in time.
//!
//! Whatever is wrong with a request is answered 401 and counted, and leaves nothing else behind: whoever
//! sent it is not Slack.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::Instant;

use super::payload::{self, Payload};
use super::reply::Reply;
use super::signature::verify;
use super::workspace::Workspace;

/// More than anything that Slack sends.
const LARGEST: usize = 1024 * 1024;

/// Where Slack's requests come in.
#[derive(Debug, Clone, Default)]
pub struct Door {
    workspaces: Arc<[Workspace]>,
    refused: Arc<AtomicU64>,
}

/// Which address something came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Route {
    Commands,
    Interactions,
    Options,
    Events,
}

impl Door {
    /// The door of these workspaces.
    #[must_use]
    pub fn new(workspaces: Vec<Workspace>) -> Self {
        Self { workspaces: workspaces.into(), refused: Arc::default() }
    }

    /// The workspaces whose requests come in.
    #[must_use]
    pub fn workspaces(&self) -> &[Workspace] {
        &self.workspaces
    }

    /// Whether anybody comes in by it.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.workspaces.is_empty()
    }

    /// How many requests were refused because Slack did not send them.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// The routes below `/slack`.
    pub fn router(&self) -> Router {
        let at = |route: Route| {
            post(move |State(door): State<Self>, request: Request| async move {
                door.handle(route, request).await
            })
        };
        Router::new()
            .route("/slack/commands", at(Route::Commands))
            .route("/slack/interactions", at(Route::Interactions))
            .route("/slack/options", at(Route::Options))
            .route("/slack/events", at(Route::Events))
            .fallback(|| async { StatusCode::NOT_FOUND })
            .with_state(self.clone())
    }

    async fn handle(&self, route: Route, request: Request) -> Response {
        let began = Instant::now();
        let (parts, body) = request.into_parts();
        let admitted = match to_bytes(body, LARGEST).await {
            Ok(body) => self.admit(route, &parts.headers, &body).await,
            Err(_) => Err("it is too large".to_owned()),
        };
        match admitted {
            Ok((workspace, payload)) => answer(&workspace.attending(began), payload).await,
            Err(why) => {
                let refused = self.refused.fetch_add(1, Ordering::Relaxed).saturating_add(1);
                tracing::warn!(refused, "a request that is not Slack's was refused: {why}");
                StatusCode::UNAUTHORIZED.into_response()
            }
        }
    }

    /// Whose workspace it comes from, and what it is.
    async fn admit(
        &self,
        route: Route,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Result<(Workspace, Payload), String> {
        let mut why = "no workspace is configured".to_owned();
        let mut signed = Vec::new();
        for workspace in self.workspaces.iter() {
            let now = workspace.desk().runner.host.now();
            match verify(headers, body, &workspace.signing().await, now) {
                Ok(()) => signed.push(workspace),
                Err(forged) => why = forged.to_string(),
            }
        }
        if signed.is_empty() {
            return Err(why);
        }
        let payload = read(route, body)?;
        let (team, enterprise, app) = payload.ids();
        let ours = |workspace: &&&Workspace| {
            payload.is_greeting() || workspace.config().is_ours(team, enterprise, app)
        };
        match signed.iter().find(ours) {
            Some(workspace) => Ok(((*workspace).clone(), payload)),
            None => Err("it is about another workspace or app".to_owned()),
        }
    }
}

/// What came, as Slack writes it at this address.
fn read(route: Route, body: &[u8]) -> Result<Payload, String> {
    let as_form = || payload::form(body).ok_or("a name stands twice in its form");
    match route {
        Route::Commands => {
            let form = Value::Object(as_form()?);
            // Slack looks whether we are there, in the name of nobody.
            let command = serde_json::from_value(form);
            Ok(Payload::Command(Box::new(command.map_err(|error| error.to_string())?)))
        }
        Route::Interactions | Route::Options => {
            let form = as_form()?;
            let text = form.get("payload").and_then(Value::as_str).ok_or("it has no payload")?;
            let done = json(text.as_bytes())?;
            Ok(match route {
                Route::Options => Payload::Options(done),
                Route::Commands | Route::Interactions | Route::Events => Payload::Interaction(done),
            })
        }
        Route::Events => Ok(Payload::Event(json(body)?)),
    }
}

fn json<T: DeserializeOwned>(text: &[u8]) -> Result<Box<T>, String> {
    serde_json::from_slice(text).map(Box::new).map_err(|error| error.to_string())
}

/// Answers, and does what follows when the deployment can.
async fn answer(workspace: &Workspace, payload: Payload) -> Response {
    let Reply { body, later, watch } = workspace.handle(payload).await;
    match workspace.until() {
        None => drop(tokio::spawn(async move {
            for work in [later, watch].into_iter().flatten() {
                work.await;
            }
        })),
        Some(until) => {
            let done = later.map(|later| tokio::time::timeout_at(until, later));
            if let Some(Err(_)) = futures_util::future::OptionFuture::from(done).await {
                tracing::warn!("what belongs to an answer was broken off");
            }
        }
    }
    let mut response = match body {
        Some(body) => Json(body).into_response(),
        None => Body::empty().into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if headers.get(CONTENT_TYPE).is_none() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    }
    response
}
