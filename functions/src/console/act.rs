//! What somebody does about a run: decide, cancel, end, extend, answer.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use countersign::desk::{Accepted, DecisionBody, Problem};
use countersign::engine::CommandKind;
use countersign::model::{Duration, Hash, RunId};

use super::body::Body;
use super::page::Failed;
use super::person::Me;
use super::request::PATIENCE;
use super::{App, fields, run};

/// Does what the button says, and shows the run; or the run with why it was refused.
pub(super) async fn act(
    State(app): State<App>,
    me: Me,
    Path(id): Path<String>,
    body: Body,
) -> Result<Response, Failed> {
    let run = run::parse(&id)?;
    match try_act(&app, &me, &run, &body).await {
        Ok(next) => Ok(Redirect::to(&next).into_response()),
        Err(problem) if problem.status == 404 => Err(problem.into()),
        Err(problem) => run::respond(&app, &me, &id, &body, Some(&problem)).await,
    }
}

async fn try_act(app: &App, me: &Me, run: &RunId, body: &Body) -> Result<String, Problem> {
    me.visitor.check(body)?;
    let (desk, caller) = (&app.desk, &me.caller);
    desk.appear(caller).await?;
    let key = Some(body.text("key")).filter(|key| !key.is_empty());
    let accepted: Accepted = if body.text("do") == "extend" {
        let duration = Duration::parse(body.text("duration"));
        let duration = duration.map_err(|error| {
            Problem::field("duration", error.to_string(), "choose one from the list")
        })?;
        desk.extend(caller, run, Some(duration), body.text("reason").trim(), key).await?
    } else {
        let kind = command(app, me, run, body).await?;
        desk.command(caller, run, kind, key).await?
    };
    let settled = desk.settled(caller, &accepted, PATIENCE).await?;
    let slow = if settled.is_none() { "?slow" } else { "" };
    let back = body.text("back");
    if settled.is_some() && matches!(back, "/" | "/approvals" | "/access") {
        return Ok(format!("{back}?done={}", accepted.id));
    }
    Ok(format!("/runs/{}{slow}", accepted.id))
}

async fn command(app: &App, me: &Me, run: &RunId, body: &Body) -> Result<CommandKind, Problem> {
    let shown = Hash::parse(body.text("shown")).ok();
    let said = DecisionBody { message: body.text("message").to_owned(), shown };
    let shown = said.shown.clone();
    let message = said.checked()?;
    Ok(match body.text("do") {
        "approve" => CommandKind::Approve { message, shown },
        "deny" => CommandKind::Deny { message },
        "cancel" => CommandKind::Cancel { message },
        "end" => CommandKind::Revoke { message },
        "answer" => {
            let view = app.desk.view(&me.caller, run).await?;
            let config = app.desk.runner.environment.flow(&view.flow);
            let table = config.ok_or_else(|| Problem::no_run(run))?.table;
            CommandKind::Answer { fields: fields::answers(table.fields, body) }
        }
        other => {
            let detail = format!("`{other}` is nothing that can be done about a run");
            return Err(Problem::new(422, "no_such_action", detail).hint("use the page's buttons"));
        }
    })
}
