//! Lists of runs, and how one run looks in them.

use axum::extract::{Query, State};
use axum::response::Response;
use countersign::desk::{Filter, RunView};
use countersign::model::RunId;
use maud::{Markup, html};

use super::body::Body;
use super::page::{Failed, Page, SELDOM, Tone, notice};
use super::person::{Me, nonce};
use super::times::Clock;
use super::{App, run, words};

/// So many runs stand on a page.
const PAGE: usize = 25;

/// What somebody asked for.
pub(super) async fn requests(
    State(app): State<App>,
    me: Me,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Response, Failed> {
    let query = Body::from(query);
    let filter = Filter {
        requester: Some(me.id().clone()),
        cursor: cursor(&query),
        limit: Some(PAGE),
        ..Filter::default()
    };
    let page = app.desk.runs(&me.caller, &filter).await?;
    let clock = Clock::of(&app);
    let content = html! {
        h1 { "My requests" }
        @if page.items.is_empty() {
            p.empty { "You have not asked for anything yet. " a href="/" { "See what you can ask for." } }
        }
        (list(&app, &clock, &page.items))
        (more("/requests", page.next.as_deref()))
    };
    Ok(Page::of(&app, &me, "My requests", content).live(SELDOM).respond())
}

/// What waits for somebody.
pub(super) async fn approvals(
    State(app): State<App>,
    me: Me,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Response, Failed> {
    let query = Body::from(query);
    let page = app.desk.waiting(&me.caller, cursor(&query)).await?;
    let clock = Clock::of(&app);
    let content = html! {
        h1 { "Waits for me" }
        (done(&app, &me, &query).await)
        @if page.items.is_empty() { p.empty { "Nothing waits for you." } }
        @for run in &page.items { (decision(&app, &me, &clock, run, "/approvals")) }
        (more("/approvals", page.next.as_deref()))
    };
    Ok(Page::of(&app, &me, "Waits for me", content).live(SELDOM).respond())
}

pub(super) fn cursor(query: &Body) -> Option<String> {
    Some(query.text("cursor").to_owned()).filter(|cursor| !cursor.is_empty())
}

/// Says what became of a run that was just acted upon from a list.
pub(super) async fn done(app: &App, me: &Me, query: &Body) -> Markup {
    let Ok(id) = RunId::parse(query.text("done")) else { return Markup::default() };
    let Ok(run) = app.desk.view(&me.caller, &id).await else { return Markup::default() };
    let (word, _) = words::pill_word(run.status, run.outcome);
    let text = format!("{} for {} is now “{word}”.", words::what(&run), run.requester);
    html! {
        (notice(Tone::Info, "Done.", &text, None))
        p { a href=(run.url) { "Look at that run" } }
    }
}

/// Runs below each other.
pub(super) fn list(app: &App, clock: &Clock, runs: &[RunView]) -> Markup {
    html! {
        @if !runs.is_empty() {
            ul.runs.card { @for run in runs { li { (item(app, clock, run)) } } }
        }
    }
}

/// A link to the next page.
pub(super) fn more(path: &str, next: Option<&str>) -> Markup {
    html! {
        @if let Some(next) = next {
            @let join = if path.contains('?') { "&" } else { "?" };
            nav.more-link aria-label="Pages of this list" {
                a.button href={ (path) (join) "cursor=" (next) } { "Older ones" }
            }
        }
    }
}

/// A run in a list.
pub(super) fn item(app: &App, clock: &Clock, run: &RunView) -> Markup {
    html! {
        p.run-line {
            a href=(run.url) { (words::what(run)) } " " (words::pill(run.status, run.outcome))
        }
        p.muted.small {
            (words::who(app, &run.requester)) " asked " (clock.both(run.created))
            @if !run.reason.is_empty() { " · " span.said { (run.reason) } }
        }
    }
}

/// A run that waits for a decision, with the buttons for it.
pub(super) fn decision(app: &App, me: &Me, clock: &Clock, run: &RunView, back: &str) -> Markup {
    let id = format!("message-{}", run.id);
    let what = words::what(run);
    html! {
        article.card.decision {
            h3 {
                (words::who(app, &run.requester)) " asks for "
                a href=(run.url) { (what) }
                @if let Some(duration) = run.duration { " for " (words::duration(duration)) }
            }
            @if !run.reason.is_empty() { p.said { (run.reason) } }
            p.muted.small {
                "Asked " (clock.both(run.created)) " · " (words::standing(app, clock, run))
            }
            form.inline method="post" action={ "/runs/" (run.id) } {
                (run::hidden(me, run))
                input type="hidden" name="back" value=(back);
                div.grows {
                    label.visually-hidden for=(id) { "Message about " (what) ", optional" }
                    input id=(id) name="message" maxlength="2000" placeholder="Message (optional)"
                        autocomplete="off";
                }
                button.primary name="do" value="approve" { "Approve" }
                button.danger name="do" value="deny" { "Deny" }
            }
        }
    }
}

/// The button that ends access.
pub(super) fn end(me: &Me, run: &RunId, what: &str, back: &str) -> Markup {
    html! {
        form method="post" action={ "/runs/" (run) } {
            input type="hidden" name="csrf" value=(me.visitor.token);
            input type="hidden" name="key" value=(nonce());
            input type="hidden" name="back" value=(back);
            button.danger name="do" value="end" {
                "End access" span.visually-hidden { " to " (what) }
            }
        }
    }
}
