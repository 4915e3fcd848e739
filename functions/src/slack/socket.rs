//! Socket Mode: Slack's requests over a connection that we open, for a machine that has no address of its
//! own. Source: <https://docs.slack.dev/apis/events-api/using-socket-mode/>.
//!
//! Nothing is signed here: the app token that opens the connection says who is on its other end. A
//! connection that is about to end is replaced before it does; what comes twice is done once.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::payload::Payload;
use super::reply::Reply;
use super::workspace::Workspace;

/// How long is waited before a connection is tried again; each later wait is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// The longest such wait.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Slack says something more often than this, if only that it is there.
const SILENCE: Duration = Duration::from_secs(90);

/// Envelopes that came twice are known among so many.
const KNOWN: usize = 2_000;

type Socket = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

/// A workspace that is listened to until this is dropped.
#[derive(Debug)]
pub struct Listening(AbortHandle);

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The envelopes that were seen last.
#[derive(Debug, Clone, Default)]
struct Seen(Arc<Mutex<VecDeque<String>>>);

impl Seen {
    /// Whether this one is new.
    fn is_new(&self, id: &str) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.iter().any(|known| known == id) {
            return false;
        }
        seen.push_back(id.to_owned());
        if seen.len() > KNOWN {
            seen.pop_front();
        }
        true
    }
}

/// What comes over the connection.
#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "type")]
    kind: String,
    #[serde(rename = "envelope_id")]
    id: Option<String>,
    #[serde(default)]
    payload: Value,
    #[serde(default)]
    accepts_response_payload: bool,
    reason: Option<String>,
}

/// Listens to a workspace, if its integration has an app token.
#[must_use]
pub fn listen(workspace: &Workspace) -> Option<Listening> {
    workspace.config().app_token.as_ref()?;
    let listening = tokio::spawn(always(workspace.clone()));
    Some(Listening(listening.abort_handle()))
}

async fn always(workspace: Workspace) {
    let seen = Seen::default();
    let mut wait = FIRST_WAIT;
    // Ends the connections with this task.
    let mut connections = tokio::task::JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        match connect(&workspace).await {
            Ok(socket) => {
                let (ends, ended) = oneshot::channel();
                connections.spawn(attend(workspace.clone(), socket, seen.clone(), ends));
                // A connection that lasted is replaced at once; one that was refused at once is not.
                wait = match ended.await {
                    Ok(Ends::Replaced) => FIRST_WAIT,
                    Ok(Ends::Broken) | Err(_) => {
                        tokio::time::sleep(wait).await;
                        FIRST_WAIT
                    }
                    Ok(Ends::Refused) => {
                        tokio::time::sleep(wait).await;
                        LONGEST_WAIT.min(wait.saturating_mul(2))
                    }
                };
            }
            Err(why) => {
                tracing::warn!("Slack cannot be listened to, and is tried again: {why}");
                tokio::time::sleep(wait).await;
                wait = LONGEST_WAIT.min(wait.saturating_mul(2));
            }
        }
    }
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    /// Slack wants it replaced; it is listened to as long as it is there.
    Replaced,
    /// It is gone.
    Broken,
    /// It was of no use: Slack did not greet.
    Refused,
}

async fn connect(workspace: &Workspace) -> Result<Socket, String> {
    let token = workspace.config().app_token.as_ref().ok_or("there is no app token")?;
    let opened = workspace.slack().call_by(token, "apps.connections.open", &json!({})).await;
    let opened = opened.map_err(|error| {
        let hint = error.error.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
        format!("{}{hint}", error.error.what)
    })?;
    let url = opened.get("url").and_then(Value::as_str).unwrap_or_default();
    let is_here = url.starts_with("ws://127.0.0.1:");
    if !url.starts_with("wss://") && !is_here {
        return Err("apps.connections.open: `url` is no address of a WebSocket".to_owned());
    }
    countersign_integrations::install_tls();
    let connecting = tokio_tungstenite::connect_async(url);
    match tokio::time::timeout(Duration::from_secs(10), connecting).await {
        Ok(Ok((socket, _))) => Ok(socket),
        // The address has a ticket in it, and is not printed.
        Ok(Err(_)) => Err("the WebSocket cannot be opened".to_owned()),
        Err(_) => Err("the WebSocket took too long to open".to_owned()),
    }
}

/// Attends to one connection until it ends; says before that when it is to be replaced.
async fn attend(workspace: Workspace, socket: Socket, seen: Seen, ends: oneshot::Sender<Ends>) {
    let mut ends = Some(ends);
    let mut say = |how: Ends| ends.take().map(|ends| ends.send(how));
    let (mut outgoing, mut incoming) = socket.split();
    let (answers, mut answered) = mpsc::unbounded_channel::<Value>();
    let mut greeted = false;
    loop {
        let message = tokio::select! {
            Some(answer) = answered.recv() => {
                if outgoing.send(Message::text(answer.to_string())).await.is_err() { break }
                continue;
            }
            message = tokio::time::timeout(SILENCE, incoming.next()) => message,
        };
        let Ok(Some(Ok(message))) = message else { break };
        let Message::Text(text) = message else { continue };
        let Ok(envelope) = serde_json::from_str::<Envelope>(&text) else {
            tracing::warn!("Slack sent something that is no envelope");
            continue;
        };
        match envelope.kind.as_str() {
            "hello" => {
                greeted = true;
                tracing::info!("Slack is listened to over Socket Mode");
            }
            "disconnect" => {
                let reason = envelope.reason.unwrap_or_default();
                tracing::info!(reason, "Slack ends this connection; another one takes its place");
                if reason == "link_disabled" {
                    tracing::error!(
                        "Socket Mode is off: turn it on in the settings of the Slack app"
                    );
                    say(Ends::Refused);
                    break;
                }
                say(Ends::Replaced);
            }
            _ => receive(&workspace, envelope, &seen, &answers),
        }
    }
    say(if greeted { Ends::Broken } else { Ends::Refused });
}

/// Answers an envelope: at once where no answer is waited for.
fn receive(
    workspace: &Workspace,
    envelope: Envelope,
    seen: &Seen,
    answers: &mpsc::UnboundedSender<Value>,
) {
    let Envelope { kind, id: Some(id), payload, accepts_response_payload, .. } = envelope else {
        return;
    };
    let is_new = seen.is_new(&id);
    let payload = read(&kind, payload).filter(|payload| {
        let (team, enterprise, app) = payload.ids();
        workspace.config().is_ours(team, enterprise, app)
    });
    // Nobody minds an acknowledgement after the connection is gone.
    let Some(payload) = payload.filter(|_| is_new) else {
        let _ = answers.send(json!({ "envelope_id": id }));
        return;
    };
    if !accepts_response_payload {
        let _ = answers.send(json!({ "envelope_id": id }));
    }
    let (workspace, answers) = (workspace.clone(), answers.clone());
    tokio::spawn(async move {
        let Reply { body, later, watch } = workspace.handle(payload).await;
        if accepts_response_payload {
            let mut answer = json!({ "envelope_id": id });
            if let Some(body) = body {
                super::form::put(&mut answer, "payload", body);
            }
            let _ = answers.send(answer);
        }
        for work in [later, watch].into_iter().flatten() {
            work.await;
        }
    });
}

fn read(kind: &str, payload: Value) -> Option<Payload> {
    let read = match kind {
        "slash_commands" => serde_json::from_value(payload).map(Payload::Command),
        "interactive" => serde_json::from_value(payload).map(Payload::Interaction),
        "events_api" => serde_json::from_value(payload).map(Payload::Event),
        // What is newer than this program.
        _ => return None,
    };
    read.inspect_err(|error| tracing::warn!(kind, "Slack sent something else: {error}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_before_is_known_again_and_the_list_stays_short() {
        let seen = Seen::default();
        assert!(seen.is_new("a"));
        assert!(!seen.is_new("a"));
        for number in 0..KNOWN {
            assert!(seen.is_new(&number.to_string()));
        }
        assert!(seen.is_new("a"), "forgotten");
        assert_eq!(seen.0.lock().unwrap().len(), KNOWN);
    }
}
