//! Makes happen what [`apply`](super::apply) says.
//!
//! The runner loads a run, answers the questions of the pure engine, commits what happened, and
//! carries out what is outstanding, until the run rests. It holds nothing between two calls: what
//! has to be done is a function of the stored state, so any runner can take over any run at any
//! time. Two at the same run do no harm: the commit is conditional, and the loser loads again.

mod aside;
mod carry;
mod deed;
mod identities;
mod lease;
mod questions;
mod sweep;
mod view;

use std::sync::Arc;
use std::time::Duration as Budget;

use super::apply::{Begin, Illegal, Input, Next, Transition, apply, refuse};
use super::command::{Command, CommandKind};
use super::environment::Environment;
use super::host::Host;
use super::notices;
use super::question::{Answered, Answers, Question};
use super::records;
use super::state::{Due, Run};
use crate::context::Services;
use crate::model::{RunId, Timestamp};
use crate::store::{Commit, ReadError, Store, Write, write_surely};

pub use aside::aside;
pub use identities::{StoredUser, stored_user};
pub use lease::Lease;
pub use sweep::unhandled;

/// What a runner works with.
#[derive(Debug, Clone)]
pub struct Runner {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// People, systems, messages.
    pub services: Arc<dyn Services>,
    /// The flows, targets and strategies.
    pub environment: Arc<Environment>,
    /// Time, chance, guarded execution.
    pub host: Arc<dyn Host>,
    /// How long things may take.
    pub budgets: Budgets,
}

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub struct Budgets {
    /// A hook or a reducer.
    pub hook: Budget,
    /// An action.
    pub action: Budget,
    /// One attempt to give or take access, or to look at it.
    pub strategy: Budget,
}

impl Default for Budgets {
    fn default() -> Self {
        let seconds = Budget::from_secs;
        Self { hook: seconds(5), action: seconds(10), strategy: seconds(20) }
    }
}

/// Why a run could not be driven further now. It will be found again by its due items.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DriveError {
    /// The store could not be read.
    #[error("run {run} could not be read")]
    Read {
        /// Which run.
        run: RunId,
        /// Why.
        source: ReadError,
    },
    /// The store could not be written.
    #[error("run {run}: the store takes no writes: {why}")]
    Write {
        /// Which run.
        run: RunId,
        /// Why.
        why: String,
    },
}

/// A run with the version of its head.
type Stored = (Run, u64);

impl Runner {
    /// Does all that can be done for a run now: commands in their order, times that have come,
    /// effects.
    ///
    /// # Errors
    ///
    /// If the store fails. Nothing is lost: the run is found again.
    pub async fn drive(&self, id: &RunId) -> Result<(), DriveError> {
        let mut stored = self.load(id).await?;
        let dues = |stored: &Option<Stored>| stored.as_ref().map(|(run, _)| run.dues());
        let awaited = dues(&stored).unwrap_or_default();
        let mut commands = Vec::new().into_iter();
        // What cannot be carried out now keeps nobody from deciding, and no time from coming.
        let mut stuck: Option<(u64, DriveError)> = None;
        loop {
            let now = self.host.now();
            if let Some((run, version)) = at_work(stored.as_ref(), stuck.as_ref())
                && !run.is_settled(now)
            {
                match self.carry_out(run, version, now, |it| !it.is_act()).await {
                    Ok(next) => stored = next,
                    Err(error) => stuck = Some((version, error)),
                }
                continue;
            }
            if commands.len() == 0 {
                commands = self.commands(id).await?.into_iter();
            }
            if let Some((run, version)) = &stored
                && let Some(due) = first_due(run, now, commands.as_slice().first())
            {
                stored = self.come_due(run, *version, due, now).await?;
                continue;
            }
            if let Some(command) = commands.next() {
                stored = self.handle_or_set_aside(stored, &command).await?;
            } else if let Some((run, version)) = at_work(stored.as_ref(), stuck.as_ref())
                && !run.rests(now)
            {
                // Whoever waits for the run, or decides, does not wait for what comes after it.
                match self.carry_out(run, version, now, |_| true).await {
                    Ok(next) => stored = next,
                    Err(error) => stuck = Some((version, error)),
                }
            } else {
                let left = dues(&stored).unwrap_or_default();
                for (at, due) in awaited.into_iter().filter(|it| it.0 > now && !left.contains(it)) {
                    self.host.disarm(id, due, at).await;
                }
                return stuck.map_or(Ok(()), |(_, error)| Err(error));
            }
        }
    }

    /// The run as it is stored now.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub async fn run(&self, id: &RunId) -> Result<Option<Run>, ReadError> {
        let item = self.store.get(&records::head(id)).await?;
        Ok(item.as_ref().map(records::read_run).transpose()?.map(|(run, _)| run))
    }

    async fn load(&self, id: &RunId) -> Result<Option<Stored>, DriveError> {
        let read = |source| DriveError::Read { run: id.clone(), source };
        let item = self.store.get(&records::head(id)).await.map_err(read)?;
        item.as_ref().map(records::read_run).transpose().map_err(read)
    }

    /// The commands of a run that were recorded and not handled yet, in order.
    async fn commands(&self, id: &RunId) -> Result<Vec<Command>, DriveError> {
        let read = |source| DriveError::Read { run: id.clone(), source };
        let query = records::commands(id).limit(50);
        let page = self.store.query(&query).await.map_err(read)?;
        let mut commands = self.read_commands(id, &page.items).await?;
        // Whatever the clocks of those who recorded them said: a run begins with its beginning.
        commands.sort_by_key(|command| !records::begins(command));
        Ok(commands)
    }

    /// Handles one command: what happened, or that it was refused, is committed together with its
    /// being handled.
    async fn handle(
        &self,
        stored: Option<Stored>,
        command: &Command,
    ) -> Result<Option<Stored>, DriveError> {
        let input = Input::Command(command);
        let run = stored.as_ref().map(|(run, _)| run);
        let begin = self.begin(command);
        let mut answers = Answers::default();
        let now = self.host.now();
        let next = self.ask_and_apply(run, begin.as_ref(), &input, &mut answers, now).await;
        let transition = match (next, run) {
            (Ok(Next::Move(transition)), _) => Some(*transition),
            (Ok(Next::Nothing | Next::Ask(..)), _) => None,
            (Err(illegal), Some(run)) => Some(refuse(run, command, &illegal, &answers, now)),
            (Err(illegal), None) => {
                tracing::warn!(run.id = %command.run, code = illegal.code, "a command for no run was dropped");
                None
            }
        };
        self.commit(&command.run, stored, transition, vec![records::handled(command)]).await
    }

    /// Under what a run begins; `None` where the program does not have its flow.
    #[must_use]
    pub fn begin(&self, command: &Command) -> Option<Begin> {
        let CommandKind::Request { flow, request } = &command.kind else { return None };
        let config = self.environment.flow(flow)?;
        let flow_version = self.environment.version.clone();
        let rules = config.rules(request.target.as_ref().map(|target| &target.name));
        let template = config.table.template;
        let acts = config.table.actions.steps().collect();
        Some(Begin { template, flow_version, rules, acts })
    }

    /// The run that a command would begin, before anything is asked; `None` where it begins none.
    #[must_use]
    pub fn drafted(&self, command: &Command) -> Option<Run> {
        let begin = self.begin(command);
        let input = Input::Command(command);
        match apply(None, begin.as_ref(), &input, &Answers::default(), self.host.now()) {
            Ok(Next::Ask(_, run)) => Some(*run),
            Ok(Next::Move(transition)) => Some(transition.run),
            Ok(Next::Nothing) | Err(_) => None,
        }
    }

    /// The answer to one question about a run, as the engine would get it now.
    pub(crate) async fn answer(
        &self,
        question: &Question,
        run: &Run,
        input: &Input<'_>,
    ) -> Answered {
        questions::Asked { runner: self, run, input, now: self.host.now() }.answer(question).await
    }

    /// A time has come.
    async fn come_due(
        &self,
        run: &Run,
        version: u64,
        due: Due,
        now: Timestamp,
    ) -> Result<Option<Stored>, DriveError> {
        let mut writes = Vec::new();
        let input = if due == Due::Recheck {
            let looked = self.recheck(run, now).await;
            writes = looked.writes;
            Input::Rechecked(looked.found, looked.failure)
        } else {
            Input::Due(due)
        };
        let mut answers = Answers::default();
        match self.ask_and_apply(Some(run), None, &input, &mut answers, now).await {
            Ok(Next::Move(transition)) => {
                let stored = Some((run.clone(), version));
                self.commit(&run.id, stored, Some(*transition), writes).await
            }
            Ok(Next::Nothing | Next::Ask(..)) | Err(_) => self.load(&run.id).await,
        }
    }

    /// Calls the pure engine until it has all the answers that it needs.
    ///
    /// # Errors
    ///
    /// If the input cannot happen.
    pub async fn ask_and_apply(
        &self,
        run: Option<&Run>,
        begin: Option<&Begin>,
        input: &Input<'_>,
        answers: &mut Answers,
        now: Timestamp,
    ) -> Result<Next, Illegal> {
        loop {
            match apply(run, begin, input, answers, now)? {
                Next::Ask(question, draft) => {
                    let asked = questions::Asked { runner: self, run: &draft, input, now };
                    let answered = asked.answer(&question).await;
                    answers.add(question, answered);
                }
                done @ (Next::Move(_) | Next::Nothing) => return Ok(done),
            }
        }
    }

    /// Commits a transition with whatever else belongs to it. Whoever loses to somebody else loads
    /// again.
    async fn commit(
        &self,
        id: &RunId,
        stored: Option<Stored>,
        transition: Option<Transition>,
        mut writes: Vec<Write>,
    ) -> Result<Option<Stored>, DriveError> {
        let failed = |why: String| Err(DriveError::Write { run: id.clone(), why });
        if let Some(transition) = &transition {
            let before = stored.as_ref().map(|(run, version)| (run, *version));
            writes.extend(records::moved(before, transition));
            let messages = notices::messages(transition);
            writes.extend(self.services.keeping(&messages));
        }
        if writes.is_empty() {
            return Ok(stored);
        }
        match write_surely(&*self.store, &records::transaction(writes)).await {
            Commit::Committed => Ok(match transition {
                Some(transition) => {
                    log_failures(&transition);
                    if transition.run.is_settled(self.host.now()) {
                        self.host.settled(id);
                    }
                    let version = stored.map_or(0, |(_, version)| version).saturating_add(1);
                    Some((transition.run, version))
                }
                None => stored,
            }),
            Commit::Conflict(_) => self.load(id).await,
            Commit::Throttled => failed("it is throttled".to_owned()),
            Commit::Unknown(why) | Commit::Invalid(why) => failed(why),
        }
    }
}

/// The run, unless what it has to do could not be done where it stands.
const fn at_work<'a>(
    stored: Option<&'a Stored>,
    stuck: Option<&(u64, DriveError)>,
) -> Option<(&'a Run, u64)> {
    match (stored, stuck) {
        (Some((_, version)), Some((at, _))) if *at == *version => None,
        (Some((run, version)), _) => Some((run, *version)),
        (None, _) => None,
    }
}

/// Logs what somebody should look at.
fn log_failures(transition: &Transition) {
    let notes = transition.entries.iter().flat_map(|sealed| &sealed.entry.notes);
    for note in notes {
        let Some(error) = &note.error else { continue };
        tracing::warn!(
            run.id = %transition.run.id,
            question = note.question,
            location = note.location.as_deref().unwrap_or_default(),
            code = error.code,
            "{}", error.message,
        );
    }
}

/// What is due now, unless a command was recorded before it.
fn first_due(run: &Run, now: Timestamp, command: Option<&Command>) -> Option<Due> {
    let due = |(at, due): &(Timestamp, Due)| *at <= now && *due != Due::Resume;
    let (at, due) = run.dues().into_iter().filter(due).min()?;
    command.is_none_or(|command| at <= command.at).then_some(due)
}
