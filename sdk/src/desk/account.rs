//! What happens outside of any run, in a chain of its own per account: refused input, changes of
//! users and tokens.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Caller, Desk, Problem};
use crate::engine::records::{self, ACCOUNTS, Listed, NOTED, json};
use crate::engine::{Cause, Entry, SCHEMA, What, genesis, seal, sha256_text};
use crate::model::{Hash, RunId, UserId};
use crate::store::{Commit, Expect, Item, Key, Write, write_surely};

/// The end of an account's chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Whose.
    pub user: UserId,
    /// The number of its newest entry.
    pub seq: u64,
    /// The hash of its newest entry.
    pub chain: Hash,
}

/// What an account's chain is named by, where a run's is named by the run.
#[must_use]
pub fn account_id(user: &UserId) -> RunId {
    // Nobody can find an address with the name of somebody else's.
    let hash = sha256_text(&format!("account {user}"));
    let digits = hash.as_str().get(..20).unwrap_or_default();
    RunId::from_parts(0, u128::from_str_radix(digits, 16).unwrap_or_default())
}

/// Where the end of an account's chain is kept.
#[must_use]
pub fn account_key(user: &UserId) -> Key {
    records::account(&account_id(user))
}

impl Desk {
    /// Records that a caller was refused.
    pub async fn refused(&self, caller: &Caller, command: &str, problem: &Problem) {
        let what = What::Refused {
            command: command.to_owned(),
            code: problem.code.clone(),
            message: problem.detail.clone(),
        };
        if let Err(problem) = self.note(caller, what, Vec::new()).await {
            tracing::error!(user = %caller.user.id, "a refusal could not be recorded: {problem}");
        }
    }

    /// Records something about users or tokens, together with what changes.
    pub(super) async fn noted(
        &self,
        caller: &Caller,
        about: &str,
        details: Value,
        writes: Vec<Write>,
    ) -> Result<(), Problem> {
        let what = What::Noted { about: about.to_owned(), details };
        self.note(caller, what, writes).await
    }

    async fn note(&self, caller: &Caller, what: What, writes: Vec<Write>) -> Result<(), Problem> {
        let (user, now) = (&caller.user.id, self.runner.host.now());
        let id = account_id(user);
        let key = account_key(user);
        for _ in 0..20 {
            let item = self.runner.store.get(&key).await?;
            let account: Option<Account> = item.as_ref().map(records::read).transpose()?;
            let (seq, chain) = account.map_or_else(|| (0, genesis(&id)), |it| (it.seq, it.chain));
            let mut all = vec![self.noted_after(user, seq).await?];
            if seq == 0 {
                let (key, body) = (Key::new(ACCOUNTS, user.as_str()), json(&id));
                all.push(Write::Put { key, body, expect: Expect::Anything });
            }
            let entry = Entry {
                v: SCHEMA,
                run: id.clone(),
                seq: seq.saturating_add(1),
                at: now,
                actor: caller.actor(),
                channel: caller.channel.clone(),
                cause: Cause::Command {
                    id: super::command_id(&id, self.runner.host.entropy()),
                    recorded: now,
                },
                what: what.clone(),
                effects: Vec::new(),
                notes: Vec::new(),
            };
            let sealed = seal(entry, chain);
            let account =
                Account { user: user.clone(), seq: sealed.entry.seq, chain: sealed.hash.clone() };
            all.extend(records::added(&[sealed]));
            let (key, body) = (account_key(user), json(&account));
            all.push(Write::Put { key, body, expect: as_read(item.as_ref()) });
            let ours = all.len();
            all.extend(writes.clone());
            match write_surely(&*self.runner.store, &records::transaction(all)).await {
                Commit::Committed => return Ok(()),
                Commit::Conflict(old) if old.iter().take(ours).any(Option::is_some) => {}
                Commit::Conflict(old) if old.iter().skip(ours).any(Option::is_some) => {
                    return Err(Problem::new(
                        409,
                        "changed_meanwhile",
                        "somebody else changed it at the same time",
                    )
                    .hint("look at it again, and repeat"));
                }
                Commit::Conflict(_) => {}
                Commit::Throttled => return Err(busy("it is throttled")),
                Commit::Unknown(why) | Commit::Invalid(why) => return Err(busy(&why)),
            }
        }
        Err(busy("others write at the same time, again and again"))
    }

    /// Has the next entry of an account found by whoever brings entries into the audit tree. One
    /// that is not on their list has all its entries in the tree.
    async fn noted_after(&self, user: &UserId, seq: u64) -> Result<Write, Problem> {
        let key = Key::new(NOTED, user.as_str());
        let item = self.runner.store.get(&key).await?;
        let body = match &item {
            Some(item) => item.body.clone(),
            None => json(&Listed { account: user.clone(), after: seq }),
        };
        Ok(Write::Put { key, body, expect: as_read(item.as_ref()) })
    }
}

fn as_read(item: Option<&Item>) -> Expect {
    item.map_or(Expect::Absent, |item| Expect::Version(item.version))
}

/// That nothing could be written. Why is told to whoever runs Countersign, not to the caller.
pub(super) fn busy(why: &str) -> Problem {
    tracing::error!("the store takes no writes now: {why}");
    Problem::new(503, "store_unavailable", "the store takes no writes now")
        .hint("try again in a moment; with the same Idempotency-Key nothing happens twice")
}
