//! What the pure engine does not know, and asks for.

use countersign_policy::Explanation;
use serde_json::Value;

use super::entry::{Failure, Noted};
use crate::approvers::{Approvers, People};
use crate::context::NewRun;
use crate::flow::{Decision, Objection, Refusal, Ruling};
use crate::model::{RunId, Step, Target, TargetName, User, UserId};

/// Something that [`apply`](super::apply) has to know first. Each is asked at most once per command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// What the flow's `on_` hook says.
    Hook(Step),
    /// Whether the requester may ask at all, by the flow's `get_requester`.
    MayAsk,
    /// Whom to ask, by the flow's `get_approver`.
    Approvers,
    /// Who is in this set now.
    Members(People),
    /// Whether this user is in this set now.
    IsMember(People, UserId),
    /// Everything known about this user, without asking any other system.
    User(UserId),
    /// Everything known about this user now: other systems are asked whether they have left.
    UserNow(UserId),
    /// The same request for this target, if it is under way already.
    Twin(Option<TargetName>),
    /// A target of the flow.
    Target(TargetName),
    /// Whether this run holds access now.
    Holds(RunId),
}

/// The answer to a [`Question`], of the matching kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// To `on_prompt` and `on_request`.
    Decision(Option<Decision>),
    /// To `on_approval` and `on_deescalate`.
    Objection(Option<Objection>),
    /// To `on_denial`.
    Refusal(Option<Refusal>),
    /// To `on_forward` and `on_expiry`.
    Ruling(Option<Ruling>),
    /// To `on_escalate`, which only may fail.
    Nothing,
    /// To [`Question::MayAsk`].
    MayAsk(bool),
    /// To [`Question::Approvers`].
    Approvers(Approvers),
    /// To [`Question::Members`].
    Members(Vec<User>),
    /// To [`Question::IsMember`].
    IsMember(bool),
    /// To [`Question::User`] and [`Question::UserNow`].
    User(Option<Box<User>>),
    /// To [`Question::Twin`].
    Twin(Option<RunId>),
    /// To [`Question::Target`].
    Target(Option<Box<Target>>),
    /// To [`Question::Holds`].
    Holds(bool),
}

/// An answer, and where it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// The answer, or how it failed.
    pub answer: Result<Answer, Failure>,
    /// The function that answered and its `file:line`, if one did.
    pub handler: Option<(&'static str, &'static str)>,
    /// The runs that it scheduled.
    pub scheduled: Vec<NewRun>,
    /// What the policies that it asked said, and why.
    pub explained: Vec<Explanation>,
}

impl Answered {
    /// An answer that no function of the flow gave.
    #[must_use]
    pub const fn plain(answer: Result<Answer, Failure>) -> Self {
        Self { answer, handler: None, scheduled: Vec::new(), explained: Vec::new() }
    }
}

/// The answers so far.
#[derive(Debug, Clone, Default)]
pub struct Answers(Vec<(Question, Answered)>);

impl Answers {
    /// Adds one.
    pub fn add(&mut self, question: Question, answered: Answered) {
        self.0.push((question, answered));
    }

    /// The answer to a question.
    ///
    /// # Errors
    ///
    /// The question, where it has not been answered.
    pub(super) fn get(&self, question: Question) -> Result<&Answered, Question> {
        match self.0.iter().find(|(asked, _)| *asked == question) {
            Some((_, answered)) => Ok(answered),
            None => Err(question),
        }
    }

    /// All that functions of the flow scheduled.
    pub(super) fn scheduled(&self) -> impl Iterator<Item = &NewRun> {
        self.0.iter().flat_map(|(_, answered)| &answered.scheduled)
    }

    /// Whether a function of the flow, or a directory, failed.
    pub(super) fn any_failed(&self) -> bool {
        self.0.iter().any(|(_, answered)| answered.answer.is_err())
    }

    /// The answers as they are recorded, leaving out functions that the flow does not have and
    /// profiles, which are the directory's own.
    pub(super) fn notes(&self) -> Vec<Noted> {
        self.0.iter().filter_map(|(question, answered)| note(question, answered)).collect()
    }
}

fn note(question: &Question, answered: &Answered) -> Option<Noted> {
    let from_flow = answered.handler.is_some();
    let name = match question {
        Question::Hook(step) => format!("on_{step}"),
        Question::MayAsk => "get_requester".to_owned(),
        Question::Approvers => "get_approver".to_owned(),
        Question::Members(people) => format!("members of {people}"),
        Question::IsMember(people, user) => format!("whether {user} is in {people}"),
        Question::User(user) | Question::UserNow(user) => format!("user {user}"),
        Question::Twin(_) => "the same request".to_owned(),
        Question::Target(name) => format!("target {name}"),
        Question::Holds(run) => format!("whether {run} holds access"),
    };
    let answer = match &answered.answer {
        Ok(Answer::Members(users)) => ids(users),
        Ok(Answer::IsMember(is_member)) => Value::Bool(*is_member),
        Ok(Answer::User(_) | Answer::Twin(_) | Answer::Target(_) | Answer::Holds(_)) => {
            return None;
        }
        Ok(_) if !from_flow => return None,
        Ok(answer) => plain(answer),
        Err(_) => Value::Null,
    };
    Some(Noted {
        question: name,
        handler: answered.handler.map(|(path, _)| path.to_owned()),
        location: answered.handler.map(|(_, location)| location.to_owned()),
        answer,
        error: answered.answer.as_ref().err().cloned(),
        policies: answered.explained.clone(),
    })
}

fn plain(answer: &Answer) -> Value {
    let value = match answer {
        Answer::Decision(decision) => serde_json::to_value(decision),
        Answer::Objection(objection) => serde_json::to_value(objection),
        Answer::Refusal(refusal) => serde_json::to_value(refusal),
        Answer::Ruling(ruling) => serde_json::to_value(ruling),
        Answer::Nothing
        | Answer::User(_)
        | Answer::Twin(_)
        | Answer::Target(_)
        | Answer::Holds(_) => Ok(Value::Null),
        Answer::MayAsk(yes) | Answer::IsMember(yes) => Ok(Value::Bool(*yes)),
        Answer::Approvers(approvers) => serde_json::to_value(approvers),
        Answer::Members(users) => Ok(ids(users)),
    };
    value.unwrap_or_default()
}

fn ids(users: &[User]) -> Value {
    users.iter().map(|user| Value::String(user.id.to_string())).collect()
}
