//! Answers the questions of the pure engine: by the flow's functions, the directory, the store.

use std::sync::{Arc, Mutex, PoisonError};

use super::super::apply::Input;
use super::super::entry::Failure;
use super::super::host::Died;
use super::super::question::{Answer, Answered, Question};
use super::super::records;
use super::super::state::Run;
use super::Runner;
use super::view::Origin;
use crate::approvers::{People, anyone};
use crate::context::{Call as Mode, Context, Left, ServiceError};
use crate::flow::{Call, Decision, Entry, FlowDescriptor, HandlerError};
use crate::model::{RunId, Status, Step, Target, TargetName, Timestamp, User};

/// A question in its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) runner: &'a Runner,
    pub(super) run: &'a Run,
    pub(super) input: &'a Input<'a>,
    pub(super) now: Timestamp,
}

impl Asked<'_> {
    pub(super) async fn answer(self, question: &Question) -> Answered {
        let services = &self.runner.services;
        let table = self.runner.environment.flow(&self.run.flow).map(|flow| flow.table);
        match (question, table) {
            (Question::Hook(step), Some(table)) => self.hook(table, *step).await,
            (Question::MayAsk, Some(table)) => self.may_ask(table).await,
            (Question::Approvers, Some(table)) => {
                let none = Answer::Approvers(anyone());
                self.call(Step::Request, table.reducers.get_approver, Answer::Approvers, none).await
            }
            (Question::Hook(_) | Question::MayAsk | Question::Approvers, None) => {
                Answered::plain(Err(no_flow(self.run)))
            }
            (Question::Members(people), _) => {
                let members = services.members(people).await;
                Answered::plain(members.map(Answer::Members).map_err(Failure::from))
            }
            (Question::IsMember(people, id), _) => {
                let is_member = services.is_member(people, id).await;
                Answered::plain(is_member.map(Answer::IsMember).map_err(Failure::from))
            }
            (Question::User(id), _) => about(services.user(id).await),
            (Question::UserNow(id), _) => about(services.user_now(id).await),
            (Question::Twin(target), _) => {
                Answered::plain(Ok(Answer::Twin(self.twin(target.as_ref()).await)))
            }
            (Question::Holds(run), _) => {
                let run = self.runner.run(run).await.map_err(|error| {
                    Failure::from(ServiceError::passing("store", error.to_string()))
                });
                let is_active =
                    |run: Option<Run>| run.is_some_and(|run| run.status() == Status::Active);
                Answered::plain(run.map(|run| Answer::Holds(is_active(run))))
            }
            (Question::Target(name), _) => {
                Answered::plain(Ok(Answer::Target(self.target(name).map(Box::new))))
            }
        }
    }

    async fn hook(self, table: &'static FlowDescriptor, step: Step) -> Answered {
        use Answer::{Decision, Nothing, Objection, Refusal, Ruling};
        let hooks = &table.hooks;
        match step {
            Step::Prompt => {
                let said = self.call(step, hooks.on_prompt, Decision, Decision(None)).await;
                self.checked(table, said)
            }
            Step::Request => {
                let said = self.call(step, hooks.on_request, Decision, Decision(None)).await;
                self.checked(table, said)
            }
            Step::Forward => self.call(step, hooks.on_forward, Ruling, Ruling(None)).await,
            Step::Expiry => self.call(step, hooks.on_expiry, Ruling, Ruling(None)).await,
            Step::Approval => self.call(step, hooks.on_approval, Objection, Objection(None)).await,
            Step::Denial => self.call(step, hooks.on_denial, Refusal, Refusal(None)).await,
            Step::Escalate => self.call(step, hooks.on_escalate, |()| Nothing, Nothing).await,
            Step::Deescalate => {
                self.call(step, hooks.on_deescalate, Objection, Objection(None)).await
            }
        }
    }

    /// What a hook changes about the answers to the form is checked as the requester's own are.
    fn checked(self, table: &'static FlowDescriptor, mut said: Answered) -> Answered {
        let Ok(Answer::Decision(Some(Decision::Change(change)))) = &mut said.answer else {
            return said;
        };
        if change.fields.is_empty() {
            return said;
        }
        let mut fields = self.run.request.fields.clone();
        fields.extend(change.fields.clone());
        match table.validate(&fields) {
            Ok(fields) => change.fields = fields,
            Err(errors) => {
                let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
                said.scheduled.clear();
                said.answer = Err(Failure {
                    code: "Handler:INVALID_FIELDS".to_owned(),
                    message: format!("it changed the form to what is wrong: {}", errors.join("; ")),
                    hint: None,
                    is_final: true,
                });
            }
        }
        said
    }

    /// Whether the requester is among those who may ask: everybody, where the flow does not say.
    async fn may_ask(self, table: &'static FlowDescriptor) -> Answered {
        let Some(entry) = table.reducers.get_requester else {
            return Answered::plain(Ok(Answer::MayAsk(true)));
        };
        let handler = Some((entry.path, entry.location));
        let requester = &self.run.request.requester;
        let (said, left) = self.said(Step::Request, entry).await;
        let answer = match said {
            Ok(People::Anyone) => Ok(Answer::MayAsk(true)),
            Ok(people) => {
                let is_in = self.runner.services.is_member(&people, requester).await;
                is_in.map(Answer::MayAsk).map_err(Failure::from)
            }
            Err(failure) => Err(failure),
        };
        Answered { answer, handler, scheduled: Vec::new(), explained: left.explained }
    }

    async fn call<R: Send + 'static>(
        self,
        step: Step,
        entry: Option<Entry<R>>,
        wrap: impl FnOnce(R) -> Answer,
        none: Answer,
    ) -> Answered {
        let Some(entry) = entry else { return Answered::plain(Ok(none)) };
        let handler = Some((entry.path, entry.location));
        let (said, left) = self.said(step, entry).await;
        let Left { scheduled, explained } = left;
        Answered { answer: said.map(wrap), handler, scheduled, explained }
    }

    async fn said<R: Send + 'static>(
        self,
        step: Step,
        entry: Entry<R>,
    ) -> (Result<R, Failure>, Left) {
        let origin = Origin::of(self.input);
        let event = match step {
            // Neither saying no nor taking access away waits for another system.
            Step::Denial | Step::Deescalate => {
                self.runner.event(self.run, step, origin, self.now).await
            }
            Step::Prompt
            | Step::Request
            | Step::Forward
            | Step::Expiry
            | Step::Approval
            | Step::Escalate => {
                match self.runner.event_now(self.run, step, origin, self.now).await {
                    Ok(event) => event,
                    Err(error) => return (Err(Failure::from(error)), Left::default()),
                }
            }
        };
        let key = format!("{}/{}/{}", self.run.id, self.run.seq, entry.slot);
        let budget = self.runner.budgets.hook;
        self.runner.call(entry, event, (), Mode::Deciding, key, self.now, budget).await
    }

    /// Where the store cannot be read, the commit decides: it is conditional on there being none.
    async fn twin(self, target: Option<&TargetName>) -> Option<RunId> {
        let key = records::twin(&self.run.request.requester, &self.run.flow, target);
        let item = self.runner.store.get(&key).await.ok().flatten()?;
        records::read::<RunId>(&item).ok().filter(|twin| *twin != self.run.id)
    }

    fn target(self, name: &TargetName) -> Option<Target> {
        let environment = &self.runner.environment;
        let is_offered = environment.flow(&self.run.flow)?.targets.contains(name);
        is_offered.then(|| environment.targets.get(name).cloned()).flatten()
    }
}

fn about(user: Result<Option<User>, ServiceError>) -> Answered {
    Answered::plain(user.map(|user| Answer::User(user.map(Box::new))).map_err(Failure::from))
}

/// What a guarded call answers.
type Inside<R> = Arc<Mutex<Option<Result<R, HandlerError>>>>;

impl Runner {
    /// Calls a function of the flow, apart from everything else. Its panic, its hanging and its
    /// error are failures, and nothing more.
    #[expect(
        clippy::too_many_arguments,
        reason = "each is what the call is about; a struct would be named once"
    )]
    pub(crate) async fn call<
        R: Send + 'static,
        E: Send + Sync + 'static,
        A: Send + Sync + 'static,
    >(
        &self,
        entry: Entry<R, E, A>,
        event: E,
        about: A,
        mode: Mode,
        key: String,
        now: Timestamp,
        budget: std::time::Duration,
    ) -> (Result<R, Failure>, Left) {
        let answered: Inside<R> = Arc::default();
        let zone = self.environment.zone.clone();
        let cx = Arc::new(Context::new(self.services.clone(), zone, now, key, mode));
        let (theirs, inside) = (cx.clone(), answered.clone());
        let work = Box::pin(async move {
            let result = (entry.run)(Call { cx: &theirs, event: &event, about: &about }).await;
            *inside.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        });
        let died = self.host.guard(work, budget).await.err();
        // What policies said until then is told, however the call ended.
        let left = cx.take_left();
        let result = answered.lock().unwrap_or_else(PoisonError::into_inner).take();
        let failure = match (died, result) {
            (None, Some(Ok(reply))) => return (Ok(reply), left),
            (Some(died), _) => died.into(),
            (None, Some(Err(error))) => error.into(),
            (None, None) => Died::Panicked("it left no answer".to_owned()).into(),
        };
        // What a function scheduled that failed does not begin.
        (Err(failure), Left { scheduled: Vec::new(), ..left })
    }
}

impl From<HandlerError> for Failure {
    fn from(error: HandlerError) -> Self {
        Self {
            code: error.code().to_owned(),
            message: error.to_string(),
            hint: error.hint().map(str::to_owned),
            is_final: error.is_terminal(),
        }
    }
}

impl From<Died> for Failure {
    fn from(died: Died) -> Self {
        let code = match died {
            Died::Panicked(_) => "Handler:PANICKED",
            Died::OutOfTime(_) => "Handler:OUT_OF_TIME",
            Died::NotHere => "Handler:NOT_HERE",
        };
        Self { code: code.to_owned(), message: died.to_string(), hint: None, is_final: false }
    }
}

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        Self {
            code: "Service:UNAVAILABLE".to_owned(),
            message: error.to_string(),
            hint: error.hint,
            is_final: !error.retryable,
        }
    }
}

pub(super) fn no_flow(run: &Run) -> Failure {
    Failure {
        code: "Engine:NO_FLOW".to_owned(),
        message: format!("this program has no flow `{}`", run.flow),
        hint: Some("deploy a version that has it".to_owned()),
        is_final: false,
    }
}
