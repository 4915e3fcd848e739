//! What would have gone to Slack, and what the error channel was told.

use axum::extract::State;
use axum::response::Response;
use countersign::context::{Destination, Message};
use countersign::desk::Problem;
use maud::{Markup, html};

use super::App;
use super::page::{Failed, Page, SELDOM};
use super::person::Me;
use super::times::Clock;
use super::words;

/// So many are shown.
const MOST: usize = 200;

/// The newest messages.
pub(super) async fn messages(State(app): State<App>, me: Me) -> Result<Response, Failed> {
    let Some(outbox) = &app.outbox else {
        let problem =
            Problem::new(404, "no_messages", "messages are not kept to be looked at here");
        return Err(problem.hint("what concerns you is under “My requests”").into());
    };
    let all = outbox.messages(MOST).await;
    let clock = Clock::of(&app);
    let (errors, said): (Vec<_>, Vec<_>) =
        all.iter().partition(|message| message.to == Destination::Errors);
    let content = html! {
        h1 { "Messages" }
        p.lead { "The local server posts nothing: this is what would have gone to Slack." }
        section aria-labelledby="errors-title" {
            h2 #errors-title { "Error channel" }
            @if errors.is_empty() { p.empty { "Nothing went wrong." } }
            (list(&app, &clock, &errors))
        }
        section aria-labelledby="said-title" {
            h2 #said-title { "To people and channels" }
            @if said.is_empty() { p.empty { "Nothing was said yet." } }
            (list(&app, &clock, &said))
        }
    };
    Ok(Page::of(&app, &me, "Messages", content).live(SELDOM).respond())
}

fn list(app: &App, clock: &Clock, messages: &[&Message]) -> Markup {
    html! {
        @if !messages.is_empty() {
            ol.messages.card {
                @for message in messages {
                    li {
                        p.muted.small {
                            strong { (to(app, &message.to)) } " · " (clock.both(message.at))
                            @if let Some(run) = &message.run {
                                " · " a href={ "/runs/" (run) } { "run" }
                            }
                        }
                        p.said { (message.text) }
                    }
                }
            }
        }
    }
}

fn to(app: &App, to: &Destination) -> Markup {
    match to {
        Destination::Thread(run) => html! {
            "In the thread of " code { (run.as_str().get(20..).unwrap_or_default()) }
        },
        Destination::User(user) => html! { "To " (words::who(app, user)) },
        Destination::People(people) => html! { "To " (people) },
        Destination::Errors => html! { "Error channel" },
        Destination::Answer { user, .. } => html! { "Only to " (words::who(app, user)) },
    }
}
