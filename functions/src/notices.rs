//! Notices elsewhere than in Slack: to endpoints of one's own, signed, and by mail.
//!
//! They are kept in the transaction of what they tell of, once per place, and delivered from there: at
//! least once, in order per run, each place by itself, so that one that does not answer holds up no
//! other.

mod mail;
#[cfg(test)]
mod tests;
mod webhook;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use countersign::context::{Destination, Message};
use countersign::engine::records::{self, Outgoing};
use countersign::engine::runner::aside;
use countersign::engine::{Run, Runner};
use countersign::model::{RunId, Timestamp};
use countersign::store::{Commit, Expect, Item, Query, Write, write_surely};
use countersign_integrations::Secrets;
use tokio::time::Instant;

use crate::courier::Left;
use crate::settings::Settings;

use mail::Letters;
use webhook::Webhook;

/// What cannot be delivered for so long is set aside.
const PATIENCE: Duration = Duration::from_hours(72);

/// Whoever has not finished after this time has crashed.
const TAKEN: Duration = Duration::from_mins(1);

/// A place that notices go to.
#[async_trait]
trait Place: std::fmt::Debug + Send + Sync {
    /// Its name in the keys of what is kept for it.
    fn name(&self) -> &str;

    /// Whether it is told this.
    fn wants(&self, message: &Message) -> bool;

    /// Tells it. `told` are parts that were told in an earlier attempt; whatever is told now is added.
    async fn tell(&self, notice: Notice<'_>, told: &mut Vec<String>) -> Result<(), Failed>;
}

/// What a place is told.
#[derive(Debug, Clone, Copy)]
struct Notice<'a> {
    message: &'a Message,
    /// The run that it is about, as it is now.
    run: Option<&'a Run>,
    /// Where people look at it.
    url: Option<&'a str>,
}

/// Why a place was not told.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Failed {
    /// It may work later, perhaps not before some time.
    Passing(String, Option<Duration>),
    /// It will not, however often it is tried.
    Lasting(String),
}

/// Delivers notices.
#[derive(Debug, Clone)]
pub struct Notices(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    runner: Runner,
    places: Vec<Box<dyn Place>>,
    url: OnceLock<String>,
    /// Whether nobody else delivers from this store.
    is_alone: bool,
}

/// Which places the settings name, for whoever keeps notices for them.
#[derive(Debug, Clone, Default)]
pub struct Addressees(Vec<Addressee>);

#[derive(Debug, Clone)]
struct Addressee {
    name: String,
    about: Vec<countersign::context::About>,
}

impl Addressees {
    /// Those of these settings.
    #[must_use]
    pub fn of(settings: &Settings) -> Self {
        let hooks = settings
            .webhooks
            .iter()
            .map(|hook| Addressee { name: webhook::name(&hook.name), about: hook.about.clone() });
        let mails = settings.integrations_of(countersign_integrations::mail::Mail::TYPE);
        let mails =
            mails.iter().map(|it| Addressee { name: mail::name(&it.name), about: Vec::new() });
        Self(hooks.chain(mails).collect())
    }

    /// What is written, with what these messages of one run tell of, so that they are delivered.
    #[must_use]
    pub fn keeping(&self, run: &RunId, messages: &[Message], now: Timestamp) -> Vec<Write> {
        let keep = |place: &Addressee| {
            let wanted: Vec<Message> = messages
                .iter()
                .filter(|message| !matches!(message.to, Destination::Answer { .. }))
                .filter(|message| place.about.is_empty() || place.about.contains(&message.about))
                .cloned()
                .collect();
            records::notices(run, &place.name, &wanted, now)
        };
        self.0.iter().filter_map(keep).collect()
    }
}

impl Notices {
    /// What delivers to the places of these settings; `None` if they name none. `is_alone`: nobody else
    /// delivers from this store.
    ///
    /// # Errors
    ///
    /// If a place's settings are wrong.
    pub fn open(
        runner: &Runner,
        settings: &Settings,
        secrets: &Secrets,
        is_alone: bool,
    ) -> Result<Option<Self>, String> {
        let mut places: Vec<Box<dyn Place>> = Vec::new();
        for hook in &settings.webhooks {
            let opened = Webhook::open(hook, &settings.environment.name, secrets.clone());
            places.push(Box::new(opened.map_err(|why| format!("webhook `{}`: {why}", hook.name))?));
        }
        for integration in settings.integrations_of(countersign_integrations::mail::Mail::TYPE) {
            let opened = Letters::open(&integration, secrets, runner.services.clone());
            places.push(Box::new(opened.map_err(|error| error.to_string())?));
        }
        if places.is_empty() {
            return Ok(None);
        }
        let (runner, url) = (runner.clone(), OnceLock::new());
        Ok(Some(Self(Arc::new(Inner { runner, places, url, is_alone }))))
    }

    /// Says where the pages are, so that notices can name them. Only the first call counts.
    pub fn pages_at(&self, url: &str) {
        let _ = self.0.url.set(url.trim_end_matches('/').to_owned());
    }

    /// The runs that something is to be told about.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub async fn left(&self) -> Result<Vec<RunId>, countersign::store::ReadError> {
        let mut runs = Vec::new();
        for shard in records::notice_shards() {
            let page = self.0.runner.store.query(&Query::of(shard).limit(1_000)).await?;
            runs.extend(page.items.iter().filter_map(|item| records::told_of(&item.key)));
        }
        runs.sort();
        runs.dedup();
        Ok(runs)
    }

    /// Delivers what is to be told about a run, in order at each place, until then.
    ///
    /// # Errors
    ///
    /// If the store fails. Nothing is lost: it is found again.
    pub async fn deliver(&self, run: &RunId, stop: Instant) -> Result<Left, String> {
        let mut left = Left::Nothing;
        for place in &self.0.places {
            let told = tokio::time::timeout_at(stop, self.to_place(run, &**place)).await;
            let here = match told {
                Ok(outcome) => outcome?,
                Err(_) => return Ok(Left::Again),
            };
            left = left.or(here);
        }
        Ok(left)
    }

    async fn to_place(&self, run: &RunId, place: &dyn Place) -> Result<Left, String> {
        loop {
            let query = records::noticed(run, place.name()).limit(20);
            let page =
                self.0.runner.store.query(&query).await.map_err(|error| error.to_string())?;
            if page.items.is_empty() {
                return Ok(Left::Nothing);
            }
            for item in page.items {
                match self.item(run, place, item).await? {
                    Left::Nothing => {}
                    left @ (Left::Later(_) | Left::Again) => return Ok(left),
                }
            }
        }
    }

    async fn item(&self, id: &RunId, place: &dyn Place, item: Item) -> Result<Left, String> {
        let mut outgoing: Outgoing = records::read(&item).map_err(|error| error.to_string())?;
        let now = self.0.runner.host.now();
        if let Some(taken) = outgoing.taken.filter(|_| !self.0.is_alone) {
            let since = now.duration_since(taken).unsigned_abs();
            if since < TAKEN {
                return Ok(Left::Later(TAKEN.saturating_sub(since)));
            }
        }
        let version = item.version;
        if !self.0.is_alone {
            outgoing.taken = Some(now);
            if !self.change(&item, version, Some(&outgoing)).await? {
                // Somebody else has it.
                return Ok(Left::Later(Duration::from_secs(1)));
            }
            return self.tell(id, place, item, version.saturating_add(1), outgoing).await;
        }
        self.tell(id, place, item, version, outgoing).await
    }

    async fn tell(
        &self,
        id: &RunId,
        place: &dyn Place,
        item: Item,
        version: u64,
        mut outgoing: Outgoing,
    ) -> Result<Left, String> {
        let run = self.0.runner.run(id).await.map_err(|error| error.to_string())?;
        let url = self.0.url.get().map(|url| format!("{url}/runs/{id}"));
        while let Some(message) = outgoing.messages.get(outgoing.done) {
            let notice = Notice { message, run: run.as_ref(), url: url.as_deref() };
            let failed = if place.wants(message) {
                place.tell(notice, &mut outgoing.places).await.err()
            } else {
                None
            };
            match failed {
                None => {}
                Some(Failed::Passing(why, pause)) if !self.is_too_old(&outgoing) => {
                    tracing::warn!(run.id = %id, place = place.name(), "a notice is left for later: {why}");
                    outgoing.taken = None;
                    self.change(&item, version, Some(&outgoing)).await?;
                    return Ok(pause.map_or(Left::Again, Left::Later));
                }
                Some(Failed::Passing(why, _) | Failed::Lasting(why)) => {
                    self.set_aside(place, message, &why).await?;
                }
            }
            outgoing.done = outgoing.done.saturating_add(1);
            outgoing.places.clear();
        }
        self.change(&item, version, None).await?;
        Ok(Left::Nothing)
    }

    fn is_too_old(&self, outgoing: &Outgoing) -> bool {
        self.0.runner.host.now().duration_since(outgoing.since).unsigned_abs() > PATIENCE
    }

    /// What no place takes is kept where people look for what went wrong.
    async fn set_aside(
        &self,
        place: &dyn Place,
        message: &Message,
        why: &str,
    ) -> Result<(), String> {
        tracing::error!(
            place = place.name(),
            key = message.key,
            "a notice cannot be delivered and was set aside: {why}"
        );
        let now = self.0.runner.host.now();
        let kept = aside("notice", why, &records::json(message), now);
        self.write(vec![kept]).await.map(drop)
    }

    /// Changes what is kept, or takes it away; `false` if somebody else has done so.
    async fn change(
        &self,
        item: &Item,
        version: u64,
        to: Option<&Outgoing>,
    ) -> Result<bool, String> {
        let (key, expect) = (item.key.clone(), Expect::Version(version));
        self.write(vec![match to {
            Some(outgoing) => Write::Put { key, body: records::json(outgoing), expect },
            None => Write::Delete { key, expect },
        }])
        .await
    }

    async fn write(&self, writes: Vec<Write>) -> Result<bool, String> {
        match write_surely(&*self.0.runner.store, &records::transaction(writes)).await {
            Commit::Committed => Ok(true),
            Commit::Conflict(_) => Ok(false),
            Commit::Throttled => Err("the store is throttled".to_owned()),
            Commit::Unknown(why) | Commit::Invalid(why) => Err(why),
        }
    }
}
