//! Rego, on regorus.

use std::num::NonZeroU32;
use std::sync::OnceLock;
use std::time::Duration as Budget;

use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, Value};

use crate::context::Context;

/// The largest policy that is read, in bytes.
const MAX_SIZE: usize = 64 * 1024;

/// The deepest nesting of brackets that is read: parsing time doubles with each level.
const MAX_DEPTH: usize = 10;

/// The largest input, in bytes.
const MAX_INPUT: usize = 64 * 1024;

/// How long an evaluation may take.
const BUDGET: Budget = Budget::from_millis(50);

/// A policy in Rego, embedded by [`rego!`](crate::rego).
///
/// The syntax of OPA 1.0 (`if`, `contains`) works, and so does that before it. A file needs no
/// `package` line. What the caller passes is there as `input`, and for its keys as `data` too.
#[derive(Debug)]
pub struct Rego {
    name: &'static str,
    text: &'static str,
    engine: OnceLock<Result<Loaded, PolicyError>>,
}

#[derive(Debug)]
struct Loaded {
    engine: Engine,
    rule: String,
}

/// A policy that cannot be used, or did not decide. It never means yes.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the policy {policy} {why}")]
pub struct PolicyError {
    policy: String,
    why: String,
}

impl Rego {
    /// A policy with its name, which is its file's. It is parsed when it is first asked.
    #[must_use]
    pub const fn embedded(name: &'static str, text: &'static str) -> Self {
        Self { name, text, engine: OnceLock::new() }
    }

    /// Whether the rule `allow` is true for this input. Undefined is no.
    ///
    /// # Errors
    ///
    /// If the policy cannot be used, fails, or takes too long: then nobody knows, and nothing is
    /// approved.
    pub fn allows(
        &self,
        cx: &Context,
        input: impl Into<serde_json::Value>,
    ) -> Result<bool, PolicyError> {
        let _ = cx;
        self.evaluate(&input.into())
    }

    fn evaluate(&self, input: &serde_json::Value) -> Result<bool, PolicyError> {
        let loaded = self.engine.get_or_init(|| self.parse()).as_ref().map_err(Clone::clone)?;
        let text = input.to_string();
        if text.len() > MAX_INPUT {
            return Err(self
                .error(format!("was given {} bytes; at most {MAX_INPUT} are taken", text.len())));
        }
        let mut engine = loaded.engine.clone();
        let value = Value::from_json_str(&text)
            .map_err(|error| self.error(format!("cannot read its input: {error}")))?;
        if input.is_object() {
            engine
                .add_data(value.clone())
                .map_err(|error| self.error(format!("cannot read its input: {error}")))?;
        }
        engine.set_input(value);
        match engine.eval_rule(loaded.rule.clone()) {
            Ok(value) => Ok(value == Value::Bool(true)),
            Err(error) => Err(self.error(format!("did not decide: {error}"))),
        }
    }

    fn parse(&self) -> Result<Loaded, PolicyError> {
        self.check_shape()?;
        let has_package = self.text.lines().any(|line| line.trim_start().starts_with("package "));
        let text = if has_package {
            self.text.to_owned()
        } else {
            format!("package policy\n{}", self.text)
        };
        let newer = self.add(&text, false);
        let (engine, package) = match newer {
            Ok(loaded) => loaded,
            Err(newer) => self.add(&text, true).map_err(|_| newer)?,
        };
        Ok(Loaded { engine, rule: format!("{package}.allow") })
    }

    fn add(&self, text: &str, before_one: bool) -> Result<(Engine, String), PolicyError> {
        let mut engine = Engine::new();
        engine.set_rego_v0(before_one);
        engine.set_strict_builtin_errors(true);
        engine.set_execution_timer_config(ExecutionTimerConfig {
            limit: BUDGET,
            check_interval: NonZeroU32::MIN,
        });
        let package = engine.add_policy(self.name.to_owned(), text.to_owned());
        let package = package.map_err(|error| self.error(format!("does not parse: {error}")))?;
        Ok((engine, package))
    }

    /// What would take the parser too long is not given to it.
    fn check_shape(&self) -> Result<(), PolicyError> {
        if self.text.len() > MAX_SIZE {
            return Err(
                self.error(format!("has {} bytes; at most {MAX_SIZE} are read", self.text.len()))
            );
        }
        let mut depth = 0_usize;
        for byte in self.text.bytes() {
            match byte {
                b'(' | b'[' | b'{' => depth = depth.saturating_add(1),
                b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth > MAX_DEPTH {
                return Err(self.error(format!("nests brackets deeper than {MAX_DEPTH}")));
            }
        }
        Ok(())
    }

    fn error(&self, why: String) -> PolicyError {
        PolicyError { policy: self.name.to_owned(), why }
    }
}

/// Embeds a policy in Rego: `rego!("requesters.rego").allows(cx, json!({ "user": event.user() }))?`.
/// The path is relative to the file that it stands in.
#[macro_export]
macro_rules! rego {
    ($path:literal) => {{
        static POLICY: $crate::policy::Rego =
            $crate::policy::Rego::embedded($path, ::core::include_str!($path));
        &POLICY
    }};
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SEED: &str = "default allow = false\n\nallow {\n  user_is_fulltime\n}\n\nuser_is_fulltime {\n  not user_is_contractor\n}\n\nuser_is_contractor {\n  some i\n  data.user.groups[i] == \"contractors\"\n}\n";

    fn evaluate(
        text: &'static str,
        input: impl Into<serde_json::Value>,
    ) -> Result<bool, PolicyError> {
        Rego::embedded("test.rego", text).evaluate(&input.into())
    }

    #[test]
    fn the_seed_s_policy_lets_everybody_in_but_contractors() {
        assert!(evaluate(SEED, json!({ "user": { "groups": ["eng"] } })).unwrap());
        assert!(evaluate(SEED, json!({ "user": { "groups": [] } })).unwrap());
        assert!(!evaluate(SEED, json!({ "user": { "groups": ["eng", "contractors"] } })).unwrap());
    }

    #[test]
    fn the_newer_syntax_works_too() {
        let text = "package x\nallow if input.user.admin";
        assert!(evaluate(text, json!({ "user": { "admin": true } })).unwrap());
        assert!(!evaluate(text, json!({ "user": {} })).unwrap(), "undefined is no");
    }

    #[test]
    fn what_cannot_be_parsed_or_decided_is_an_error_and_never_yes() {
        assert!(evaluate("allow {", json!({})).is_err());
        let nested: &'static str = Box::leak(
            format!("allow {{ x := {}1{} }}", "[".repeat(40), "]".repeat(40)).into_boxed_str(),
        );
        assert!(evaluate(nested, json!({})).is_err());
        assert!(
            evaluate("allow { 1 / 0 == 1 }", json!({})).is_err()
                || !evaluate("allow { 1 / 0 == 1 }", json!({})).unwrap()
        );
    }
}
