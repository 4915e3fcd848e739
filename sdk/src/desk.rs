//! The front desk: the one entrance for every surface.
//!
//! It checks what comes in against the flow and its settings, says what is wrong with it, and
//! records one command. It decides nothing: whoever may ask or decide is found out by the engine,
//! the same way for the API, the pages, the command line and Slack. Each refusal of a caller who is
//! known leaves an entry in that caller's own chain.

mod account;
mod ask;
mod audit;
mod extend;
mod known_as;
mod list;
mod outcome;
mod preview;
mod problem;
mod sessions;
mod submit;
mod tokens;
mod users;
mod view;

use serde::{Deserialize, Serialize};

use crate::engine::{Actor, Auth, Runner};
use crate::model::{Channel, CommandId, Role, RunId, Source, User};

pub use account::{Account, account_id, account_key};
pub use ask::Ask;
pub use audit::AuditFilter;
pub use list::{Filter, ListPage, limit};
pub use outcome::{EventStatus, EventView};
pub use preview::Preview;
pub use problem::{FieldProblem, Problem};
pub use sessions::{NewSession, Session};
pub use submit::Accepted;
pub use tokens::{NewToken, Scope, TokenView};
pub use users::{UserChange, UserView};
pub use view::{
    ApprovalView, EntryView, Explain, FormView, GrantView, MayDo, Needs, RuleView, RunView,
    TargetView,
};

/// The front desk.
#[derive(Debug, Clone)]
pub struct Desk {
    /// What carries out what is recorded here.
    pub runner: Runner,
}

/// Whoever stands at the desk.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Caller {
    /// Who, as they are known now.
    pub user: User,
    /// How we know.
    pub auth: Auth,
    /// Through which surface.
    pub channel: Channel,
    /// For a bot, what its token is good for; `None`: whatever the user may do.
    pub scopes: Option<Vec<Scope>>,
}

impl Caller {
    /// Somebody on the local server.
    #[must_use]
    pub fn local(user: User, source: Source) -> Self {
        Self { user, auth: Auth::LocalHeader, channel: source.into(), scopes: None }
    }

    /// As an entry records them.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor { user: Some(self.user.id.clone()), auth: self.auth.clone() }
    }

    fn is_admin(&self) -> bool {
        self.user.role == Role::Admin && !self.user.deactivated && self.scopes.is_none()
    }

    /// Whether they may read what is not theirs.
    fn reads_all(&self) -> bool {
        matches!(self.user.role, Role::Admin | Role::Auditor) && !self.user.deactivated
    }

    /// # Errors
    ///
    /// If their token is not good for this.
    fn needs(&self, scope: Scope) -> Result<(), Problem> {
        match &self.scopes {
            Some(_) if scope == Scope::Decide => {
                let problem = Problem::new(403, "bots_never_decide", "a bot never decides");
                Err(problem.hint("a person has to"))
            }
            Some(scopes) if !scopes.contains(&scope) => Err(Problem::new(
                403,
                "out_of_scope",
                format!("this token is not good for `{scope}`"),
            )
            .hint("use a token with that scope")),
            Some(_) | None => Ok(()),
        }
    }
}

/// Names a command to the outside: the run, and which of its commands.
fn command_id(run: &RunId, random: u128) -> CommandId {
    let name = format!("{run}.{:020x}", random & ((1 << 80) - 1));
    CommandId::parse(name).unwrap_or_else(|_| unreachable!("letters, digits and a dot"))
}

/// The most that a reason or a message may hold, in bytes.
pub const MAX_TEXT: usize = 2_000;

/// The most that attached JSON may hold, in bytes.
pub const MAX_CONTEXT: usize = 64 * 1024;

/// Whether two JSON values are the same request, for [`Desk::request`].
fn digest(value: &impl Serialize) -> String {
    crate::engine::canonical(value)
}

/// A text that people read: not too long, and nothing in it that hides what it says.
///
/// # Errors
///
/// If it is neither.
pub(crate) fn check_text(field: &str, text: &str) -> Result<(), FieldProblem> {
    if text.len() > MAX_TEXT {
        let message = format!("it has {} bytes; at most {MAX_TEXT} are taken", text.len());
        return Err(FieldProblem::new(field, message, "shorten it"));
    }
    let hides = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}' | '\u{feff}')
    };
    if text.chars().any(hides) {
        let message = "it holds control characters, or ones that change the direction of text";
        return Err(FieldProblem::new(field, message, "type it again as plain text"));
    }
    Ok(())
}

/// Bodies of decisions: `{"message": ""}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct DecisionBody {
    /// Why, or with what remark.
    pub message: String,
    /// The [`binding`](crate::engine::binding) of what was shown; without it, the request as it
    /// stands.
    pub shown: Option<crate::model::Hash>,
}
