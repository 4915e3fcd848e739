//! Why a token is not taken. Nothing of the token itself is ever repeated.

use countersign::desk::Problem;

/// Why a token is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// It is longer than tokens are.
    #[error("the token has more than {} bytes", super::jws::LONGEST)]
    TooLong,
    /// It is no signed JWT.
    #[error("the token is no signed JWT: {0}")]
    Malformed(&'static str),
    /// It is signed in a way that is not taken, or not by the kind of key that it names.
    #[error("the token's `alg` is not taken, or does not fit the key that it names")]
    Algorithm,
    /// It is another kind of token.
    #[error("the token's `typ` is not that of a token to sign in with")]
    Kind,
    /// It asks for something that we do not know, and have to refuse.
    #[error("the token has a header `crit`, and nothing of that kind is understood")]
    Critical,
    /// The issuer has no such key.
    #[error("the issuer has no key as the token names it")]
    UnknownKey,
    /// It names no key, and there are several.
    #[error("the token names no key, and the issuer has several")]
    NoKey,
    /// Somebody else signed it, or it was changed.
    #[error("the token's signature does not fit")]
    Signature,
    /// Somebody else issued it.
    #[error("the token is of another issuer")]
    Issuer,
    /// It is meant for somebody else.
    #[error("the token is meant for another application: its `aud` names none that is taken here")]
    Audience,
    /// It is meant for several, and was given to none of ours.
    #[error("the token has several audiences, and its `azp` is none that is taken here")]
    Party,
    /// It was made for another sign-in.
    #[error("the token was made for another sign-in: its `nonce` is not ours")]
    Nonce,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// Its time has not come.
    #[error("the token is not good yet; or the clocks differ by more than a minute")]
    TooEarly,
    /// A claim is missing, or is not what it has to be.
    #[error("the token's claim `{0}` is missing or makes no sense")]
    Claim(String),
    /// The issuer has not seen that the mail address is theirs.
    #[error("the issuer has not verified the mail address")]
    Unverified,
    /// The issuer's keys cannot be had.
    #[error("the identity provider's keys cannot be read now")]
    Unavailable,
}

impl Refused {
    /// The stable code of the problem.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Expired => "token_expired",
            Self::Unavailable => "issuer_unavailable",
            Self::TooLong
            | Self::Malformed(_)
            | Self::Algorithm
            | Self::Kind
            | Self::Critical
            | Self::UnknownKey
            | Self::NoKey
            | Self::Signature
            | Self::Issuer
            | Self::Audience
            | Self::Party
            | Self::Nonce
            | Self::TooEarly
            | Self::Claim(_)
            | Self::Unverified => "token_invalid",
        }
    }

    const fn hint(&self) -> &'static str {
        match self {
            Self::TooLong => "ask the identity provider for a token with fewer claims",
            Self::Malformed(_) => {
                "send the token that the identity provider gave, as it is; a bot's begins with `csn_`"
            }
            Self::Algorithm => {
                "have the identity provider sign with RS256, PS256, ES256 or EdDSA (Ed25519)"
            }
            Self::Kind | Self::Critical => "send an ID token, or a JWT access token",
            Self::NoKey => "have the identity provider name its key by `kid`",
            Self::Issuer => "sign in with the identity provider that is set up here",
            Self::Audience | Self::Party => {
                "sign in for this application; or let an administrator take its audience too"
            }
            Self::TooEarly => "try again in a moment, and look at the clock",
            Self::Claim(_) => {
                "ask for the scopes `openid email`; or let an administrator name the claim that \
                 holds the mail address"
            }
            Self::Unverified => "confirm the mail address with the identity provider",
            Self::Nonce | Self::Expired | Self::UnknownKey | Self::Signature => "sign in again",
            Self::Unavailable => "try again in a moment",
        }
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let status = if refused == Refused::Unavailable { 503 } else { 401 };
        Self::new(status, refused.code(), refused.to_string()).hint(refused.hint())
    }
}
