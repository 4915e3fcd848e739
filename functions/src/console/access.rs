//! Who has what now.

use axum::extract::{Query, State};
use axum::response::Response;
use countersign::desk::{Filter, GrantView, Problem};
use countersign::model::{TargetName, UserId};
use maud::{Markup, html};

use super::body::Body;
use super::lists::{self, cursor, done, more};
use super::page::{Failed, Page, SELDOM};
use super::person::Me;
use super::times::Clock;
use super::{App, words};

/// So many stand on a page: for each it is looked up who may end it.
const PAGE: usize = 25;

/// Everybody's access, as far as one may see it.
pub(super) async fn access(
    State(app): State<App>,
    me: Me,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Response, Failed> {
    let query = Body::from(query);
    let filter = filter(&query)?;
    let page = app.desk.grants(&me.caller, &filter).await?;
    let clock = Clock::of(&app);
    let mut rows = Vec::new();
    for grant in &page.items {
        rows.push((grant, may_end(&app, &me, grant).await));
    }
    let is_filtered = filter.requester.is_some() || filter.target.is_some();
    let next = format!(
        "/access?user={}&target={}",
        words::encoded(query.text("user")),
        words::encoded(query.text("target"))
    );
    let content = html! {
        h1 { "Who has what now" }
        (done(&app, &me, &query).await)
        (search(&app, &me, &query))
        @if rows.is_empty() {
            p.empty { @if is_filtered { "Nobody, as far as you may see." } @else { "Nobody has any access now." } }
        } @else {
            (table(&app, &me, &clock, &rows))
        }
        (more(&next, page.next.as_deref()))
    };
    Ok(Page::of(&app, &me, "Access", content).live(SELDOM).respond())
}

fn filter(query: &Body) -> Result<Filter, Problem> {
    let text = |name: &str| Some(query.text(name).trim()).filter(|text| !text.is_empty());
    let user = text("user").map(UserId::of_mail).transpose();
    let target = text("target").map(TargetName::parse).transpose();
    let wrong = |field: &str, error: countersign::model::InvalidName| {
        Problem::field(field, error.to_string(), "leave it empty for all")
    };
    Ok(Filter {
        requester: user.map_err(|error| wrong("user", error))?,
        target: target.map_err(|error| wrong("target", error))?,
        cursor: cursor(query),
        limit: Some(PAGE),
        ..Filter::default()
    })
}

async fn may_end(app: &App, me: &Me, grant: &GrantView) -> bool {
    let Ok(run) = app.desk.view(&me.caller, &grant.run).await else { return false };
    run.explain.you.iter().any(|may| may.action == "revoke" && may.allowed)
}

fn search(app: &App, me: &Me, query: &Body) -> Markup {
    let targets = &app.desk.runner.environment.targets;
    html! {
        form.card.inline method="get" action="/access" role="search" {
            div.field.grows {
                label for="user" { "Person" }
                input #user type="email" name="user" value=(query.text("user")) list="user-list"
                    placeholder="anybody" autocomplete="off";
                datalist #user-list {
                    @for user in me.sees(app) { option value=(user.id) { (user.name) } }
                }
            }
            div.field.grows {
                label for="target" { "Target" }
                select #target name="target" {
                    option value="" { "Anything" }
                    @for target in targets.values() {
                        option value=(target.name)
                            selected[target.name.as_str() == query.text("target")] {
                            (target.label)
                        }
                    }
                }
            }
            button { "Show" }
        }
    }
}

fn table(app: &App, me: &Me, clock: &Clock, rows: &[(&GrantView, bool)]) -> Markup {
    let targets = &app.desk.runner.environment.targets;
    html! {
        div.card.table {
            table {
                thead {
                    tr {
                        th scope="col" { "Person" } th scope="col" { "Has access to" }
                        th scope="col" { "Since" } th scope="col" { "Until" }
                        th scope="col" { span.visually-hidden { "What you may do" } }
                    }
                }
                tbody {
                    @for (grant, may_end) in rows {
                        @let label = targets.get(&grant.target)
                            .map_or(grant.target.as_str(), |target| target.label.as_str());
                        tr {
                            td data-label="Person" { (words::who(app, &grant.user)) }
                            td data-label="Access to" { a href={ "/runs/" (grant.run) } { (label) } }
                            td data-label="Since" {
                                @match grant.since { Some(since) => (clock.at(since)), None => "not yet" }
                            }
                            td data-label="Until" { (words::ends(clock, grant)) }
                            td { @if *may_end { (lists::end(me, &grant.run, label, "/access")) } }
                        }
                    }
                }
            }
        }
    }
}
