//! What somebody asked for, what they hold and what waits for them, as blocks.

use countersign::desk::{Caller, Filter, Problem, RunView};
use countersign::flow::TemplateKind;
use countersign::model::{RunId, Status};
use serde_json::{Value, json};

use super::blocks::{actions, button, context, divider, escape, header, section};
use super::reply::ephemeral;
use super::words;
use super::workspace::Workspace;

/// So many of each are shown.
const SHOWN: usize = 10;

/// What somebody has to do with.
pub(super) struct Mine {
    /// What waits for them.
    waiting: Vec<RunView>,
    /// What they hold, or are being given.
    held: Vec<RunView>,
    /// What else they asked for, newest first.
    asked: Vec<RunView>,
    /// What they just did something about: how it goes on is not known yet.
    passed_on: Option<RunId>,
}

impl Mine {
    /// The buttons of a run, unless one of them was just pressed.
    fn actions(&self, run: &RunView, buttons: &[Value]) -> Value {
        if self.passed_on.as_ref() == Some(&run.id) {
            return context(":hourglass_flowing_sand: It has been passed on.");
        }
        actions(buttons)
    }
}

impl Workspace {
    /// What somebody asked for and holds, as a message that only they see.
    pub(super) async fn mine(&self, caller: &Caller) -> Result<Value, Problem> {
        let mine = self.of(caller).await?;
        let mut message = ephemeral("Your requests, and what you hold");
        let mut blocks = Self::held(&mine);
        blocks.extend(self.asked(&mine));
        super::form::put(&mut message, "blocks", blocks);
        Ok(message)
    }

    pub(super) async fn of(&self, caller: &Caller) -> Result<Mine, Problem> {
        let me = Some(caller.user.id.clone());
        let of = |status| Filter {
            requester: me.clone(),
            status,
            limit: Some(SHOWN),
            ..Filter::default()
        };
        let desk = self.desk();
        let mut held = desk.runs(caller, &of(Some(Status::Active))).await?.items;
        held.extend(desk.runs(caller, &of(Some(Status::Granting))).await?.items);
        let asked = desk.runs(caller, &of(None)).await?.items;
        let is_held = |run: &RunView| matches!(run.status, Status::Active | Status::Granting);
        let asked = asked.into_iter().filter(|run| !is_held(run)).collect();
        let mut waiting = desk.waiting(caller, None).await?.items;
        waiting.truncate(SHOWN);
        Ok(Mine { waiting, held, asked, passed_on: None })
    }

    pub(super) fn waiting(&self, mine: &Mine) -> Vec<Value> {
        let mut blocks = vec![header("Waiting for you")];
        if mine.waiting.is_empty() {
            blocks.push(section("Nothing waits for you."));
        }
        for run in &mine.waiting {
            let reason = if run.reason.is_empty() { "–" } else { run.reason.as_str() };
            let requester = escape(run.requester.as_str());
            let long = run.duration.map(|it| format!(" for {}", words::duration(it)));
            blocks.push(section(&format!(
                "*{requester}* asks for *{}*{}\n{}",
                words::what(run),
                long.unwrap_or_default(),
                escape(reason)
            )));
            let shown = format!("{}.{}", run.id, run.binding);
            let buttons = if self.is_follow_up(run) {
                vec![button("cs_answer", run.id.as_str(), "Answer", Some("primary"))]
            } else {
                vec![
                    button("cs_approve", &shown, "Approve", Some("primary")),
                    button("cs_deny", run.id.as_str(), "Deny", Some("danger")),
                ]
            };
            blocks.push(mine.actions(run, &buttons));
        }
        blocks
    }

    fn is_follow_up(&self, run: &RunView) -> bool {
        let config = self.desk().runner.environment.flow(&run.flow);
        config.is_some_and(|config| config.table.template == TemplateKind::FollowUp)
    }

    pub(super) fn held(mine: &Mine) -> Vec<Value> {
        let mut blocks = vec![header("What you hold")];
        if mine.held.is_empty() {
            blocks.push(section("You hold nothing now. `/access` asks for something."));
        }
        for run in &mine.held {
            blocks.push(section(&format!("*{}* {}", words::what(run), words::standing(run))));
            let mut buttons = vec![button("cs_end", run.id.as_str(), "End now", None)];
            if run.status == Status::Active && run.until.is_some() {
                buttons.push(button("cs_extend", run.id.as_str(), "Extend", None));
            }
            blocks.push(mine.actions(run, &buttons));
        }
        blocks
    }

    pub(super) fn asked(&self, mine: &Mine) -> Vec<Value> {
        let mut blocks = vec![divider(), header("Your requests")];
        if mine.asked.is_empty() {
            blocks.push(section("You have asked for nothing else yet."));
        }
        for run in &mine.asked {
            let url = self.url(&run.url);
            let when = words::time(run.created);
            blocks.push(section(&format!(
                "*<{url}|{}>* {}",
                words::what(run).replace('|', "/"),
                words::standing(run)
            )));
            blocks.push(context(&format!("Asked {when}")));
            if run.status == Status::Pending {
                let cancel = button("cs_cancel", run.id.as_str(), "Cancel", None);
                blocks.push(mine.actions(run, &[cancel]));
            }
        }
        blocks
    }

    /// Shows somebody their App Home; `passed_on`: what they just did something about.
    pub(super) async fn publish_home(
        &self,
        caller: &Caller,
        user: &str,
        passed_on: Option<&RunId>,
    ) {
        let view = match self.of(caller).await {
            Ok(mine) => self.home(&Mine { passed_on: passed_on.cloned(), ..mine }),
            Err(problem) => {
                tracing::error!(user, "an App Home cannot be put together: {problem}");
                return;
            }
        };
        let arguments = json!({ "user_id": user, "view": view });
        if let Err(error) = self.slack().call("views.publish", &arguments).await {
            tracing::warn!(user, "an App Home could not be shown: {}", error.error);
        }
    }
}
