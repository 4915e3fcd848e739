//! Where a vendor's API listens, what it heard, and how it misbehaves.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tokio::sync::Notify;

use crate::contract::{Exchange, Published};

/// A listener on this machine, until it is dropped.
#[derive(Debug)]
pub struct House {
    /// Its address, as `http://127.0.0.1:12345`.
    pub url: String,
    log: Arc<Log>,
    serving: tokio::task::JoinHandle<()>,
}

/// What one request was.
#[derive(Debug, Clone)]
pub struct Heard {
    /// Its method.
    pub method: Method,
    /// Its path, with the query.
    pub path: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

/// How a vendor misbehaves, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// It does nothing and answers so, with a body.
    Answers(u16, String),
    /// It does nothing and answers so, with all that it was sent, as pages for debugging do.
    Echoes(u16),
    /// It does nothing, and asks to be left alone for so many seconds.
    Busy(u64),
    /// It does what it is asked, and answers 500.
    DoneButFails,
    /// It does what it is asked, and breaks off before it answers.
    DoneButSilent,
    /// It does nothing and never answers.
    Hangs,
}

impl Log {
    fn exchanged(&self, heard: &Heard, answer: Option<(u16, Vec<u8>)>) {
        if self.published.get().is_some() && !self.is_let_go.load(Ordering::Relaxed) {
            let (method, path, body) =
                (heard.method.clone(), heard.path.clone(), heard.body.to_vec());
            self.exchanges.lock().unwrap().push(Exchange { method, path, body, answer });
        }
    }
}

impl Heard {
    /// All of it as one text in JSON, with what secrets it came with in front.
    fn told(&self) -> String {
        let mut headers: Vec<_> = self.headers.iter().collect();
        headers.sort_by_key(|(name, _)| *name != "authorization");
        let body = String::from_utf8_lossy(&self.body);
        serde_json::Value::String(format!("{headers:?} {} {body}", self.path)).to_string()
    }
}

#[derive(Debug, Default)]
struct Log {
    heard: Mutex<Vec<Heard>>,
    troubles: Mutex<VecDeque<(String, Trouble)>>,
    /// Those of requests that change something.
    of_changes: Mutex<VecDeque<Trouble>>,
    published: OnceLock<Published>,
    is_let_go: AtomicBool,
    /// It answers everything with this status, and does nothing.
    shut: OnceLock<StatusCode>,
    exchanges: Mutex<Vec<Exchange>>,
    /// Something was heard or answered.
    changed: Notify,
}

impl House {
    /// Serves these routes on a free port.
    pub async fn open(routes: Router) -> Self {
        std::future::ready(Self::serve(routes)).await
    }

    /// The same, at once: for those who cannot wait. It has to be called from within a runtime.
    #[must_use]
    pub fn serve(routes: Router) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let log = Arc::new(Log::default());
        let routes = routes.layer(from_fn_with_state(log.clone(), watched));
        let serving = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { url, log, serving }
    }

    /// Holds all that goes to and fro against what the vendor publishes, when the house is closed.
    #[must_use]
    pub(crate) fn held_to(self, published: Published) -> Self {
        if published.file().is_some() {
            // Only the first call counts.
            let _ = self.log.published.set(published);
        }
        self
    }

    /// From now on it answers as no vendor would: nothing is held against what is published.
    pub fn let_go(&self) {
        self.log.is_let_go.store(true, Ordering::Relaxed);
    }

    /// All that it was asked, oldest first, refused requests too.
    #[must_use]
    pub fn heard(&self) -> Vec<Heard> {
        self.log.heard.lock().unwrap().clone()
    }

    /// How often it was asked for paths that begin so.
    #[must_use]
    pub fn times(&self, path: &str) -> usize {
        self.log.heard.lock().unwrap().iter().filter(|heard| heard.path.starts_with(path)).count()
    }

    /// Waits until something is so: looks at once, and again whenever a request was heard or answered.
    ///
    /// # Panics
    ///
    /// If that takes ten seconds.
    pub async fn until<T>(&self, what: &str, look: impl Fn() -> Option<T>) -> T {
        let waiting = async {
            loop {
                let changed = self.log.changed.notified();
                tokio::pin!(changed);
                changed.as_mut().enable();
                if let Some(found) = look() {
                    return found;
                }
                changed.await;
            }
        };
        let found = tokio::time::timeout(Duration::from_secs(10), waiting).await;
        found.unwrap_or_else(|_| panic!("it did not come to this: {what}"))
    }

    /// Misbehaves at the next request for a path that begins so; told twice, at the next two.
    pub fn expect(&self, path: &str, trouble: Trouble) {
        self.log.troubles.lock().unwrap().push_back((path.to_owned(), trouble));
    }

    /// Behaves again, whatever it was told before.
    pub fn recover(&self) {
        self.log.troubles.lock().unwrap().clear();
        self.log.of_changes.lock().unwrap().clear();
    }

    /// Whoever it served is gone: from now on it does nothing, and answers everything with this status.
    pub fn shut(&self, status: u16) {
        self.let_go();
        let _ = self.log.shut.set(StatusCode::from_u16(status).unwrap());
    }

    /// Misbehaves at the next request that changes something: one that is no `GET` and no `HEAD`.
    /// What asks for a token, or by `GraphQL`,
    /// changes nothing.
    pub fn expect_change(&self, trouble: Trouble) {
        self.log.of_changes.lock().unwrap().push_back(trouble);
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.serving.abort();
        let Some(published) = self.log.published.get().filter(|_| !std::thread::panicking()) else {
            return;
        };
        let broken = published.broken_by(&self.log.exchanges.lock().unwrap());
        assert!(broken.is_empty(), "not as the vendor publishes it:\n{}", broken.join("\n"));
    }
}

async fn watched(State(log): State<Arc<Log>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 16 * 1024 * 1024).await.unwrap();
    let path = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let heard = Heard {
        method: parts.method.clone(),
        path: path.clone(),
        headers: parts.headers.clone(),
        body: body.clone(),
    };
    log.heard.lock().unwrap().push(heard.clone());
    log.changed.notify_waiters();
    if let Some(status) = log.shut.get() {
        return status.into_response();
    }
    let trouble = {
        let mut troubles = log.troubles.lock().unwrap();
        let found = troubles.iter().position(|(begins, _)| path.starts_with(begins));
        let found = found.and_then(|index| troubles.remove(index)).map(|(_, trouble)| trouble);
        let is_read = matches!(parts.method, Method::GET | Method::HEAD)
            || ["token", "graphql", "authenticate"].iter().any(|it| path.contains(it));
        match found {
            None if !is_read => log.of_changes.lock().unwrap().pop_front(),
            found => found,
        }
    };
    let request = Request::from_parts(parts, Body::from(body));
    if trouble.is_some() {
        log.exchanged(&heard, None);
    }
    match trouble {
        None => {
            let (parts, body) = next.run(request).await.into_parts();
            let body = to_bytes(body, usize::MAX).await.unwrap();
            log.exchanged(&heard, Some((parts.status.as_u16(), body.to_vec())));
            log.changed.notify_waiters();
            Response::from_parts(parts, Body::from(body))
        }
        Some(Trouble::Answers(status, body)) => {
            let status = StatusCode::from_u16(status).unwrap();
            (status, [("content-type", "application/json")], body).into_response()
        }
        Some(Trouble::Echoes(status)) => {
            let status = StatusCode::from_u16(status).unwrap();
            (status, [("content-type", "application/json")], heard.told()).into_response()
        }
        Some(Trouble::Busy(seconds)) => {
            (StatusCode::TOO_MANY_REQUESTS, [("retry-after", seconds.to_string())]).into_response()
        }
        Some(Trouble::DoneButFails) => {
            next.run(request).await;
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
        Some(Trouble::DoneButSilent) => {
            next.run(request).await;
            // The body is announced and never comes.
            let broken = cut();
            ([("content-length", "1")], Body::from_stream(broken)).into_response()
        }
        Some(Trouble::Hangs) => {
            tokio::time::sleep(Duration::from_hours(1)).await;
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A body that breaks.
fn cut() -> impl futures_util::Stream<Item = Result<Bytes, std::io::Error>> {
    futures_util::stream::once(async { Err(std::io::Error::other("the line is cut")) })
}
