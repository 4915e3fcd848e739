//! Sentinel, on our own interpreter.

use std::collections::BTreeMap;

use countersign_sentinel::{Data, Import, ParseError, Policy, Setup, Verdict};
use jiff::Timestamp;
use serde_json::Value;

use crate::answer::{self, Answer, Explained, RuleValue};
use crate::{LoadError, Place, Source};

/// The largest file and the largest input, in bytes.
const MAX_SIZE: usize = 64 * 1024;

/// A policy in Sentinel, ready to be evaluated on any thread.
#[derive(Debug)]
pub(crate) struct Sentinel {
    policy: Policy,
    imports: BTreeMap<String, Import>,
}

impl Sentinel {
    pub(crate) fn load(
        main: &Source,
        modules: &[Source],
        data: &[Source],
    ) -> Result<Self, LoadError> {
        let policy = parse(main)?;
        let mut imports = BTreeMap::new();
        let mut add = |source: &Source, import| match imports.insert(stem(&source.name), import) {
            None => Ok(()),
            Some(_) => Err(LoadError::new(&*source.name, "two imports have this name")),
        };
        for module in modules {
            add(module, Import::Module(parse(module)?))?;
        }
        for file in data {
            let read = Data::from_json(&file.text);
            let read =
                read.map_err(|error| LoadError::new(&*file.name, format!("no JSON: {error}")))?;
            add(file, Import::Data(read))?;
        }
        Ok(Self { policy, imports })
    }

    pub(crate) fn explain(&self, input: &Value, now: Timestamp) -> Explained {
        let size = answer::size(input);
        let Value::Object(fields) = input else {
            return Answer::failed("its input is no object: each key is a global").into();
        };
        if size > MAX_SIZE {
            let why = format!("its input has {size} bytes, and at most {MAX_SIZE} are taken");
            return Answer::failed(why).into();
        }
        let mut setup = Setup::at(now);
        setup.imports.clone_from(&self.imports);
        setup.globals =
            fields.iter().map(|(key, value)| (key.clone(), Data::from(value.clone()))).collect();
        let outcome = self.policy.evaluate(&setup);
        let answer = match &outcome.verdict {
            Verdict::Passed => Answer::allow(),
            Verdict::Denied => {
                Answer::deny(answer::few(outcome.printed.lines().map(str::to_owned).collect()))
            }
            Verdict::Undefined(position) => {
                Answer::undecided(format!("`main` is undefined, since {position}"))
            }
            Verdict::Failed(failure) => Answer::failed(failure.to_string()),
        };
        let rules = answer::most(outcome.rules.iter()).map(|rule| RuleValue {
            rule: rule.name.clone(),
            file: rule.position.file.to_string(),
            at: Some(place(&rule.position)),
            value: match &rule.value {
                Data::Undefined => None,
                value => Some(answer::shown(value.to_json())),
            },
        });
        let rules = rules.collect();
        let values = answer::most(fields.iter())
            .map(|(key, value)| (key.clone(), answer::shown(value.clone())));
        let beyond = |all: usize| all.saturating_sub(answer::MOST);
        let left_out = beyond(outcome.rules.len()).saturating_add(beyond(fields.len()));
        Explained { answer, rules, values: values.collect(), left_out }
    }
}

fn parse(source: &Source) -> Result<Policy, LoadError> {
    if source.text.len() > MAX_SIZE {
        let size = source.text.len();
        let message = format!("the file has {size} bytes, and at most {MAX_SIZE} are read");
        return Err(LoadError::new(&*source.name, message));
    }
    Policy::parse(&source.name, &source.text).map_err(|ParseError { position, message, .. }| {
        LoadError::new(&*source.name, message).at(Some(place(&position)))
    })
}

fn place(position: &countersign_sentinel::Position) -> Place {
    let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Place { line: narrow(position.line), column: narrow(position.column) }
}

/// What a file is imported by.
fn stem(name: &str) -> String {
    let file = name.rsplit('/').next().unwrap_or(name);
    file.split('.').next().unwrap_or(file).to_owned()
}
