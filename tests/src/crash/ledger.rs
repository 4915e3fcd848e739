//! What was sent, and what the server accepted.

use std::collections::BTreeMap;

/// What somebody wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    Request,
    Extend,
    Approve,
    Deny,
    Cancel,
    Revoke,
}

impl Deed {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Extend => "extend",
            Self::Approve => "approve",
            Self::Deny => "deny",
            Self::Cancel => "cancel",
            Self::Revoke => "revoke",
        }
    }

    /// Whether it begins a run.
    pub(super) const fn begins(self) -> bool {
        matches!(self, Self::Request | Self::Extend)
    }
}

/// What was sent under one idempotency key.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) user: String,
    pub(super) deed: Deed,
    /// The run that the server named, once it accepted it.
    pub(super) run: Option<String>,
    /// The command, where the server named it.
    pub(super) event: Option<String>,
    /// Whether the server said that it was done, and not only recorded.
    pub(super) done: bool,
}

/// Everything, by key.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) sent: BTreeMap<String, Sent>,
    pub(super) broken: Vec<String>,
}

impl Ledger {
    pub(super) fn send(&mut self, key: &str, user: &str, deed: Deed) {
        self.sent.entry(key.to_owned()).or_insert_with(|| Sent {
            user: user.to_owned(),
            deed,
            run: None,
            event: None,
            done: false,
        });
    }

    /// The server accepted it, now or once more.
    pub(super) fn accepted(&mut self, key: &str, run: &str, event: Option<&str>) {
        let Some(sent) = self.sent.get_mut(key) else { return };
        let deed = sent.deed.as_str();
        if let Some(known) = sent.run.replace(run.to_owned())
            && known != run
        {
            self.broken.push(format!("{deed} {key}: first it was run {known}, then {run}"));
        }
        if let Some(event) = event
            && let Some(known) = sent.event.replace(event.to_owned())
            && known != event
        {
            self.broken.push(format!("{deed} {key}: first it was {known}, then {event}"));
        }
    }

    /// The server said that it was done.
    pub(super) fn done(&mut self, key: &str) {
        if let Some(sent) = self.sent.get_mut(key) {
            sent.done = true;
        }
    }
}
