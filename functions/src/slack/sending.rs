//! A form comes back.

use countersign::desk::{Accepted, Caller, Problem};
use countersign::engine::FlowConfig;
use countersign::model::FlowName;
use serde_json::{Value, json};

use super::answers::Read;
use super::ask::{FOLLOWS, is_asked_here, outcome};
use super::blocks::notice;
use super::form::Meta;
use super::opening::PATIENCE;
use super::payload::{Done, View};
use super::person::Known;
use super::reply::{Reply, SOON, Stop, after_the_answer};
use super::workspace::{Opened, Workspace};

impl Workspace {
    /// Somebody sent the form of a request.
    pub(super) async fn sent_form(&self, done: &Done, view: &View) -> Reply {
        let Meta { flow, channel, .. } = Meta::read(&view.private_metadata);
        let known = match self.who(&done.user.id, channel.as_deref()).await {
            Ok(known) => known,
            Err(stop) => return pushed("Not sent", &stop.text),
        };
        let config = flow.as_ref().and_then(|flow| self.desk().runner.environment.flow(flow));
        let (Some(flow), Some(config)) = (flow, config.filter(|config| is_asked_here(config)))
        else {
            return pushed("Not sent", "This is not asked for in Slack any more.");
        };
        let mut read = match self.read(config, &view.state).await {
            Ok(read) => read,
            Err(stop) => return pushed("Not sent", &stop.text),
        };
        self.add_hidden(config, &flow, &known, &mut read).await;
        let Known { caller, .. } = known;
        match self.file(&caller, &flow, &read, view).await {
            Ok(accepted) => self.shows_outcome(caller, accepted, view),
            Err(problem) => match read.errors(&problem) {
                Some(errors) => Reply::body(errors),
                None => pushed("Not sent", &self.told(problem)),
            },
        }
    }

    async fn file(
        &self,
        caller: &Caller,
        flow: &FlowName,
        read: &Read,
        view: &View,
    ) -> Result<Accepted, Problem> {
        let ask = match read.ask(flow) {
            Ok(ask) => ask,
            Err(problem) => {
                self.desk().refused(caller, "request", &problem).await;
                return Err(problem);
            }
        };
        // A view is sent once, however often Slack tells of it.
        let key = format!("slack.{}", view.id);
        self.desk().request(caller, &ask, Some(&key)).await.map_err(|problem| {
            if problem.code != "idempotency_mismatch" {
                return problem;
            }
            let again = Problem::new(
                409,
                "sent_before",
                "this form was sent before, with something else in it",
            );
            let again = again.hint("open it anew to ask a second time");
            Problem { run: problem.run, ..again }
        })
    }

    /// Fields that the flow does not show are answered by what it puts into them.
    async fn add_hidden(
        &self,
        config: &FlowConfig,
        flow: &FlowName,
        known: &Known,
        read: &mut Read,
    ) {
        let fields = config.table.fields;
        let depends = |name: &&str| config.table.change_of(name).is_some();
        let Some(changed) = fields.iter().map(|field| field.name).rfind(depends) else { return };
        let answers = read.filled.fields.clone();
        if fields.iter().all(|field| answers.contains_key(field.name)) {
            return;
        }
        let computing = self.forms().form(&known.caller, flow, &answers, Some(changed));
        let Ok(Ok(view)) = tokio::time::timeout(SOON.min(PATIENCE), computing).await else {
            return;
        };
        for field in view.form.fields.iter().filter(|field| !field.visible) {
            if !field.value.is_null() {
                read.filled.fields.insert(field.name().to_owned(), field.value.clone());
            }
        }
    }

    /// The form becomes what was made of it.
    fn shows_outcome(&self, caller: Caller, accepted: Accepted, view: &View) -> Reply {
        let (workspace, id) = (self.clone(), view.id.clone());
        updated("Sent", &self.sent(&accepted)).watch(async move {
            let settling = workspace.desk().settled(&caller, &accepted, FOLLOWS);
            let text = match after_the_answer(settling).await {
                Ok(Some(run)) => {
                    let url = workspace.url(&format!("/runs/{}", accepted.id));
                    format!("{}\n<{url}|Look at it>", outcome(&run))
                }
                Ok(None) => return,
                Err(problem) => Stop::from(problem).text,
            };
            workspace.replace(id, "Sent", &text).await;
        })
    }

    /// Says something in the place of an open view, if it is open still.
    pub(super) async fn replace(&self, id: String, title: &str, text: &str) {
        let at = super::opening::At::View(Opened { id, hash: String::new(), change: None });
        self.show(&at, &notice(title, text)).await;
    }
}

/// The view that is open becomes this.
pub(super) fn updated(title: &str, text: &str) -> Reply {
    Reply::body(action("update", &notice(title, text)))
}

/// This is laid over the view that is open, which stays as it is.
pub(super) fn pushed(title: &str, text: &str) -> Reply {
    Reply::body(action("push", &notice(title, text)))
}

fn action(action: &str, view: &Value) -> Value {
    json!({ "response_action": action, "view": view })
}
