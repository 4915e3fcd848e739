//! A flow's form: what it shows, and what somebody typed.

use countersign::desk::{Ask, FieldProblem, FormView, Preview, Problem, TargetView};
use countersign::engine::FlowConfig;
use countersign::model::{Duration, FlowName, TargetName, UserId};
use maud::{Markup, html};

use super::body::Body;
use super::fields::{self, Shown, below, described_by};
use super::page::{Tone, notice, refused};
use super::person::{Me, nonce};
use super::times::Clock;
use super::{App, why, words};

/// What was typed, as a request; and what cannot be read.
pub(super) fn ask(
    config: &FlowConfig,
    flow: &FlowName,
    clock: &Clock,
    body: &Body,
) -> (Ask, Vec<FieldProblem>) {
    let mut wrong = Vec::new();
    let mut ask = Ask::new(flow.clone());
    let typed = |name: &str| Some(body.text(name).trim()).filter(|text| !text.is_empty());
    let mut refuse = |field: &str, message: String, hint: &str| {
        wrong.push(FieldProblem::new(field, message, hint));
    };
    if let Some(text) = typed("target") {
        match TargetName::parse(text) {
            Ok(target) => ask.target = Some(target),
            Err(error) => refuse("target", error.to_string(), "choose one from the list"),
        }
    }
    if let Some(text) = typed("duration") {
        match Duration::parse(text) {
            Ok(duration) => ask.duration = Some(duration),
            Err(error) => refuse("duration", error.to_string(), "choose one from the list"),
        }
    }
    if let Some(text) = typed("requester") {
        match UserId::of_mail(text) {
            Ok(user) => ask.requester = Some(user),
            Err(error) => refuse("requester", error.to_string(), "leave it empty for yourself"),
        }
    }
    if let Some(text) = typed("starts") {
        match clock.read(text) {
            Some(at) => ask.starts = Some(at),
            None => refuse(
                "starts",
                format!("`{text}` is not a time, as in 2026-03-02T22:00"),
                "leave it empty to begin at once",
            ),
        }
    }
    body.text("reason").clone_into(&mut ask.reason);
    ask.fields = fields::answers(config.table.fields, body);
    (ask, wrong)
}

/// A form as it is to be shown.
pub(super) struct FormPage<'a> {
    pub(super) app: &'a App,
    pub(super) me: &'a Me,
    pub(super) config: &'a FlowConfig,
    pub(super) view: &'a FormView,
    pub(super) body: &'a Body,
    /// Whether the flow's own fields show what the form says rather than what was typed.
    pub(super) is_fresh: bool,
    pub(super) problem: Option<&'a Problem>,
    pub(super) preview: Option<&'a Preview>,
}

impl FormPage<'_> {
    pub(super) fn render(&self) -> Markup {
        let FormPage { view, .. } = self;
        html! {
            p.crumbs { a href="/" { "Home" } " / " (view.flow) }
            h1 { "Ask for access" @if let Some(target) = self.target() { " to " (target.label) } }
            @if let Some(problem) = self.problem { (self.summary(problem)) }
            @if let Some(why) = &view.closed {
                (notice(Tone::Refused, "Not to be asked for now:", why, None))
            }
            div.two {
                (self.form())
                (self.aside())
            }
        }
    }

    fn summary(&self, problem: &Problem) -> Markup {
        if problem.fields.is_empty() {
            return html! {
                (refused(problem))
                @if let Some(run) = &problem.run {
                    p { a href={ "/runs/" (run) } { "Look at the request that is under way" } }
                }
            };
        }
        html! {
            div.notice.refused role="alert" {
                p { strong { "Not sent yet:" } " something is missing, or cannot be right." }
                ul {
                    @for field in &problem.fields {
                        li {
                            a href={ "#" (anchor(&field.field)) } { (self.label(&field.field)) }
                            ": " (field.message)
                        }
                    }
                }
            }
        }
    }

    fn label(&self, field: &str) -> String {
        match field.strip_prefix("fields.") {
            Some(name) => {
                let field = self.view.form.field(name);
                field.map_or_else(|| name.to_owned(), |field| field.label.clone())
            }
            None => match field {
                "target" => "Access to".to_owned(),
                "duration" => "For how long".to_owned(),
                "reason" => "Reason".to_owned(),
                "requester" => "For somebody else".to_owned(),
                "starts" => "Not before".to_owned(),
                other => other.to_owned(),
            },
        }
    }

    fn problem_of(&self, field: &str) -> Option<&FieldProblem> {
        self.problem?.fields.iter().find(|problem| problem.field == field)
    }

    fn target(&self) -> Option<&TargetView> {
        let chosen = self.body.text("target");
        let found = self.view.targets.iter().find(|target| target.name.as_str() == chosen);
        found.or_else(|| self.view.targets.first())
    }

    fn form(&self) -> Markup {
        let action = format!("/flows/{}", self.view.flow);
        html! {
            form.card #ask method="post" action=(action) novalidate data-ask {
                input type="hidden" name="csrf" value=(self.me.visitor.token);
                input type="hidden" name="key" value=(nonce());
                @if self.body.has("changed") {
                    input type="hidden" name="changed" value=(self.body.text("changed"));
                }
                @if let Some(header) = &self.view.form.header { p.lead { (header) } }
                (self.targets())
                (self.durations())
                (self.reason())
                (self.own_fields())
                (self.more())
                div.buttons {
                    button.primary name="do" value="send" { "Send request" }
                    button name="do" value="preview" formnovalidate { "Preview" }
                }
            }
        }
    }

    fn targets(&self) -> Markup {
        let targets = &self.view.targets;
        let problem = self.problem_of("target");
        let chosen = self.target().map(|target| &target.name);
        let differ = targets
            .iter()
            .any(|target| targets.first().is_some_and(|first| first.durations != target.durations));
        html! {
            @if !targets.is_empty() {
                div.field {
                    label for="target" { "Access to" }
                    select #target name="target" required data-changes[differ]
                        aria-describedby=[described_by("target", false, problem.is_some())] {
                        @for target in targets {
                            option value=(target.name) selected[Some(&target.name) == chosen] {
                                (target.label)
                            }
                        }
                    }
                    @if differ {
                        button.small.no-script name="do" value="changed:target" {
                            "Update the form"
                        }
                    }
                    (below("target", None, problem))
                }
            }
        }
    }

    fn durations(&self) -> Markup {
        let offered = self.target().map_or(&self.view.durations, |target| &target.durations);
        let problem = self.problem_of("duration");
        let typed = self.body.text("duration");
        let chosen = Duration::parse(typed).ok().filter(|typed| offered.contains(typed));
        let chosen = chosen.or_else(|| offered.first().copied());
        html! {
            @if !offered.is_empty() {
                fieldset.field #duration
                    aria-describedby=[described_by("duration", true, problem.is_some())] {
                    legend { "For how long" }
                    div.choices {
                        @for duration in offered {
                            label.choice {
                                input type="radio" name="duration" value=(duration)
                                    checked[chosen == Some(*duration)];
                                span { (words::duration(*duration)) }
                            }
                        }
                    }
                    (below("duration", Some("Counted from when access is there."), problem))
                }
            }
        }
    }

    fn reason(&self) -> Markup {
        let problem = self.problem_of("reason");
        let help = self.config.reason.message.as_deref();
        html! {
            div.field {
                label for="reason" {
                    "Reason"
                    @if !self.view.reason_required { " " span.optional { "optional" } }
                }
                textarea #reason name="reason" rows="3" required[self.view.reason_required]
                    maxlength="2000" placeholder="What will this access be used for?"
                    aria-invalid=[problem.map(|_| "true")]
                    aria-describedby=[described_by("reason", help.is_some(), problem.is_some())] {
                    (self.body.text("reason"))
                }
                (below("reason", help, problem))
            }
        }
    }

    fn own_fields(&self) -> Markup {
        let table = self.config.table;
        html! {
            @for now in &self.view.form.fields {
                @if let Some(spec) = table.field(now.name()) {
                    (Shown {
                        spec,
                        now,
                        typed: (!self.is_fresh).then_some(self.body),
                        problem: self.problem_of(&format!("fields.{}", spec.name)),
                        changes_form: table.change_of(spec.name).is_some(),
                    }.render(self.me.sees(self.app)))
                }
            }
        }
    }

    fn more(&self) -> Markup {
        let (requester, starts) = (self.body.text("requester"), self.body.text("starts"));
        let problems = [self.problem_of("requester"), self.problem_of("starts")];
        let is_open =
            !requester.is_empty() || !starts.is_empty() || problems.iter().any(Option::is_some);
        let zone = Clock::of(self.app).zone_name();
        html! {
            details.more open[is_open] {
                summary { "For somebody else, or later" }
                div.field {
                    label for="requester" { "For somebody else" }
                    input #requester type="email" name="requester" value=(requester)
                        list="requester-list" autocomplete="off" placeholder="bo@acme.test"
                        aria-describedby="requester-help";
                    datalist #requester-list {
                        @for user in self.me.sees(self.app) {
                            option value=(user.id) { (user.name) }
                        }
                    }
                    (below("requester", Some("The record says that you asked for them."), problems[0]))
                }
                div.field {
                    label for="starts" { "Not before" }
                    input #starts type="datetime-local" name="starts" value=(starts)
                        aria-describedby="starts-help";
                    (below("starts", Some(&format!("In {zone}.")), problems[1]))
                }
            }
        }
    }

    fn aside(&self) -> Markup {
        html! {
            section.card #preview aria-labelledby="preview-title" aria-live="polite" {
                h2 #preview-title { "What would happen" }
                @match self.preview {
                    Some(preview) => (previewed(self.app, preview)),
                    None => p.muted {
                        "Preview shows who would be asked, and why, before anything is sent."
                    },
                }
            }
        }
    }
}

fn anchor(field: &str) -> String {
    match field.strip_prefix("fields.") {
        Some(name) => format!("f-{name}"),
        None => field.to_owned(),
    }
}

/// What would happen, who would be asked, and why.
fn previewed(app: &App, preview: &Preview) -> Markup {
    let explain = &preview.explain;
    html! {
        @match (preview.would.as_str(), &explain.needs) {
            ("asks", Some(needs)) => {
                p.would {
                    span.pill.waiting { "Would wait" } " "
                    "for " (needs.quorum) " of " (needs.people.len()) ": " (words::people(app, &needs.people))
                }
                (why::needs(app, None, needs))
            }
            ("automatic", _) => {
                p.would { span.pill.good { "Would be given" } " at once: nobody has to be asked." }
                @for line in &explain.decided { p { (words::decider(app, line)) } }
            }
            (would, _) => p.would { span.pill.bad { "Would be " (would) } " " (preview.standing) },
        }
        (why::rules(app, &explain.rules))
    }
}
