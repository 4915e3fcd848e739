//! Sessions of people who signed in with a browser: opaque, expiring, revocable at once.
//!
//! What a browser has is a text that nobody can guess; what is stored lies under its hash, so that
//! whoever reads the store cannot act as anybody.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Caller, Desk, Problem};
use crate::engine::records::{self, json};
use crate::engine::{Auth, sha256_text};
use crate::model::{Duration, Source, Timestamp, UserId};
use crate::store::{Commit, Expect, Item, Key, Query, Write, write_surely};

/// What is stored of a session. Never the text that the browser has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Whose.
    pub user: UserId,
    /// The identity provider that says so.
    pub issuer: String,
    /// What it calls them, for good.
    pub subject: String,
    /// When they last showed the provider who they are, if it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<Timestamp>,
    /// How well they did, in the provider's own words (`acr`), if it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// When it began.
    pub created: Timestamp,
    /// When it ends in any case.
    pub expires: Timestamp,
    /// When it was last used, give or take a tenth of how long it may rest.
    pub seen: Timestamp,
    /// What the surface keeps with it, and can read with the browser's text alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<String>,
}

/// A session as it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// See [`Session::auth_time`].
    pub auth_time: Option<Timestamp>,
    /// See [`Session::acr`].
    pub acr: Option<String>,
    /// How long it lasts.
    pub lasts: Duration,
    /// See [`Session::sealed`].
    pub sealed: Option<String>,
}

/// So many sessions of one person are looked at together: two writes each, of the hundred that the
/// store takes at once.
const MOST: usize = 25;

impl Desk {
    /// Begins a session of somebody who was recognised by an identity provider, under a text that
    /// nobody can guess. Their sessions that are over are taken away.
    ///
    /// # Errors
    ///
    /// If they were not recognised so, have left, or the store fails.
    pub async fn begin_session(
        &self,
        caller: &Caller,
        token: &str,
        new: NewSession,
    ) -> Result<Session, Problem> {
        let Auth::Oidc { issuer, subject } = &caller.auth else {
            return Err(Problem::new(403, "not_signed_in", "sessions are for those who sign in"));
        };
        if caller.user.deactivated {
            return Err(has_left());
        }
        let created = self.runner.host.now();
        let session = Session {
            user: caller.user.id.clone(),
            issuer: issuer.clone(),
            subject: subject.clone(),
            auth_time: new.auth_time,
            acr: new.acr,
            created,
            expires: created + new.lasts,
            seen: created,
            sealed: new.sealed,
        };
        let hash = hash(token);
        let listed = Listed { expires: session.expires };
        let mut writes = vec![
            Write::Put { key: key(&hash), body: json(&session), expect: Expect::Absent },
            Write::Put {
                key: Key::new(list(&session.user), &hash),
                body: json(&listed),
                expect: Expect::Absent,
            },
        ];
        for item in self.listed(&session.user).await? {
            if records::read::<Listed>(&item)?.expires <= created {
                writes.extend(taken_away(&session.user, &item.key.sk));
            }
        }
        let details = json!({
            "began": name(&hash), "expires": session.expires,
            "auth_time": session.auth_time, "acr": session.acr,
        });
        self.noted(caller, "session", details, writes).await?;
        Ok(session)
    }

    /// The session of this text, with whoever it is of, as they are known now; `None` if it is over,
    /// or there never was one. One that may rest for no longer than `idle` is noted to be in use, if it
    /// is a person who uses it, and not a page that looks for news.
    ///
    /// # Errors
    ///
    /// If they have left, or the store fails.
    pub async fn session(
        &self,
        token: &str,
        idle: Option<Duration>,
        is_person: bool,
    ) -> Result<Option<(Session, Caller)>, Problem> {
        let Some(item) = self.runner.store.get(&key(&hash(token))).await? else { return Ok(None) };
        let session: Session = records::read(&item)?;
        let now = self.runner.host.now();
        let rested = now.duration_since(session.seen).as_secs();
        let may_rest = idle.map(|idle| i64::from(idle.as_seconds()));
        if session.expires <= now || may_rest.is_some_and(|may_rest| rested >= may_rest) {
            return Ok(None);
        }
        let Some(user) = self.runner.services.user(&session.user).await? else { return Ok(None) };
        if user.deactivated {
            return Err(has_left());
        }
        if is_person && may_rest.is_some_and(|may_rest| rested >= may_rest / 10) {
            self.saw(&item, &session, now).await;
        }
        let auth = Auth::Oidc { issuer: session.issuer.clone(), subject: session.subject.clone() };
        let caller = Caller { user, auth, channel: Source::Web.into(), scopes: None };
        Ok(Some((session, caller)))
    }

    /// Ends a session. One that is over already stays so.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub async fn end_session(&self, caller: &Caller, token: &str) -> Result<(), Problem> {
        let hash = hash(token);
        let writes = taken_away(&caller.user.id, &hash).to_vec();
        self.noted(caller, "session", json!({ "ended": name(&hash) }), writes).await
    }

    /// Ends all sessions of somebody: one's own, or as an administrator anybody's.
    ///
    /// # Errors
    ///
    /// If they are somebody else's and the caller is no administrator, or the store fails.
    pub async fn end_sessions(&self, caller: &Caller, user: &UserId) -> Result<(), Problem> {
        if caller.user.id != *user && !caller.is_admin() {
            let problem = Problem::new(403, "admins_only", "only administrators sign others out");
            self.refused(caller, "end_sessions", &problem).await;
            return Err(problem);
        }
        loop {
            let items = self.listed(user).await?;
            if items.is_empty() {
                return Ok(());
            }
            let writes = items.iter().flat_map(|item| taken_away(user, &item.key.sk)).collect();
            let ended: Vec<_> = items.iter().map(|item| name(&item.key.sk)).collect();
            let details = json!({ "user": user, "ended": ended });
            self.noted(caller, "session", details, writes).await?;
        }
    }

    async fn listed(&self, user: &UserId) -> Result<Vec<Item>, Problem> {
        let query = Query::of(list(user)).limit(MOST);
        Ok(self.runner.store.query(&query).await?.items)
    }

    /// Notes that a session is in use. Whoever ended it meanwhile wins.
    async fn saw(&self, item: &Item, session: &Session, now: Timestamp) {
        let body = json(&Session { seen: now, ..session.clone() });
        let expect = Expect::Version(item.version);
        let writes = vec![Write::Put { key: item.key.clone(), body, expect }];
        match write_surely(&*self.runner.store, &records::transaction(writes)).await {
            Commit::Committed | Commit::Conflict(_) => {}
            Commit::Throttled | Commit::Unknown(_) | Commit::Invalid(_) => {
                tracing::warn!("it could not be noted that a session is in use");
            }
        }
    }
}

/// What the list of somebody's sessions says of each.
#[derive(Debug, Serialize, Deserialize)]
struct Listed {
    expires: Timestamp,
}

fn has_left() -> Problem {
    Problem::new(403, "deactivated", "this user has left")
        .hint("an administrator can let them in again")
}

fn hash(token: &str) -> String {
    sha256_text(token).as_str().to_owned()
}

/// What a session is called in the record: not secret.
fn name(hash: &str) -> &str {
    hash.get(..12).unwrap_or_default()
}

/// Beside API tokens: the same functions may write them.
fn key(hash: &str) -> Key {
    Key::new(format!("T#session#{hash}"), "#")
}

fn list(user: &UserId) -> String {
    format!("T#sessions#{user}")
}

fn taken_away(user: &UserId, hash: &str) -> [Write; 2] {
    [key(hash), Key::new(list(user), hash)]
        .map(|key| Write::Delete { key, expect: Expect::Anything })
}
