//! How runs and what belongs to them lie in the store: keys, bodies, and the items that one
//! transition changes.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::apply::Transition;
use super::chain::{SealedEntry, sha256};
use super::command::{Command, CommandKind};
use super::state::{Due, Run, State};
use crate::model::{FlowName, RunId, TargetName, Timestamp, UserId};
use crate::store::{Expect, Item, Key, Query, ReadError, Token, Transaction, Write};

mod outgoing;

pub use outgoing::*;

/// Over so many partitions the due items are spread.
pub const SHARDS: u64 = 4;

/// Over so many partitions the commands are spread. Runs that share one are handled by one worker at
/// a time.
const COMMAND_SHARDS: u64 = 64;

/// More people than this are not listed one by one as being waited for.
const MOST_LISTED: usize = 30;

/// A run's head.
#[must_use]
pub fn head(run: &RunId) -> Key {
    Key::new(partition(run), "#")
}

/// The partition of all that belongs to a run.
#[must_use]
pub fn partition(run: &RunId) -> String {
    format!("R#{run}")
}

/// The entries of one transition lie together, under the number of the last of them.
#[must_use]
pub fn entries(run: &RunId, last: u64) -> Key {
    Key::new(partition(run), format!("E#{last:010}"))
}

/// The number of the last entry that lies under a key; `None` if it is no entries' key.
#[must_use]
pub fn last_of(key: &Key) -> Option<u64> {
    key.sk.strip_prefix("E#")?.parse().ok()
}

/// One command. They lie apart from their runs, so that whoever may record commands need not be
/// able to write anything of a run.
#[must_use]
pub fn command(command: &Command) -> Key {
    let name = format!("{}#{:015}#{}", command.run, millis(command.at), command.id);
    Key::new(command_shard(&command.run), name)
}

/// The commands of a run that were not handled yet, by the time they were recorded.
#[must_use]
pub fn commands(run: &RunId) -> Query {
    Query::of(command_shard(run)).prefix(format!("{run}#"))
}

fn command_shard(run: &RunId) -> String {
    command_shard_name(sum(run).checked_rem(COMMAND_SHARDS).unwrap_or_default())
}

/// All partitions of commands.
pub fn command_shards() -> impl Iterator<Item = String> {
    (0..COMMAND_SHARDS).map(command_shard_name)
}

fn command_shard_name(number: u64) -> String {
    format!("C#{number:02}")
}

/// Which run a command is for, and when it was recorded, by its key; `None` if it is no command's.
#[must_use]
pub fn of_command(key: &Key) -> Option<DueItem> {
    let mut parts = key.sk.split('#');
    let run = RunId::parse(parts.next()?).ok()?;
    let millis = parts.next()?.parse().ok()?;
    Some(DueItem { run, at: Timestamp::from_millisecond(millis).ok()? })
}

/// Rung to have a run looked at.
#[must_use]
pub fn bell(run: &RunId) -> Key {
    Key::new(format!("J#{run}"), "#")
}

/// Rung to have it looked at whether the holder of a run's access is still here.
#[must_use]
pub fn roll_call(run: &RunId) -> Key {
    Key::new(format!("J#{run}"), ROLL_CALL)
}

const ROLL_CALL: &str = "here";

/// Whether a key is that of a [`roll_call`].
#[must_use]
pub fn is_roll_call(key: &Key) -> bool {
    key.pk.starts_with("J#") && key.sk == ROLL_CALL
}

/// The run that something new under a key wakes: a command, or a bell. `None` for anything else.
#[must_use]
pub fn woken(key: &Key) -> Option<RunId> {
    match key.pk.strip_prefix("J#") {
        Some(run) => RunId::parse(run).ok(),
        None if key.pk.starts_with("C#") => of_command(key).map(|command| command.run),
        None => None,
    }
}

/// The shard of the due items that a run's belong to.
#[must_use]
pub fn shard(run: &RunId) -> String {
    shard_name(sum(run).checked_rem(SHARDS).unwrap_or_default())
}

fn sum(run: &RunId) -> u64 {
    run.as_str().bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)))
}

/// All shards of due items.
pub fn shards() -> impl Iterator<Item = String> {
    (0..SHARDS).map(shard_name)
}

fn shard_name(number: u64) -> String {
    format!("X#{number}")
}

/// A due item: everything with a time is found under one.
#[must_use]
pub fn due(run: &RunId, at: Timestamp, what: &str) -> Key {
    Key::new(shard(run), format!("{:015}#{run}#{what}", millis(at)))
}

/// The largest key of a due item that is due by then.
#[must_use]
pub fn due_until(at: Timestamp) -> String {
    format!("{:015}#~", millis(at))
}

/// The end of an account's chain.
#[must_use]
pub fn account(chain: &RunId) -> Key {
    Key::new(format!("P#{chain}"), "#")
}

/// The accounts that have a chain.
pub const ACCOUNTS: &str = "N#accounts";

/// The accounts whose newest entries are not in the audit tree yet.
pub const NOTED: &str = "N#noted";

/// What is said of an account there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Whose.
    pub account: UserId,
    /// How many of its entries are in the tree.
    pub after: u64,
}

/// What a due item says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueItem {
    /// Which run is to be woken.
    pub run: RunId,
    /// When.
    pub at: Timestamp,
}

/// Everybody's hold on a target.
#[must_use]
pub fn lease(user: &UserId, target: &TargetName) -> Key {
    Key::new(format!("L#{user}#{target}"), "#")
}

/// A user's profile, as far as it is not in the settings.
#[must_use]
pub fn user(id: &UserId) -> Key {
    Key::new(format!("U#{id}"), "#")
}

/// Whose name this is in an integration.
#[must_use]
pub fn identity(kind: &str, external_id: &str, value: &str) -> Key {
    Key::new(format!("I#{kind}#{external_id}#{value}"), "#")
}

/// The request of somebody for something by a flow, while it is under way.
#[must_use]
pub fn twin(requester: &UserId, flow: &FlowName, target: Option<&TargetName>) -> Key {
    let target = target.map(TargetName::as_str).unwrap_or_default();
    Key::new(format!("W#{requester}#{flow}#{target}"), "#")
}

/// The partition of what was set aside because it could not be handled.
pub const ASIDE: &str = "Q#aside";

/// A list of runs, newest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List<'a> {
    /// All of them.
    All,
    /// Those that are not over, and those whose last entries are not in the audit tree yet: whoever
    /// brings them in takes them off.
    Open,
    /// Those where access is there, or on its way in or out.
    Granted,
    /// Those of a requester.
    By(&'a UserId),
    /// Those that wait for somebody.
    Waiting(&'a UserId),
    /// Those that wait for too many people to list them.
    WaitingForMany,
}

impl List<'_> {
    /// The partition of the list.
    #[must_use]
    pub fn partition(self) -> String {
        match self {
            Self::All => "N#all".to_owned(),
            Self::Open => "N#open".to_owned(),
            Self::Granted => "G#all".to_owned(),
            Self::By(user) => format!("N#{user}"),
            Self::Waiting(user) => format!("A#{user}"),
            Self::WaitingForMany => "A#many".to_owned(),
        }
    }

    fn key(self, run: &RunId) -> Key {
        Key::new(self.partition(), run.as_str())
    }
}

/// Where a run is listed besides among the open ones: a function of the run alone.
fn places(run: &Run) -> BTreeSet<Key> {
    let mut places =
        BTreeSet::from([List::All.key(&run.id), List::By(&run.request.requester).key(&run.id)]);
    match &run.state {
        State::Pending(pending) if pending.asked.len() > MOST_LISTED => {
            places.insert(List::WaitingForMany.key(&run.id));
        }
        State::Pending(pending) => {
            places.extend(pending.asked.iter().map(|user| List::Waiting(user).key(&run.id)));
        }
        State::Granting { .. } | State::Active { .. } | State::Revoking { .. } => {
            places.insert(List::Granted.key(&run.id));
        }
        State::Prompted { .. } | State::Closed { .. } => {}
    }
    places
}

fn dues(run: &Run) -> BTreeSet<(Key, Timestamp)> {
    let key = |(at, what): (Timestamp, Due)| (due(&run.id, at, what.as_str()), at);
    run.dues().into_iter().map(key).collect()
}

fn own_twin(run: &Run) -> Option<Key> {
    // A run that has not begun keeps nobody from asking.
    let is_under_way = !matches!(run.state, State::Prompted { .. } | State::Closed { .. });
    let is_one = is_under_way
        && run.template == crate::flow::TemplateKind::Access
        && run.request.extends.is_none();
    let target = run.request.target.as_ref().map(|target| &target.name);
    is_one.then(|| twin(&run.request.requester, &run.flow, target))
}

/// Records a command.
#[must_use]
pub fn recorded(command: &Command) -> Write {
    Write::Put { key: self::command(command), body: json(command), expect: Expect::Absent }
}

/// Takes away a command that was handled.
#[must_use]
pub fn handled(command: &Command) -> Write {
    delete(self::command(command))
}

/// The entries that are added to a chain together; `None` where there are none.
#[must_use]
pub fn added(entries: &[SealedEntry]) -> Option<Write> {
    let SealedEntry { entry: last, .. } = entries.last()?;
    let key = self::entries(&last.run, last.seq);
    Some(Write::Put { key, body: json(&entries), expect: Expect::Absent })
}

/// What a transition writes: the head on condition that it is still the one the transition was made
/// for, the new entries, and whatever changes about lists and times.
#[must_use]
pub fn moved(before: Option<(&Run, u64)>, transition: &Transition) -> Vec<Write> {
    let run = &transition.run;
    let expect = before.map_or(Expect::Absent, |(_, version)| Expect::Version(version));
    let mut writes = vec![Write::Put { key: head(&run.id), body: json(run), expect }];
    writes.extend(added(&transition.entries));
    let (old_places, old_dues, old_twin) = match before {
        Some((old, _)) => (places(old), dues(old), own_twin(old)),
        None => (BTreeSet::new(), BTreeSet::new(), None),
    };
    let (new_places, new_dues, new_twin) = (places(run), dues(run), own_twin(run));
    writes.extend(old_places.difference(&new_places).map(|key| delete(key.clone())));
    writes.extend(new_places.difference(&old_places).map(|key| Write::Put {
        key: key.clone(),
        body: json(&run.id),
        expect: Expect::Anything,
    }));
    writes.extend(old_dues.difference(&new_dues).map(|(key, _)| delete(key.clone())));
    writes.extend(new_dues.difference(&old_dues).map(|(key, at)| Write::Put {
        key: key.clone(),
        body: json(&DueItem { run: run.id.clone(), at: *at }),
        expect: Expect::Anything,
    }));
    // Only who has collected its last entry takes it off. While it goes on it is there for sure.
    if before.is_none_or(|(old, _)| !old.is_watched()) {
        let (key, body) = (List::Open.key(&run.id), json(&run.id));
        writes.push(Write::Put { key, body, expect: Expect::Anything });
    }
    if old_twin != new_twin {
        writes.extend(old_twin.map(delete));
        writes.extend(new_twin.map(|key| Write::Put {
            key,
            body: json(&run.id),
            expect: Expect::Absent,
        }));
    }
    writes
}

fn delete(key: Key) -> Write {
    Write::Delete { key, expect: Expect::Anything }
}

/// A transaction whose token is made of what it writes.
#[must_use]
pub fn transaction(writes: Vec<Write>) -> Transaction {
    let parts: Vec<String> = writes
        .iter()
        .map(|write| match write {
            Write::Put { key, body, expect } => format!("put {key} {expect:?} {body}"),
            Write::Delete { key, expect } => format!("delete {key} {expect:?}"),
            Write::Check { key, expect } => format!("check {key} {expect:?}"),
        })
        .collect();
    let parts: Vec<&[u8]> = parts.iter().map(String::as_bytes).collect();
    let token: String = sha256(&parts).as_str().chars().take(36).collect();
    Transaction { token: Token(token), writes }
}

/// The JSON of one of our own values.
pub fn json(value: &impl Serialize) -> String {
    // Our own values have string keys and finite numbers: they always have a JSON form.
    serde_json::to_string(value).unwrap_or_default()
}

/// An item's body as what it was written as.
///
/// # Errors
///
/// If it is something else, as after damage or a downgrade.
pub fn read<T: DeserializeOwned>(item: &Item) -> Result<T, ReadError> {
    serde_json::from_str(&item.body)
        .map_err(|error| ReadError::Damaged(format!("`{}` cannot be read: {error}", item.key)))
}

/// A run and the version of its head.
///
/// # Errors
///
/// If it was written by a newer program, or is damaged.
pub fn read_run(item: &Item) -> Result<(Run, u64), ReadError> {
    Ok((read(item)?, item.version))
}

/// The entries of one transition.
///
/// # Errors
///
/// If they are damaged.
pub fn read_entries(item: &Item) -> Result<Vec<SealedEntry>, ReadError> {
    read(item)
}

/// Milliseconds since the Unix epoch; zero before it.
#[must_use]
pub fn millis(at: Timestamp) -> u64 {
    u64::try_from(at.as_millisecond()).unwrap_or_default()
}

/// Whether a command begins a run.
#[must_use]
pub const fn begins(command: &Command) -> bool {
    matches!(command.kind, CommandKind::Request { .. })
}
