//! Buttons about a run: approve, deny, end, extend, cancel, answer.
//!
//! A button carries the run's id, and whoever pressed it is looked up afresh; all else is read from the
//! store. What was wanted is recorded before Slack is answered, and refused, with the reason, when it is
//! handled.

use countersign::desk::{Accepted, Caller, Problem};
use countersign::engine::{CommandKind, FlowConfig, Run};
use countersign::flow::Form as FlowForm;
use countersign::model::{Duration, Hash, Object, RunId};
use serde_json::{Value, json};

use super::ask::FOLLOWS;
use super::blocks::{Modal, escape, option, plain, section};
use super::form::{DURATION, Is, Meta, REASON, Spec, element, input, put};
use super::payload::{Action, Done, View};
use super::person::Known;
use super::reply::{Reply, Stop};
use super::sending::{pushed, updated};
use super::words;
use super::workspace::Workspace;

pub(super) const APPROVE_FORM: &str = "cs_approve";
pub(super) const DENY_FORM: &str = "cs_deny";
pub(super) const EXTEND_FORM: &str = "cs_extend";
pub(super) const ANSWER_FORM: &str = "cs_answer";

const PASSED_ON: &str =
    ":white_check_mark: It has been passed on. If it cannot be done, you are told why.";

/// A button, by its action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Button {
    Approve,
    ApproveSaying,
    Deny,
    Cancel,
    End,
    Extend,
    Answer,
}

impl Button {
    fn of(action: &str) -> Option<Self> {
        Some(match action {
            "cs_approve" => Self::Approve,
            "cs_approve_saying" => Self::ApproveSaying,
            "cs_deny" => Self::Deny,
            "cs_cancel" => Self::Cancel,
            "cs_end" => Self::End,
            "cs_extend" => Self::Extend,
            "cs_answer" => Self::Answer,
            _ => return None,
        })
    }
}

/// The run that a button is about, and what its message showed of it, if that is told.
fn carried(value: &str) -> Option<(RunId, Option<Hash>)> {
    match value.split_once('.') {
        Some((run, shown)) => Some((RunId::parse(run).ok()?, Some(Hash::parse(shown).ok()?))),
        None => Some((RunId::parse(value).ok()?, None)),
    }
}

impl Workspace {
    /// Somebody pressed a button.
    pub(super) async fn decided(&self, done: Done, action: Action) -> Reply {
        let Some(button) = Button::of(&action.id) else {
            return self.stopped(&done, Stop::outdated("button"));
        };
        let Some((run, shown)) = action.value.as_deref().and_then(carried) else {
            return self.stopped(&done, Stop::new("This button is of no request that is known."));
        };
        match self.pressed(&done, &action, button, &run, shown).await {
            Ok(reply) => reply,
            Err(stop) => self.stopped(&done, stop),
        }
    }

    async fn pressed(
        &self,
        done: &Done,
        action: &Action,
        button: Button,
        run: &RunId,
        shown: Option<Hash>,
    ) -> Result<Reply, Stop> {
        let (known, stored) = self.heard(done, run).await?;
        let command = match button {
            Button::Approve => CommandKind::Approve { message: None, shown },
            Button::ApproveSaying => return Ok(self.opens(done, &APPROVAL.view(&stored, done))),
            Button::Deny if stored.rules.include_decision_message => {
                return Ok(self.opens(done, &DENIAL.view(&stored, done)));
            }
            Button::Deny => CommandKind::Deny { message: None },
            Button::Cancel => CommandKind::Cancel { message: None },
            Button::End => CommandKind::Revoke { message: None },
            Button::Extend => return Ok(self.opens(done, &extension(&stored, done))),
            Button::Answer => {
                let config = self.desk().runner.environment.flow(&stored.flow);
                let config = config.ok_or_else(|| Problem::no_run(run))?;
                return Ok(self.opens(done, &questions(&stored, config, done)));
            }
        };
        // Slack's own time of the click: the same when it tells of it again.
        let key = format!("slack.{}.{}.{}", action.at, done.user.id, action.id);
        let key = Some(key).filter(|_| !action.at.is_empty());
        let accepted = self.desk().command(&known.caller, run, command, key.as_deref()).await?;
        Ok(self.passed_on(done, known.caller, accepted))
    }

    /// Whoever did something about a run, and the run, if they are to be heard about it.
    async fn heard(&self, done: &Done, run: &RunId) -> Result<(Known, Run), Stop> {
        let known = self.who(&done.user.id, where_done(done).as_deref()).await?;
        let stored = self.desk().runner.run(run).await.map_err(Problem::from)?;
        let stored = stored.ok_or_else(|| Problem::no_run(run))?;
        if known.is_guest && !stored.rules.allow_guest_interaction {
            let problem =
                Problem::new(403, "not_an_approver", "guests may not decide in this flow");
            self.desk().refused(&known.caller, "decide", &problem).await;
            return Err(problem.into());
        }
        Ok((known, stored))
    }

    /// Opens a modal at once: its trigger is good for three seconds.
    fn opens(&self, done: &Done, view: &Value) -> Reply {
        let Some(trigger) = done.trigger_id.clone() else { return Reply::nothing() };
        let (workspace, view, user) = (self.clone(), view.clone(), done.user.id.clone());
        Reply::nothing().later(async move {
            if let Err(error) = workspace.open_view(&trigger, &view).await {
                tracing::warn!(user, "a modal could not be opened: {}", error.error);
                workspace.tell(&user, None, "That took too long. Press the button again.").await;
            }
        })
    }

    /// It was passed on. Whether it is refused is found out when it is handled, and told then, by a message.
    fn passed_on(&self, done: &Done, caller: Caller, accepted: Accepted) -> Reply {
        if done.view.as_ref().is_none_or(|view| view.kind != "home") {
            return Reply::nothing();
        }
        let user = done.user.id.clone();
        let (at_once, in_the_end) = ((self.clone(), caller.clone(), user.clone()), self.clone());
        let run = accepted.id.clone();
        let shown = async move {
            let (workspace, caller, user) = at_once;
            workspace.publish_home(&caller, &user, Some(&run)).await;
        };
        Reply::nothing().later(shown).watch(async move {
            // What became of it is to be seen there, whatever it is.
            let _ = in_the_end.desk().settled(&caller, &accepted, FOLLOWS).await;
            in_the_end.publish_home(&caller, &user, None).await;
        })
    }

    /// Somebody approved with a message, or without.
    pub(super) async fn sent_approval(&self, done: &Done, view: &View) -> Reply {
        let kind = CommandKind::Approve { message: message(view), shown: None };
        self.sent_command(done, view, kind, "Approved").await
    }

    /// Somebody denied with a message, or without.
    pub(super) async fn sent_denial(&self, done: &Done, view: &View) -> Reply {
        self.sent_command(done, view, CommandKind::Deny { message: message(view) }, "Denied").await
    }

    /// Somebody answered what a follow-up asks.
    pub(super) async fn sent_answers(&self, done: &Done, view: &View) -> Reply {
        let Some(run) = Meta::read(&view.private_metadata).run else { return Reply::nothing() };
        let stored = match self.heard(done, &run).await {
            Ok((_, stored)) => stored,
            Err(stop) => return pushed("Not sent", &stop.text),
        };
        let Some(config) = self.desk().runner.environment.flow(&stored.flow) else {
            return pushed("Not sent", "This flow is not there any more.");
        };
        let read = match self.read(config, &view.state).await {
            Ok(read) => read,
            Err(stop) => return pushed("Not sent", &stop.text),
        };
        if let Err(problem) = read.ask(&stored.flow)
            && let Some(errors) = read.errors(&problem)
        {
            return Reply::body(errors);
        }
        let kind = CommandKind::Answer { fields: read.filled.fields.clone() };
        match self.record(done, view, &run, kind).await {
            Ok(()) => confirmed("Thank you"),
            Err(problem) => match read.errors(&problem) {
                Some(errors) => Reply::body(errors),
                None => pushed("Not sent", &self.told(problem)),
            },
        }
    }

    /// Somebody asked to keep access for longer.
    pub(super) async fn sent_extension(&self, done: &Done, view: &View) -> Reply {
        let Some(run) = Meta::read(&view.private_metadata).run else { return Reply::nothing() };
        let (known, _) = match self.heard(done, &run).await {
            Ok(heard) => heard,
            Err(stop) => return pushed("Not sent", &stop.text),
        };
        let duration = first(view, "duration").and_then(|text| Duration::parse(&text).ok());
        let reason = first(view, "reason").unwrap_or_default();
        let key = format!("slack.{}", view.id);
        let extended = self.desk().extend(&known.caller, &run, duration, &reason, Some(&key)).await;
        match extended {
            Ok(_) => confirmed("Sent"),
            Err(problem) => match problem.fields.first() {
                Some(field) => {
                    let block = if field.field == "reason" { "reason" } else { "duration" };
                    let errors = json!({ block: field.message });
                    Reply::body(json!({ "response_action": "errors", "errors": errors }))
                }
                None => pushed("Not possible", &self.told(problem)),
            },
        }
    }

    async fn sent_command(
        &self,
        done: &Done,
        view: &View,
        kind: CommandKind,
        title: &str,
    ) -> Reply {
        let Some(run) = Meta::read(&view.private_metadata).run else { return Reply::nothing() };
        match self.record(done, view, &run, kind).await {
            Ok(()) => confirmed(title),
            Err(problem) => pushed("Not possible", &self.told(problem)),
        }
    }

    async fn record(
        &self,
        done: &Done,
        view: &View,
        run: &RunId,
        kind: CommandKind,
    ) -> Result<(), Problem> {
        let (known, _) = self.heard(done, run).await.map_err(|stop| {
            Problem::new(403, "not_heard", stop.text.trim_start_matches(":no_entry: "))
        })?;
        let key = format!("slack.{}", view.id);
        self.desk().command(&known.caller, run, kind, Some(&key)).await.map(drop)
    }
}

/// The modal becomes a confirmation.
fn confirmed(title: &str) -> Reply {
    updated(title, PASSED_ON)
}

/// The channel in which something was done: of a modal, that in which it was opened.
fn where_done(done: &Done) -> Option<String> {
    let channel = done.channel.as_ref().map(|channel| channel.id.clone());
    channel.or_else(|| Meta::read(&done.view.as_ref()?.private_metadata).channel)
}

fn about(run: &Run, done: &Done) -> String {
    Meta { run: Some(run.id.clone()), channel: where_done(done), ..Meta::default() }.text()
}

fn what(run: &Run) -> String {
    let target = run.request.target.as_ref().map(|target| target.label.as_str());
    escape(target.unwrap_or(run.flow.as_str()))
}

/// A modal that asks for a message with a decision.
struct Verdict {
    callback: &'static str,
    /// On its top, and on the button that sends it.
    title: &'static str,
    question: &'static str,
}

const APPROVAL: Verdict =
    Verdict { callback: APPROVE_FORM, title: "Approve", question: "Anything to add?" };

const DENIAL: Verdict = Verdict { callback: DENY_FORM, title: "Deny", question: "Why not?" };

impl Verdict {
    fn view(&self, run: &Run, done: &Done) -> Value {
        let text = json!({
            "type": "plain_text_input",
            "action_id": "cs_message",
            "multiline": true,
            "max_length": 2_000,
            "placeholder": plain("The requester reads it."),
        });
        let requester = escape(run.request.requester.as_str());
        let blocks = vec![
            section(&format!("{requester} asks for *{}*.", what(run))),
            input("message", self.question, &text, Is { optional: true, ..Is::default() }),
        ];
        let (metadata, submit) = (about(run, done), Some(self.title));
        Modal { callback: self.callback, title: self.title, submit, metadata, blocks }.view()
    }
}

/// Asks for how much longer.
fn extension(run: &Run, done: &Done) -> Value {
    let own = run.request.duration;
    let mut offered = vec![Duration::minutes(30), Duration::HOUR, Duration::hours(4)];
    if let Some(own) = own
        && !offered.contains(&own)
    {
        offered.insert(0, own);
    }
    offered.retain(|duration| *duration <= run.rules.max_duration);
    let chosen = own.filter(|own| offered.contains(own)).or_else(|| offered.first().copied());
    let one = |it: Duration| option(&it.to_string(), &words::duration(it));
    let all: Vec<_> = offered.iter().copied().map(one).collect();
    let mut list = json!({ "type": "static_select", "action_id": DURATION, "options": all });
    if let Some(chosen) = chosen {
        put(&mut list, "initial_option", one(chosen));
    }
    let text = json!({
        "type": "plain_text_input",
        "action_id": REASON,
        "multiline": true,
        "max_length": 2_000,
        "placeholder": plain("Why is it needed for longer?"),
    });
    let until = run.until.map(|at| format!(" until {}", words::time(at))).unwrap_or_default();
    let mut blocks = vec![section(&format!("You hold *{}*{until}.", what(run)))];
    if !all.is_empty() {
        blocks.push(input("duration", "How much longer", &list, Is::default()));
    }
    blocks.push(input("reason", "Reason", &text, Is { optional: true, ..Is::default() }));
    let (metadata, submit) = (about(run, done), Some("Ask"));
    Modal { callback: EXTEND_FORM, title: "Extend access", submit, metadata, blocks }.view()
}

/// Asks what a follow-up asks.
fn questions(run: &Run, config: &FlowConfig, done: &Done) -> Value {
    let form = FlowForm::new(config.table.fields, &Object::new());
    let mut blocks = Vec::new();
    for now in form.fields.iter().filter(|field| field.visible) {
        let Some(declared) = config.table.field(now.name()) else { continue };
        let spec = Spec { declared, now, table: config.table };
        let is = Is {
            hint: declared.help,
            optional: !now.required || now.kind() == countersign::flow::FieldKind::Bool,
            dispatched: false,
        };
        let id = format!("f.{}", declared.name);
        blocks.push(input(&id, &now.label, &element(&spec, &|_| None), is));
    }
    let (metadata, submit) = (about(run, done), Some("Send"));
    Modal { callback: ANSWER_FORM, title: "A few questions", submit, metadata, blocks }.view()
}

/// The message that was typed with a decision.
fn message(view: &View) -> Option<String> {
    first(view, "message").filter(|text| !text.trim().is_empty())
}

/// What was typed or chosen in a block.
fn first(view: &View, block: &str) -> Option<String> {
    let element = view.state.values.get(block)?.values().next()?;
    let chosen = element.pointer("/selected_option/value").or_else(|| element.get("value"))?;
    chosen.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_carries_a_run_and_maybe_what_was_shown() {
        let run = RunId::from_parts(1, 2);
        let hash = "a".repeat(64);
        assert_eq!(carried(run.as_str()), Some((run.clone(), None)));
        let both = format!("{run}.{hash}");
        assert_eq!(carried(&both), Some((run, Some(Hash::parse(hash).unwrap()))));
        for wrong in ["", "x", ".", "01.02", &format!("{both}0")] {
            assert_eq!(carried(wrong), None, "{wrong}");
        }
    }
}
