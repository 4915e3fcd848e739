//! Tokens of bots: hashed, expiring, scoped, revocable, shown once.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::submit::once;
use super::{Accepted, Caller, Desk, ListPage, Problem, account_id, digest};
use crate::engine::records::{self, json};
use crate::engine::{Auth, sha256_text};
use crate::model::{Channel, CommandId, Duration, Role, Source, Timestamp, User, UserId};
use crate::store::{Expect, Key, Query, Write};

/// What a token is good for. A bot never decides, so there is none for that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// To file, extend and preview requests.
    Request,
    /// To end access and cancel requests.
    Revoke,
    /// To read.
    Read,
    /// To decide; no token has it.
    #[serde(skip)]
    Decide,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Request => "request",
            Self::Revoke => "revoke",
            Self::Read => "read",
            Self::Decide => "decide",
        })
    }
}

/// What is stored of a token. Never the token itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TokenView {
    /// Names the token; not secret.
    pub id: String,
    /// The bot that it speaks for.
    pub bot: UserId,
    /// What it is good for.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created: Timestamp,
    /// Until when it is good.
    pub expires: Timestamp,
    /// When it was revoked, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Timestamp>,
}

/// A new token, shown this once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NewToken {
    /// The token itself.
    pub token: String,
    /// What is stored of it.
    #[serde(flatten)]
    pub view: TokenView,
}

/// The list of all tokens.
const TOKENS: &str = "N#tokens";

const PREFIX: &str = "csn_";

impl Desk {
    /// Makes a token for a bot.
    ///
    /// # Errors
    ///
    /// If the caller is no administrator, or the bot's name is none.
    pub async fn create_token(
        &self,
        caller: &Caller,
        bot: &UserId,
        scopes: Vec<Scope>,
        lifetime: Duration,
    ) -> Result<NewToken, Problem> {
        self.create_token_once(caller, bot, scopes, lifetime, None).await
    }

    /// Makes a token for a bot, once per key. A second time it is not shown: it is stored nowhere.
    ///
    /// # Errors
    ///
    /// If the caller is no administrator, what is asked for makes no sense, or the key was used.
    pub async fn create_token_once(
        &self,
        caller: &Caller,
        bot: &UserId,
        scopes: Vec<Scope>,
        lifetime: Duration,
        key: Option<&str>,
    ) -> Result<NewToken, Problem> {
        let result = self.try_create_token(caller, bot, scopes, lifetime, key).await;
        if let Err(problem) = &result {
            self.refused(caller, "create_token", problem).await;
        }
        result
    }

    async fn try_create_token(
        &self,
        caller: &Caller,
        bot: &UserId,
        scopes: Vec<Scope>,
        lifetime: Duration,
        key: Option<&str>,
    ) -> Result<NewToken, Problem> {
        if !caller.is_admin() {
            return Err(Problem::new(403, "admins_only", "only administrators make tokens"));
        }
        check(bot, &scopes, lifetime)?;
        let digest = digest(&("token", bot, &scopes, lifetime));
        if let Some(earlier) = self.earlier(caller, key, &digest).await? {
            let detail = format!("this Idempotency-Key made the token {} already", earlier.event);
            return Err(Problem::new(409, "already_shown", detail)
                .hint("it was shown then; revoke it and make another one under a new key"));
        }
        let host = &self.runner.host;
        let secret =
            format!("{PREFIX}{:020x}{:020x}", host.entropy() & MASK, host.entropy() & MASK);
        let id: String = sha256_text(&secret).as_str().chars().take(12).collect();
        let created = host.now();
        let view = TokenView {
            id: id.clone(),
            bot: bot.clone(),
            scopes,
            created,
            expires: created + lifetime,
            revoked: None,
        };
        let mut writes = vec![
            Write::Put { key: token_key(&secret), body: json(&view), expect: Expect::Absent },
            Write::Put {
                key: Key::new(TOKENS, &id),
                body: json(&token_key(&secret).pk),
                expect: Expect::Absent,
            },
        ];
        if let (Some(key), Ok(event)) = (key, CommandId::parse(id)) {
            let made = Accepted { id: account_id(&caller.user.id), event };
            writes.push(once(caller, key, &made, &digest));
        }
        self.noted(caller, "token", json!({ "created": view }), writes).await?;
        Ok(NewToken { token: secret, view })
    }

    /// All tokens.
    ///
    /// # Errors
    ///
    /// If the caller is no administrator.
    pub async fn tokens(&self, caller: &Caller) -> Result<ListPage<TokenView>, Problem> {
        if !caller.is_admin() {
            return Err(Problem::new(403, "admins_only", "only administrators list tokens"));
        }
        let page = self.runner.store.query(&Query::of(TOKENS).limit(1_000)).await?;
        let keys: Vec<Key> = page
            .items
            .iter()
            .map(|item| records::read::<String>(item).map(|pk| Key::new(pk, "#")))
            .collect::<Result<_, _>>()?;
        let tokens = self.runner.store.get_many(&keys).await?;
        let items = tokens.iter().flatten().map(records::read).collect::<Result<_, _>>()?;
        Ok(ListPage { items, next: None })
    }

    /// Takes a token back.
    ///
    /// # Errors
    ///
    /// If the caller is no administrator, or there is no such token.
    pub async fn revoke_token(&self, caller: &Caller, id: &str) -> Result<TokenView, Problem> {
        let result = self.try_revoke_token(caller, id).await;
        if let Err(problem) = &result {
            self.refused(caller, "revoke_token", problem).await;
        }
        result
    }

    async fn try_revoke_token(&self, caller: &Caller, id: &str) -> Result<TokenView, Problem> {
        if !caller.is_admin() {
            return Err(Problem::new(403, "admins_only", "only administrators revoke tokens"));
        }
        let unknown = || Problem::new(404, "no_such_token", format!("there is no token `{id}`"));
        let listed = self.runner.store.get(&Key::new(TOKENS, id)).await?.ok_or_else(unknown)?;
        let key = Key::new(records::read::<String>(&listed)?, "#");
        let item = self.runner.store.get(&key).await?.ok_or_else(unknown)?;
        let mut view: TokenView = records::read(&item)?;
        view.revoked = view.revoked.or(Some(self.runner.host.now()));
        let write = Write::Put { key, body: json(&view), expect: Expect::Version(item.version) };
        self.noted(caller, "token", json!({ "revoked": view.id }), vec![write]).await?;
        Ok(view)
    }

    /// Whoever a token speaks for.
    ///
    /// # Errors
    ///
    /// If it is not one of ours, has expired or was revoked: always the same problem.
    pub async fn caller_of(&self, token: &str) -> Result<Caller, Problem> {
        let refused = || {
            Problem::new(401, "unauthenticated", "the token is not good (any more)")
                .hint("ask an administrator for a new one")
        };
        if !token.starts_with(PREFIX) {
            return Err(refused());
        }
        let item = self.runner.store.get(&token_key(token)).await?.ok_or_else(refused)?;
        let view: TokenView = records::read(&item)?;
        if view.revoked.is_some() || view.expires <= self.runner.host.now() {
            return Err(refused());
        }
        let stored = self.runner.services.user(&view.bot).await?;
        let user =
            stored.unwrap_or_else(|| User { role: Role::Member, ..User::new(view.bot.clone()) });
        if user.deactivated {
            return Err(refused());
        }
        let auth = Auth::Token { id: view.id };
        Ok(Caller { user, auth, channel: Channel::from(Source::Api), scopes: Some(view.scopes) })
    }
}

/// What a token may be.
fn check(bot: &UserId, scopes: &[Scope], lifetime: Duration) -> Result<(), Problem> {
    if !bot.is_bot() {
        return Err(Problem::field(
            "bot",
            format!("`{bot}` is no bot"),
            "name it `bot:` and a name, as in `bot:ci`",
        ));
    }
    if scopes.is_empty() {
        let hint = "some of `request`, `revoke` and `read`";
        return Err(Problem::field("scopes", "it would be good for nothing", hint));
    }
    if lifetime > Duration::days(366) {
        return Err(Problem::field(
            "lifetime",
            "a token lasts for at most a year",
            "make a new one in time",
        ));
    }
    Ok(())
}

/// 80 bits.
const MASK: u128 = (1 << 80) - 1;

fn token_key(token: &str) -> Key {
    Key::new(format!("T#{}", sha256_text(token)), "#")
}
