//! What all tasks of a round share, and how they call a server that may be gone.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::watch;

use super::ledger::{Deed, Ledger};
use crate::http::{Answer, Call, Client};

/// What all tasks of a round share.
#[derive(Debug)]
pub(super) struct World {
    address: watch::Sender<Option<SocketAddr>>,
    ledger: Mutex<Ledger>,
    is_ending: AtomicBool,
    names: AtomicU64,
    /// How many people ask.
    pub(super) people: usize,
}

/// One command, however often it has to be sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order<'a> {
    pub(super) deed: Deed,
    pub(super) user: &'a str,
    pub(super) path: &'a str,
    pub(super) key: &'a str,
    pub(super) wait: Option<u32>,
    pub(super) body: &'a Value,
}

/// A server that answers nothing for so long is broken.
const PATIENCE: Duration = Duration::from_secs(45);

/// One answer is waited for so long.
const ONE_ANSWER: Duration = Duration::from_secs(15);

impl World {
    pub(super) fn new(people: usize) -> Self {
        Self {
            address: watch::Sender::new(None),
            ledger: Mutex::default(),
            is_ending: AtomicBool::new(false),
            names: AtomicU64::new(0),
            people,
        }
    }

    /// The server listens here; `None`: it is gone.
    pub(super) fn listens(&self, address: Option<SocketAddr>) {
        self.address.send_replace(address);
    }

    pub(super) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn broke(&self, what: String) {
        self.ledger().broken.push(what);
    }

    pub(super) fn broken(&self) -> Vec<String> {
        self.ledger().broken.clone()
    }

    pub(super) fn end_stories(&self) {
        self.is_ending.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_ending(&self) -> bool {
        self.is_ending.load(Ordering::Relaxed)
    }

    /// A key that was never used.
    pub(super) fn new_key(&self) -> String {
        format!("key-{}", self.names.fetch_add(1, Ordering::Relaxed))
    }

    /// Sends an order until the server answers it, and writes down what it said.
    pub(super) async fn order(&self, client: &mut Option<Client>, order: &Order<'_>) -> Answer {
        self.ledger().send(order.key, order.user, order.deed);
        let call = Call {
            method: "POST",
            path: order.path,
            user: order.user,
            token: None,
            key: Some(order.key),
            wait: order.wait,
            body: Some(order.body),
        };
        let answer = self.call(client, &call).await;
        match answer.status {
            200..=202 => {
                let (run, event) = (answer.text("id"), answer.text("event"));
                let event = (!event.is_empty()).then_some(event.as_str());
                let mut ledger = self.ledger();
                ledger.accepted(order.key, &run, event);
                if answer.status < 202 {
                    ledger.done(order.key);
                }
            }
            // Either it was not recorded, or it was recorded and refused: its key tells.
            400..=499 => {}
            status => {
                let what = format!("{} {}: {status} {}", order.path, order.key, answer.body);
                self.broke(what);
            }
        }
        answer
    }

    /// Calls until the server answers.
    pub(super) async fn call(&self, client: &mut Option<Client>, call: &Call<'_>) -> Answer {
        let began = Instant::now();
        loop {
            if began.elapsed() > PATIENCE {
                let what = format!("{} {}: no answer for {PATIENCE:?}", call.method, call.path);
                self.broke(what);
                return Answer { status: 400, body: String::new() };
            }
            let Some(address) = self.there().await else { continue };
            let client = client.get_or_insert_with(|| Client::new(address));
            client.turn_to(address);
            let answered = tokio::time::timeout(ONE_ANSWER, client.send(call)).await;
            match answered {
                // It is busy, or still on its way: the same again.
                Ok(Ok(answer)) if answer.status == 503 => {}
                Ok(Ok(answer)) => return answer,
                Ok(Err(_)) | Err(_) => client.forget(),
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Where the server is, once it is there.
    async fn there(&self) -> Option<SocketAddr> {
        let mut address = self.address.subscribe();
        let there = address.wait_for(Option::is_some);
        let there = tokio::time::timeout(Duration::from_secs(1), there).await;
        there.ok().and_then(|there| there.ok().and_then(|there| *there))
    }
}
