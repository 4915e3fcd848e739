//! A `DynamoDB` that answers as it is told to, whatever it is asked: for what no emulator ever says.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use crate::aws::{Clients, Patience};
use crate::store::DynamoStore;
use crate::store::dynamodb::Tables;

/// What is answered.
#[derive(Debug, Clone)]
pub(super) enum Answer {
    /// A status and a body.
    Says(u16, Value),
    /// Nothing, ever.
    Silence,
}

/// A success without anything in it.
pub(super) fn done() -> Answer {
    Answer::Says(200, json!({}))
}

pub(super) fn says(body: Value) -> Answer {
    Answer::Says(200, body)
}

/// A refusal by its code.
pub(super) fn error(status: u16, code: &str) -> Answer {
    refusal(status, code, json!({ "message": "as it is told" }))
}

fn refusal(status: u16, code: &str, mut body: Value) -> Answer {
    body["__type"] = format!("com.amazonaws.dynamodb.v20120810#{code}").into();
    Answer::Says(status, body)
}

/// A condition that did not hold, of a write by itself.
pub(super) fn refused(item: &Value) -> Answer {
    let body = json!({ "message": "The conditional request failed", "Item": item });
    refusal(400, "ConditionalCheckFailedException", body)
}

/// A transaction that was cancelled, with the reason for each action.
pub(super) fn cancelled(reasons: &[Value]) -> Answer {
    let body = json!({ "Message": "Transaction cancelled", "CancellationReasons": reasons });
    refusal(400, "TransactionCanceledException", body)
}

pub(super) fn reason(code: &str) -> Value {
    json!({ "Code": code, "Message": format!("it is a {code}") })
}

/// A condition that did not hold, of an action of a transaction.
pub(super) fn in_the_way(item: &Value) -> Value {
    json!({ "Code": "ConditionalCheckFailed", "Message": "it does not hold", "Item": item })
}

/// An item as `DynamoDB` tells it.
pub(super) fn stored(sk: &str, token: &str) -> Value {
    json!({
        "pk": { "S": "p" }, "sk": { "S": sk }, "body": { "S": "{}" },
        "version": { "N": "3" }, "token": { "S": token },
    })
}

/// What was asked: the name of the operation, and its input.
pub(super) type Asked = Vec<(String, Value)>;

#[derive(Debug, Default)]
struct Script {
    answers: VecDeque<Answer>,
    asked: Asked,
}

/// It answers in this order, and the last over and over.
#[derive(Debug)]
pub(super) struct Fake {
    script: Arc<Mutex<Script>>,
    pub(super) store: DynamoStore,
}

impl Fake {
    pub(super) async fn of(answers: impl IntoIterator<Item = Answer>) -> Self {
        let script = Script { answers: answers.into_iter().collect(), asked: Vec::new() };
        let script = Arc::new(Mutex::new(script));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let service = Router::new().fallback(answer).with_state(script.clone());
        tokio::spawn(async move { axum::serve(listener, service).await });
        let tables = Tables { core: "core".to_owned(), audit: "audit".to_owned() };
        let clients = Clients::of_emulator(&endpoint);
        Self { script, store: DynamoStore::new(&clients, tables, Patience::Waiting) }
    }

    pub(super) fn asked(&self) -> Asked {
        self.script.lock().unwrap().asked.clone()
    }

    /// The operations in order.
    pub(super) fn operations(&self) -> String {
        let names: Vec<_> = self.asked().into_iter().map(|(name, _)| name).collect();
        names.join(" ")
    }
}

async fn answer(
    State(script): State<Arc<Mutex<Script>>>,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, String) {
    let answer = {
        let mut script = script.lock().unwrap();
        let target = headers["x-amz-target"].to_str().unwrap();
        let name = target.rsplit('.').next().unwrap().to_owned();
        script.asked.push((name, serde_json::from_str(&body).unwrap()));
        match script.answers.len() {
            1 => script.answers[0].clone(),
            _ => script.answers.pop_front().unwrap(),
        }
    };
    match answer {
        Answer::Says(status, body) => (StatusCode::from_u16(status).unwrap(), body.to_string()),
        Answer::Silence => std::future::pending().await,
    }
}
