//! Tests of policies as OPA has them: rules whose names begin with `test_`, in files whose names end in
//! `_test.rego`, and true where all is well.
//!
//! Tests replace input by `with`, which the machine that answers requests does not have. So they are
//! evaluated by regorus' interpreter; that both say the same is a test of ours.

use std::num::NonZeroU32;
use std::time::Duration;

use jiff::Timestamp;
use regorus::Value;
use regorus::utils::limits::ExecutionTimerConfig;

use super::budget;
use super::load::{Files, Loader};
use super::review::Replacing;
use crate::{LoadError, Place, Source};

/// How long a test may take.
const TIME: Duration = Duration::from_secs(5);

/// A test, and how it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestCase {
    /// The rule's path, without `data`.
    pub name: String,
    /// The file it is in.
    pub file: String,
    /// Where.
    pub at: Place,
    /// Whether it is true; or why that cannot be told.
    pub outcome: Result<bool, String>,
}

/// Runs the tests in a file, given the modules and data that it is about.
///
/// # Errors
///
/// If a file is wrong.
pub fn test(
    tests: &Source,
    modules: &[Source],
    data: &[Source],
) -> Result<Vec<TestCase>, LoadError> {
    let files = Files { main: tests, modules, data, entry: "" };
    let loader = Loader::new(files, Replacing::Taken)?;
    let mut engine = loader.engine.clone();
    engine.set_strict_builtin_errors(true);
    engine.set_execution_timer_config(ExecutionTimerConfig {
        limit: TIME,
        check_interval: NonZeroU32::MIN,
    });
    engine
        .add_data(loader.data.clone())
        .map_err(|error| LoadError::new(&*tests.name, error.to_string()))?;
    for (name, takes, _) in super::time::FUNCTIONS {
        let takes = u8::try_from(takes).unwrap_or(u8::MAX);
        let ours = move |arguments: Vec<Value>| Ok(super::time::call(name, &arguments)?);
        engine
            .add_extension(name.to_owned(), takes, Box::new(ours))
            .map_err(|error| LoadError::new(&*tests.name, error.to_string()))?;
    }
    let now = i64::try_from(Timestamp::now().as_nanosecond()).unwrap_or(i64::MAX);
    let is_test = |path: &&String| super::evaluate::short(path).starts_with("test_");
    let cases = loader.review.plain.iter().filter(is_test).filter_map(|path| {
        let (file, at) = loader.place(path)?;
        budget::begin(now);
        let outcome = match engine.clone().eval_rule(path.clone()) {
            Ok(value) => Ok(value == Value::Bool(true)),
            Err(error) => Err(super::load::told(&file, &error).message),
        };
        let name = path.strip_prefix("data.").unwrap_or(path).to_owned();
        Some(TestCase { name, file, at, outcome })
    });
    Ok(cases.collect())
}
