//! Policies as code, asked by hooks: in Rego, and in Sentinel.
//!
//! A policy that is part of a flow is embedded by [`rego!`](crate::rego) or [`sentinel!`](crate::sentinel),
//! which check it while the flow is compiled; [`Policy::load`] reads one when the program starts. What a
//! policy says, the rules and values that this rests on, and the policy's hash are recorded with the
//! answer of the hook that asked it.
//!
//! A policy answers, and never lets anybody escape: what is undefined, fails or takes more than it may
//! is not an approval.

use std::path::Path;
use std::sync::OnceLock;

use countersign_policy::{Answer, Language};
pub use countersign_policy::{Explanation, LoadError, Place, RuleValue, Source, Verdict};

use crate::approvers::Approvers;
use crate::context::Context;
use crate::flow::{Change, Decision};

/// A policy. Asked as often as one likes; each answer goes into the story of the run.
///
/// ```
/// # use countersign::prelude::*;
/// # use countersign::policy::Policy;
/// # fn example(policy: &Policy, event: &Event, cx: &Context) -> Result<Option<Decision>> {
/// if !policy.allows(cx, json!({ "user": event.user() }))? {
///     return Ok(Some(Decision::deny("not by our policy")));
/// }
/// # Ok(None) }
/// ```
#[derive(Debug)]
pub struct Policy(Kind);

#[derive(Debug)]
enum Kind {
    /// Part of the program; read when it is first asked.
    Embedded { files: Files, ready: OnceLock<Result<countersign_policy::Policy, LoadError>> },
    /// Read from a file.
    Loaded(countersign_policy::Policy),
}

/// What an embedded policy is made of.
#[derive(Debug)]
struct Files {
    language: Language,
    main: Source,
    modules: &'static [Source],
    data: &'static [Source],
    entry: &'static str,
}

/// What it means for a request that a policy does not allow it: Sentinel's enforcement levels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Level {
    /// It is noted in the story of the run, and the request goes on.
    Advisory,
    /// These people may override the policy: they are asked before all others, and without their approval
    /// there is no access, whoever else approves.
    SoftMandatory(Approvers),
    /// The request is denied.
    HardMandatory,
}

impl Level {
    /// Sentinel's word for it.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Advisory => "advisory",
            Self::SoftMandatory(_) => "soft-mandatory",
            Self::HardMandatory => "hard-mandatory",
        }
    }
}

/// A policy that cannot be used, or failed while it was asked. It never means yes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// It is wrong.
    #[error("the policy {0}")]
    Load(#[from] LoadError),
    /// It failed, or took more than it may.
    #[error("the policy {policy} did not decide: {why}")]
    Undecided {
        /// The policy's file.
        policy: String,
        /// What went wrong.
        why: String,
    },
}

impl Policy {
    /// A policy that is part of the program, as [`rego!`](crate::rego) and [`sentinel!`](crate::sentinel)
    /// write it. It is read when it is first asked.
    #[doc(hidden)]
    #[must_use]
    pub const fn embedded(
        language: Language,
        main: Source,
        modules: &'static [Source],
        data: &'static [Source],
        entry: &'static str,
    ) -> Self {
        let files = Files { language, main, modules, data, entry };
        Self(Kind::Embedded { files, ready: OnceLock::new() })
    }

    /// Reads a policy from a file, in the language that its name's ending says, with the checks that
    /// [`rego!`](crate::rego) and [`sentinel!`](crate::sentinel) make. For policies that are not part of
    /// the program: read them when it starts.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or is wrong: where, why, and the way round it.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        countersign_policy::Policy::load(path.as_ref()).map(|policy| Self(Kind::Loaded(policy)))
    }

    /// Whether the policy says yes to this input. Undefined is no. The answer is recorded.
    ///
    /// # Errors
    ///
    /// If the policy cannot be used, fails, or takes more than it may: then nobody knows, and nothing is
    /// approved.
    pub fn allows(
        &self,
        cx: &Context,
        input: impl Into<serde_json::Value>,
    ) -> Result<bool, PolicyError> {
        let (answer, explanation) = self.ask(cx, &input.into())?;
        let policy = explanation.policy.clone();
        cx.explained(explanation);
        match answer.trouble {
            Some(why) => Err(PolicyError::Undecided { policy, why }),
            None => Ok(answer.verdict == Verdict::Allow),
        }
    }

    /// What the policy says to this input, and why: its reasons, rules and the values that it looked at.
    /// The answer is recorded.
    ///
    /// # Errors
    ///
    /// If the policy cannot be used.
    pub fn explain(
        &self,
        cx: &Context,
        input: impl Into<serde_json::Value>,
    ) -> Result<Explanation, PolicyError> {
        let (_, explanation) = self.ask(cx, &input.into())?;
        cx.explained(explanation.clone());
        Ok(explanation)
    }

    /// What follows for the request if the policy has this level: `None`, and it goes on; a denial; or
    /// that somebody else has to approve, too. For `on_prompt` and `on_request`. Where the policy fails,
    /// that follows which follows from its no. The answer is recorded.
    ///
    /// ```
    /// # use countersign::policy::{Level, Policy};
    /// # use countersign::prelude::*;
    /// # fn example(hours: &Policy, event: &Event, cx: &Context) -> Result<Option<Decision>> {
    /// let level = Level::SoftMandatory(okta::group("security"));
    /// Ok(hours.enforce(cx, json!({ "user": event.user() }), level)?)
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If the policy cannot be used.
    pub fn enforce(
        &self,
        cx: &Context,
        input: impl Into<serde_json::Value>,
        level: Level,
    ) -> Result<Option<Decision>, PolicyError> {
        let (answer, mut explanation) = self.ask(cx, &input.into())?;
        explanation.level = Some(level.as_str().to_owned());
        let why = no(&explanation);
        cx.explained(explanation);
        if answer.verdict == Verdict::Allow {
            return Ok(None);
        }
        Ok(match level {
            Level::Advisory => None,
            Level::SoftMandatory(by) => Some(Change::new().overridden_by(by, why).into()),
            Level::HardMandatory => Some(Decision::deny(why)),
        })
    }

    fn ask(
        &self,
        cx: &Context,
        input: &serde_json::Value,
    ) -> Result<(Answer, Explanation), PolicyError> {
        let policy = match &self.0 {
            Kind::Embedded { files, ready } => {
                ready.get_or_init(|| files.read()).as_ref().map_err(Clone::clone)?
            }
            Kind::Loaded(policy) => policy,
        };
        Ok(policy.explain(input, cx.now()))
    }
}

/// A policy's no, for people.
fn no(explanation: &Explanation) -> String {
    let policy = &explanation.policy;
    let reasons = explanation.reasons.join("; ");
    match explanation.verdict {
        Verdict::Allow | Verdict::Deny if reasons.is_empty() => format!("{policy} says no"),
        Verdict::Allow | Verdict::Deny => format!("{policy} says no: {reasons}"),
        Verdict::Undecided => format!("{policy} did not decide: {reasons}"),
    }
}

impl Files {
    fn read(&self) -> Result<countersign_policy::Policy, LoadError> {
        countersign_policy::Policy::of(
            self.language,
            &self.main,
            self.modules,
            self.data,
            self.entry,
        )
    }
}
