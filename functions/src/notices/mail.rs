//! Notices by mail: to whoever is asked, and to whoever asked.

use std::sync::Arc;

use async_trait::async_trait;
use countersign::context::{About, Destination, Message, ServiceError, Services};
use countersign::engine::notices::what;
use countersign::model::{Integration, User, UserKind};
use countersign_integrations::Secrets;
use countersign_integrations::mail::{Letter, Mail};

use super::{Failed, Notice, Place};

/// More people are not written to about one request: a channel or a smaller group is for that.
const MOST: usize = 50;

/// Letters by an integration of the type `smtp`.
#[derive(Debug)]
pub(super) struct Letters {
    name: String,
    mail: Mail,
    services: Arc<dyn Services>,
}

/// What the keys of what is kept for an integration call it.
pub(super) fn name(integration: &str) -> String {
    format!("mail:{integration}")
}

impl Letters {
    pub(super) fn open(
        integration: &Integration,
        secrets: &Secrets,
        services: Arc<dyn Services>,
    ) -> Result<Self, ServiceError> {
        let mail = Mail::open(integration, secrets)?;
        Ok(Self { name: name(&integration.name), mail, services })
    }

    /// The mail addresses of whoever a message is for.
    async fn addresses(&self, to: &Destination) -> Result<Vec<String>, Failed> {
        let unknown = |error: ServiceError| {
            let why = error.to_string();
            if error.retryable { Failed::Passing(why, None) } else { Failed::Lasting(why) }
        };
        let users = match to {
            Destination::User(id) => {
                self.services.user(id).await.map_err(unknown)?.into_iter().collect()
            }
            Destination::People(people) => {
                let members = self.services.members(people).await.map_err(unknown)?;
                if members.len() > MOST {
                    let why = format!(
                        "{people} are {} people, and at most {MOST} are written to",
                        members.len()
                    );
                    return Err(Failed::Lasting(why));
                }
                members
            }
            Destination::Errors => {
                return Ok(self.mail.errors_to().map(ToOwned::to_owned).into_iter().collect());
            }
            // Whoever is in it was written to, and whoever did something is answered where they did it.
            Destination::Thread(_) | Destination::Answer { .. } => Vec::new(),
        };
        let is_there = |user: &User| !user.deactivated && user.kind == UserKind::Normal;
        Ok(users.into_iter().filter(is_there).filter_map(|user| user.email).collect())
    }
}

#[async_trait]
impl Place for Letters {
    fn name(&self) -> &str {
        &self.name
    }

    fn wants(&self, message: &Message) -> bool {
        match message.about {
            About::Ask
            | About::Standing
            | About::EndsSoon
            | About::FollowUp
            | About::Overdue
            | About::Reminder => true,
            About::Words | About::Trouble => {
                matches!(message.to, Destination::User(_) | Destination::Errors)
            }
        }
    }

    async fn tell(&self, notice: Notice<'_>, told: &mut Vec<String>) -> Result<(), Failed> {
        let Notice { message, run, url } = notice;
        let subject = match run {
            Some(run) => format!("{} for {}", what(run), run.request.requester),
            None => "Countersign".to_owned(),
        };
        let text = match url {
            Some(url) => format!("{}\n\n{url}\n", message.text),
            None => format!("{}\n", message.text),
        };
        let thread = message.run.as_ref().map(ToString::to_string);
        let mut refused = Vec::new();
        for to in self.addresses(&message.to).await? {
            if told.contains(&to) {
                continue;
            }
            let key = format!("{}/{to}", message.key);
            let letter = Letter {
                key: &key,
                to: &to,
                subject: &subject,
                text: &text,
                thread: thread.as_deref(),
            };
            match self.mail.send(letter).await {
                Ok(()) => told.push(to),
                Err(error) if error.retryable => {
                    return Err(Failed::Passing(error.to_string(), None));
                }
                // The others are written to nevertheless.
                Err(error) => refused.push(error.to_string()),
            }
        }
        if refused.is_empty() { Ok(()) } else { Err(Failed::Lasting(refused.join("; "))) }
    }
}
