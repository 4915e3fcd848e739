//! What becomes of each message.

use std::time::Duration;

use countersign::approvers::{People, Stage};
use countersign::context::{About, Destination, Message};
use countersign::engine::records::{self, Outgoing};
use countersign::engine::{Actor, Command, CommandKind, Run, State, sha256_text};
use countersign::model::{Channel, CommandId, RunId, Source, UserId};
use countersign::store::Write;
use tokio::time::Instant;

use super::places::Where;
use super::{Kind, Placed, Post, Posted, Trouble};
use crate::slack::card::{self, Card};
use crate::slack::text::Names;

/// Whoever did something is thought to be looking for so long.
const STILL_THERE: Duration = Duration::from_mins(1);

/// What was done with a message: all of it, or why not now.
type Said = Result<(), Trouble>;

/// One message while it is being said.
struct Saying<'a> {
    post: &'a Post,
    message: &'a Message,
    outgoing: &'a mut Outgoing,
    posted: &'a mut Posted,
    /// What is written when all is said.
    more: &'a mut Vec<Write>,
    stop: Instant,
}

impl Post {
    /// Says one message of an item, wherever it goes.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub(super) async fn say(
        &self,
        message: &Message,
        outgoing: &mut Outgoing,
        posted: &mut Posted,
        more: &mut Vec<Write>,
        stop: Instant,
    ) -> Result<Said, String> {
        let Some(id) = &message.run else { return Ok(Ok(())) };
        let Some(run) = self.run(id).await? else { return Ok(Ok(())) };
        let is_repeatable = matches!(message.about, About::Words | About::Trouble);
        let name: String = sha256_text(&message.key).as_str().chars().take(16).collect();
        if is_repeatable && posted.said.contains(&name) {
            return Ok(Ok(()));
        }
        let other = match &message.to {
            Destination::Thread(other) if other != id => Some(self.posted(other).await?),
            Destination::Thread(_)
            | Destination::User(_)
            | Destination::People(_)
            | Destination::Answer { .. }
            | Destination::Errors => None,
        };
        let mut saying = Saying { post: self, message, outgoing, posted, more, stop };
        let said = match &message.to {
            Destination::Thread(_) => {
                let own = || (Some(run.clone()), saying.posted.clone());
                let (of, shown) = other.unwrap_or_else(own);
                saying.reply(of.as_ref(), &shown.cards).await
            }
            Destination::People(people) => saying.ask(&run, people).await,
            Destination::Answer { user, team, account, channel } if team == self.0.slack.team() => {
                saying.answer(&run, user, account, channel.as_deref()).await
            }
            // Whoever did something in another workspace has another account here.
            Destination::User(user) | Destination::Answer { user, .. } => {
                saying.tell(&run, user).await
            }
            Destination::Errors => saying.complain(&run).await,
        };
        if said.is_ok() && is_repeatable {
            posted.said.push(name);
        }
        Ok(said)
    }

    async fn posted(&self, id: &RunId) -> Result<(Option<Run>, Posted), String> {
        let stored = self.0.runner.store.get(&records::posted(id)).await;
        let stored = stored.map_err(|error| error.to_string())?;
        let posted = stored.as_ref().map(records::read).transpose();
        let posted = posted.map_err(|error| error.to_string())?.unwrap_or_default();
        Ok((self.run(id).await?, posted))
    }
}

impl Saying<'_> {
    /// Posts it in one place, unless it is there.
    async fn put(
        &mut self,
        place: &str,
        thread: Option<&str>,
        card: &Card,
        kind: Option<Kind>,
    ) -> Said {
        let name = format!("{place}/{}", thread.unwrap_or_default());
        if self.outgoing.places.contains(&name) {
            return Ok(());
        }
        let unsure = self.outgoing.unsure;
        let post = self.post.post(self.message, place, thread, card, unsure, self.stop).await?;
        if let Some(kind) = kind {
            self.posted.add(post, kind, card);
        }
        self.outgoing.places.push(name);
        Ok(())
    }

    /// People are asked, or are told something where they are.
    async fn ask(&mut self, run: &Run, people: &People) -> Said {
        match self.message.about {
            About::Ask => {}
            About::Reminder => {
                let cards: Vec<_> =
                    self.posted.cards.iter().filter(|it| !it.is_old).cloned().collect();
                if !cards.is_empty() {
                    let around = self.post.around(&self.posted.names);
                    let card = card::reminder(run, &around);
                    return self.in_threads(&cards, &card).await;
                }
            }
            About::Words
            | About::Standing
            | About::EndsSoon
            | About::FollowUp
            | About::Overdue
            | About::Trouble => return self.announce(run, people).await,
        }
        let found = self.post.places(run, people, self.stop).await?;
        let mut complaints = found.complaints;
        let mut reached = false;
        self.post.name(run, &mut self.posted.names).await;
        for place in found.places {
            let card = self.post.shown(run, &self.posted.names, place.kind, false);
            match self.put(&place.channel, None, &card, Some(place.kind)).await {
                Ok(()) => reached = true,
                Err(Trouble::Lasting(why)) => complaints.push(format!("{}: {why}", place.channel)),
                Err(trouble) => return Err(trouble),
            }
        }
        if !reached && self.message.about == About::Ask {
            self.nobody_reached(run, people, &complaints);
        }
        self.tell_of(&complaints);
        Ok(())
    }

    /// Says something in channels, or to everybody of a set.
    async fn announce(&mut self, run: &Run, people: &People) -> Said {
        let found = self.post.places(run, people, self.stop).await?;
        let mut complaints = found.complaints;
        let text = self.message.text.clone();
        let card = card::said(Some(run), &self.post.around(&Names::new()), &text);
        for Where { channel, .. } in found.places {
            match self.put(&channel, None, &card, None).await {
                Ok(()) => {}
                Err(Trouble::Lasting(why)) => complaints.push(format!("{channel}: {why}")),
                Err(trouble) => return Err(trouble),
            }
        }
        self.tell_of(&complaints);
        Ok(())
    }

    /// In the threads of the messages that show a run. A run that is shown nowhere has none: its
    /// requester is told instead, unless they are told anyway.
    async fn reply(&mut self, run: Option<&Run>, cards: &[Placed]) -> Said {
        let is_standing = self.message.about == About::Standing;
        let is_asked = self.outgoing.messages.iter().any(|it| it.about == About::Ask);
        // What was just asked says itself where it stands.
        if is_standing && is_asked {
            return Ok(());
        }
        // One person's direct messages show it by themselves.
        let is_wanted = |it: &&Placed| !it.is_old && (!is_standing || it.kind == Kind::Shared);
        let wanted: Vec<_> = cards.iter().filter(is_wanted).cloned().collect();
        if wanted.is_empty() {
            return match run {
                Some(run) if !is_standing && cards.is_empty() => {
                    let requester = run.request.requester.clone();
                    self.tell(run, &requester).await
                }
                Some(_) | None => Ok(()),
            };
        }
        let text = self.message.text.clone();
        let Some(run) = run else { return Ok(()) };
        let card = card::said(Some(run), &self.post.around(&Names::new()), &text);
        self.in_threads(&wanted, &card).await
    }

    async fn in_threads(&mut self, cards: &[Placed], card: &Card) -> Said {
        for placed in cards {
            match self.put(&placed.channel, Some(&placed.ts), card, None).await {
                Ok(()) => {}
                // As where somebody has deleted the message.
                Err(Trouble::Lasting(why)) => {
                    tracing::info!(channel = placed.channel, "no reply in its thread: {why}");
                    self.posted.cards.retain(|it| it != placed);
                }
                Err(trouble) => return Err(trouble),
            }
        }
        Ok(())
    }

    /// Whoever did something is answered where they did it, seen by nobody else. Slack shows such an answer
    /// only to people who are there, and it cannot be looked for: what comes late, or may have been said
    /// already, is a direct message.
    async fn answer(
        &mut self,
        run: &Run,
        user: &UserId,
        account: &str,
        channel: Option<&str>,
    ) -> Said {
        let text = self.message.text.clone();
        let card = card::refused(run, &self.post.around(&Names::new()), &text);
        let age = self.post.now().duration_since(self.message.at).unsigned_abs();
        let is_there = age < STILL_THERE && !self.outgoing.unsure;
        if let Some(channel) = channel.filter(|_| is_there) {
            match self.post.whisper(channel, account, &card, self.stop).await {
                Ok(()) => return Ok(()),
                // As where the app is not in the channel.
                Err(Trouble::Lasting(why)) => {
                    tracing::info!(channel, "somebody is answered by a direct message: {why}");
                }
                Err(trouble) => return Err(trouble),
            }
        }
        self.direct(user, account, &card, None).await
    }

    /// Somebody's direct messages.
    async fn tell(&mut self, run: &Run, user: &UserId) -> Said {
        let is_wish = matches!(self.message.about, About::Words | About::Overdue);
        let name = match self.post.slack_id(user, self.stop).await {
            Ok(Some(name)) => name,
            Ok(None) => {
                if is_wish {
                    self.tell_of(&[format!("{user} has no Slack account in use")]);
                }
                return Ok(());
            }
            Err(Trouble::Lasting(why)) => {
                self.tell_of(&[format!("{user}: {why}")]);
                return Ok(());
            }
            Err(trouble) => return Err(trouble),
        };
        let text = self.message.text.clone();
        let names = self.posted.names.clone();
        let around = &self.post.around(&names);
        let (card, kind) = match self.message.about {
            About::Standing => (card::outcome(run, around, &text), None),
            About::EndsSoon => (card::ends_soon(run, around), None),
            About::FollowUp => {
                let kind = Kind::FollowUp;
                (self.post.shown(run, around.names, kind, false), Some(kind))
            }
            About::Words | About::Ask | About::Reminder | About::Overdue | About::Trouble => {
                (card::said(Some(run), around, &text), None)
            }
        };
        self.direct(user, &name, &card, kind).await
    }

    async fn direct(&mut self, user: &UserId, name: &str, card: &Card, kind: Option<Kind>) -> Said {
        match self.put(name, None, card, kind).await {
            Err(Trouble::Lasting(why)) => {
                self.tell_of(&[format!("{user}: {why}")]);
                Ok(())
            }
            said => said,
        }
    }

    /// The error channel.
    async fn complain(&mut self, run: &Run) -> Said {
        let text = self.message.text.clone();
        let Some(name) = self.post.0.error_channel.clone() else {
            tracing::warn!(run.id = %run.id, "{text}");
            return Ok(());
        };
        let said = match self.post.0.slack.channel_id(&name).await {
            Ok(channel) => {
                let card = card::said(Some(run), &self.post.around(&Names::new()), &text);
                self.put(&channel, None, &card, None).await
            }
            Err(error) => Err(error.into()),
        };
        match said {
            Err(Trouble::Lasting(why)) => {
                tracing::error!(run.id = %run.id, "the error channel cannot be told: {why}; it was: {text}");
                Ok(())
            }
            said => said,
        }
    }

    /// The run gets to know that nobody was asked.
    fn nobody_reached(&mut self, run: &Run, people: &People, complaints: &[String]) {
        let State::Pending(pending) = &run.state else { return };
        // Others may be asked by now.
        let is_asked = |stage: &Stage| stage.notify.as_ref().unwrap_or(&stage.who) == people;
        if !run.stage().is_some_and(is_asked) {
            return;
        }
        let why = match complaints {
            [] => format!("{people} are nobody in Slack"),
            complaints => complaints.join("; "),
        };
        let why: String = why.chars().take(500).collect();
        let name = sha256_text(&self.message.key);
        let name = format!("undelivered-{}", name.as_str().get(..20).unwrap_or_default());
        let Ok(id) = CommandId::parse(name) else { return };
        let command = Command {
            id,
            run: run.id.clone(),
            at: self.post.now(),
            by: Actor::ENGINE,
            channel: Channel::from(Source::Internal),
            kind: CommandKind::Undelivered { stage: pending.stage, why },
        };
        // Recorded once: the same answer, found again, is the same command.
        self.more.push(records::recorded(&command));
    }

    /// The error channel gets to know what did not work, once in a while.
    fn tell_of(&mut self, complaints: &[String]) {
        let new: Vec<&str> =
            complaints.iter().map(String::as_str).filter(|it| self.post.is_new(it)).collect();
        let Some(run) = &self.message.run else { return };
        if new.is_empty() {
            return;
        }
        let message = Message {
            key: format!("{}/undelivered", self.message.key),
            to: Destination::Errors,
            run: Some(run.clone()),
            about: About::Trouble,
            text: format!("Slack: a message of run {run} was not delivered: {}", new.join("; ")),
            at: self.message.at,
        };
        self.more.extend(records::outgoing(run, &[message], self.post.now()));
    }
}
