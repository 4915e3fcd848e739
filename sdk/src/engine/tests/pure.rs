//! The pure engine with nothing around it: who is who, what the flow says, and what happens.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::approvers::{Approvers, People};
use crate::engine::{
    Actor, Answer, Answered, Answers, Begin, Cause, Command, CommandKind, Due, Effect, EffectId,
    Failure, Found, Illegal, Input, Next, Outstanding, Question, ReachedBy, Request, Rules, Run,
    SealedEntry, State, Transition, apply, refuse,
};
use crate::flow::{Decision, Objection, Refusal, Ruling, TemplateKind};
use crate::model::{
    Channel, CommandId, Duration, Object, Role, RunId, Source, Step, Target, Timestamp, User,
    UserId,
};
use crate::testing::simulation::checks::one_run;

/// What is done to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Do {
    Approve(&'static str),
    Deny(&'static str),
    Cancel(&'static str),
    Revoke(&'static str),
    /// Those of a stage could not be reached, says Countersign.
    Unreached(usize),
    /// Somebody claims that.
    Pretend(&'static str),
    /// The clock is moved to where this is due, if it is.
    Due(Due),
    /// A timer that goes off although nothing is due.
    Early(Due),
    Grant(Went),
    Take(Went),
    /// An outcome of an effect that nobody called for.
    Stray,
    Looked(Found),
    Done,
}

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Went {
    Well,
    Badly,
    ForGood,
}

/// A run with all that is around it.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) run: Run,
    pub(super) entries: Vec<SealedEntry>,
    pub(super) now: Timestamp,
    pub(super) around: Around,
    commands: u32,
}

/// What the flow and the directories say.
#[derive(Debug, Clone)]
pub(super) struct Around {
    pub(super) plan: Approvers,
    pub(super) rules: Rules,
    pub(super) grants: bool,
    pub(super) duration: Duration,
    /// Of hooks that say something.
    pub(super) hooks: BTreeMap<Step, Result<Answer, ()>>,
    /// Whether nobody can say who is in which group.
    pub(super) directory_down: bool,
}

pub(super) fn user(name: &str) -> UserId {
    UserId::of_mail(&format!("{name}@acme.test")).unwrap()
}

/// `approvers` are Bo, Cy and Ada, who asks; Eve is nobody, and Root an administrator.
pub(super) fn people(names: &str) -> Approvers {
    let group = |name: &str| People::Users(name.split(' ').map(user).collect());
    Approvers::new(group(names))
}

impl Around {
    pub(super) fn new(plan: Approvers) -> Self {
        Self {
            plan,
            rules: Rules::default(),
            grants: true,
            duration: Duration::HOUR,
            hooks: BTreeMap::new(),
            directory_down: false,
        }
    }

    fn person(name: &UserId) -> Option<User> {
        let mut person = User::new(name.clone());
        match name.as_str().split('@').next().unwrap_or_default() {
            "root" => person.role = Role::Admin,
            "guest" => person.role = Role::Guest,
            "gone" => person.deactivated = true,
            "nobody" => return None,
            _ => {}
        }
        Some(person)
    }

    fn hook(&self, step: Step) -> Result<Answer, ()> {
        self.hooks.get(&step).cloned().unwrap_or(Ok(match step {
            Step::Prompt | Step::Request => Answer::Decision(None),
            Step::Forward | Step::Expiry => Answer::Ruling(None),
            Step::Approval | Step::Deescalate => Answer::Objection(None),
            Step::Denial => Answer::Refusal(None),
            Step::Escalate => Answer::Nothing,
        }))
    }

    fn answer(&self, question: &Question) -> Answered {
        let answer = match question {
            Question::Hook(step) => self.hook(*step),
            Question::MayAsk => Ok(Answer::MayAsk(true)),
            Question::Approvers => Ok(Answer::Approvers(self.plan.clone())),
            Question::Members(_) | Question::IsMember(..) if self.directory_down => Err(()),
            Question::Members(People::Users(users)) => {
                Ok(Answer::Members(users.iter().filter_map(Self::person).collect()))
            }
            Question::Members(_) => Ok(Answer::Members(Vec::new())),
            Question::IsMember(People::Users(users), id) => {
                Ok(Answer::IsMember(users.contains(id)))
            }
            Question::IsMember(..) => Ok(Answer::IsMember(false)),
            Question::User(id) | Question::UserNow(id) => {
                Ok(Answer::User(Self::person(id).map(Box::new)))
            }
            Question::Twin(_) => Ok(Answer::Twin(None)),
            Question::Target(_) => Ok(Answer::Target(None)),
            Question::Holds(_) => Ok(Answer::Holds(true)),
        };
        Answered::plain(answer.map_err(|()| failure(false)))
    }

    /// What the engine says, with all its questions answered.
    fn apply(
        &self,
        run: Option<&Run>,
        begin: Option<&Begin>,
        input: &Input<'_>,
        now: Timestamp,
    ) -> (Result<Next, Illegal>, Answers) {
        let mut answers = Answers::default();
        for _ in 0..100 {
            match apply(run, begin, input, &answers, now) {
                Ok(Next::Ask(question, _)) => {
                    let answered = self.answer(&question);
                    answers.add(question, answered);
                }
                done => return (done, answers),
            }
        }
        panic!("the engine never has enough answers");
    }
}

fn failure(is_final: bool) -> Failure {
    Failure { code: "Test:FAILED".into(), message: "it fails".into(), hint: None, is_final }
}

impl World {
    /// Ada asks.
    pub(super) fn asked(around: Around) -> Self {
        let now: Timestamp = "2026-03-02T09:00:00Z".parse().unwrap();
        let strategy = around.grants.then(|| "test".parse().unwrap());
        let target = Target {
            name: "orders".parse().unwrap(),
            kind: "database".to_owned(),
            label: "orders".to_owned(),
            strategy,
            settings: Object::new(),
        };
        let request = Request {
            requester: user("ada"),
            filed_by: None,
            target: Some(target),
            duration: Some(around.duration),
            reason: String::new(),
            fields: Object::new(),
            context: Value::Null,
            channel: Channel::from(Source::Api),
            parent: None,
            extends: None,
            starts: None,
        };
        let kind =
            CommandKind::Request { flow: "plain".parse().unwrap(), request: Box::new(request) };
        let command = command(0, now, "ada", kind);
        let begin = Begin {
            template: TemplateKind::Access,
            flow_version: "1".to_owned(),
            rules: around.rules.clone(),
            acts: Step::ALL.into_iter().collect(),
        };
        let (next, _) = around.apply(None, Some(&begin), &Input::Command(&command), now);
        let Ok(Next::Move(transition)) = next else { panic!("{next:?}") };
        let Transition { run, entries } = *transition;
        Self { run, entries, now, around, commands: 0 }
    }

    fn effect(&self, effect: &Effect) -> Option<EffectId> {
        let of = |left: &&Outstanding| left.effect == *effect;
        self.run.outstanding.iter().find(of).map(|left| left.id)
    }

    fn command(&mut self, name: &str, kind: CommandKind) -> Command {
        self.commands += 1;
        command(self.commands, self.now, name, kind)
    }

    /// Does something. Whether anything happened; or how it was refused.
    pub(super) fn step(&mut self, what: Do) -> Result<bool, &'static str> {
        let message = None;
        let command = match what {
            Do::Approve(name) => Some((name, CommandKind::Approve { message, shown: None })),
            Do::Deny(name) => Some((name, CommandKind::Deny { message })),
            Do::Cancel(name) => Some((name, CommandKind::Cancel { message })),
            Do::Revoke(name) => Some((name, CommandKind::Revoke { message })),
            Do::Unreached(stage) => Some(("engine", unreached(stage))),
            Do::Pretend(name) => Some((name, unreached(0))),
            _ => None,
        };
        let command = command.map(|(name, kind)| self.command(name, kind));
        let command = command.map(|command| match what {
            Do::Unreached(_) => Command { by: Actor::ENGINE, ..command },
            _ => command,
        });
        let input = match (what, &command) {
            (_, Some(command)) => Some(Input::Command(command)),
            (what, None) => self.event(what),
        };
        let Some(input) = input else { return Ok(false) };
        let (next, answers) = self.around.apply(Some(&self.run), None, &input, self.now);
        match (next, &command) {
            (Ok(Next::Move(transition)), _) => {
                self.take(*transition);
                Ok(true)
            }
            (Ok(Next::Nothing | Next::Ask(..)), _) => Ok(false),
            (Err(illegal), Some(command)) => {
                let refused = refuse(&self.run, command, &illegal, &answers, self.now);
                let (before, code) = (self.run.clone(), illegal.code);
                let left = refused.run.outstanding.iter().filter(|left| {
                    !before.outstanding.contains(left)
                        && !matches!(left.effect, Effect::Notify { .. })
                });
                assert_eq!(left.count(), 0, "a refusal calls for something: {refused:#?}");
                assert_eq!(refused.run.state, before.state);
                assert_eq!(refused.run.approvals, before.approvals);
                Err(code)
            }
            (Err(illegal), None) => panic!("{what:?}: {illegal:?}"),
        }
    }

    fn event(&mut self, what: Do) -> Option<Input<'static>> {
        Some(match what {
            Do::Due(due) => {
                let (at, _) = self.run.dues().into_iter().find(|(_, what)| *what == due)?;
                self.now = self.now.max(at);
                Input::Due(due)
            }
            Do::Early(due) => Input::Due(due),
            Do::Grant(went) => {
                let id = self.effect(&Effect::Grant)?;
                match went {
                    Went::Well => Input::Granted(id, None, ReachedBy::Seen),
                    Went::Badly => Input::GrantFailed(id, failure(false)),
                    Went::ForGood => Input::GrantFailed(id, failure(true)),
                }
            }
            Do::Take(went) => {
                let id = self.effect(&Effect::Revoke)?;
                match went {
                    Went::Well => Input::Revoked(id, None, ReachedBy::Seen),
                    Went::Badly | Went::ForGood => Input::RevokeFailed(id, failure(false)),
                }
            }
            Do::Stray => Input::Granted(EffectId { seq: 1, index: 77 }, None, ReachedBy::Seen),
            Do::Looked(found) => {
                let dues = self.run.dues();
                let (at, _) = dues.iter().find(|(_, what)| *what == Due::Recheck)?;
                self.now = self.now.max(*at);
                Input::Rechecked(found, (found == Found::Unknown).then(|| failure(false)))
            }
            Do::Done => {
                let left = self.run.outstanding.iter();
                let done: Vec<_> =
                    left.filter(|left| !left.effect.touches_target()).map(|left| left.id).collect();
                if done.is_empty() {
                    return None;
                }
                Input::Done(done)
            }
            Do::Approve(_)
            | Do::Deny(_)
            | Do::Cancel(_)
            | Do::Revoke(_)
            | Do::Unreached(_)
            | Do::Pretend(_) => return None,
        })
    }

    /// What happened is taken over, if it may have happened.
    fn take(&mut self, transition: Transition) {
        let before = std::mem::replace(&mut self.run, transition.run);
        self.entries.extend(transition.entries);
        let (old, new) = (rank(&before.state), rank(&self.run.state));
        assert!(new >= old, "a run goes backwards: {:?} to {:?}", before.state, self.run.state);
        if let (Some(old), Some(new)) = (before.until, self.run.until) {
            assert!(new <= old, "the end moved later");
        }
        if let (Some(since), Some(until)) = (self.granting(), self.run.until) {
            let longest = since + self.around.rules.max_duration.min(self.around.duration);
            assert!(until <= longest, "longer than was asked for, or than is allowed");
        }
        assert!(!self.run.dues().is_empty() || self.may_rest(), "nothing will ever happen to it");
    }

    fn granting(&self) -> Option<Timestamp> {
        let is = |sealed: &&SealedEntry| {
            matches!(sealed.entry.what, crate::engine::What::Granting { .. })
        };
        self.entries.iter().find(is).map(|sealed| sealed.entry.at)
    }

    /// Whether it is for people to go on.
    fn may_rest(&self) -> bool {
        match &self.run.state {
            State::Closed { .. } | State::Pending(_) => true,
            State::Active { until, .. } => until.is_none(),
            State::Prompted { .. } | State::Granting { .. } | State::Revoking { .. } => false,
        }
    }

    /// What holds of every log.
    pub(super) fn check(&self, history: &[Do]) {
        one_run(&format!("after {history:?}"), &self.run, &self.entries);
    }
}

const fn rank(state: &State) -> u8 {
    match state {
        State::Prompted { .. } => 0,
        State::Pending(_) => 1,
        State::Granting { .. } => 2,
        State::Active { .. } => 3,
        State::Revoking { .. } => 4,
        State::Closed { .. } => 5,
    }
}

fn unreached(stage: usize) -> CommandKind {
    CommandKind::Undelivered { stage, why: "there is no channel `#ops`".to_owned() }
}

fn command(number: u32, at: Timestamp, name: &str, kind: CommandKind) -> Command {
    Command {
        id: CommandId::parse(format!("c{number}")).unwrap(),
        run: RunId::from_parts(1, 1),
        at,
        by: Actor::local(user(name)),
        channel: Channel::from(Source::Api),
        kind,
    }
}

/// Everything that a hook of this step may say.
pub(super) fn sayings(step: Step) -> Vec<Result<Answer, ()>> {
    let change = crate::flow::Change::new().duration(Duration::minutes(30)).field("a", 1);
    let elsewhere = crate::flow::Change::new().target("nowhere");
    let said: Vec<Answer> = match step {
        Step::Prompt | Step::Request => [
            None,
            Some(Decision::approve("a")),
            Some(Decision::deny("d")),
            Some(Decision::ignore("i")),
            Some(change.into()),
            Some(elsewhere.into()),
        ]
        .map(Answer::Decision)
        .into(),
        Step::Forward | Step::Expiry => {
            [None, Some(Ruling::approve("a")), Some(Ruling::deny("d"))].map(Answer::Ruling).into()
        }
        Step::Approval | Step::Deescalate => {
            [None, Some(Objection::ignore("i")), Some(Objection::deny("d"))]
                .map(Answer::Objection)
                .into()
        }
        Step::Denial => [None, Some(Refusal::ignore("i"))].map(Answer::Refusal).into(),
        Step::Escalate => vec![Answer::Nothing],
    };
    said.into_iter().map(Ok).chain([Err(())]).collect()
}

/// What the cause of the newest entry was.
pub(super) fn newest_cause(world: &World) -> Option<&Cause> {
    world.entries.last().map(|sealed| &sealed.entry.cause)
}
