//! Who may decide: one function, used when the approvers are asked and again when somebody clicks.

use super::apply::Illegal;
use super::state::{Decider, Run};
use crate::approvers::{Approvers, Stage};
use crate::model::{Role, User, UserId, UserKind};

/// Why somebody may decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Because {
    /// They are in the set that the stage names.
    IsIn(String),
    /// They are an administrator, and the flow lets administrators decide. The log says so.
    Overrides,
}

impl Because {
    /// The decider that an entry records.
    #[must_use]
    pub fn decider(&self, id: UserId) -> Decider {
        match self {
            Self::IsIn(set) => {
                Decider::User { id, because: format!("is in {set}"), overrides: false }
            }
            Self::Overrides => Decider::User {
                id,
                because: "is an administrator, and was not asked".to_owned(),
                overrides: true,
            },
        }
    }
}

/// Whether `person` may decide about `run` in `stage`, given whether they are in the stage's set now.
///
/// Whether they have approved already is not looked at: a decision that counts twice is refused by
/// the engine, and one who has approved may still deny.
///
/// # Errors
///
/// Why not, in words for that person.
pub fn may_decide(
    run: &Run,
    stage: &Stage,
    person: &User,
    is_member: bool,
) -> Result<Because, Illegal> {
    let is_own =
        person.id == run.request.requester || run.request.filed_by.as_ref() == Some(&person.id);
    if person.deactivated {
        return Err(Illegal::new("deactivated", "you have been deactivated: ask an administrator"));
    }
    if person.kind == UserKind::Bot {
        return Err(Illegal::new("bots_never_decide", "bots may ask, never decide"));
    }
    match person.role {
        Role::Auditor => {
            return Err(Illegal::new(
                "not_an_approver",
                "auditors may read everything and decide nothing",
            ));
        }
        Role::Guest if !run.rules.allow_guest_interaction => {
            return Err(Illegal::new("not_an_approver", "guests may not decide in this flow"));
        }
        Role::Guest | Role::Member | Role::Admin => {}
    }
    if is_own && !stage.allow_self {
        return Err(Illegal::new("self_approval", "nobody decides about their own request"));
    }
    if is_member {
        return Ok(Because::IsIn(stage.who.to_string()));
    }
    if person.role == Role::Admin && run.rules.admins_may_decide && !is_own {
        return Ok(Because::Overrides);
    }
    let who = &stage.who;
    Err(Illegal::new("not_an_approver", format!("only {who} may decide about this request")))
}

/// Those of `members` who may decide and whose approval would count, for asking them.
pub(super) fn eligible(
    run: &Run,
    plan: &Approvers,
    stage: &Stage,
    members: &[User],
) -> Vec<UserId> {
    let counted = |person: &User| {
        plan.is_distinct()
            && run.approvals.iter().any(|approval| match &approval.by {
                Decider::User { id, .. } => *id == person.id,
                Decider::Flow { .. } | Decider::Engine => false,
            })
    };
    let may = |person: &&User| !counted(person) && may_decide(run, stage, person, true).is_ok();
    let mut people: Vec<_> = members.iter().filter(may).map(|person| person.id.clone()).collect();
    people.sort();
    people.dedup();
    people
}
