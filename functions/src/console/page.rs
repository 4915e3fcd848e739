//! The frame that every page stands in, and pages for what went wrong.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::http::{StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use countersign::desk::Problem;
use countersign::model::{Role, User};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::person::{Me, Visitor, switch_form};
use super::sign_in::sign_out_form;
use super::times::Clock;
use super::{App, assets};

/// How often a page that is waited on looks for news, in milliseconds.
pub(super) const SOON: u32 = 2_000;

/// How often other pages do.
pub(super) const SELDOM: u32 = 5_000;

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// Something was refused.
    Refused,
    /// Something to know.
    Info,
}

/// A page that is being put together.
#[derive(Debug)]
pub(super) struct Page<'a> {
    title: &'a str,
    content: Markup,
    status: u16,
    visitor: Option<&'a Visitor>,
    people: &'a [User],
    live: Option<u32>,
    leads_to: Option<String>,
    zone: Option<String>,
}

impl<'a> Page<'a> {
    pub(super) fn new(title: &'a str, content: Markup) -> Self {
        Self {
            title,
            content,
            status: 200,
            visitor: None,
            people: &[],
            live: None,
            leads_to: None,
            zone: None,
        }
    }

    /// For somebody who said who they are.
    pub(super) fn of(app: &'a App, me: &'a Me, title: &'a str, content: Markup) -> Self {
        let zone = Some(Clock::of(app).zone_name());
        Self { zone, ..Self::new(title, content) }.visitor(&me.visitor).people(&app.people)
    }

    pub(super) const fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub(super) const fn visitor(mut self, visitor: &'a Visitor) -> Self {
        self.visitor = Some(visitor);
        self
    }

    pub(super) const fn people(mut self, people: &'a [User]) -> Self {
        self.people = people;
        self
    }

    /// Looks for news every so many milliseconds, where there is JavaScript.
    pub(super) const fn live(mut self, millis: u32) -> Self {
        self.live = Some(millis);
        self
    }

    /// Goes on to this address by itself.
    pub(super) fn leading_to(mut self, address: Option<String>) -> Self {
        self.leads_to = address;
        self
    }

    pub(super) fn respond(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        (status, Html(self.render().into_string())).into_response()
    }

    fn render(&self) -> Markup {
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    @if let Some(address) = &self.leads_to {
                        meta http-equiv="refresh" content={ "0; url=" (address) };
                    }
                    title { (self.title) " · Countersign" }
                    link rel="icon" type="image/svg+xml" href="/assets/icon.svg";
                    link rel="stylesheet" href=(assets::style());
                    script src=(assets::script()) defer {}
                }
                body {
                    a.skip href="#main" { "Skip to the content" }
                    (self.header())
                    main #main tabindex="-1" data-live=[self.live] { (self.content) }
                    footer.foot {
                        @if self.visitor.is_some_and(|visitor| !visitor.signs_in) {
                            "Countersign on this machine. Nobody is checked here: a deployment does that."
                        } @else {
                            "Countersign."
                        }
                        @if let Some(zone) = &self.zone { " Times are in " (zone) "." }
                    }
                }
            }
        }
    }

    fn header(&self) -> Markup {
        let caller = self.visitor.and_then(|visitor| visitor.caller.as_ref());
        let path = self.visitor.map(|visitor| visitor.path.as_str()).unwrap_or_default();
        let path = path.split('?').next().unwrap_or_default();
        let has_messages = self.visitor.is_some_and(|visitor| visitor.has_messages);
        html! {
            header.top {
                div.bar {
                    a.brand href="/" { (logo()) span { "Countersign" } }
                    @if let (Some(_), Some(visitor)) = (caller, self.visitor) {
                        @if visitor.signs_in { (sign_out_form(visitor)) }
                        @else { (switch_form(visitor, self.people)) }
                    }
                }
                @if let Some(caller) = caller {
                    nav.tabs aria-label="Pages" {
                        @for (href, label) in tabs(caller.user.role, has_messages) {
                            a href=(href) aria-current=[(path == href).then_some("page")] { (label) }
                        }
                    }
                }
            }
        }
    }
}

fn tabs(role: Role, has_messages: bool) -> Vec<(&'static str, &'static str)> {
    let mut tabs = vec![
        ("/", "Home"),
        ("/requests", "My requests"),
        ("/approvals", "Waits for me"),
        ("/access", "Access"),
        ("/people", "People"),
    ];
    if matches!(role, Role::Admin | Role::Auditor) {
        tabs.push(("/audit", "Audit"));
    }
    if has_messages {
        tabs.push(("/messages", "Messages"));
    }
    tabs
}

fn logo() -> Markup {
    html! {
        svg.logo viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" focusable="false" {
            (PreEscaped(include_str!("assets/mark.svg")))
        }
    }
}

/// Something said above the content.
pub(super) fn notice(tone: Tone, title: &str, text: &str, hint: Option<&str>) -> Markup {
    let (class, role) = match tone {
        Tone::Refused => ("notice refused", "alert"),
        Tone::Info => ("notice info", "status"),
    };
    html! {
        div class=(class) role=(role) {
            p { strong { (title) } " " (text) }
            @if let Some(hint) = hint { p.muted { (sentence(hint)) } }
        }
    }
}

/// Why something did not happen.
pub(super) fn refused(problem: &Problem) -> Markup {
    let title = if problem.status >= 500 { "Not done:" } else { "Refused because" };
    let text = problem.detail.trim_end_matches('.');
    notice(Tone::Refused, title, &format!("{text}."), problem.hint.as_deref())
}

/// With a capital first, and a full stop.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    let stop = if text.ends_with(['.', '!', '?', ')']) { "" } else { "." };
    format!("{first}{}{stop}", letters.as_str())
}

/// An answer that could not be given; [`in_words`] makes a page of it.
#[derive(Debug)]
pub(super) struct Failed(pub(super) Problem);

impl From<Problem> for Failed {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status);
        let mut response = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response();
        response.extensions_mut().insert(Arc::new(self.0));
        response
    }
}

/// Makes a page of every answer that says that something went wrong and is no page yet.
pub(super) async fn in_words(State(app): State<App>, request: Request, next: Next) -> Response {
    let visitor = request.extensions().get::<Visitor>().cloned();
    let is_program = request.uri().path().starts_with("/v1/");
    let response = next.run(request).await;
    let status = response.status();
    let is_page = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if is_page || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let problem = response.extensions().get::<Arc<Problem>>().map_or_else(
        || Problem::new(status.as_u16(), "not_understood", "the server cannot make sense of this"),
        |problem| Problem::clone(problem),
    );
    if is_program { document(&problem) } else { page(&app, visitor.as_ref(), &problem) }
}

fn page(app: &App, visitor: Option<&Visitor>, problem: &Problem) -> Response {
    let content = content(problem);
    let page = Page::new(heading(problem.status), content).status(problem.status);
    match visitor {
        Some(visitor) => page.visitor(visitor).people(&app.people).respond(),
        None => page.respond(),
    }
}

/// As a program expects it.
fn document(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = (status, axum::Json(problem)).into_response();
    let kind = HeaderValue::from_static("application/problem+json");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

/// A page for somebody who is not let in, or whom nothing is known about.
pub(super) fn bare(problem: &Problem) -> Response {
    Page::new(heading(problem.status), content(problem)).status(problem.status).respond()
}

fn content(problem: &Problem) -> Markup {
    html! {
        div.oops {
            p.oops-code { (problem.status) }
            h1 { (heading(problem.status)) }
            p.lead { (sentence(&problem.detail)) }
            @if let Some(hint) = &problem.hint { p { (sentence(hint)) } }
            @if let Some(run) = &problem.run {
                p { a href={ "/runs/" (run) } { "Look at that run" } }
            }
            p { a.button href="/" { "Go to the first page" } }
        }
    }
}

const fn heading(status: u16) -> &'static str {
    match status {
        401 => "You are not signed in",
        403 => "This is refused",
        404 => "There is nothing here",
        409 => "That does not work now",
        422 | 400 => "That cannot be right",
        503 => "Something does not answer",
        500..=599 => "Something broke",
        _ => "That does not work",
    }
}

/// There is no such page.
pub(super) async fn nothing_here(uri: Uri) -> Failed {
    let problem = Problem::new(404, "no_such_page", format!("there is no page `{}`", uri.path()));
    Failed(problem.hint("the link may be old, or cut off"))
}

/// There is such a page, but not to be used like that.
pub(super) async fn not_so(uri: Uri) -> Failed {
    let what = format!("`{}` is not to be called like that", uri.path());
    Failed(Problem::new(405, "method_not_allowed", what).hint("open the page, and use its buttons"))
}
