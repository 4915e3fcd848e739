//! For administrators and auditors: all runs, and what was refused outside of any.

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use countersign::desk::{AuditFilter, Filter, Problem};
use countersign::model::{FlowName, RunId, Status, UserId};
use maud::{Markup, html};

use super::body::Body;
use super::lists::{self, cursor, more};
use super::page::{Failed, Page};
use super::person::Me;
use super::times::Clock;
use super::{App, story, words};

/// So many runs stand on a page.
const PAGE: usize = 50;

/// So many entries of an account are shown.
const ENTRIES: usize = 100;

/// All runs, searched; of a person also what happened outside of runs.
pub(super) async fn audit(
    State(app): State<App>,
    me: Me,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Response, Failed> {
    if !me.reads_all() {
        let problem =
            Problem::new(403, "not_an_auditor", "the audit is for administrators and auditors");
        return Err(problem.hint("your own runs are under “My requests”").into());
    }
    let query = Body::from(query);
    if let Ok(id) = RunId::parse(query.text("run").trim().to_uppercase()) {
        return Ok(Redirect::to(&format!("/runs/{id}#story")).into_response());
    }
    let filter = filter(&query)?;
    let page = app.desk.runs(&me.caller, &filter).await?;
    let clock = Clock::of(&app);
    let account = match &filter.requester {
        Some(user) => account(&app, &me, &clock, user).await?,
        None => Markup::default(),
    };
    let keys = ["person", "flow", "status"];
    let again: Vec<_> =
        keys.iter().map(|key| format!("{key}={}", words::encoded(query.text(key)))).collect();
    let content = html! {
        h1 { "Audit" }
        (search(&app, &query))
        section aria-labelledby="runs-title" {
            h2 #runs-title { "Runs" }
            @if page.items.is_empty() { p.empty { "No run fits." } }
            (lists::list(&app, &clock, &page.items))
            (more(&format!("/audit?{}", again.join("&")), page.next.as_deref()))
        }
        (account)
    };
    Ok(Page::of(&app, &me, "Audit", content).respond())
}

fn filter(query: &Body) -> Result<Filter, Problem> {
    let text = |name: &str| Some(query.text(name).trim()).filter(|text| !text.is_empty());
    let wrong =
        |field: &str, message: String| Problem::field(field, message, "leave it empty for all");
    let person = text("person").map(UserId::of_mail).transpose();
    let flow = text("flow").map(FlowName::parse).transpose();
    let status = text("status").map(|text| {
        let found = Status::ALL.iter().find(|status| status.as_str() == text);
        found.copied().ok_or_else(|| wrong("status", format!("there is no status `{text}`")))
    });
    if let Some(run) = text("run") {
        return Err(wrong("run", format!("`{run}` is not the id of a run: it has 26 characters")));
    }
    Ok(Filter {
        requester: person.map_err(|error| wrong("person", error.to_string()))?,
        flow: flow.map_err(|error| wrong("flow", error.to_string()))?,
        status: status.transpose()?,
        cursor: cursor(query),
        limit: Some(PAGE),
        ..Filter::default()
    })
}

fn search(app: &App, query: &Body) -> Markup {
    let flows = app.desk.runner.environment.flows.keys();
    html! {
        form.card.inline method="get" action="/audit" role="search" {
            div.field.grows {
                label for="run" { "Run" }
                input #run name="run" value=(query.text("run")) placeholder="its id" autocomplete="off";
            }
            div.field.grows {
                label for="person-of" { "Person" }
                input #person-of type="email" name="person" value=(query.text("person"))
                    list="person-list" placeholder="anybody" autocomplete="off";
                datalist #person-list {
                    @for user in app.people.iter() { option value=(user.id) { (user.name) } }
                }
            }
            div.field.grows {
                label for="flow" { "Flow" }
                select #flow name="flow" {
                    option value="" { "Any" }
                    @for flow in flows {
                        option value=(flow) selected[flow.as_str() == query.text("flow")] { (flow) }
                    }
                }
            }
            div.field.grows {
                label for="status" { "Status" }
                select #status name="status" {
                    option value="" { "Any" }
                    @for status in Status::ALL {
                        option value=(status) selected[status.as_str() == query.text("status")] { (status) }
                    }
                }
            }
            button { "Search" }
        }
    }
}

async fn account(app: &App, me: &Me, clock: &Clock, user: &UserId) -> Result<Markup, Problem> {
    let filter =
        AuditFilter { user: Some(user.clone()), limit: Some(ENTRIES), ..AuditFilter::default() };
    let entries = app.desk.audit(&me.caller, &filter).await?.items;
    Ok(html! {
        section.card aria-labelledby="account-title" {
            h2 #account-title { "Outside of any run" }
            @if entries.is_empty() { p.empty { "Nothing about " (words::who(app, user)) "." } }
            ol.story {
                @for sealed in &entries { (story::line(app, clock, sealed, &entries)) }
            }
        }
    })
}
