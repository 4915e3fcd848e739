//! Signing in and out by the pages, and who has a session.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::header::{HeaderName, LOCATION, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::routing::get;
use countersign::desk::{Caller, NewSession, Problem};
use countersign::engine::Auth;
use countersign::model::Source;
use maud::{Markup, html};

use super::body::Body;
use super::page::{Failed, Page, refused};
use super::person::{Found, Me, Visitor, nonce};
use super::{App, words};
use crate::sign_in::{self, BEGIN, CALLBACK, END, Finished, SignIn};

const FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// Where people sign in and out.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(BEGIN, get(begin))
        .route(CALLBACK, get(finish))
        .route(END, get(session).post(end))
}

/// Whoever has a session, and what their forms carry.
pub(super) async fn known(
    app: &App,
    sign_in: &SignIn,
    (method, path, headers): (&Method, &str, &HeaderMap),
) -> Result<Found, Problem> {
    let Some(token) = sign_in.cookies().session(headers) else { return Ok((None, nonce())) };
    let is_person = *method != Method::GET || is_led(headers);
    match app.desk.session(&token, sign_in.setup().idle, is_person).await {
        Ok(Some((_, caller))) => Ok((Some(Arc::new(caller)), sign_in::csrf(&token))),
        Ok(None) => Ok((None, nonce())),
        // Somebody else may sign in on the same machine.
        Err(left) if left.code == "deactivated" && !sign_in::safe(path) => Ok((None, nonce())),
        Err(problem) => Err(problem),
    }
}

/// Whether somebody came by themselves. A script that looks for news says that it does.
fn is_led(headers: &HeaderMap) -> bool {
    headers.get(FETCH_MODE).is_none_or(|mode| mode == "navigate")
}

/// For whoever has none: the way to one, if they came by themselves.
pub(super) fn first(parts: &Parts, visitor: &Visitor) -> Response {
    let begins = format!("{BEGIN}?next={}", words::encoded(&visitor.path));
    if parts.method == Method::GET && is_led(&parts.headers) {
        return to(&begins);
    }
    let next = visitor.path.split('?').next().filter(|path| path.starts_with("/runs/"));
    let begins = format!("{BEGIN}?next={}", words::encoded(next.unwrap_or("/")));
    let content = html! {
        h1 { "You are not signed in" }
        p.lead { "Your session is over. Nothing of what you sent was done." }
        p { a.button href=(begins) { "Sign in" } }
    };
    Page::new("You are not signed in", content).status(401).visitor(visitor).respond()
}

/// Goes to the provider.
async fn begin(
    State(app): State<App>,
    visitor: Visitor,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Response, Failed> {
    let sign_in = signs_in(&app)?;
    let query = Body::from(query);
    if visitor.caller.is_some() {
        let next = query.text("next");
        return Ok(to(if sign_in::safe(next) { next } else { "/" }));
    }
    let begun = sign_in.begin(query.text("next"), app.desk.runner.host.now()).await?;
    Ok((AppendHeaders([(SET_COOKIE, begun.cookie)]), to(&begun.location)).into_response())
}

/// Comes back from the provider: a session begins, always a new one.
async fn finish(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
    Query(answer): Query<Vec<(String, String)>>,
) -> Result<Response, Failed> {
    let sign_in = signs_in(&app)?;
    let cookies = sign_in.cookies();
    match try_finish(&app, sign_in, &headers, &answer).await {
        Ok((token, next)) => {
            let lasts = sign_in.setup().lasts.as_seconds().into();
            let set = [
                (SET_COOKIE, cookies.of_session(&token, lasts)),
                (SET_COOKIE, cookies.no_attempt()),
            ];
            Ok((AppendHeaders(set), to(&next)).into_response())
        }
        Err(problem) => {
            let content = html! {
                h1 { "You are not signed in" }
                (refused(&problem))
                p { a.button href=(BEGIN) { "Sign in" } }
            };
            let page = Page::new("You are not signed in", content).status(problem.status);
            let response = page.visitor(&visitor).respond();
            // Whoever sends others here with an answer of their own takes no attempt from them.
            if problem.code == "not_begun_here" {
                return Ok(response);
            }
            Ok((AppendHeaders([(SET_COOKIE, cookies.no_attempt())]), response).into_response())
        }
    }
}

async fn try_finish(
    app: &App,
    sign_in: &SignIn,
    headers: &HeaderMap,
    answer: &[(String, String)],
) -> Result<(String, String), Problem> {
    let desk = &app.desk;
    let finished = sign_in.finish(answer, headers, desk.runner.host.now()).await?;
    let Finished { identity, auth_time, acr, id_token, next } = finished;
    let user = desk.user(&identity.user).await.map_err(|problem| {
        if problem.status != 404 {
            return problem;
        }
        let detail =
            format!("the identity provider knows `{}`, and nobody here does", identity.user);
        Problem::new(403, "unknown_caller", detail).hint("an administrator can add them")
    })?;
    let auth = Auth::Oidc { issuer: identity.issuer, subject: identity.subject };
    let caller = Caller { user, auth, channel: Source::Web.into(), scopes: None };
    let token = sign_in::new_token();
    let lasts = sign_in.setup().lasts;
    let sealed = sign_in::seal(&token, &id_token);
    desk.begin_session(&caller, &token, NewSession { auth_time, acr, lasts, sealed }).await?;
    desk.appear(&caller).await?;
    // The one that this browser had before is of no more use, whosever it was.
    if let Some(old) = sign_in.cookies().session(headers)
        && let Ok(Some((_, caller))) = desk.session(&old, None, true).await
    {
        desk.end_session(&caller, &old).await?;
    }
    Ok((token, next))
}

/// What one is signed in as, and the way out.
async fn session(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Failed> {
    let sign_in = signs_in(&app)?;
    let token = sign_in.cookies().session(&headers);
    let (Some(caller), Some(token)) = (&visitor.caller, token) else {
        return Ok(signed_out(&visitor, None));
    };
    let Some((session, _)) = app.desk.session(&token, None, true).await? else {
        return Ok(signed_out(&visitor, None));
    };
    let me = Me { caller: caller.clone(), visitor: visitor.clone() };
    let clock = super::times::Clock::of(&app);
    let content = html! {
        h1 { "Your session" }
        p.lead { "You are " (words::who(&app, &session.user)) ", as " (session.issuer) " says." }
        p { "You signed in " (clock.both(session.created)) ". This ends " (clock.both(session.expires)) "." }
        form.inline method="post" action=(END) {
            input type="hidden" name="csrf" value=(visitor.token);
            button.primary name="do" value="here" { "Sign out" }
            button name="do" value="everywhere" { "Sign out of all my browsers" }
        }
    };
    Ok(Page::of(&app, &me, "Your session", content).respond())
}

/// Ends the session, or all of them, and goes to the provider to sign out there, too.
async fn end(
    State(app): State<App>,
    me: Me,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Failed> {
    let sign_in = signs_in(&app)?;
    me.visitor.check(&body)?;
    let token = sign_in.cookies().session(&headers).unwrap_or_default();
    let held = app.desk.session(&token, None, true).await?;
    let sealed = held.and_then(|(session, _)| session.sealed);
    if body.text("do") == "everywhere" {
        app.desk.end_sessions(&me.caller, me.id()).await?;
    } else {
        app.desk.end_session(&me.caller, &token).await?;
    }
    let id_token = sealed.and_then(|sealed| sign_in::open(&token, &sealed));
    let farewell = sign_in.farewell(id_token, app.desk.runner.host.now()).await;
    let visitor = Visitor { caller: None, ..me.visitor };
    let cookie = (SET_COOKIE, sign_in.cookies().no_session());
    Ok((AppendHeaders([cookie]), signed_out(&visitor, farewell)).into_response())
}

fn signed_out(visitor: &Visitor, farewell: Option<String>) -> Response {
    let content = html! {
        h1 { "You are signed out" }
        @if let Some(address) = &farewell {
            p.lead { "Your identity provider is told, too." }
            p { a href=(address) { "Go on" } }
        } @else {
            p { a.button href=(BEGIN) { "Sign in" } }
        }
    };
    // Not as an answer to the form: what forms lead to is bound by the policy of the page.
    Page::new("You are signed out", content).visitor(visitor).leading_to(farewell).respond()
}

/// Who one is, and the way out, on every page.
pub(super) fn sign_out_form(visitor: &Visitor) -> Markup {
    let Some(caller) = &visitor.caller else { return Markup::default() };
    html! {
        form.whoami method="post" action=(END) {
            input type="hidden" name="csrf" value=(visitor.token);
            a href=(END) { (caller.user.name) }
            button.small type="submit" name="do" value="here" { "Sign out" }
        }
    }
}

fn signs_in(app: &App) -> Result<&Arc<SignIn>, Problem> {
    let missing = || Problem::new(404, "no_sign_in", "nobody signs in here");
    app.sign_in.as_ref().ok_or_else(missing)
}

/// Sends a browser on, to look there.
fn to(address: &str) -> Response {
    let location = HeaderValue::from_str(address).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response()
}
