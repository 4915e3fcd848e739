//! Asking: the form opens, is previewed, changes with what is chosen, and is sent.

use std::time::Duration as Real;

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use countersign::desk::{Preview, Problem};
use countersign::engine::FlowConfig;
use countersign::model::FlowName;

use super::App;
use super::body::Body;
use super::fields;
use super::form::{FormPage, ask};
use super::page::{Failed, Page};
use super::person::Me;
use super::times::Clock;

/// How long a page waits for what it asked for.
pub(super) const PATIENCE: Real = Real::from_secs(3);

/// The form as it opens. The query may fill it in.
pub(super) async fn open(
    State(app): State<App>,
    me: Me,
    Path(flow): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Response, Failed> {
    let opened = Opened::new(&app, &me, &flow, Body::from(query))?;
    let is_fresh = opened.has_no_answers();
    opened.show(Shows { is_fresh, ..Shows::default() }).await
}

/// A form that was filled in.
pub(super) async fn send(
    State(app): State<App>,
    me: Me,
    Path(flow): Path<String>,
    body: Body,
) -> Result<Response, Failed> {
    let mut opened = Opened::new(&app, &me, &flow, body)?;
    if let Err(problem) = me.visitor.check(&opened.body) {
        return opened.refuse(problem).await;
    }
    let wanted = opened.body.text("do").to_owned();
    match wanted.as_str() {
        "preview" => opened.preview().await,
        changed if changed.starts_with("changed:") => {
            let field = changed.trim_start_matches("changed:").to_owned();
            opened.body.set("changed", field);
            opened.show(Shows { is_fresh: true, ..Shows::default() }).await
        }
        _ => opened.file().await,
    }
}

/// What a form shows besides itself.
#[derive(Debug, Default)]
struct Shows {
    is_fresh: bool,
    problem: Option<Problem>,
    preview: Option<Preview>,
}

/// A form that somebody has before them.
struct Opened<'a> {
    app: &'a App,
    me: &'a Me,
    flow: FlowName,
    config: &'a FlowConfig,
    body: Body,
}

impl<'a> Opened<'a> {
    fn new(app: &'a App, me: &'a Me, flow: &str, body: Body) -> Result<Self, Problem> {
        let unknown = || {
            Problem::new(404, "no_such_flow", format!("there is no flow `{flow}`"))
                .hint("the first page shows what you can ask for")
        };
        let name = FlowName::parse(flow).map_err(|_| unknown())?;
        let config = app.desk.runner.environment.flow(&name).ok_or_else(unknown)?;
        Ok(Self { app, me, flow: name, config, body })
    }

    fn has_no_answers(&self) -> bool {
        self.config.table.fields.iter().all(|field| !self.body.has(&fields::key(field.name)))
    }

    async fn show(&self, shows: Shows) -> Result<Response, Failed> {
        let Shows { is_fresh, problem, preview } = shows;
        let answers = fields::answers(self.config.table.fields, &self.body);
        let changed = Some(self.body.text("changed")).filter(|changed| !changed.is_empty());
        let view = self.app.form(&self.me.caller, &self.flow, &answers, changed).await?;
        let page = FormPage {
            app: self.app,
            me: self.me,
            config: self.config,
            view: &view,
            body: &self.body,
            is_fresh,
            problem: problem.as_ref(),
            preview: preview.as_ref(),
        };
        let status = problem.as_ref().map_or(200, |problem| problem.status);
        Ok(Page::of(self.app, self.me, "Ask for access", page.render()).status(status).respond())
    }

    async fn refuse(&self, problem: Problem) -> Result<Response, Failed> {
        self.show(Shows { problem: Some(problem), ..Shows::default() }).await
    }

    fn ask(&self) -> Result<countersign::desk::Ask, Problem> {
        let (ask, wrong) = ask(self.config, &self.flow, &Clock::of(self.app), &self.body);
        if wrong.is_empty() { Ok(ask) } else { Err(Problem::fields(wrong)) }
    }

    async fn preview(&self) -> Result<Response, Failed> {
        let previewed = match self.ask() {
            Ok(ask) => match self.app.desk.check(&self.me.caller, &ask).await {
                Ok(()) => self.app.forms.preview(&self.me.caller, &ask).await,
                Err(problem) => Err(problem),
            },
            Err(problem) => Err(problem),
        };
        match previewed {
            Ok(preview) => self.show(Shows { preview: Some(preview), ..Shows::default() }).await,
            Err(problem) => self.refuse(problem).await,
        }
    }

    async fn file(&self) -> Result<Response, Failed> {
        match self.try_file().await {
            Ok(response) => Ok(response),
            Err(problem) if problem.code == "idempotency_mismatch" => {
                let again = Problem::new(
                    409,
                    "sent_before",
                    "this form was sent before, with something else in it",
                );
                let again = again.hint("send it again if you want to ask a second time");
                self.refuse(Problem { run: problem.run, ..again }).await
            }
            Err(problem) => self.refuse(problem).await,
        }
    }

    async fn try_file(&self) -> Result<Response, Problem> {
        let (desk, caller) = (&self.app.desk, &self.me.caller);
        let ask = match self.ask() {
            Ok(ask) => ask,
            Err(problem) => {
                desk.refused(caller, "request", &problem).await;
                return Err(problem);
            }
        };
        desk.appear(caller).await?;
        let key = Some(self.body.text("key")).filter(|key| !key.is_empty());
        let accepted = desk.request(caller, &ask, key).await?;
        let settled = desk.settled(caller, &accepted, PATIENCE).await?;
        let slow = if settled.is_none() { "?slow" } else { "" };
        Ok(Redirect::to(&format!("/runs/{}{slow}", accepted.id)).into_response())
    }
}
