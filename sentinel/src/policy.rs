//! A parsed policy, what it is given, and its evaluation.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::ast::File;
use crate::http::Http;
use crate::limits::Limits;
use crate::machine::Machine;
use crate::outcome::Outcome;
use crate::source::ParseError;
use crate::value::Data;

/// A policy, or a module: parsed, and ready to be evaluated as often as one likes, on any thread.
#[derive(Clone, Debug)]
pub struct Policy {
    file: Arc<File>,
}

impl Policy {
    /// Parses a policy. The name is that of its file, for messages.
    ///
    /// # Errors
    /// Where and why the text is no Sentinel.
    pub fn parse(name: &str, text: &str) -> Result<Self, ParseError> {
        Ok(Self { file: Arc::new(crate::parser::parse(name, text)?) })
    }

    /// Evaluates it. Whatever it does, this returns, within the limits of the setup.
    #[must_use]
    pub fn evaluate(&self, setup: &Setup) -> Outcome {
        Machine::new(setup).run(&self.file)
    }

    /// The paths that it imports.
    pub fn imports(&self) -> impl Iterator<Item = &str> {
        self.file.imports.iter().map(|import| &*import.path)
    }

    /// The name of its file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.file.source.name
    }

    /// Bytes of its text.
    #[must_use]
    pub fn size(&self) -> usize {
        self.file.source.text.len()
    }

    pub(crate) fn file(&self) -> &Arc<File> {
        &self.file
    }
}

/// What the host gives for an import's path.
#[derive(Clone, Debug)]
pub enum Import {
    /// A file in Sentinel: a module, or a mock written as one.
    Module(Policy),
    /// Data: a static import, or a mock.
    Data(Data),
}

/// What a policy is evaluated with.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Imports beside the standard ones, and instead of them, by their paths.
    pub imports: BTreeMap<String, Import>,
    /// Names that the policy finds bound.
    pub globals: BTreeMap<String, Data>,
    /// Values of its parameters.
    pub params: BTreeMap<String, Data>,
    /// What `time.now` is: the caller's clock, once.
    pub now: Timestamp,
    /// Where `time.now` is.
    pub timezone: TimeZone,
    /// What it may use up.
    pub limits: Limits,
    /// What it may call by HTTP: nothing, if this is not given.
    pub http: Option<Http>,
}

impl Setup {
    /// A setup with nothing but a clock's time, in UTC.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self {
            imports: BTreeMap::new(),
            globals: BTreeMap::new(),
            params: BTreeMap::new(),
            now,
            timezone: TimeZone::UTC,
            limits: Limits::default(),
            http: None,
        }
    }

    /// Bytes of the texts and data that it holds.
    #[must_use]
    pub fn size(&self) -> usize {
        let imports = self.imports.values().map(|import| match import {
            Import::Module(policy) => policy.size(),
            Import::Data(data) => data.size(),
        });
        let data = self.globals.values().chain(self.params.values()).map(Data::size);
        imports.chain(data).sum()
    }
}
