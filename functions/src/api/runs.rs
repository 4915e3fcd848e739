//! Runs: asked for, looked at, decided, ended.

mod answer;
mod approve;
mod cancel;
mod deny;
mod entries;
mod extend;
mod list;
mod request;
mod revoke;
mod show;

use axum::http::StatusCode;
use axum::response::Response;
use countersign::desk::{Caller, DecisionBody, Problem, RunView};
use countersign::engine::CommandKind;
use countersign::model::RunId;
use schemars::JsonSchema;
use serde::Deserialize;
use tracing::Instrument as _;
use tracing::field::Empty;

use super::ApiState;
use super::headers::Wish;
use super::operation::Operation;
use super::refusal::Refusal;
use super::reply::{Recorded, reply};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        request::operation(),
        list::operation(),
        show::operation(),
        entries::operation(),
        approve::operation(),
        deny::operation(),
        cancel::operation(),
        revoke::operation(),
        extend::operation(),
        answer::operation(),
    ]
}

/// A remark: `{"message": ""}`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Remark {
    /// Why.
    message: String,
}

impl Remark {
    fn checked(self) -> Result<Option<String>, Problem> {
        DecisionBody { message: self.message, shown: None }.checked()
    }
}

/// Gives a command to a run.
async fn command(
    state: &ApiState,
    caller: &Caller,
    run: &RunId,
    kind: CommandKind,
    wish: &Wish,
) -> Result<Response, Refusal> {
    let told = async {
        let accepted = state.desk.command(caller, run, kind, wish.key.as_deref()).await?;
        reply(state, caller, &accepted, wish, false).await
    };
    let span = tracing::error_span!("command", run = %run, flow = Empty, event = Empty);
    told.instrument(span).await
}

impl Operation {
    /// It gives a command to the run that the path names.
    fn of_run(self) -> Self {
        self.names::<RunId>("id", "The run.")
            .command()
            .answers::<RunView>(StatusCode::OK, "With `Prefer: wait`: the run, at rest again.")
            .answers::<Recorded>(StatusCode::ACCEPTED, "Recorded; it will be handled.")
            .problem(&["invalid_path", "no_such_run", "out_of_scope"])
            .problem(&["closed", "deactivated", "hook_failed", "unavailable", "unknown_user"])
    }
}
