//! What the outside sees of where a run stands.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a run stands, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Somebody has to do something first: decide, or answer.
    Pending,
    /// Decided, and nothing has been given yet.
    Approved,
    /// Access is being given.
    Granting,
    /// Access is there.
    Active,
    /// Access is being taken away.
    Revoking,
    /// It is over; the [`Outcome`] says how it went.
    Closed,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// An approver, or the flow, said no.
    Denied,
    /// The flow would have nothing to do with it.
    Ignored,
    /// Nobody answered in time.
    Expired,
    /// The requester took it back.
    Cancelled,
    /// Access was there and is gone; or a follow-up was answered.
    Ended,
    /// Approved, and there was nothing to grant.
    Approved,
    /// Access could not be given.
    Failed,
}

macro_rules! words {
    ($($ty:ident: $($variant:ident = $word:literal),*;)*) => {$(
        impl $ty {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word for it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),*
                }
            }
        }

        impl fmt::Display for $ty {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    )*};
}

words! {
    Status: Pending = "pending", Approved = "approved", Granting = "granting", Active = "active",
        Revoking = "revoking", Closed = "closed";
    Outcome: Denied = "denied", Ignored = "ignored", Expired = "expired", Cancelled = "cancelled",
        Ended = "ended", Approved = "approved", Failed = "failed";
}
