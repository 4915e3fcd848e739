//! Socket Mode: what people do is sent over the connections that the app opens.
//! Source: <https://docs.slack.dev/apis/events-api/using-socket-mode/>.

use std::sync::Mutex;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::tungstenite::Message;

use super::{Shared, Workspace};

/// What goes out over a connection.
#[derive(Debug)]
pub(crate) enum Out {
    /// An envelope, whose acknowledgement somebody waits for.
    Envelope(Value, oneshot::Sender<Value>),
    /// Anything else.
    Says(Value),
    /// The line is cut.
    Cut,
}

/// The connections that are open, the newest last.
#[derive(Debug, Default)]
pub(crate) struct Sockets(Mutex<Vec<mpsc::UnboundedSender<Out>>>);

impl Workspace {
    /// Turns Socket Mode on.
    pub async fn with_socket_mode(&self) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/link/?ticket=canary", listener.local_addr().unwrap());
        self.state().socket_url = Some(url);
        let shared = self.shared();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(connected(shared.clone(), stream));
            }
        });
    }

    /// Waits until so many connections are open.
    pub async fn has_connections(&self, number: usize) {
        let look = || (self.state().sockets.open() == number).then_some(());
        loop {
            if look().is_some() {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    /// How many connections the app has opened.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.state().sockets.open()
    }

    /// Says that the newest connection is to be replaced, as Slack does shortly before it ends it.
    pub fn warns_of_the_end(&self) {
        let says =
            json!({ "type": "disconnect", "reason": "warning", "debug_info": { "host": "h" } });
        self.state().sockets.send(Out::Says(says));
    }

    /// Cuts all connections.
    pub fn cuts_connections(&self) {
        self.state().sockets.cut();
    }

    /// From now on the acknowledgements get lost, so that everything is delivered once more.
    pub fn delivers_twice(&self) {
        self.state().twice = true;
    }

    /// Sends an envelope over the newest connection, and returns its acknowledgement's payload.
    pub(super) async fn envelope(&self, kind: &str, id: &str, payload: &Value) -> Value {
        let (done, acknowledged) = oneshot::channel();
        let envelope = json!({
            "type": kind,
            "envelope_id": id,
            "payload": payload,
            "accepts_response_payload": kind != "events_api",
        });
        self.state().sockets.send(Out::Envelope(envelope.clone(), done));
        let acknowledged = tokio::time::timeout(Duration::from_secs(3), acknowledged).await;
        let first =
            acknowledged.expect("it was not acknowledged in time").expect("the connection is gone");
        if self.state().twice {
            let (done, acknowledged) = oneshot::channel();
            self.state().sockets.send(Out::Envelope(envelope, done));
            let acknowledged = tokio::time::timeout(Duration::from_secs(3), acknowledged).await;
            acknowledged.expect("it was not acknowledged again").expect("the connection is gone");
        }
        first
    }
}

impl Sockets {
    fn open(&self) -> usize {
        let mut all = self.0.lock().unwrap();
        all.retain(|one| !one.is_closed());
        all.len()
    }

    fn send(&self, out: Out) {
        let mut all = self.0.lock().unwrap();
        all.retain(|one| !one.is_closed());
        all.last().expect("the app has no connection").send(out).unwrap();
    }

    fn cut(&self) {
        for one in self.0.lock().unwrap().drain(..) {
            let _ = one.send(Out::Cut);
        }
    }
}

async fn connected(shared: Shared, stream: tokio::net::TcpStream) {
    let socket = tokio_tungstenite::accept_async(stream).await.unwrap();
    let (mut outgoing, mut incoming) = socket.split();
    let hello =
        json!({ "type": "hello", "num_connections": 1, "connection_info": { "app_id": "A" } });
    outgoing.send(Message::text(hello.to_string())).await.unwrap();
    let (sender, mut out) = mpsc::unbounded_channel();
    shared.lock().unwrap().sockets.0.lock().unwrap().push(sender);
    let mut waiting: Vec<(String, oneshot::Sender<Value>)> = Vec::new();
    loop {
        tokio::select! {
            out = out.recv() => match out {
                Some(Out::Envelope(envelope, done)) => {
                    waiting.push((envelope["envelope_id"].as_str().unwrap().to_owned(), done));
                    if outgoing.send(Message::text(envelope.to_string())).await.is_err() { return }
                }
                Some(Out::Says(says)) => {
                    if outgoing.send(Message::text(says.to_string())).await.is_err() { return }
                }
                Some(Out::Cut) | None => return,
            },
            message = incoming.next() => {
                let Some(Ok(message)) = message else { return };
                let Message::Text(text) = message else { continue };
                let answer: Value = serde_json::from_str(&text).unwrap();
                let id = answer["envelope_id"].as_str().expect("an answer to no envelope");
                let at = waiting.iter().position(|(waits, _)| waits == id);
                let (_, done) = waiting.remove(at.expect("it was acknowledged twice"));
                let _ = done.send(answer["payload"].clone());
            }
        }
    }
}
