//! The first page: what one can ask for, what waits for one, what one has.

use axum::extract::{Query, State};
use axum::response::Response;
use countersign::desk::{Filter, RunView, TargetView};
use countersign::model::{FlowName, Status};
use maud::{Markup, html};

use super::App;
use super::body::Body;
use super::lists::{self, done};
use super::page::{Failed, Page, SELDOM};
use super::person::Me;
use super::times::Clock;
use super::words;

/// The first page.
pub(super) async fn home(
    State(app): State<App>,
    me: Me,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Response, Failed> {
    let (desk, caller) = (&app.desk, &me.caller);
    let clock = Clock::of(&app);
    let flows = app.flows(caller).await;
    let waiting = desk.waiting(caller, None).await?.items;
    let mine = Filter { requester: Some(me.id().clone()), limit: Some(20), ..Filter::default() };
    let mine = desk.runs(caller, &mine).await?.items;
    let held =
        |run: &&RunView| matches!(run.status, Status::Active | Status::Granting | Status::Revoking);
    let active: Vec<_> = mine.iter().filter(held).collect();
    let recent: Vec<_> = mine.iter().take(8).collect();
    let content = html! {
        h1 { "Hello " (me.caller.user.name) }
        (done(&app, &me, &Body::from(query)).await)
        div.home {
            div {
                (waits(&app, &me, &clock, &waiting))
                (has(&app, &me, &clock, &active))
                section aria-labelledby="ask-title" {
                    h2 #ask-title { "Ask for access" }
                    (tiles(&flows))
                }
            }
            section.card aria-labelledby="recent-title" {
                h2 #recent-title { "My recent requests" }
                @if recent.is_empty() {
                    p.empty { "You have not asked for anything yet." }
                } @else {
                    ul.runs { @for run in recent { li { (lists::item(&app, &clock, run)) } } }
                    p { a href="/requests" { "All my requests" } }
                }
            }
        }
    };
    Ok(Page::of(&app, &me, "Home", content).live(SELDOM).respond())
}

fn waits(app: &App, me: &Me, clock: &Clock, waiting: &[RunView]) -> Markup {
    html! {
        section aria-labelledby="waits-title" {
            h2 #waits-title {
                "Waits for me"
                @if !waiting.is_empty() { " " span.count { (waiting.len()) } }
            }
            @if waiting.is_empty() { p.empty { "Nothing waits for you." } }
            @for run in waiting { (lists::decision(app, me, clock, run, "/")) }
        }
    }
}

fn has(app: &App, me: &Me, clock: &Clock, active: &[&RunView]) -> Markup {
    html! {
        section aria-labelledby="has-title" {
            h2 #has-title { "My access now" }
            @if active.is_empty() { p.empty { "You have no access now." } }
            @for run in active {
                div.card.row {
                    div.grows {
                        h3 { a href=(run.url) { (words::what(run)) } }
                        p {
                            (words::pill(run.status, run.outcome)) " "
                            (words::standing(app, clock, run))
                        }
                    }
                    @if run.status == Status::Active {
                        (lists::end(me, &run.id, &words::what(run), "/"))
                    }
                }
            }
        }
    }
}

fn tiles(flows: &[(FlowName, Vec<TargetView>)]) -> Markup {
    html! {
        @if flows.is_empty() {
            p.empty { "There is nothing that you may ask for. An administrator can tell you why." }
        }
        ul.tiles {
            @for (flow, targets) in flows {
                @if targets.is_empty() {
                    li { a.tile href={ "/flows/" (flow) } { strong { (flow) } span.muted { "an approval" } } }
                }
                @for target in targets {
                    li {
                        a.tile href={ "/flows/" (flow) "?target=" (target.name) } {
                            strong { (target.label) }
                            span.muted { (target.kind) " · up to " (words::duration(target.longest)) }
                            span.muted.small { (flow) }
                        }
                    }
                }
            }
        }
    }
}
