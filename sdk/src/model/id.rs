//! Names: each is a type of its own, checked once, where it comes in.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A name that cannot be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not {what}: {rule}")]
pub struct InvalidName {
    /// What was given.
    pub given: String,
    /// What it should have been, with its article.
    pub what: &'static str,
    /// What such a name is made of.
    pub rule: &'static str,
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident, $what:literal, $rule:literal, $check:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(try_from = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks the name.
            ///
            /// # Errors
            ///
            /// If the text cannot be such a name; the error says what one is made of.
            pub fn parse(text: impl Into<String>) -> Result<Self, InvalidName> {
                let text = text.into();
                let check: fn(&str) -> bool = $check;
                if check(&text) {
                    Ok(Self(text))
                } else {
                    Err(InvalidName { given: text, what: $what, rule: $rule })
                }
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidName;
            fn try_from(text: String) -> Result<Self, InvalidName> {
                Self::parse(text)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidName;
            fn from_str(text: &str) -> Result<Self, InvalidName> {
                Self::parse(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    )*};
}

names! {
    /// A run. Sorts by the time it was asked for.
    RunId, "the id of a run", "26 characters of Crockford's base 32, as in a ULID", is_ulid;
    /// A command. Sorts by the time it was recorded.
    CommandId, "the id of a command", "1 to 128 letters, digits, `-`, `_`, `.`, `:` or `@`",
        |text| (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:@".contains(&b));
    /// A flow.
    FlowName, "the name of a flow", "1 to 64 lowercase letters, digits, `-` or `_`, a letter first", is_slug;
    /// A target.
    TargetName, "the name of a target", "1 to 64 lowercase letters, digits, `-` or `_`, a letter first", is_slug;
    /// A strategy.
    StrategyName, "the name of a strategy", "1 to 64 lowercase letters, digits, `-` or `_`, a letter first", is_slug;
    /// Who somebody is, everywhere and for good: a person's mail address in lowercase, or `bot:` and
    /// a bot's name.
    UserId, "a user", "a mail address in lowercase, or `bot:` and a name", is_user;
    /// A SHA-256 hash, in hexadecimal.
    Hash, "a SHA-256 hash", "64 hexadecimal digits in lowercase",
        |text| text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
}

impl UserId {
    /// The person with this mail address, however it is capitalised.
    ///
    /// # Errors
    ///
    /// If it is no mail address.
    pub fn of_mail(address: &str) -> Result<Self, InvalidName> {
        Self::parse(address.trim().to_lowercase())
    }

    /// Whether this is a bot.
    #[must_use]
    pub fn is_bot(&self) -> bool {
        self.0.starts_with("bot:")
    }

    /// The part of a mail address after the `@`; `None` for a bot.
    #[must_use]
    pub fn domain(&self) -> Option<&str> {
        self.0.rsplit_once('@').map(|(_, domain)| domain)
    }
}

impl RunId {
    /// A ULID: 48 bits of `millis` since the Unix epoch, then 80 bits of `entropy`.
    /// Source: <https://github.com/ulid/spec>.
    #[must_use]
    pub fn from_parts(millis: u64, entropy: u128) -> Self {
        const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let number = (u128::from(millis) << 80) | (entropy & ((1 << 80) - 1));
        let digit = |place: u32| {
            let index = usize::try_from((number >> (5 * place)) & 31).unwrap_or_default();
            DIGITS.get(index).copied().map_or('0', char::from)
        };
        Self((0..26).rev().map(digit).collect())
    }
}

fn is_ulid(text: &str) -> bool {
    text.len() == 26
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || (b.is_ascii_uppercase() && !b"ILOU".contains(&b)))
        && text.as_bytes().first().is_some_and(|first| *first <= b'7')
}

fn is_slug(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.as_bytes().first().is_some_and(u8::is_ascii_lowercase)
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
}

fn is_user(text: &str) -> bool {
    if let Some(bot) = text.strip_prefix("bot:") {
        return is_slug(bot);
    }
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let plain = |c: char| {
        !c.is_whitespace() && !c.is_control() && !c.is_uppercase() && c != '#' && c != '/'
    };
    (3..=254).contains(&text.len())
        && !local.is_empty()
        && !local.contains('@')
        && local.chars().all(plain)
        && domain
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.')
        && domain
            .split('.')
            .all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_id_sorts_by_its_time() {
        let early = RunId::from_parts(1, u128::MAX);
        let late = RunId::from_parts(2, 0);
        assert!(early < late);
        assert_eq!(RunId::parse(late.as_str()), Ok(late));
        assert_eq!(RunId::from_parts(1_469_918_176_385, 0).as_str().get(..10), Some("01ARYZ6S41"));
    }

    #[test]
    fn a_user_is_a_mail_address_in_lowercase_or_a_bot() {
        for good in ["ada@acme.test", "a+b@x-y.example", "bot:ci"] {
            assert!(UserId::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "ada",
            "Ada@acme.test",
            "a@b@c",
            "a b@c.d",
            "@acme.test",
            "a@",
            "a@-x.de",
            "bot:",
            "a/b@c.d",
            "a#b@c.d",
        ] {
            assert!(UserId::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(UserId::of_mail(" Ada@Acme.test "), UserId::parse("ada@acme.test"));
    }

    #[test]
    fn a_wrong_name_is_told_what_one_is_made_of() {
        let error = FlowName::parse("Infra Access").unwrap_err();
        assert_eq!(
            error.to_string(),
            "`Infra Access` is not the name of a flow: 1 to 64 lowercase letters, digits, `-` or `_`, a letter first"
        );
    }
}
