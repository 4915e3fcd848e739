//! Asking: the command, the shortcut, the form and what is looked for in it.

use std::time::Duration as Real;

use countersign::desk::{Accepted, Caller, FieldProblem, Problem, RunView};
use countersign::engine::FlowConfig;
use countersign::flow::TemplateKind;
use countersign::model::{FlowName, Outcome, Source, Status, TargetName};
use serde_json::{Value, json};

use super::answers::asked;
use super::blocks::{Modal, cut, escape, label, option, section};
use super::command::{self, Wish, Written};
use super::form::{Filled, MANY, Meta, put};
use super::opening::{Asking, At, PATIENCE};
use super::payload::{Done, Typed, View};
use super::person::Known;
use super::reply::{Reply, Stop, after_the_answer, ephemeral};
use super::words;
use super::workspace::{Opened, Workspace};

/// For so long somebody is told what became of what they did.
pub(super) const FOLLOWS: Real = Real::from_mins(1);

/// The modal in which a flow is chosen.
pub(super) const PICK: &str = "cs_pick";
/// The list of flows in it.
pub(super) const FLOW: &str = "cs_flow";

impl Workspace {
    /// Somebody typed the command.
    pub(super) async fn command(&self, typed: Typed) -> Reply {
        let flows = &self.desk().runner.environment.flows;
        let wish = command::read(&typed.text, flows);
        if wish == Wish::Help {
            return Reply::says(&command::help(&typed.command));
        }
        let known = match self.who(&typed.user_id, typed.channel_id.as_deref()).await {
            Ok(known) => known,
            Err(stop) => return Reply::says(&stop.text),
        };
        match wish {
            Wish::Help => Reply::nothing(),
            Wish::Mine => match self.mine(&known.caller).await {
                Ok(message) => Reply::body(message),
                Err(problem) => Reply::says(&Stop::from(problem).text),
            },
            Wish::Pick { unknown } => {
                let (workspace, at) = (self.clone(), At::Trigger(typed.trigger_id));
                Reply::nothing().later(async move {
                    workspace.pick(known.caller, at, unknown.as_deref()).await;
                })
            }
            Wish::Ask(written) => self.written(typed, known.caller, *written).await,
        }
    }

    /// Somebody used the shortcut.
    pub(super) async fn shortcut(&self, done: Done) -> Reply {
        let (Some(trigger), true) =
            (done.trigger_id, done.callback_id.as_deref() == Some("request_access"))
        else {
            return Reply::nothing();
        };
        let workspace = self.clone();
        match self.who(&done.user.id, None).await {
            Ok(known) => Reply::nothing().later(async move {
                workspace.pick(known.caller, At::Trigger(trigger), None).await;
            }),
            Err(stop) => Reply::nothing().later(async move {
                workspace.notify(&trigger, &done.user.id, "Not possible", &stop.text).await;
            }),
        }
    }

    /// A request in one line: filed if it is complete, otherwise a form with what is missing.
    async fn written(&self, typed: Typed, caller: Caller, written: Written) -> Reply {
        let Written { flow, filled, mut problems } = written;
        let ask = asked(&flow, &filled);
        let config = self.desk().runner.environment.flow(&flow);
        let targets = &self.desk().runner.environment.targets;
        let gives = |name: &TargetName| targets.get(name).is_some_and(|it| it.strategy.is_some());
        let needs_duration = config.is_some_and(|config| match &filled.target {
            Some(target) => gives(target),
            None => config.targets.iter().any(gives),
        });
        let is_whole = problems.is_empty() && (filled.duration.is_some() || !needs_duration);
        match self.desk().check(&caller, &ask).await {
            Ok(()) if is_whole => {
                let key = format!("slack.{}", typed.trigger_id);
                return match self.desk().request(&caller, &ask, Some(&key)).await {
                    Ok(accepted) => self.filed(caller, accepted, typed.response_url),
                    Err(problem) => Reply::says(&self.told(problem)),
                };
            }
            Ok(()) => {}
            Err(problem) if problem.fields.is_empty() => {
                self.desk().refused(&caller, "request", &problem).await;
                return Reply::says(&self.told(problem));
            }
            Err(problem) => {
                let said = |it: &FieldProblem| problems.iter().any(|said| said.field == it.field);
                let more: Vec<_> = problem.fields.into_iter().filter(|it| !said(it)).collect();
                problems.extend(more);
            }
        }
        // Whoever typed nothing but the flow is shown the form as it is.
        if filled == Filled::default() {
            problems.clear();
        }
        let (workspace, at) = (self.clone(), At::Trigger(typed.trigger_id));
        Reply::nothing().later(async move {
            let asking = Asking { caller, flow, filled, problems };
            workspace.open_form(asking, at).await;
        })
    }

    /// Says that a request was filed, and then what became of it.
    fn filed(&self, caller: Caller, accepted: Accepted, response_url: Option<String>) -> Reply {
        let (workspace, sent) = (self.clone(), self.sent(&accepted));
        Reply::says(&sent).watch(async move {
            let becoming = workspace.became(&caller, &accepted);
            let Some(text) = after_the_answer(becoming).await else { return };
            if let Some(url) = response_url {
                let mut message = ephemeral(&text);
                put(&mut message, "replace_original", true);
                if let Err(why) = workspace.respond(&url, &message).await {
                    tracing::warn!("what became of a request could not be told: {why}");
                }
            }
        })
    }

    pub(super) fn sent(&self, accepted: &Accepted) -> String {
        let url = self.url(&format!("/runs/{}", accepted.id));
        format!(":hourglass_flowing_sand: Your request has been sent. <{url}|Look at it>")
    }

    /// What became of a request, as soon as it rests.
    async fn became(&self, caller: &Caller, accepted: &Accepted) -> Option<String> {
        let url = self.url(&format!("/runs/{}", accepted.id));
        match self.desk().settled(caller, accepted, FOLLOWS).await {
            Ok(Some(run)) => Some(format!("{} <{url}|Look at it>", outcome(&run))),
            Ok(None) => None,
            Err(problem) => Some(Stop::from(problem).text),
        }
    }

    /// A refusal, with the way to the run that stands in the way.
    pub(super) fn told(&self, problem: Problem) -> String {
        let Stop { text, run } = problem.into();
        match run {
            Some(run) => format!("{text} <{}|Look at it>", self.url(&format!("/runs/{run}"))),
            None => text,
        }
    }

    /// Shows the flows that somebody may ask for; the only one's form at once.
    pub(super) async fn pick(&self, caller: Caller, at: At, unknown: Option<&str>) {
        let looking = tokio::time::timeout(self.patience(PATIENCE), self.forms().flows(&caller));
        let (at, flows) = self.meanwhile(at, looking).await;
        let Some(at) = at else { return };
        let flows: Vec<FlowName> = match flows {
            Ok(Ok(flows)) => flows.into_iter().map(|(name, _)| name).collect(),
            // Whose they are cannot be found out now: the engine looks again in any case.
            Ok(Err(_)) | Err(_) => self.offered(),
        };
        match (flows.as_slice(), unknown) {
            ([only], None) => {
                let asking = Asking::new(caller, only.clone());
                self.open_form(asking, at).await;
            }
            _ => drop(self.show(&at, &picker(&caller, &flows, unknown)).await),
        }
    }

    /// The flows that are asked for in Slack at all.
    fn offered(&self) -> Vec<FlowName> {
        let flows = self.desk().runner.environment.flows.iter();
        let offered = flows.filter(|(_, config)| is_asked_here(config));
        offered.map(|(name, _)| name.clone()).collect()
    }

    /// A flow was chosen: its form takes the place of the list.
    pub(super) async fn picked(&self, known: Known, flow: &str, view: &View) {
        let at = At::View(Opened { id: view.id.clone(), hash: view.hash.clone(), change: None });
        let flow = FlowName::parse(flow).ok().filter(|flow| self.offered().contains(flow));
        if let Some(flow) = flow {
            let channel = Meta::read(&view.private_metadata).channel;
            let mut caller = known.caller;
            caller.channel.identifier = channel;
            self.open_form(Asking::new(caller, flow), at).await;
        }
    }
}

/// Whether people ask by it in Slack.
pub(super) fn is_asked_here(config: &FlowConfig) -> bool {
    config.table.template == TemplateKind::Access && config.sources.contains(&Source::Slack)
}

fn picker(caller: &Caller, flows: &[FlowName], unknown: Option<&str>) -> Value {
    let mut blocks = Vec::new();
    if let Some(unknown) = unknown {
        blocks.push(section(&format!("There is no flow `{}`.", escape(&cut(unknown, 80)))));
    }
    if flows.is_empty() {
        blocks.push(section(
            "There is nothing here that you can ask for. Whoever runs Countersign can tell you why.",
        ));
    } else {
        let mut list = if flows.len() > MANY {
            json!({ "type": "external_select", "min_query_length": 0 })
        } else {
            let all = flows.iter().map(|it| option(it.as_str(), &title(it)));
            json!({ "type": "static_select", "options": all.collect::<Vec<_>>() })
        };
        put(&mut list, "action_id", FLOW);
        put(&mut list, "placeholder", label("Choose or search"));
        // A field would need a button that sends it.
        let mut question = section("What do you need?");
        put(&mut question, "block_id", "flow");
        put(&mut question, "accessory", list);
        blocks.push(question);
    }
    let channel = caller.channel.identifier.clone();
    let metadata = Meta { channel, ..Meta::default() }.text();
    Modal { callback: PICK, title: "Ask for access", submit: None, metadata, blocks }.view()
}

/// The name of a flow as people read it.
fn title(flow: &FlowName) -> String {
    let words = flow.as_str().replace(['_', '-'], " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// What became of a request.
pub(super) fn outcome(run: &RunView) -> String {
    let what = words::what(run);
    match (run.status, run.outcome) {
        (Status::Active, _) => {
            format!(":unlock: You have access to {what} {}.", words::standing(run))
        }
        (Status::Pending, _) => {
            format!(":hourglass_flowing_sand: You asked for {what}. {}", words::standing(run))
        }
        (Status::Closed, Some(Outcome::Approved)) | (Status::Approved, _) => {
            format!(":white_check_mark: {what} is approved. {}", words::standing(run))
        }
        (Status::Granting | Status::Revoking, _) => format!("{what}: {}", words::standing(run)),
        (Status::Closed, _) => format!(":no_entry: {}", words::standing(run)),
    }
}
