//! The local server's listener: API and pages on one address.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::extract::Request;
use countersign::context::Message;
use countersign::model::Integration;
use tokio::net::TcpListener;
use tower::ServiceExt;

use super::{Local, LocalDirectory};
use crate::api::{self, ApiState};
use crate::console::{self, ConsoleState, Outbox};
use crate::slack::door::Door;
#[cfg(feature = "local")]
use crate::slack::socket::{self, Listening};
use crate::slack::{Later, Setup, Workspace};

/// Why serving ended.
#[derive(Debug, thiserror::Error)]
#[error("the listener failed")]
pub struct ServeError(#[from] std::io::Error);

/// Serves until the process is told to end.
///
/// # Errors
///
/// If the listener fails.
pub async fn serve(local: Local, listener: TcpListener) -> Result<(), ServeError> {
    let address = listener.local_addr()?;
    #[cfg(feature = "local")]
    let _listening = listen(&local, address);
    let service = router(&local, address).into_make_service_with_connect_info::<SocketAddr>();
    // Whoever started it may have closed its output.
    let _ = writeln!(std::io::stdout(), "listening on http://{address}");
    if let Some(sign_in) = &local.sign_in {
        let (url, issuer) = (sign_in.url(), sign_in.issuer());
        let _ = writeln!(std::io::stdout(), "pages for {url}, signing in with {issuer}");
    }
    axum::serve(listener, service).with_graceful_shutdown(told_to_end()).await?;
    local.stop().await;
    Ok(())
}

/// API, Slack and pages. The API takes `/v1`, `/healthz` and `/openapi.json`, Slack `/slack/`, the pages
/// all else.
pub fn router(local: &Local, address: SocketAddr) -> Router {
    let sign_in = local.sign_in.as_ref();
    let base_url = base_url(local, address);
    if let Some(courier) = &local.courier {
        courier.pages_at(&base_url);
    }
    let api = api::router(ApiState {
        desk: local.desk.clone(),
        local: sign_in.is_none(),
        oidc: sign_in.map(|sign_in| sign_in.verifier()),
        base_url: base_url.clone(),
    });
    let pages = console::router(ConsoleState {
        desk: local.desk.clone(),
        people: local.directory.settings().known_users(),
        // What others were told is for them alone.
        outbox: sign_in.is_none().then(|| -> Arc<dyn Outbox> { local.directory.clone() }),
        sign_in: sign_in.cloned(),
        forms: Arc::new(local.desk.clone()),
        viewers: None,
    });
    let slack = door(local, &base_url).router();
    let by_path = move |request: Request| {
        if request.uri().path().starts_with("/slack/") {
            return slack.clone().oneshot(request);
        }
        let is_api = api::takes(request.uri().path());
        if is_api { api.clone().oneshot(request) } else { pages.clone().oneshot(request) }
    };
    Router::new().fallback(by_path)
}

/// Where pages and API are reached: where people sign in, or here.
fn base_url(local: &Local, address: SocketAddr) -> String {
    let sign_in = local.sign_in.as_ref();
    sign_in.map_or_else(|| format!("http://{address}"), |sign_in| sign_in.url().to_owned())
}

/// Listens to the workspaces whose requests come over Socket Mode.
#[cfg(feature = "local")]
#[must_use]
pub fn listen(local: &Local, address: SocketAddr) -> Vec<Listening> {
    let door = door(local, &base_url(local, address));
    door.workspaces().iter().filter_map(socket::listen).collect()
}

/// Where Slack's requests come in, for every workspace that the settings name.
fn door(local: &Local, base_url: &str) -> Door {
    let settings = local.directory.settings();
    let setup = || Setup {
        desk: local.desk.clone(),
        forms: Arc::new(local.desk.clone()),
        secrets: local.directory.tools().secrets,
        people: settings.known_users(),
        url: base_url.to_owned(),
        later: Later::Aside,
    };
    let open = |integration: &Integration| {
        Workspace::open(integration, setup()).unwrap_or_else(|error| {
            tracing::error!("nothing comes in from Slack: {error}");
            None
        })
    };
    Door::new(settings.integrations_of("slack").iter().filter_map(open).collect())
}

/// Ctrl-C, or SIGTERM where there is such a thing.
async fn told_to_end() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminated) = signal(SignalKind::terminate()) else {
            let _ = interrupted.await;
            return;
        };
        tokio::select! {
            _ = interrupted => {}
            _ = terminated.recv() => {}
        }
    }
    #[cfg(not(unix))]
    let _ = interrupted.await;
}

#[async_trait]
impl Outbox for LocalDirectory {
    async fn messages(&self, limit: usize) -> Vec<Message> {
        let mut all = Vec::new();
        for errors in [false, true] {
            match self.messages(errors, limit).await {
                Ok(messages) => all.extend(messages),
                Err(error) => tracing::error!("the messages cannot be read: {error}"),
            }
        }
        all.sort_by_key(|message| std::cmp::Reverse(message.at));
        all.truncate(limit);
        all
    }
}
