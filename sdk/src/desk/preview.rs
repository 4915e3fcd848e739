//! What would happen, who would be asked, and why: before anything is sent.

use serde::{Deserialize, Serialize};

use super::view::view;
use super::{Ask, Caller, Desk, Explain, Problem, RunView, Scope, command_id};
use crate::engine::{Answers, Command, CommandKind, Input, Next, Request, notices, records};
use crate::model::{Outcome, RunId, Status, UserId};

/// What would happen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Preview {
    /// In one word: `automatic`, `asks`, `denied`, `ignored` or `expires`.
    pub would: String,
    /// In a sentence.
    pub standing: String,
    /// Who would be asked.
    pub asked: Vec<UserId>,
    /// Why.
    pub explain: Explain,
}

impl Desk {
    /// Plays a request through without recording anything: the same engine, the same hooks.
    ///
    /// # Errors
    ///
    /// What is wrong with the request.
    pub async fn preview(&self, caller: &Caller, ask: &Ask) -> Result<Preview, Problem> {
        caller.needs(Scope::Request)?;
        let request = self.checked(caller, ask).await?;
        self.played(caller, ask, request).await
    }

    /// The same for a request that is still being written: what is missing is not looked at.
    ///
    /// # Errors
    ///
    /// If it would come to nothing, or there is no such flow.
    pub async fn preview_draft(&self, caller: &Caller, ask: &Ask) -> Result<Preview, Problem> {
        caller.needs(Scope::Request)?;
        let drafted = self.draft(caller, ask).map(|(command, _)| command.kind);
        let Some(CommandKind::Request { request, .. }) = drafted else {
            return Err(Problem::new(
                404,
                "no_such_flow",
                format!("there is no flow `{}`", ask.flow),
            ));
        };
        self.played(caller, ask, *request).await
    }

    /// Whether a request could be filed as it is. Nothing is recorded, and no user code is run.
    ///
    /// # Errors
    ///
    /// What is wrong with the request.
    pub async fn check(&self, caller: &Caller, ask: &Ask) -> Result<(), Problem> {
        caller.needs(Scope::Request)?;
        self.checked(caller, ask).await.map(drop)
    }

    async fn played(
        &self,
        caller: &Caller,
        ask: &Ask,
        request: Request,
    ) -> Result<Preview, Problem> {
        let now = self.runner.host.now();
        let run = RunId::from_parts(records::millis(now), self.runner.host.entropy());
        let kind = CommandKind::Request { flow: ask.flow.clone(), request: Box::new(request) };
        let command = Command {
            id: command_id(&run, 0),
            run,
            at: now,
            by: caller.actor(),
            channel: caller.channel.clone(),
            kind,
        };
        let begin = self.runner.begin(&command);
        let input = Input::Command(&command);
        let mut answers = Answers::default();
        let next =
            self.runner.ask_and_apply(None, begin.as_ref(), &input, &mut answers, now).await?;
        let Next::Move(transition) = next else {
            return Err(Problem::new(409, "nothing", "nothing would happen"));
        };
        let explain = super::view::explained(&transition.run, &transition.entries);
        let run = view(&transition.run, explain);
        let would = would(&run);
        let standing = notices::standing(&transition.run);
        Ok(Preview {
            would: would.to_owned(),
            standing,
            asked: run.waiting_for,
            explain: run.explain,
        })
    }
}

fn would(run: &RunView) -> &'static str {
    match (run.status, run.outcome) {
        (Status::Pending, _) => "asks",
        (_, Some(Outcome::Denied)) => "denied",
        (_, Some(Outcome::Ignored)) => "ignored",
        (_, Some(Outcome::Expired)) => "expires",
        (_, Some(Outcome::Failed)) => "fails",
        (_, Some(Outcome::Cancelled | Outcome::Ended | Outcome::Approved) | None) => "automatic",
    }
}
