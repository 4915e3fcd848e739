//! Who there is, what they may do, and what they are called elsewhere.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use countersign::desk::{Problem, UserChange};
use countersign::model::{Role, User, UserId};
use maud::{Markup, html};

use super::App;
use super::body::Body;
use super::page::{Failed, Page, refused};
use super::person::{Me, initial};
use super::words;

/// All roles, from the one that may do the most.
const ROLES: [Role; 4] = [Role::Admin, Role::Member, Role::Guest, Role::Auditor];

/// So many are looked up at the most.
const MOST: usize = 500;

/// The users of the settings and of the store.
pub(super) async fn people(State(app): State<App>, me: Me) -> Result<Response, Failed> {
    show(&app, &me, None).await
}

async fn show(app: &App, me: &Me, problem: Option<&Problem>) -> Result<Response, Failed> {
    app.desk.may_see_users(&me.caller)?;
    let stored = app.desk.users(None, MOST).await?.items;
    let mut all: BTreeMap<UserId, User> =
        stored.into_iter().map(|user| (user.id.clone(), user)).collect();
    for user in app.people.iter() {
        if !all.contains_key(&user.id) {
            let known = app.desk.user(&user.id).await.unwrap_or_else(|_| user.clone());
            all.insert(user.id.clone(), known);
        }
    }
    let content = html! {
        h1 { "People" }
        @if let Some(problem) = problem { (refused(problem)) }
        ul.people {
            @for user in all.values() { li.card { (person(me, user)) } }
        }
    };
    let status = problem.map_or(200, |problem| problem.status);
    Ok(Page::of(app, me, "People", content).status(status).respond())
}

fn person(me: &Me, user: &User) -> Markup {
    html! {
        div.person-head {
            span.avatar aria-hidden="true" { (initial(&user.name)) }
            div {
                h2 { (user.name) @if user.id == *me.id() { " " span.muted { "(you)" } } }
                p.muted.small { (user.id) }
            }
            span class={ "pill " (if user.deactivated { "bad" } else { "over" }) } {
                (if user.deactivated { "deactivated" } else { user.role.as_str() })
            }
        }
        @if !user.groups.is_empty() { p.small { "In " (user.groups.join(", ")) } }
        @if user.identities.is_empty() {
            p.muted.small { "No names in other systems are known yet." }
        } @else {
            ul.plain.small {
                @for identity in &user.identities {
                    li { (identity.kind) " " (identity.external_id) ": " code { (identity.value) } }
                }
            }
        }
        @if me.is_admin() { (change_form(me, user)) }
    }
}

fn change_form(me: &Me, user: &User) -> Markup {
    let id = format!("role-{}", user.id);
    html! {
        form.inline method="post" action={ "/people/" (words::encoded(user.id.as_str())) } {
            input type="hidden" name="csrf" value=(me.visitor.token);
            label.visually-hidden for=(id) { "Role of " (user.name) }
            select id=(id) name="role" {
                @for role in ROLES {
                    option value=(role.as_str()) selected[role == user.role] { (role.as_str()) }
                }
            }
            button.small name="do" value="role" { "Set role" }
            @if user.deactivated {
                button.small name="do" value="activate" { "Reactivate" }
            } @else {
                button.small.danger name="do" value="deactivate" { "Deactivate" }
            }
            @if me.visitor.signs_in && !user.id.is_bot() {
                button.small name="do" value="signout" { "Sign out" }
            }
        }
    }
}

/// Changes a user, if an administrator says so.
pub(super) async fn change(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    body: Body,
) -> Result<Response, Failed> {
    match try_change(&app, &me, &id, &body).await {
        Ok(()) => Ok(Redirect::to("/people").into_response()),
        Err(problem) if problem.status == 404 => Err(problem.into()),
        Err(problem) => show(&app, &me, Some(&problem)).await,
    }
}

async fn try_change(app: &App, me: &Me, id: &str, body: &Body) -> Result<(), Problem> {
    me.visitor.check(body)?;
    let id =
        UserId::parse(id).map_err(|error| Problem::new(404, "unknown_user", error.to_string()))?;
    let change = match body.text("do") {
        "signout" => return app.desk.end_sessions(&me.caller, &id).await,
        "activate" => UserChange { deactivated: Some(false), ..UserChange::default() },
        "deactivate" => UserChange { deactivated: Some(true), ..UserChange::default() },
        _ => {
            let role = ROLES.into_iter().find(|role| role.as_str() == body.text("role"));
            let role = role.ok_or_else(|| {
                Problem::field("role", "there is no such role", "choose one from the list")
            })?;
            UserChange { role: Some(role), ..UserChange::default() }
        }
    };
    app.desk.change_user(&me.caller, &id, change).await.map(drop)
}
