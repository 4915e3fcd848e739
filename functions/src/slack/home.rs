//! The App Home: what waits for somebody, what they hold, what they asked for.

use serde_json::{Value, json};

use super::blocks::{actions, button, divider};
use super::mine::Mine;
use super::payload::Happened;
use super::reply::Reply;
use super::workspace::Workspace;

/// A view takes no more blocks.
const BLOCKS: usize = 100;

impl Workspace {
    /// Something happened in the workspace.
    pub(super) fn event(&self, happened: Happened) -> Reply {
        if let Some(challenge) = happened.challenge
            && happened.kind == "url_verification"
        {
            return Reply::body(json!({ "challenge": challenge }));
        }
        let Some(event) = happened.event else { return Reply::nothing() };
        match (event.kind.as_str(), event.user, event.tab.as_deref()) {
            ("app_home_opened", Some(user), None | Some("home")) => self.opened_home(user),
            ("app_uninstalled" | "tokens_revoked", ..) => {
                tracing::error!(
                    team = self.team(),
                    "the Slack app was taken out of the workspace: install it again, and store its new bot token"
                );
                Reply::nothing()
            }
            _ => Reply::nothing(),
        }
    }

    fn opened_home(&self, user: String) -> Reply {
        let workspace = self.clone();
        Reply::nothing().later(async move {
            match workspace.who(&user, None).await {
                Ok(known) => workspace.publish_home(&known.caller, &user, None).await,
                Err(stop) => {
                    let view =
                        json!({ "type": "home", "blocks": [super::blocks::section(&stop.text)] });
                    let arguments = json!({ "user_id": user, "view": view });
                    if let Err(error) = workspace.slack().call("views.publish", &arguments).await {
                        tracing::warn!(user, "an App Home could not be shown: {}", error.error);
                    }
                }
            }
        })
    }

    pub(super) fn home(&self, mine: &Mine) -> Value {
        let ask = button("cs_ask", "ask", "Ask for access", Some("primary"));
        let mut blocks = vec![actions(&[ask])];
        blocks.extend(self.waiting(mine));
        blocks.push(divider());
        blocks.extend(Self::held(mine));
        blocks.extend(self.asked(mine));
        blocks.truncate(BLOCKS);
        json!({ "type": "home", "callback_id": "cs_home", "blocks": blocks })
    }
}
