//! Runs as they come out of the pure engine, made by the hundred thousand without a server: for
//! filling stores.

use std::collections::BTreeSet;

use countersign::approvers::{People, slack};
use countersign::engine::records::{self, moved, transaction};
use countersign::engine::{
    Actor, Answer, Answered, Answers, Begin, Command, CommandKind, Due, Effect, EffectId, Found,
    Illegal, Input, Next, Question, ReachedBy, Request, Rules, Run, State, Transition, apply,
};
use countersign::flow::TemplateKind;
use countersign::model::{
    Channel, CommandId, Duration, FlowName, InvalidName, Object, RunId, Source, Step, StrategyName,
    Target, TargetName, Timestamp, User, UserId,
};
use countersign::store::{Commit, Store, Transaction};
use serde_json::Value;

/// One moment of a story: what comes to the run, and all that the engine is told about it.
#[derive(Debug, Clone)]
pub struct Moment {
    /// What comes to it.
    pub input: Owned,
    /// What the engine is told.
    pub answers: Answers,
    /// When.
    pub at: Timestamp,
}

/// An [`Input`] that owns its command.
#[derive(Debug, Clone)]
pub enum Owned {
    /// Somebody wants something.
    Command(Box<Command>),
    /// A time came, or an effect was carried out.
    Other(Input<'static>),
}

impl Owned {
    /// As the engine takes it.
    #[must_use]
    pub fn input(&self) -> Input<'_> {
        match self {
            Self::Command(command) => Input::Command(command),
            Self::Other(input) => input.clone(),
        }
    }
}

/// How far a story goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Until {
    /// Somebody has been asked.
    Pending,
    /// Access is there.
    Active,
    /// It was there, and is gone.
    Closed,
}

/// Makes stories.
#[derive(Debug)]
pub struct Stock {
    flow: FlowName,
    target: Target,
    approver: User,
    begin: Begin,
}

impl Stock {
    /// Stories of the example's flow about `prod-database`, approved by `ops@acme.test`.
    ///
    /// # Errors
    ///
    /// Never: these are names.
    pub fn new() -> Result<Self, InvalidName> {
        let mut settings = Object::new();
        settings.insert("group".to_owned(), Value::from("prod-database"));
        Ok(Self {
            flow: FlowName::parse("infra_access")?,
            target: Target {
                name: TargetName::parse("prod-database")?,
                kind: "database".to_owned(),
                label: "Production database".to_owned(),
                strategy: Some(StrategyName::parse("groups")?),
                settings,
            },
            approver: User::new(UserId::parse("ops@acme.test")?),
            begin: Begin {
                template: TemplateKind::Access,
                flow_version: "0.1.0".to_owned(),
                rules: Rules::default(),
                acts: BTreeSet::from([
                    Step::Request,
                    Step::Approval,
                    Step::Escalate,
                    Step::Deescalate,
                ]),
            },
        })
    }

    /// Under what its runs begin.
    #[must_use]
    pub const fn begin(&self) -> &Begin {
        &self.begin
    }

    /// Somebody asks for an hour, and gets it.
    #[must_use]
    pub fn asked(&self, id: &RunId, who: &UserId, at: Timestamp) -> Moment {
        let request = Request {
            requester: who.clone(),
            filed_by: None,
            target: Some(self.target.clone()),
            duration: Some(Duration::HOUR),
            reason: "INC-42: a query that never ends".to_owned(),
            fields: Object::new(),
            context: Value::Null,
            channel: Channel::from(Source::Api),
            parent: None,
            extends: None,
            starts: None,
        };
        let kind = CommandKind::Request { flow: self.flow.clone(), request: Box::new(request) };
        let plan = slack::channel("#ops");
        let members = plan.stages().first().map(|stage| stage.who.clone());
        let mut answers = answers([
            (Question::Twin(Some(self.target.name.clone())), Answer::Twin(None)),
            (Question::UserNow(who.clone()), Answer::User(Some(Box::new(User::new(who.clone()))))),
            (Question::MayAsk, Answer::MayAsk(true)),
            (Question::Hook(Step::Prompt), Answer::Decision(None)),
            (Question::Hook(Step::Request), Answer::Decision(None)),
            (Question::Approvers, Answer::Approvers(plan)),
        ]);
        answers_about(&mut answers, members, &self.approver);
        Moment { input: command(id, who, at, kind), answers, at }
    }

    /// Whoever may decide says yes.
    #[must_use]
    pub fn approved(&self, run: &Run, at: Timestamp) -> Moment {
        let step = Step::Approval;
        let (requester, approver) = (&run.request.requester, &self.approver);
        let mut answers = answers([
            (
                Question::UserNow(approver.id.clone()),
                Answer::User(Some(Box::new(approver.clone()))),
            ),
            (Question::Hook(step), Answer::Objection(None)),
            (Question::Hook(Step::Escalate), Answer::Nothing),
            (
                Question::UserNow(requester.clone()),
                Answer::User(Some(Box::new(User::new(requester.clone())))),
            ),
        ]);
        answers_about(&mut answers, run.stage().map(|stage| stage.who.clone()), approver);
        let kind = CommandKind::Approve { message: None, shown: None };
        Moment { input: command(&run.id, &approver.id, at, kind), answers, at }
    }

    /// Access was given.
    #[must_use]
    pub fn granted(run: &Run, at: Timestamp) -> Moment {
        let id = effect(run, &Effect::Grant);
        other(Input::Granted(id, None, ReachedBy::Seen), at)
    }

    /// Its time is up.
    #[must_use]
    pub fn over(run: &Run) -> Moment {
        other(Input::Due(Due::End), run.until.unwrap_or(run.touched))
    }

    /// Access was taken away.
    #[must_use]
    pub fn revoked(run: &Run, at: Timestamp) -> Moment {
        let id = effect(run, &Effect::Revoke);
        other(Input::Revoked(id, None, ReachedBy::Seen), at)
    }

    /// After its end, the target was looked at again.
    #[must_use]
    pub fn looked_again(run: &Run) -> Moment {
        let at = match &run.state {
            State::Closed { recheck: Some(recheck), .. } => recheck.at,
            _ => run.touched,
        };
        other(Input::Rechecked(Found::Gone, None), at)
    }

    /// All that touched no target has been carried out.
    #[must_use]
    pub fn done(run: &Run) -> Moment {
        let small = run.outstanding.iter().filter(|left| !left.effect.touches_target());
        other(Input::Done(small.map(|left| left.id).collect()), run.touched)
    }

    /// One step further.
    ///
    /// # Errors
    ///
    /// If it cannot happen, or the engine wants to know more.
    pub fn step(&self, run: Option<&Run>, moment: &Moment) -> Result<Transition, Illegal> {
        let begin = run.is_none().then_some(&self.begin);
        match apply(run, begin, &moment.input.input(), &moment.answers, moment.at)? {
            Next::Move(transition) => Ok(*transition),
            Next::Ask(question, _) => Err(Illegal::new("asked", format!("{question:?}"))),
            Next::Nothing => Err(Illegal::new("nothing", "nothing happened")),
        }
    }

    /// A run by which somebody holds access, as one transaction: its head and its places in the
    /// lists, without what came before. One person may hold the same more than once.
    ///
    /// # Errors
    ///
    /// If it cannot happen.
    pub fn held(
        &self,
        id: &RunId,
        who: &UserId,
        at: Timestamp,
    ) -> Result<Vec<Transaction>, Illegal> {
        let run = self.step(None, &self.asked(id, who, at))?.run;
        let run = self.step(Some(&run), &self.approved(&run, at))?.run;
        let run = self.step(Some(&run), &Self::granted(&run, at))?.run;
        let run = self.step(Some(&run), &Self::done(&run))?.run;
        let mut writes = moved(None, &Transition { run, entries: Vec::new() });
        writes.retain(|write| !write.key().pk.starts_with("W#"));
        Ok(vec![transaction(writes)])
    }

    /// A whole story as the transactions that the runner would write.
    ///
    /// # Errors
    ///
    /// If it cannot happen.
    pub fn story(
        &self,
        id: &RunId,
        who: &UserId,
        at: Timestamp,
        until: Until,
    ) -> Result<Vec<Transaction>, Illegal> {
        let asked = self.asked(id, who, at);
        let mut run = self.step(None, &asked)?;
        let mut written = vec![transaction(moved(None, &run))];
        let mut version = 1;
        let mut go = |moment: &dyn Fn(&Run) -> Moment| -> Result<(), Illegal> {
            let next = self.step(Some(&run.run), &moment(&run.run))?;
            written.push(transaction(moved(Some((&run.run, version)), &next)));
            (run, version) = (next, version.saturating_add(1));
            Ok(())
        };
        go(&Self::done)?;
        if until >= Until::Active {
            go(&|run| self.approved(run, at))?;
            go(&|run| Self::granted(run, at))?;
            go(&Self::done)?;
        }
        if until >= Until::Closed {
            go(&Self::over)?;
            go(&|run| Self::revoked(run, run.touched))?;
            go(&Self::done)?;
            for _ in 0..3 {
                go(&Self::looked_again)?;
            }
        }
        Ok(written)
    }
}

/// Puts stories into a store, those of different runs side by side.
///
/// # Errors
///
/// If the store does not take them.
pub async fn fill<S: Store + 'static>(
    store: &std::sync::Arc<S>,
    stories: impl Iterator<Item = Vec<Transaction>>,
) -> Result<(), String> {
    let mut writing = tokio::task::JoinSet::new();
    let joined = |written: Result<Result<(), String>, tokio::task::JoinError>| match written {
        Ok(written) => written,
        Err(error) => Err(error.to_string()),
    };
    for story in stories {
        if writing.len() >= 512
            && let Some(written) = writing.join_next().await
        {
            joined(written)?;
        }
        let store = store.clone();
        writing.spawn(async move {
            for transaction in &story {
                match store.write(transaction).await {
                    Commit::Committed => {}
                    other => return Err(format!("{other:?}")),
                }
            }
            Ok(())
        });
    }
    while let Some(written) = writing.join_next().await {
        joined(written)?;
    }
    Ok(())
}

fn command(id: &RunId, who: &UserId, at: Timestamp, kind: CommandKind) -> Owned {
    let name = CommandId::parse(format!("{id}.{}", kind.as_str()))
        .unwrap_or_else(|_| unreachable!("letters, digits and a dot"));
    Owned::Command(Box::new(Command {
        id: name,
        run: id.clone(),
        at,
        by: Actor::local(who.clone()),
        channel: Channel::from(Source::Api),
        kind,
    }))
}

fn other(input: Input<'static>, at: Timestamp) -> Moment {
    Moment { input: Owned::Other(input), answers: Answers::default(), at }
}

fn answers<const N: usize>(known: [(Question, Answer); N]) -> Answers {
    let mut answers = Answers::default();
    for (question, answer) in known {
        answers.add(question, Answered::plain(Ok(answer)));
    }
    answers
}

fn answers_about(answers: &mut Answers, people: Option<People>, member: &User) {
    if let Some(people) = people {
        let members = Answer::Members(vec![member.clone()]);
        answers.add(Question::Members(people.clone()), Answered::plain(Ok(members)));
        let is_member = Question::IsMember(people, member.id.clone());
        answers.add(is_member, Answered::plain(Ok(Answer::IsMember(true))));
    }
}

fn effect(run: &Run, effect: &Effect) -> EffectId {
    let found = run.outstanding.iter().find(|left| left.effect == *effect);
    found.map_or(EffectId { seq: 0, index: 0 }, |left| left.id)
}

/// The id of the run with this number; ids are in the order of numbers.
#[must_use]
pub fn run_id(number: u64, at: Timestamp) -> RunId {
    RunId::from_parts(records::millis(at), u128::from(number) << 16 | 1)
}
