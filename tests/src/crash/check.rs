//! The look at all that is left: the ledger against the store, the store against the promises.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use countersign::engine::records::{self, List};
use countersign::engine::{Lease, Run, SealedEntry, State};
use countersign::model::{RunId, TargetName, UserId};
use countersign::store::Key;
use serde_json::Value;

use super::chain::{Chain, approved_by_flow, done_by, parent};
use super::duty::Duty;
use super::ledger::{Deed, Sent};
use super::settings::{self, ADMIN, TARGETS};
use super::shelf::{FOLLOW_UP, Shelf};
use super::world::World;
use crate::http::Call;

/// What was found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) broken: Vec<String>,
    pub(super) summary: String,
}

/// Access is gone so long after its end at the latest, counting only the time in which a server
/// ran.
const LATEST: Duration = Duration::from_secs(5);

struct Check<'a> {
    world: &'a World,
    shelf: Shelf,
    runs: BTreeMap<RunId, (Run, Vec<SealedEntry>)>,
    broken: Vec<String>,
}

/// Looks at everything.
pub(super) async fn all(world: &World, duty: &mut Duty) -> Result<Found, String> {
    let shelf = Shelf::open(duty.data())?;
    let mut check = Check { world, shelf, runs: BTreeMap::new(), broken: Vec::new() };
    check.shown().await?;
    // From here on nothing moves any more.
    duty.end();
    check.load().await?;
    let latest = check.chains(duty);
    let accepted = check.ledger().await?;
    check.requests_are_runs();
    check.follow_ups();
    check.nothing_is_left().await?;
    let log = duty.log();
    if let Some(line) = log.lines().find(|line| line.contains("panicked")) {
        check.broken.push(format!("the server panicked: {line}"));
    }
    let entries: usize = check.runs.values().map(|(_, entries)| entries.len()).sum();
    let summary = format!(
        "{} runs, {entries} entries, {accepted} accepted; access gone at most {} ms after its \
         end; slowest start {} ms; {} lines of log",
        check.runs.len(),
        latest.as_millis(),
        duty.slowest_start().as_millis(),
        log.lines().count(),
    );
    Ok(Found { broken: check.broken, summary })
}

impl Check<'_> {
    async fn load(&mut self) -> Result<(), String> {
        for run in self.shelf.runs(List::All).await? {
            let items = self.shelf.all(&records::partition(&run.id), "").await?;
            let mut entries = Vec::new();
            for item in &items {
                if item.key.sk.starts_with("E#") {
                    let added = records::read_entries(item);
                    entries.extend(added.map_err(|error| error.to_string())?);
                } else if item.key.sk != "#" {
                    self.broken.push(format!("it was left behind: {}", item.key));
                }
            }
            self.runs.insert(run.id.clone(), (run, entries));
        }
        for shard in records::command_shards() {
            let left = self.shelf.all(&shard, "").await?;
            let left = left.iter().map(|item| format!("it was not handled: {}", item.key));
            self.broken.extend(left);
        }
        Ok(())
    }

    /// Every chain by itself. Returns how late access was gone, at the latest.
    fn chains(&mut self, duty: &Duty) -> Duration {
        let mut latest = Duration::ZERO;
        for (run, entries) in self.runs.values() {
            let mut chain = Chain { run, entries, broken: Vec::new() };
            chain.check();
            if let Some((until, gone)) = chain.ended() {
                let late = duty.running(until, gone);
                latest = latest.max(late);
                if late > LATEST {
                    let what = format!("run {}: access was there {late:?} too long", run.id);
                    chain.broken.push(what);
                }
            }
            self.broken.append(&mut chain.broken);
        }
        latest
    }

    /// Everything accepted is there, and happened once. Returns how much was accepted.
    async fn ledger(&mut self) -> Result<usize, String> {
        let sent = std::mem::take(&mut self.world.ledger().sent);
        let mut accepted = 0;
        for (key, sent) in &sent {
            let kept = self.kept(&sent.user, key).await?;
            let deed = sent.deed.as_str();
            match (&kept, &sent.run) {
                (Some((run, event)), _) => {
                    accepted += 1;
                    self.accepted(key, sent, run, event);
                }
                (None, Some(run)) => {
                    self.broken.push(format!("{deed} {key}: accepted as run {run}, and lost"));
                }
                (None, None) => {}
            }
        }
        self.world.ledger().sent = sent;
        Ok(accepted)
    }

    /// What the store keeps under an idempotency key: the run and the command.
    async fn kept(&self, user: &str, key: &str) -> Result<Option<(String, String)>, String> {
        let item = self.shelf.get(&Key::new(format!("K#{user}#{key}"), "#")).await?;
        Ok(item.map(|item| {
            let kept: Value = serde_json::from_str(&item.body).unwrap_or_default();
            let text = |name: &str| {
                let found = kept.get("accepted").and_then(|accepted| accepted.get(name));
                found.and_then(Value::as_str).unwrap_or_default().to_owned()
            };
            (text("id"), text("event"))
        }))
    }

    fn accepted(&mut self, key: &str, sent: &Sent, run: &str, event: &str) {
        let deed = sent.deed.as_str();
        let answered =
            |told: &Option<String>, kept: &str| told.as_ref().is_none_or(|told| told == kept);
        if !answered(&sent.run, run) || !answered(&sent.event, event) {
            self.broken.push(format!("{deed} {key}: the store has another answer than was given"));
        }
        let found = RunId::parse(run).ok().and_then(|id| self.runs.get(&id));
        let Some((_, entries)) = found else {
            self.broken.push(format!("{deed} {key}: run {run} was accepted and is lost"));
            return;
        };
        let words = done_by(entries, event);
        let fits = match sent.deed {
            Deed::Request | Deed::Extend => words.first() == Some(&"requested"),
            Deed::Approve => is_one(&words, "approved"),
            Deed::Deny => is_one(&words, "denied"),
            Deed::Cancel => is_one(&words, "closed") || is_one(&words, "ending"),
            Deed::Revoke => is_one(&words, "ending"),
        };
        if !fits && words != ["refused"] {
            self.broken.push(format!("{deed} {key} of run {run} led to {words:?}"));
        }
        if words == ["refused"] && sent.done {
            self.broken
                .push(format!("{deed} {key} of run {run}: done, it was said; refused, it was"));
        }
    }

    /// The API shows all runs.
    async fn shown(&mut self) -> Result<(), String> {
        let mut client = None;
        for run in self.shelf.runs(List::All).await? {
            let (id, path) = (&run.id, format!("/v1/runs/{}", run.id));
            let answer = self.world.call(&mut client, &Call::get(&path, ADMIN)).await;
            if answer.status != 200 || answer.text("id") != id.as_str() {
                self.broken.push(format!("the API does not show run {id}: {}", answer.body));
            }
        }
        Ok(())
    }

    /// No request became two runs, whether it was accepted or only sent.
    fn requests_are_runs(&mut self) {
        let mut made = BTreeMap::<&str, Vec<&RunId>>::new();
        for (run, _) in self.runs.values().filter(|(run, _)| run.flow.as_str() != FOLLOW_UP) {
            made.entry(&run.request.reason).or_default().push(&run.id);
        }
        for (key, runs) in &made {
            if runs.len() > 1 {
                self.broken.push(format!("{key} was sent as one request and made {runs:?}"));
            }
            if !self.world.ledger().sent.get(*key).is_some_and(|sent| sent.deed.begins()) {
                self.broken.push(format!("run {runs:?} was asked for by nobody"));
            }
        }
    }

    /// Each run that the flow approved started one follow-up, and no other did.
    fn follow_ups(&mut self) {
        let mut started = BTreeMap::<&RunId, usize>::new();
        for (run, _) in self.runs.values() {
            if let Some(parent) = parent(run) {
                let count = started.entry(parent).or_default();
                *count = count.saturating_add(1);
            }
        }
        for (id, (run, _)) in &self.runs {
            let (is, should) =
                (started.get(id).copied().unwrap_or_default(), usize::from(approved_by_flow(run)));
            if is != should {
                self.broken.push(format!("run {id} started {is} follow-ups, not {should}"));
            }
        }
    }

    /// No access, no holder, nobody waited for, nothing due but what the runs know of.
    async fn nothing_is_left(&mut self) -> Result<(), String> {
        for (target, user) in self.shelf.members().await? {
            self.broken.push(format!("after the end {user} still has access to {target}"));
        }
        for number in 0..self.world.people {
            for (target, _) in TARGETS {
                self.lease(&settings::person(number), target).await?;
            }
        }
        for run in self.shelf.runs(List::Granted).await? {
            self.broken.push(format!("run {} is listed as a grant: {:?}", run.id, run.state));
        }
        // Those that are over stay on the list until the audit tree has them.
        let is_open = |run: &Run| !matches!(run.state, State::Closed { .. });
        let listed = self.shelf.runs(List::Open).await?;
        let listed: BTreeSet<_> = listed.into_iter().filter(is_open).map(|run| run.id).collect();
        let open = self.runs.values().filter(|(run, _)| is_open(run));
        let open: BTreeSet<_> = open.map(|(run, _)| run.id.clone()).collect();
        if listed != open {
            self.broken.push(format!("open are {open:?}, and listed as open {listed:?}"));
        }
        let (mut due, mut known) = (BTreeSet::new(), BTreeSet::new());
        for shard in records::shards() {
            due.extend(self.shelf.all(&shard, "").await?.into_iter().map(|item| item.key));
        }
        for (run, _) in self.runs.values() {
            let key =
                |(at, due): (_, countersign::engine::Due)| records::due(&run.id, at, due.as_str());
            known.extend(run.dues().into_iter().map(key));
        }
        for key in due.symmetric_difference(&known) {
            self.broken.push(format!("due, and known to nobody, or the other way round: {key}"));
        }
        Ok(())
    }

    async fn lease(&mut self, user: &str, target: &str) -> Result<(), String> {
        let (Ok(user), Ok(target)) = (UserId::parse(user), TargetName::parse(target)) else {
            return Err(format!("{user} or {target} is no name"));
        };
        let Some(item) = self.shelf.get(&records::lease(&user, &target)).await? else {
            return Ok(());
        };
        let lease: Lease = records::read(&item).map_err(|error| error.to_string())?;
        if !lease.holders.is_empty() || lease.leaving.is_some() {
            self.broken.push(format!("after the end {user} holds {target}: {lease:?}"));
        }
        Ok(())
    }
}

fn is_one(words: &[&str], word: &str) -> bool {
    words.iter().filter(|one| **one == word).count() == 1
}
