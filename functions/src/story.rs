//! What happened to access, in the words that the pages and the command line share.

use countersign::engine::{EndedBy, Found, ReachedBy};

/// How it is known that access is there, or gone.
pub(crate) const fn reached(by: ReachedBy) -> &'static str {
    match by {
        ReachedBy::Seen => ", as the target shows",
        ReachedBy::Said => ", as the target says",
        ReachedBy::Shared => "; another run of the same person holds it too",
        ReachedBy::Standing => "; it was there before and is not touched",
        ReachedBy::Nothing => "; nothing had been given",
    }
}

/// Why access is taken away.
pub(crate) const fn ended(by: EndedBy) -> &'static str {
    match by {
        EndedBy::TimeUp => "its time is up",
        EndedBy::Revoked => "somebody ended it",
        EndedBy::Cancelled => "the request was taken back",
        EndedBy::Failed => "it could not be given",
        EndedBy::Left => "whoever held it has left",
    }
}

/// What a look at the target after the end has shown.
pub(crate) const fn found(what: Found) -> &'static str {
    match what {
        Found::Gone => "no access",
        Found::TakenAgain => "access had come back, and was taken away again",
        Found::NotLooked => "not this time",
        Found::Unknown => "the look failed",
    }
}
