//! The pages: what one can ask for, what waits, who has what, and why.
//!
//! Each page is made on the server and complete without JavaScript; a little of it keeps a page
//! fresh. All that a page does is a call of the [`Desk`].
//!
//! Who looks at it has [signed in](crate::sign_in) with an identity provider. Where no provider is set
//! up, anybody may choose who they are, so these pages are for one machine only: whoever does
//! not come from it, under one of its own names, is refused.

mod access;
mod act;
mod assets;
mod audit;
mod body;
mod fields;
mod form;
mod guard;
mod home;
mod lists;
mod messages;
mod page;
mod people;
mod person;
mod request;
mod run;
mod sign_in;
mod story;
mod times;
mod why;
mod words;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use countersign::context::Message;
use countersign::desk::{Caller, Desk, EntryView, FormView, Problem, RunView, TargetView};
use countersign::model::{FlowName, Object, RunId, User};

use crate::sign_in::SignIn;
use crate::slack::Forms;

/// What the pages work with.
#[derive(Debug, Clone)]
pub struct ConsoleState {
    /// What every page calls.
    pub desk: Desk,
    /// The people of the settings, for the person switch.
    pub people: Vec<User>,
    /// What would have gone to Slack; `None` where nobody looks at it.
    pub outbox: Option<Arc<dyn Outbox>>,
    /// How people sign in; `None`: whoever comes from this machine chooses who they are.
    pub sign_in: Option<Arc<SignIn>>,
    /// What the flows' own code says about forms. Where it does not answer, forms are plain.
    pub forms: Arc<dyn Forms>,
    /// Whom to ask about runs that the desk shows nobody by itself; `None`: the desk knows all.
    pub viewers: Option<Arc<dyn Viewers>>,
}

/// Shows runs to those whom the flow's own code alone lets see them.
#[async_trait]
pub trait Viewers: fmt::Debug + Send + Sync {
    /// A run.
    async fn view(&self, caller: &Caller, run: &RunId) -> Result<RunView, Problem>;

    /// Its entries from there on, at most so many, and where the next ones begin.
    async fn entries(
        &self,
        caller: &Caller,
        run: &RunId,
        after: Option<u64>,
        limit: usize,
    ) -> Result<(Vec<EntryView>, Option<u64>), Problem>;
}

/// The messages that the local server keeps instead of posting them.
#[async_trait]
pub trait Outbox: fmt::Debug + Send + Sync {
    /// The newest messages, newest first, at most so many.
    async fn messages(&self, limit: usize) -> Vec<Message>;
}

/// What the handlers share.
#[derive(Debug, Clone)]
struct App {
    desk: Desk,
    people: Arc<[User]>,
    outbox: Option<Arc<dyn Outbox>>,
    sign_in: Option<Arc<SignIn>>,
    forms: Arc<dyn Forms>,
    viewers: Option<Arc<dyn Viewers>>,
    secret: Arc<person::Secret>,
}

/// The pages, with a page for every path that there is none for.
///
/// Where nobody signs in it has to be served with the caller's address, by
/// [`into_make_service_with_connect_info`](Router::into_make_service_with_connect_info): whoever
/// does not come from this machine is refused, and so is whoever comes from nobody knows where.
pub fn router(state: ConsoleState) -> Router {
    let ConsoleState { desk, people, outbox, sign_in, forms, viewers } = state;
    let secret = Arc::new(person::Secret::new());
    let app = App { desk, people: people.into(), outbox, sign_in, forms, viewers, secret };
    let entrance = match &app.sign_in {
        Some(_) => sign_in::routes(),
        None => Router::new().route("/person", get(person::ask).post(person::switch)),
    };
    entrance
        .route("/", get(home::home))
        .route("/flows/{flow}", get(request::open).post(request::send))
        .route("/requests", get(lists::requests))
        .route("/approvals", get(lists::approvals))
        .route("/runs/{id}", get(run::show).post(act::act))
        .route("/access", get(access::access))
        .route("/people", get(people::people))
        .route("/people/{id}", post(people::change))
        .route("/audit", get(audit::audit))
        .route("/messages", get(messages::messages))
        .route("/assets/{name}", get(assets::asset))
        .fallback(page::nothing_here)
        .method_not_allowed_fallback(page::not_so)
        .layer(from_fn_with_state(app.clone(), page::in_words))
        .layer(from_fn_with_state(app.clone(), person::recognise))
        .layer(from_fn_with_state(app.clone(), guard::guard))
        .with_state(app)
}

impl App {
    /// The flows that somebody may ask for. Where their code does not answer, all are shown: the
    /// engine checks again.
    async fn flows(&self, caller: &Caller) -> Vec<(FlowName, Vec<TargetView>)> {
        match self.forms.flows(caller).await {
            Ok(flows) => flows,
            Err(_) => self.desk.flows(caller).await,
        }
    }

    /// A flow's form; the plain one where the flow's code does not answer.
    async fn form(
        &self,
        caller: &Caller,
        flow: &FlowName,
        answers: &Object,
        changed: Option<&str>,
    ) -> Result<FormView, Problem> {
        match self.forms.form(caller, flow, answers, changed).await {
            Err(problem) if problem.status >= 500 => {
                self.desk.form(caller, flow, answers, changed).await
            }
            answered => answered,
        }
    }

    async fn view(&self, caller: &Caller, run: &RunId) -> Result<RunView, Problem> {
        match (self.desk.view(caller, run).await, &self.viewers) {
            (Err(hidden), Some(viewers)) if hidden.status == 404 => {
                viewers.view(caller, run).await.map_err(|_| hidden)
            }
            (viewed, _) => viewed,
        }
    }

    async fn entries(
        &self,
        caller: &Caller,
        run: &RunId,
        after: Option<u64>,
        limit: usize,
    ) -> Result<(Vec<EntryView>, Option<u64>), Problem> {
        match (self.desk.entries(caller, run, after, limit).await, &self.viewers) {
            (Err(hidden), Some(viewers)) if hidden.status == 404 => {
                viewers.entries(caller, run, after, limit).await.map_err(|_| hidden)
            }
            (read, _) => read,
        }
    }
}
