//! Notices to an endpoint of one's own, signed by the Standard Webhooks scheme.
//! Source: <https://www.standardwebhooks.com>.

use async_trait::async_trait;
use countersign::context::Message;
use countersign::engine::Run;
use countersign_integrations::Secrets;
use serde_json::json;

use super::{Failed, Notice, Place};
use crate::settings::WebhookSettings;
use crate::webhooks::{Endpoint, NotTaken, name_of};

/// An endpoint that is told what happens.
#[derive(Debug)]
pub(super) struct Webhook {
    name: String,
    environment: String,
    endpoint: Endpoint,
}

/// What the keys of what is kept for an endpoint call it.
pub(super) fn name(webhook: &str) -> String {
    format!("webhook:{webhook}")
}

impl Webhook {
    pub(super) fn open(
        settings: &WebhookSettings,
        environment: &str,
        secrets: Secrets,
    ) -> Result<Self, String> {
        let endpoint = Endpoint::open(&settings.url, settings.secret.clone(), secrets)?;
        Ok(Self { name: name(&settings.name), environment: environment.to_owned(), endpoint })
    }
}

#[async_trait]
impl Place for Webhook {
    fn name(&self) -> &str {
        &self.name
    }

    /// What it does not want is not kept for it.
    fn wants(&self, _: &Message) -> bool {
        true
    }

    async fn tell(&self, notice: Notice<'_>, _: &mut Vec<String>) -> Result<(), Failed> {
        let Notice { message, run, url } = notice;
        let body = json!({
            "type": format!("countersign.{}", message.about.as_str()),
            "timestamp": message.at,
            "data": {
                "environment": self.environment,
                "run": message.run,
                "url": url,
                "to": message.to,
                "text": message.text,
                // As it is when this is sent: perhaps later than what the text tells of.
                "now": run.map(facts),
            },
        });
        let id = name_of(&format!("{}/{}", self.environment, message.key));
        match self.endpoint.post(&id, body.to_string().into_bytes()).await {
            Ok(()) => Ok(()),
            // Whoever says so wants no more of it.
            Err(NotTaken { status: Some(410), why, .. }) => Err(Failed::Lasting(why)),
            Err(NotTaken { why, retry_after, .. }) => Err(Failed::Passing(why, retry_after)),
        }
    }
}

fn facts(run: &Run) -> serde_json::Value {
    json!({
        "flow": run.flow,
        "status": run.status(),
        "outcome": run.outcome(),
        "requester": run.request.requester,
        "target": run.request.target.as_ref().map(|target| &target.name),
        "until": run.until,
    })
}
