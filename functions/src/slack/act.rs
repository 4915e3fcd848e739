//! What somebody did with a message, a view or the App Home: which of them it is.

use super::ask::{FLOW, PICK};
use super::decide;
use super::form::{self, Meta};
use super::opening::Asking;
use super::payload::{Action, Done, Payload, View};
use super::reply::{Reply, Stop};
use super::workspace::Workspace;

impl Workspace {
    /// Answers what came in.
    pub(super) async fn handle(&self, payload: Payload) -> Reply {
        match payload {
            Payload::Command(typed) => self.command(*typed).await,
            Payload::Options(done) => {
                let block = done.block_id.clone().unwrap_or_default();
                self.options(*done, &block).await
            }
            Payload::Event(happened) => self.event(*happened),
            Payload::Interaction(done) => match done.kind.as_str() {
                "shortcut" => self.shortcut(*done).await,
                "block_actions" => self.acted(*done).await,
                "view_submission" => self.submitted(*done).await,
                // Fields look for choices here, too, where no other address is given for them.
                "block_suggestion" => {
                    let block = done.block_id.clone().unwrap_or_default();
                    self.options(*done, &block).await
                }
                _ => Reply::nothing(),
            },
        }
    }

    async fn submitted(&self, done: Done) -> Reply {
        let Some(view) = done.view.clone() else { return Reply::nothing() };
        match view.callback_id.as_str() {
            form::CALLBACK => self.sent_form(&done, &view).await,
            decide::APPROVE_FORM => self.sent_approval(&done, &view).await,
            decide::DENY_FORM => self.sent_denial(&done, &view).await,
            decide::EXTEND_FORM => self.sent_extension(&done, &view).await,
            decide::ANSWER_FORM => self.sent_answers(&done, &view).await,
            _ => self.stopped(&done, Stop::outdated("form")),
        }
    }

    /// Slack tells of one action at a time.
    async fn acted(&self, done: Done) -> Reply {
        let Some(action) = done.actions.first().cloned() else { return Reply::nothing() };
        let view = done.view.clone();
        match (action.id.as_str(), view) {
            (FLOW, Some(view)) if view.callback_id == PICK => {
                self.chose(&done, &action, view).await
            }
            (form::TARGET | form::DURATION | form::FIELD, Some(view))
                if view.callback_id == form::CALLBACK =>
            {
                self.changed_field(&done, action, view).await
            }
            ("cs_ask", _) => self.wants_to_ask(done).await,
            (id, _) if id.starts_with("cs_") => self.decided(done, action).await,
            // Links, and whatever is older than this program.
            _ => Reply::nothing(),
        }
    }

    async fn chose(&self, done: &Done, action: &Action, view: View) -> Reply {
        let Some(flow) = action.selected_option.as_ref().map(|it| it.value.clone()) else {
            return Reply::nothing();
        };
        match self.who(&done.user.id, None).await {
            Ok(known) => {
                let workspace = self.clone();
                Reply::nothing().later(async move { workspace.picked(known, &flow, &view).await })
            }
            Err(stop) => self.stopped(done, stop),
        }
    }

    async fn changed_field(&self, done: &Done, action: Action, view: View) -> Reply {
        let Meta { flow, channel, .. } = Meta::read(&view.private_metadata);
        let config = flow.as_ref().and_then(|flow| self.desk().runner.environment.flow(flow));
        let (Some(flow), Some(config)) = (flow.clone(), config) else { return Reply::nothing() };
        let known = match self.who_looks(&done.user.id, channel.as_deref()).await {
            Ok(known) => known,
            Err(stop) => return self.stopped(done, stop),
        };
        let read = match self.read(config, &view.state).await {
            Ok(read) => read,
            Err(stop) => return self.stopped(done, stop),
        };
        self.changes().add(&view.id, &action.at);
        let workspace = self.clone();
        Reply::nothing().later(async move {
            let asking = Asking { filled: read.filled, ..Asking::new(known.caller, flow) };
            workspace.changed(asking, &action, &view).await;
        })
    }

    /// The button that opens what the command opens.
    async fn wants_to_ask(&self, done: Done) -> Reply {
        let shortcut = Done { callback_id: Some("request_access".to_owned()), ..done };
        self.shortcut(shortcut).await
    }

    /// Tells somebody why they were not heard: only them, and where they are.
    pub(super) fn stopped(&self, done: &Done, stop: Stop) -> Reply {
        let (workspace, user) = (self.clone(), done.user.id.clone());
        let (url, trigger) = (done.response_url.clone(), done.trigger_id.clone());
        Reply::nothing().later(async move {
            match (url, trigger) {
                (Some(url), _) => workspace.tell(&user, Some(&url), &stop.text).await,
                (None, Some(trigger)) => {
                    workspace.notify(&trigger, &user, "Not possible", &stop.text).await;
                }
                (None, None) => workspace.tell(&user, None, &stop.text).await,
            }
        })
    }
}
