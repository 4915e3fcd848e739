//! Who it is: asked of Slack afresh whenever somebody does something.
//!
//! A signature says that Slack sent a request, not that whoever pressed the button may: they may have
//! been deactivated a minute ago, be a guest, or belong to another company that shares a channel.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use countersign::desk::Caller;
use countersign::engine::Auth;
use countersign::model::{Channel, Identity, Role, Source, UserId};
use countersign_integrations::Person;
use tokio::time::Instant;

use super::reply::{SOON, Stop};
use super::workspace::Workspace;

/// Somebody in Slack, and who they are here.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) caller: Caller,
    /// Whether they are a guest of the workspace: they may decide where a flow lets guests, and ask
    /// nowhere.
    pub(super) is_guest: bool,
}

/// For so long somebody who only looks counts as whom they were found to be.
const LATELY: Duration = Duration::from_mins(1);

/// Who did something lately.
#[derive(Debug, Default)]
pub(super) struct Lately(Mutex<BTreeMap<String, (Instant, Known)>>);

impl Lately {
    fn get(&self, user: &str) -> Option<Known> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(user).filter(|(at, _)| at.elapsed() < LATELY).map(|(_, known)| known.clone())
    }

    fn put(&self, user: &str, known: Known) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, (at, _)| at.elapsed() < LATELY);
        all.insert(user.to_owned(), (Instant::now(), known));
    }
}

impl Workspace {
    /// Who this is, as Slack and the settings know them now.
    ///
    /// # Errors
    ///
    /// What they are told where they are not to be heard, or it cannot be found out.
    pub(super) async fn who(&self, user: &str, channel: Option<&str>) -> Result<Known, Stop> {
        let found = tokio::time::timeout(SOON, self.person(user)).await;
        let person = found.map_err(|_| Stop::new(NO_ANSWER))??;
        self.known(&person, channel).await
    }

    /// Who this is, for somebody who only looks: whoever types in a field need not be looked up with each
    /// letter.
    ///
    /// # Errors
    ///
    /// Like [`who`](Self::who).
    pub(super) async fn who_looks(&self, user: &str, channel: Option<&str>) -> Result<Known, Stop> {
        if let Some(mut known) = self.lately().get(user) {
            known.caller.channel.identifier = channel.map(str::to_owned);
            return Ok(known);
        }
        self.who(user, channel).await
    }

    async fn person(&self, user: &str) -> Result<Person, Stop> {
        let person = self.slack().user_by_id(user).await.map_err(|error| {
            tracing::error!(user, "Slack does not say who somebody is: {}", error.error);
            Stop::new(NO_ANSWER)
        })?;
        let person = person.ok_or_else(|| Stop::new("Slack does not know you."))?;
        if person.id != user {
            tracing::error!(user, "users.info is about somebody else");
            return Err(Stop::new(NO_ANSWER));
        }
        match refused(&person) {
            Some(why) => {
                tracing::warn!(user, "somebody in Slack was not heard: {why}");
                Err(Stop::new(why))
            }
            None => Ok(person),
        }
    }

    async fn known(&self, person: &Person, channel: Option<&str>) -> Result<Known, Stop> {
        let identity = Identity {
            kind: "slack".to_owned(),
            external_id: self.team().to_owned(),
            value: person.id.clone(),
        };
        let id = self.id_of(person, &identity).await?;
        let user = self.desk().runner.services.user(&id).await.map_err(|error| {
            tracing::error!(user = %id, "nobody says who somebody is: {error}");
            Stop::new("It cannot be found out who you are right now. Try again in a minute.")
        })?;
        let Some(mut user) = user else {
            return Err(Stop::new(format!("Nobody here knows {id}. Ask an administrator.")));
        };
        if user.deactivated {
            return Err(Stop::new("You have been deactivated here: ask an administrator."));
        }
        if person.is_guest && user.role != Role::Auditor {
            user.role = Role::Guest;
        }
        let auth = Auth::Slack { team: self.team().to_owned(), user: person.id.clone() };
        let channel = Channel { source: Source::Slack, identifier: channel.map(str::to_owned) };
        let caller = Caller { user, auth, channel, scopes: None };
        self.desk().appear(&caller).await?;
        self.desk().known_as(&caller, &identity).await?;
        let known = Known { caller, is_guest: person.is_guest };
        self.lately().put(&person.id, known.clone());
        Ok(known)
    }

    /// Whom an id of Slack's stands for: as it was stored, or as the settings say, otherwise whoever has
    /// the mail address.
    async fn id_of(&self, person: &Person, identity: &Identity) -> Result<UserId, Stop> {
        if let Some(id) = self.desk().whose(identity).await? {
            return Ok(id);
        }
        let mut named = self.people().iter().filter(|user| user.identities.contains(identity));
        match (named.next(), named.next()) {
            (Some(user), None) => return Ok(user.id.clone()),
            (Some(_), Some(_)) => {
                return Err(Stop::new(
                    "The settings have your Slack account under two people: ask whoever runs Countersign.",
                ));
            }
            (None, _) => {}
        }
        let Some(mail) = &person.email else {
            return Err(Stop::new(
                "Slack tells no mail address of yours, so nobody knows who you are. Add one to your Slack profile, or have the app given the scope `users:read.email`.",
            ));
        };
        let id = UserId::of_mail(mail);
        id.ok().filter(|id| !id.is_bot()).ok_or_else(|| {
            Stop::new("The mail address in your Slack profile is none: ask an administrator.")
        })
    }
}

const NO_ANSWER: &str =
    "Slack did not say who you are, so nothing was done. Try again in a moment.";

/// Why somebody is not heard at all.
fn refused(person: &Person) -> Option<&'static str> {
    if !person.is_active {
        Some("Your Slack account has been deactivated.")
    } else if person.is_bot {
        Some("Bots ask by the API, and never decide.")
    } else if person.is_outsider {
        Some("You belong to another workspace: only people of this one ask and decide here.")
    } else {
        None
    }
}
