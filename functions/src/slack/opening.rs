//! How a form opens, and changes while it is open.
//!
//! A trigger is good for three seconds, and what a flow computes may take longer: then something opens at
//! once, and becomes the form when that is there. A form that cannot be computed opens plain, and is
//! checked when it comes back.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration as Real;

use countersign::desk::{Caller, FieldProblem, FormView, TargetView};
use countersign::engine::FlowConfig;
use countersign::flow::Form as FlowForm;
use countersign::model::{FlowName, TargetName};
use serde_json::Value;
use tokio::time::Instant;

use super::answers::asked;
use super::blocks::notice;
use super::form::{Filled, Form};
use super::payload::{Action, View};
use super::words;
use super::workspace::{Opened, Workspace};

/// A form that is ready so soon opens as it is.
const AT_ONCE: Real = Real::from_millis(400);

/// For so long a form may be computed.
pub(super) const PATIENCE: Real = Real::from_secs(8);

/// For so long it is found out who would be asked.
const LOOKS_AHEAD: Real = Real::from_secs(15);

const UNKNOWN: &str = "Who will be asked: it is being found out…";

/// Where a modal is to be shown: by a trigger, or in place of one that is open.
#[derive(Debug, Clone)]
pub(super) enum At {
    Trigger(String),
    View(Opened),
}

/// Somebody who asks by a form.
#[derive(Debug, Clone)]
pub(super) struct Asking {
    pub(super) caller: Caller,
    pub(super) flow: FlowName,
    pub(super) filled: Filled,
    /// What is missing, or cannot be right, in what was typed so far.
    pub(super) problems: Vec<FieldProblem>,
}

impl Asking {
    pub(super) fn new(caller: Caller, flow: FlowName) -> Self {
        Self { caller, flow, filled: Filled::default(), problems: Vec::new() }
    }
}

/// The newest change of each form that somebody has before them, by Slack's own time of it.
#[derive(Debug, Default)]
pub(super) struct Changes(Mutex<BTreeMap<String, (Instant, String)>>);

impl Changes {
    /// Something changed in a form.
    pub(super) fn add(&self, view: &str, at: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, (since, _)| since.elapsed() < FORGOTTEN);
        let newest = all.get(view).is_none_or(|(_, known)| known.as_str() < at);
        if newest {
            all.insert(view.to_owned(), (Instant::now(), at.to_owned()));
        }
    }

    fn is_newest(&self, opened: &Opened) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.get(&opened.id).map(|(_, at)| at);
        opened.change.is_some() && known == opened.change.as_ref()
    }
}

/// Nobody waits for a form for longer.
const FORGOTTEN: Real = Real::from_mins(10);

impl Workspace {
    /// Does what may take long; then something is shown at once, which is to be replaced. Without a
    /// place there is nothing to show it in any more.
    pub(super) async fn meanwhile<T>(
        &self,
        at: At,
        work: impl Future<Output = T>,
    ) -> (Option<At>, T) {
        tokio::pin!(work);
        let At::Trigger(trigger) = &at else { return (Some(at), work.await) };
        if let Ok(done) = tokio::time::timeout(self.patience(AT_ONCE), &mut work).await {
            return (Some(at), done);
        }
        let waiting =
            notice("One moment", ":hourglass_flowing_sand: The form is being put together…");
        let (opened, done) = tokio::join!(self.open_view(trigger, &waiting), work);
        let opened = opened.map_err(|error| {
            tracing::warn!("a modal could not be opened: {}", error.error);
        });
        (opened.ok().map(At::View), done)
    }

    /// Shows a modal. Where that cannot be done, nobody looks at it any more.
    pub(super) async fn show(&self, at: &At, view: &Value) -> Option<Opened> {
        let shown = match at {
            At::Trigger(trigger) => self.open_view(trigger, view).await,
            At::View(opened) => match self.update_view(opened, view).await {
                // What an earlier change made of it came in between: the newest change counts.
                Err(error)
                    if error.code.as_deref() == Some("hash_conflict")
                        && self.changes().is_newest(opened) =>
                {
                    let anyhow = Opened { hash: String::new(), ..opened.clone() };
                    self.update_view(&anyhow, view).await
                }
                shown => shown,
            },
        };
        shown
            .map_err(|error| {
                // Somebody typed on meanwhile, or closed it.
                if !matches!(error.code.as_deref(), Some("hash_conflict" | "not_found")) {
                    tracing::warn!("a modal could not be shown: {}", error.error);
                }
            })
            .ok()
    }

    /// Opens the form of a flow, and then says who would be asked.
    pub(super) async fn open_form(&self, asking: Asking, at: At) {
        let Some(config) = self.desk().runner.environment.flow(&asking.flow) else { return };
        let (at, view) = self.meanwhile(at, self.form_of(config, &asking, None)).await;
        if let Some(at) = at {
            self.fill(config, &asking, &view, at).await;
        }
    }

    /// A field changed that others depend on.
    pub(super) async fn changed(&self, asking: Asking, action: &Action, view: &View) {
        let Some(config) = self.desk().runner.environment.flow(&asking.flow) else { return };
        let opened = Opened {
            id: view.id.clone(),
            hash: view.hash.clone(),
            change: Some(action.at.clone()),
        };
        let at = At::View(opened);
        let changed = super::form::named(&action.block_id).strip_prefix("f.");
        let form = self.form_of(config, &asking, changed).await;
        self.fill(config, &asking, &form, at).await;
    }

    /// Shows a form, with who would be asked as soon as that is known.
    async fn fill(&self, config: &FlowConfig, asking: &Asking, view: &FormView, at: At) {
        let people = |mail: &str| self.id_in_slack(mail);
        let form = Form {
            config,
            view,
            filled: &asking.filled,
            targets: &self.desk().runner.environment.targets,
            problems: &asking.problems,
            asked: "",
            channel: asking.caller.channel.identifier.as_deref(),
            people: &people,
        };
        if view.closed.is_some() {
            self.show(&at, &form.modal()).await;
            return;
        }
        let ask = asked(&asking.flow, &asking.filled);
        let previewing = self.forms().preview(&asking.caller, &ask);
        tokio::pin!(previewing);
        let early = tokio::time::timeout(self.patience(AT_ONCE), &mut previewing).await;
        let line = |previewed: Option<Result<_, _>>| match previewed {
            Some(Ok(preview)) => words::preview(&preview),
            // It is found out when it is asked for.
            Some(Err(_)) | None => String::new(),
        };
        if let Ok(previewed) = early {
            self.show(&at, &Form { asked: &line(Some(previewed)), ..form }.modal()).await;
            return;
        }
        // Nothing is shown as being found out that nobody can say later.
        let is_time = self.patience(LOOKS_AHEAD) > AT_ONCE;
        let form = Form { asked: if is_time { UNKNOWN } else { "" }, ..form };
        let Some(mut opened) = self.show(&at, &form.modal()).await.filter(|_| is_time) else {
            return;
        };
        if let At::View(before) = &at {
            opened.change.clone_from(&before.change);
        }
        let late = tokio::time::timeout(self.patience(LOOKS_AHEAD), previewing).await;
        let line = line(late.ok());
        self.show(&At::View(opened), &Form { asked: &line, ..form }.modal()).await;
    }

    /// The form as the flow computes it; plain if it does not.
    async fn form_of(
        &self,
        config: &FlowConfig,
        asking: &Asking,
        changed: Option<&str>,
    ) -> FormView {
        let Asking { caller, flow, filled, .. } = asking;
        let computing = self.forms().form(caller, flow, &filled.fields, changed);
        match tokio::time::timeout(self.patience(PATIENCE), computing).await {
            Ok(Ok(form)) => form,
            Ok(Err(problem)) => {
                tracing::warn!(%flow, "a form opens plain: {problem}");
                self.plain_form(config, asking)
            }
            Err(_) => {
                tracing::warn!(%flow, "a form opens plain: it took too long");
                self.plain_form(config, asking)
            }
        }
    }

    fn plain_form(&self, config: &FlowConfig, asking: &Asking) -> FormView {
        let targets = &self.desk().runner.environment.targets;
        let target = |name: &TargetName| {
            let target = targets.get(name)?;
            Some(TargetView {
                name: name.clone(),
                label: target.label.clone(),
                kind: target.kind.clone(),
                durations: config.durations(Some(name)).to_vec(),
                longest: config.rules(Some(name)).max_duration,
            })
        };
        FormView {
            flow: asking.flow.clone(),
            targets: config.targets.iter().filter_map(target).collect(),
            durations: config.durations.clone(),
            reason_required: config.reason.required,
            reason_pattern: config.reason.pattern.clone(),
            form: FlowForm::new(config.table.fields, &asking.filled.fields),
            closed: None,
        }
    }

    /// What somebody is called in this workspace, as far as the settings say.
    fn id_in_slack(&self, mail: &str) -> Option<String> {
        let user = self.people().iter().find(|user| user.id.as_str() == mail)?;
        user.identity("slack", self.team()).map(str::to_owned)
    }
}
