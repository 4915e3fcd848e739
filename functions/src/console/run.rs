//! The page of a run: where it stands, what may be done, why, and all that happened.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use countersign::desk::{MayDo, Problem, RunView};
use countersign::flow::Form;
use countersign::model::{Object, RunId, Status};
use maud::{Markup, html};

use super::body::Body;
use super::fields::{self, Shown};
use super::page::{Failed, Page, SOON, Tone, notice, refused};
use super::person::{Me, nonce};
use super::story::{self, Story};
use super::times::Clock;
use super::{App, why, words};

/// A run's page.
pub(super) async fn show(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Response, Failed> {
    respond(&app, &me, &id, &Body::from(query), None).await
}

/// A run's page, with why something was refused, and what was typed.
pub(super) async fn respond(
    app: &App,
    me: &Me,
    id: &str,
    body: &Body,
    problem: Option<&Problem>,
) -> Result<Response, Failed> {
    let id = parse(id)?;
    let run = app.view(&me.caller, &id).await?;
    let after = body.text("after").parse().ok();
    let story = story::load(app, me, &id, after).await?;
    let page = RunPage { app, me, run: &run, clock: Clock::of(app), body, problem, story };
    let content = page.render();
    let title = format!("{}: {}", words::what(&run), words::pill_word(run.status, run.outcome).0);
    let status = problem.map_or(200, |problem| problem.status);
    let page = Page::of(app, me, &title, content).status(status);
    let moves = run.status != Status::Closed && problem.is_none();
    Ok(if moves { page.live(SOON).respond() } else { page.respond() })
}

pub(super) fn parse(id: &str) -> Result<RunId, Problem> {
    RunId::parse(id).map_err(|error| {
        Problem::new(404, "no_such_run", error.to_string()).hint("look at the list of runs")
    })
}

struct RunPage<'a> {
    app: &'a App,
    me: &'a Me,
    run: &'a RunView,
    clock: Clock,
    body: &'a Body,
    problem: Option<&'a Problem>,
    story: Story,
}

impl RunPage<'_> {
    fn render(&self) -> Markup {
        let run = self.run;
        let is_slow = self.body.has("slow") && run.status != Status::Closed;
        html! {
            h1.standing {
                (words::pill(run.status, run.outcome)) " "
                span.standing-text { (words::standing(self.app, &self.clock, run)) }
            }
            p.lead {
                (words::who(self.app, &run.requester)) " asks for " strong { (words::what(run)) }
                @if let Some(duration) = run.duration { " for " (words::duration(duration)) }
                @if let Some(by) = &run.filed_by { ", filed by " (words::who(self.app, by)) }
            }
            @if let Some(problem) = self.problem { (refused(problem)) }
            @if is_slow {
                (notice(Tone::Info, "Recorded.", "It is still being carried out: look again in a moment.", None))
            }
            div.two {
                div {
                    (self.facts())
                    (self.actions())
                }
                div {
                    (why::why(self.app, &self.clock, &run.explain))
                }
            }
            (self.story.render(self.app, &self.clock, run))
        }
    }

    fn facts(&self) -> Markup {
        let RunPage { app, run, clock, .. } = self;
        html! {
            section.card aria-labelledby="facts-title" {
                h2 #facts-title { "The request" }
                dl.facts {
                    (fact("Requester", &words::who(app, &run.requester)))
                    (fact("Access to", &html! { (words::what(run)) }))
                    @if let Some(duration) = run.duration {
                        (fact("Duration", &html! { (words::duration(duration)) }))
                    }
                    (fact("Asked", &html! { (clock.both(run.created)) " via " (run.channel.source) }))
                    @if let Some(since) = run.since {
                        (fact("Access since", &clock.both(since)))
                    }
                    @if let Some(until) = run.until {
                        @if run.status == Status::Closed {
                            (fact("Was to end", &clock.at(until)))
                        } @else {
                            (fact("Ends", &clock.both(until)))
                        }
                    }
                    (fact("Flow", &html! { (run.flow) }))
                    (self.own_facts())
                    div.wide {
                        dt { "Reason" }
                        dd.said { @if run.reason.is_empty() { "None given." } @else { (run.reason) } }
                    }
                    @if !run.approvals.is_empty() { (self.approvals()) }
                    @if let Some(parent) = &run.parent {
                        (fact("Belongs to", &html! { a href={ "/runs/" (parent) } { "an earlier run" } }))
                    }
                }
            }
        }
    }

    fn own_facts(&self) -> Markup {
        let environment = &self.app.desk.runner.environment;
        let table = environment.flow(&self.run.flow).map(|config| config.table);
        html! {
            @for (name, value) in &self.run.fields {
                @let field = table.and_then(|table| table.field(name));
                (fact(field.map_or(name.as_str(), |field| field.label), &html! { (fields::text(value)) }))
            }
        }
    }

    fn approvals(&self) -> Markup {
        html! {
            div.wide {
                dt { "Approved by" }
                dd {
                    ul.plain {
                        @for approval in &self.run.approvals {
                            li {
                                (words::decider(self.app, &approval.by)) " " (self.clock.at(approval.at))
                                @if let Some(message) = &approval.message {
                                    ": " span.said { "“" (message) "”" }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn may(&self, action: &str) -> Option<&MayDo> {
        self.run.explain.you.iter().find(|may| may.action == action)
    }

    fn is_allowed(&self, action: &str) -> bool {
        self.may(action).is_some_and(|may| may.allowed)
    }

    fn actions(&self) -> Markup {
        let is_over = self.run.status == Status::Closed;
        let is_mine = self.run.requester == *self.me.id();
        html! {
            @if self.is_allowed("approve") { (self.decide()) }
            @else if let Some(may) = self.may("approve") {
                p.muted.aside { "You do not decide about this: " (may.why) "." }
            }
            @if self.is_allowed("answer") { (self.answer()) }
            @if self.is_allowed("revoke") { (self.end()) }
            @if self.is_allowed("extend") { (self.extend()) }
            @if self.is_allowed("cancel") { (self.cancel()) }
            @if is_over && is_mine && self.run.target.is_some() {
                p { a.button href=(again(self.run)) { "Ask again" } }
            }
        }
    }

    fn form(&self, title: &str, content: &Markup) -> Markup {
        html! {
            section.card.act {
                h2 { (title) }
                form method="post" action={ "/runs/" (self.run.id) } novalidate {
                    (hidden(self.me, self.run))
                    (content)
                }
            }
        }
    }

    fn message(&self, id: &str, label: &str) -> Markup {
        html! {
            div.field {
                label for=(id) { (label) " " span.optional { "optional" } }
                textarea id=(id) name="message" rows="2" maxlength="2000" {
                    @if self.problem.is_some() { (self.body.text("message")) }
                }
            }
        }
    }

    fn decide(&self) -> Markup {
        self.form(
            "Your decision",
            &html! {
                (self.message("decision", "Message"))
                div.buttons {
                    button.primary name="do" value="approve" { "Approve" }
                    button.danger name="do" value="deny" { "Deny" }
                }
            },
        )
    }

    fn end(&self) -> Markup {
        self.form(
            "Done with it?",
            &html! {
                (self.message("ending", "Message"))
                div.buttons { button.danger name="do" value="end" { "End access" } }
            },
        )
    }

    fn cancel(&self) -> Markup {
        self.form(
            "Not needed any more?",
            &html! { div.buttons { button name="do" value="cancel" { "Cancel the request" } } },
        )
    }

    fn extend(&self) -> Markup {
        let environment = &self.app.desk.runner.environment;
        let config = environment.flow(&self.run.flow);
        let offered = config.map(|config| config.durations(self.run.target.as_ref()));
        self.form(
            "Need it for longer?",
            &html! {
                p.muted { "It is a request of its own, and may have to be approved. Its time begins where this one's ends." }
                div.inline {
                    div.field {
                        label for="more" { "For how much longer" }
                        select #more name="duration" {
                            @for duration in offered.into_iter().flatten() {
                                option value=(duration)
                                    selected[self.body.text("duration") == duration.to_string()] {
                                    (words::duration(*duration))
                                }
                            }
                        }
                    }
                    div.field.grows {
                        label for="more-reason" { "Reason " span.optional { "optional" } }
                        input #more-reason name="reason" maxlength="2000"
                            value=(self.body.text("reason")) placeholder=(self.run.reason);
                    }
                }
                div.buttons { button name="do" value="extend" { "Ask to extend" } }
            },
        )
    }

    fn answer(&self) -> Markup {
        let environment = &self.app.desk.runner.environment;
        let Some(config) = environment.flow(&self.run.flow) else { return Markup::default() };
        let form = Form::new(config.table.fields, &Object::new());
        let problem = |name: &str| {
            let name = format!("fields.{name}");
            self.problem?.fields.iter().find(|problem| problem.field == name)
        };
        self.form(
            "Your answer",
            &html! {
                @for now in &form.fields {
                    @if let Some(spec) = config.table.field(now.name()) {
                        (Shown {
                            spec,
                            now,
                            typed: self.problem.map(|_| self.body),
                            problem: problem(spec.name),
                            changes_form: false,
                        }.render(self.me.sees(self.app)))
                    }
                }
                div.buttons { button.primary name="do" value="answer" { "Send the answer" } }
            },
        )
    }
}

fn fact(label: &str, value: &Markup) -> Markup {
    html! { div { dt { (label) } dd { (value) } } }
}

/// What every form about a run carries.
pub(super) fn hidden(me: &Me, run: &RunView) -> Markup {
    html! {
        input type="hidden" name="csrf" value=(me.visitor.token);
        input type="hidden" name="key" value=(nonce());
        input type="hidden" name="shown" value=(run.binding);
    }
}

/// The form of a run's flow, filled in as for that run.
fn again(run: &RunView) -> String {
    let pair = |key: &str, value: &str| format!("{key}={}", words::encoded(value));
    let mut query = vec![pair("reason", &run.reason)];
    query.extend(run.target.iter().map(|target| pair("target", target.as_str())));
    query.extend(run.duration.iter().map(|duration| pair("duration", &duration.to_string())));
    let own = run.fields.iter();
    query.extend(own.map(|(name, value)| pair(&fields::key(name), &fields::text(value))));
    format!("/flows/{}?{}", run.flow, query.join("&"))
}
