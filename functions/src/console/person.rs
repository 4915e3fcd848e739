//! Who looks: the person that signed in, or that somebody chose to be, and the token that their forms
//! carry.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::HeaderMap;
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use countersign::desk::{Caller, Problem};
use countersign::model::{Role, Source, User, UserId};
use maud::{Markup, html};
use sha2::{Digest, Sha256};

use super::body::Body;
use super::page::{Failed, Page};
use super::{App, page, sign_in, words};
use crate::sign_in::safe;

const NAME: &str = "countersign_person";

/// What the tokens of this process are made from: they are good until it ends.
pub(super) struct Secret([u8; 32]);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Secret {
    pub(super) fn new() -> Self {
        let mut bytes = [0; 32];
        // Without chance there is no secret, and then no form is to be believed.
        getrandom::fill(&mut bytes)
            .unwrap_or_else(|error| unreachable!("the machine has no randomness: {error}"));
        Self(bytes)
    }

    /// The token of a person's forms.
    fn token(&self, person: &str) -> String {
        let inner = Sha256::new().chain_update(self.0).chain_update(person).finalize();
        hex(&Sha256::new().chain_update(self.0).chain_update(inner).finalize())
    }
}

/// A text that nobody can guess: names one rendering of a form, so that it does nothing twice.
pub(super) fn nonce() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .unwrap_or_else(|error| unreachable!("the machine has no randomness: {error}"));
    hex(&bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// Whoever looks at a page.
#[derive(Debug, Clone)]
pub(super) struct Visitor {
    /// Who they are.
    pub(super) caller: Option<Arc<Caller>>,
    /// What their forms carry.
    pub(super) token: String,
    /// Where they are, to come back to.
    pub(super) path: String,
    /// Whether people sign in here, or choose who they are.
    pub(super) signs_in: bool,
    /// Whether there are messages to look at.
    pub(super) has_messages: bool,
}

/// Somebody who is known.
#[derive(Debug, Clone)]
pub(super) struct Me {
    pub(super) caller: Arc<Caller>,
    pub(super) visitor: Visitor,
}

impl Me {
    pub(super) fn id(&self) -> &UserId {
        &self.caller.user.id
    }

    /// Whether they may read what is not theirs.
    pub(super) fn reads_all(&self) -> bool {
        matches!(self.caller.user.role, Role::Admin | Role::Auditor)
    }

    /// The people of the settings, for who may see who there is.
    pub(super) fn sees<'a>(&self, app: &'a App) -> &'a [User] {
        if app.desk.may_see_users(&self.caller).is_ok() { &app.people } else { &[] }
    }

    pub(super) fn is_admin(&self) -> bool {
        self.caller.user.role == Role::Admin
    }
}

impl Visitor {
    /// Whether a form is one of ours.
    ///
    /// # Errors
    ///
    /// If it is not, or was made before this server was started.
    pub(super) fn check(&self, body: &Body) -> Result<(), Problem> {
        let given = body.text("csrf");
        let differs = given.len() != self.token.len()
            || given.bytes().zip(self.token.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b)) != 0;
        if !differs {
            return Ok(());
        }
        let before = if self.signs_in {
            "this page was opened before you signed in"
        } else {
            "this page was opened before, as somebody else or on a server that has been started anew"
        };
        Err(Problem::new(403, "stale_page", before).hint("look at it again, and repeat"))
    }
}

/// Finds out who looks, for the handlers and for the frame of the page.
pub(super) async fn recognise(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Response {
    let found = match &app.sign_in {
        // Everybody gets the style sheet.
        Some(_) if request.uri().path().starts_with("/assets/") => return next.run(request).await,
        Some(sign_in) => {
            let asked = (request.method(), request.uri().path(), request.headers());
            sign_in::known(&app, sign_in, asked).await
        }
        None => chosen(&app, request.headers()).await,
    };
    let (caller, token) = match found {
        Ok(found) => found,
        Err(problem) => return page::bare(&problem),
    };
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let (signs_in, has_messages) = (app.sign_in.is_some(), app.outbox.is_some());
    request.extensions_mut().insert(Visitor { caller, token, path, signs_in, has_messages });
    next.run(request).await
}

/// Whoever they are, and what their forms carry.
pub(super) type Found = (Option<Arc<Caller>>, String);

/// Whoever somebody chose to be.
async fn chosen(app: &App, headers: &HeaderMap) -> Result<Found, Problem> {
    let chosen = cookie(headers);
    let user = match &chosen {
        Some(id) => app.desk.user(id).await.map(Some).or_else(|problem| match problem.status {
            404 => Ok(None),
            _ => Err(problem),
        })?,
        None => None,
    };
    let caller = user.map(|user| Arc::new(Caller::local(user, Source::Web)));
    let name = caller.as_ref().map(|caller| caller.user.id.as_str()).unwrap_or_default();
    let token = app.secret.token(name);
    Ok((caller, token))
}

fn cookie(headers: &HeaderMap) -> Option<UserId> {
    let all = headers.get_all(COOKIE).iter().filter_map(|header| header.to_str().ok());
    let pairs = all.flat_map(|header| header.split(';')).filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.into_iter().find(|(name, _)| name.trim() == NAME)?;
    UserId::parse(words::decoded(value.trim())?).ok()
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failed> {
        let visitor = parts.extensions.get::<Self>().cloned();
        visitor.ok_or_else(|| Problem::new(500, "no_visitor", "nobody found out who looks").into())
    }
}

impl FromRequestParts<App> for Me {
    type Rejection = Response;

    /// Whoever has not said who they are is asked.
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let visitor =
            Visitor::from_request_parts(parts, app).await.map_err(IntoResponse::into_response)?;
        if let Some(caller) = visitor.caller.clone() {
            return Ok(Self { caller, visitor });
        }
        if visitor.signs_in {
            return Err(sign_in::first(parts, &visitor));
        }
        let status = if visitor.path == "/" { 200 } else { 401 };
        let next = if parts.method == "GET" { visitor.path.clone() } else { "/".into() };
        Err(who_are_you(app, &visitor, &next, status, None))
    }
}

/// The page that asks.
pub(super) async fn ask(State(app): State<App>, visitor: Visitor) -> Response {
    who_are_you(&app, &visitor, "/", 200, None)
}

fn who_are_you(
    app: &App,
    visitor: &Visitor,
    next: &str,
    status: u16,
    problem: Option<(&str, &Problem)>,
) -> Response {
    let typed = problem.map(|(typed, _)| typed).unwrap_or_default();
    let content = html! {
        h1 { "Who are you?" }
        p.lead {
            "This is the local server. Nobody is checked here: choose who you want to be, and \
             change it at any time, to try both sides of a request."
        }
        form.who method="post" action="/person" {
            (hidden(visitor, next))
            @if !app.people.is_empty() {
                ul.who-list {
                    @for user in app.people.iter().filter(|user| !user.id.is_bot()) {
                        li { (person_button(user)) }
                    }
                }
            }
        }
        form.card.inline-form method="post" action="/person" {
            (hidden(visitor, next))
            div.field {
                label for="mail" { "Somebody else" }
                input #mail type="email" name="mail" value=(typed) placeholder="fay@acme.test"
                    autocomplete="off" required
                    aria-describedby=[problem.map(|_| "mail-error")];
                @if let Some((_, problem)) = problem {
                    p.error #mail-error { (problem.detail) }
                }
            }
            button.primary { "Continue" }
        }
    };
    Page::new("Who are you?", content).status(status).visitor(visitor).people(&app.people).respond()
}

fn person_button(user: &User) -> Markup {
    html! {
        button.who-button name="person" value=(user.id) {
            span.avatar aria-hidden="true" { (initial(&user.name)) }
            span.who-text {
                strong { (user.name) }
                span.muted { (user.id) " · " (user.role.as_str()) }
            }
        }
    }
}

/// What stands for somebody in a circle.
pub(super) fn initial(name: &str) -> String {
    name.chars().next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default()
}

fn hidden(visitor: &Visitor, next: &str) -> Markup {
    html! {
        input type="hidden" name="csrf" value=(visitor.token);
        input type="hidden" name="next" value=(next);
    }
}

/// The switch that stands on every page.
pub(super) fn switch_form(visitor: &Visitor, people: &[User]) -> Markup {
    let Some(caller) = &visitor.caller else { return Markup::default() };
    let me = &caller.user;
    let is_listed = people.iter().any(|user| user.id == me.id);
    html! {
        form.switch method="post" action="/person" {
            (hidden(visitor, &visitor.path))
            label.visually-hidden for="person" { "You are" }
            select #person name="person" data-submits {
                @if !is_listed {
                    option value=(me.id) selected { (me.name) }
                }
                @for user in people.iter().filter(|user| !user.id.is_bot()) {
                    option value=(user.id) selected[user.id == me.id] { (user.name) }
                }
                option value="" { "Somebody else…" }
            }
            button.small type="submit" { "Switch" }
        }
    }
}

/// Becomes somebody.
pub(super) async fn switch(
    State(app): State<App>,
    visitor: Visitor,
    body: Body,
) -> Result<Response, Failed> {
    visitor.check(&body)?;
    let next = body.text("next");
    let next = if safe(next) { next } else { "/" };
    let typed = [body.text("person"), body.text("mail")];
    let Some(typed) = typed.into_iter().find(|text| !text.is_empty()) else {
        return Ok(who_are_you(&app, &visitor, next, 200, None));
    };
    let found = match UserId::of_mail(typed) {
        Ok(id) if !id.is_bot() => app.desk.user(&id).await,
        Ok(_) => Err(Problem::new(422, "bot", "a bot has a token, and no pages")),
        Err(error) => Err(Problem::new(422, "no_mail", error.to_string())),
    };
    let user = match found {
        Ok(user) => user,
        Err(problem) => {
            let status = problem.status;
            return Ok(who_are_you(&app, &visitor, next, status, Some((typed, &problem))));
        }
    };
    let name = words::encoded(user.id.as_str());
    let value = format!("{NAME}={name}; Path=/; HttpOnly; SameSite=Strict");
    Ok(([(SET_COOKIE, value)], Redirect::to(next)).into_response())
}
