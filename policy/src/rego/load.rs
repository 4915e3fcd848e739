//! Reads the files of a policy, refuses what must not be evaluated, and makes a guarded program of the rest.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::program::Program;
use regorus::{CompiledPolicy, Engine, PolicyLengthConfig, Rc, Value};

use super::calls::Calls;
use super::evaluate::convert;
use super::instrument::instrument;
use super::review::{Replacing, Review};
use super::scan::{self, Seen};
use crate::{LoadError, Place, Source};

/// The package of files that do not name theirs.
const UNNAMED: &str = "unnamed";
/// The most rules whose values an explanation may have.
const MAX_TRACED: usize = 200;
/// The largest data file, in bytes.
const MAX_DATA: usize = 1 << 20;
/// The rules that say why not, next to the one that decides.
const REASONS: [&str; 4] = ["deny", "denied", "reason", "reasons"];

/// A policy in Rego, ready to be evaluated on any thread.
#[derive(Debug)]
pub(crate) struct Rego {
    pub(super) program: Arc<Program>,
    /// What the data files say.
    pub(super) data: Value,
    /// The rule that decides.
    pub(super) decision: String,
    /// Those of [`REASONS`] that there are.
    pub(super) reasons: Vec<String>,
    /// The rules that the decision rests on.
    pub(super) traced: Vec<Traced>,
    /// What is looked at in the input.
    pub(super) paths: BTreeSet<Vec<String>>,
    /// The first part of each package's name: there, `data` is the policy itself.
    pub(super) packages: BTreeSet<String>,
}

/// A rule whose value explains a decision.
#[derive(Debug)]
pub(super) struct Traced {
    pub path: String,
    pub file: String,
    pub at: Place,
}

/// The files of a policy.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Files<'a> {
    pub main: &'a Source,
    pub modules: &'a [Source],
    pub data: &'a [Source],
    /// The rule that decides: its name, or its path from `data` on.
    pub entry: &'a str,
}

impl Rego {
    /// # Errors
    ///
    /// If a file cannot be read, or is refused.
    pub(crate) fn load(files: Files<'_>) -> Result<Self, LoadError> {
        let load = || Self::load_unguarded(files);
        // What regorus does not expect of a text is the text's fault, and nothing more.
        catch_unwind(AssertUnwindSafe(load)).unwrap_or_else(|_| {
            Err(LoadError::new(&*files.main.name, "regorus cannot cope with this file")
                .hint("please report it"))
        })
    }

    fn load_unguarded(files: Files<'_>) -> Result<Self, LoadError> {
        let mut loader = Loader::new(files, Replacing::Refused)?;
        loader.policy(files).map_err(|error| loader.shifted(error))
    }
}

/// Files while they are read.
pub(super) struct Loader {
    pub(super) engine: Engine,
    pub(super) review: Review,
    pub(super) data: Value,
    pub(super) package: String,
    /// Files that got a line in front.
    shifted: BTreeSet<String>,
}

impl Loader {
    pub(super) fn new(files: Files<'_>, replacing: Replacing) -> Result<Self, LoadError> {
        let mut loader = Self {
            engine: Engine::new(),
            review: Review::default(),
            data: Value::new_object(),
            package: String::new(),
            shifted: BTreeSet::new(),
        };
        loader.engine.set_policy_length_config(PolicyLengthConfig {
            max_col: std::num::NonZeroU32::MAX,
            ..PolicyLengthConfig::default()
        });
        let mut names = BTreeSet::new();
        for source in std::iter::once(files.main).chain(files.modules) {
            if !names.insert(&*source.name) {
                return Err(LoadError::new(&*source.name, "the file is given twice"));
            }
            let package = loader.parse(source).map_err(|error| loader.shifted(error))?;
            if loader.package.is_empty() {
                loader.package = package;
            }
        }
        for source in files.data {
            loader.data(source)?;
        }
        let modules: Vec<_> = loader.engine.get_modules().clone();
        loader.review = Review::of(&modules, replacing).map_err(|error| loader.shifted(error))?;
        Ok(loader)
    }

    /// Adds a file, in the syntax that it is in, and returns its package's path.
    fn parse(&mut self, source: &Source) -> Result<String, LoadError> {
        let seen = scan::scan(source)?;
        let text = if seen.has_package {
            source.text.to_string()
        } else {
            self.shifted.insert(source.name.to_string());
            format!("package {UNNAMED}\n{}", source.text)
        };
        let mut add = |is_old: bool| {
            self.engine.set_rego_v0(is_old);
            self.engine.add_policy(source.name.to_string(), text.clone())
        };
        let Seen { is_new, .. } = seen;
        match add(false) {
            Ok(package) => Ok(package),
            Err(error) if is_new => Err(told(&source.name, &error)),
            Err(_) => add(true).map_err(|error| told(&source.name, &error)),
        }
    }

    /// Adds what a data file says, key by key.
    fn data(&mut self, source: &Source) -> Result<(), LoadError> {
        let name = &*source.name;
        if source.text.len() > MAX_DATA {
            let size = source.text.len();
            return Err(LoadError::new(name, format!("{size} bytes; at most {MAX_DATA} are read")));
        }
        let json: serde_json::Value = serde_json::from_str(&source.text).map_err(|error| {
            let line = u32::try_from(error.line()).unwrap_or(u32::MAX);
            let column = u32::try_from(error.column()).unwrap_or(u32::MAX);
            LoadError::new(name, format!("no JSON: {error}")).at(Some(Place { line, column }))
        })?;
        let value = convert(&json).map_err(|error| LoadError::new(name, error))?;
        let (Value::Object(fields), Ok(data)) = (&value, self.data.as_object_mut()) else {
            return Err(LoadError::new(name, "data is an object: its keys are those of `data`"));
        };
        for (key, value) in fields.iter() {
            if data.contains_key(key) {
                return Err(LoadError::new(name, format!("{key} is in two data files")));
            }
            data.insert(key.clone(), value.clone());
        }
        Ok(())
    }

    fn policy(&mut self, files: Files<'_>) -> Result<Rego, LoadError> {
        let name = &*files.main.name;
        let decision = if files.entry.starts_with("data.") {
            files.entry.to_owned()
        } else {
            format!("{}.{}", self.package, files.entry)
        };
        let review = &self.review;
        if !review.is_plain(&decision) {
            let entry = files.entry;
            return Err(LoadError::new(name, format!("there is no rule `{entry}`"))
                .hint("write one that is true where the answer is yes, or name another one"));
        }
        for key in &review.packages {
            if matches!(&self.data, Value::Object(data) if data.contains_key(&Value::from(key.as_str())))
            {
                return Err(LoadError::new(
                    name,
                    format!("`{key}` is a package, and a key of a data file"),
                )
                .hint("rename one of them"));
            }
        }
        let parent = decision.rsplit_once('.').map_or("", |(parent, _)| parent);
        let reasons = REASONS.map(|reason| format!("{parent}.{reason}"));
        let reasons: Vec<_> = reasons
            .into_iter()
            .filter(|reason| *reason != decision && review.is_plain(reason))
            .collect();
        let mut entries = vec![decision.clone()];
        entries.extend(reasons.iter().cloned());
        let more = review.plain.iter().filter(|path| !entries.contains(path)).cloned();
        let more: Vec<_> = more.take(MAX_TRACED).collect();
        entries.extend(more);
        let program = self.compile(name, &entries)?;
        let traced = self.traced(&program, name, &decision)?;
        let guarded = instrument(&program).map_err(|error| LoadError::new(name, error))?;
        Ok(Rego {
            program: Arc::new(guarded),
            data: self.data.clone(),
            decision,
            reasons,
            traced,
            paths: std::mem::take(&mut self.review.paths),
            packages: std::mem::take(&mut self.review.packages),
        })
    }

    fn compile(&mut self, name: &str, entries: &[String]) -> Result<Arc<Program>, LoadError> {
        let first: Rc<str> = entries.first().map_or("", String::as_str).into();
        let policy: CompiledPolicy =
            self.engine.compile_with_entrypoint(&first).map_err(|error| told(name, &error))?;
        let entries: Vec<_> = entries.iter().map(String::as_str).collect();
        let ours = super::time::FUNCTIONS.map(|(name, takes, _)| (name, takes));
        let program = Compiler::compile_from_policy_with_host_await(&policy, &entries, &ours);
        program.map_err(|refused| {
            let message = refused.error.to_string();
            if let Some((_, chain)) = message.split_once("recursion detected in rule call chain: ")
            {
                let names: Vec<_> = chain.split(" -> ").map(super::evaluate::short).collect();
                let message = format!("rules call themselves: {}", names.join(" → "));
                return LoadError::new(name, message)
                    .at(self.mentioned(chain))
                    .hint(super::calls::HINT);
            }
            let (file, at) = match &refused.span {
                Some(span) => (span.source.get_path().clone(), Some(super::review::place(span))),
                None => (name.to_owned(), self.mentioned(&message)),
            };
            LoadError::new(file, message.replace("data.unnamed.", "")).at(at)
        })
    }

    /// Where the first rule that a message names is.
    fn mentioned(&self, message: &str) -> Option<Place> {
        let words = message.split(|next: char| next.is_whitespace() || next == '\'');
        words.filter_map(|word| self.review.rules.get(word)).map(|(_, at)| *at).next()
    }

    /// The rules that the decision rests on; on the way, how they call each other is checked.
    fn traced(
        &self,
        program: &Program,
        name: &str,
        decision: &str,
    ) -> Result<Vec<Traced>, LoadError> {
        let calls = Calls::of(program);
        calls.check(program).map_err(|refused| {
            let span = program.instruction_spans.get(refused.at).cloned().flatten();
            let file = span.as_ref().and_then(|span| span.get_source_name(&program.sources));
            let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
            let at = span
                .as_ref()
                .map(|span| Place { line: narrow(span.line), column: narrow(span.column) });
            LoadError::new(file.unwrap_or(name), refused.message).at(at).hint(refused.hint)
        })?;
        let decides = program.rule_infos.iter().position(|info| info.name == decision);
        let reachable = decides.map(|rule| calls.reachable(rule)).unwrap_or_default();
        let mut traced: Vec<_> = reachable
            .into_iter()
            .filter_map(|rule| program.rule_infos.get(rule))
            .filter(|info| program.entry_points.contains_key(&info.name))
            .filter_map(|info| {
                let (file, at) = self.place(&info.name)?;
                Some(Traced { path: info.name.clone(), file, at })
            })
            .collect();
        traced.sort_by(|one, other| {
            (one.path != decision, &one.file, one.at).cmp(&(
                other.path != decision,
                &other.file,
                other.at,
            ))
        });
        Ok(traced)
    }

    /// Where a rule is, in the author's file.
    pub(super) fn place(&self, rule: &str) -> Option<(String, Place)> {
        let (file, at) = self.review.rules.get(rule)?;
        let line = at.line.saturating_sub(u32::from(self.shifted.contains(file)));
        Some((file.clone(), Place { line, column: at.column }))
    }

    /// The error with the place in the author's file.
    fn shifted(&self, mut error: LoadError) -> LoadError {
        if self.shifted.contains(&error.file)
            && let Some(at) = &mut error.at
        {
            at.line = at.line.saturating_sub(1).max(1);
        }
        error
    }
}

/// What regorus says, in our form: `--> file:line:column`, the line, and `error: what`.
pub(super) fn told(name: &str, error: &anyhow::Error) -> LoadError {
    let text = format!("{error:#}");
    let place = text.split("--> ").nth(1).and_then(|rest| rest.lines().next());
    let mut numbers = place.unwrap_or_default().rsplitn(3, ':');
    let (column, line) = (numbers.next(), numbers.next());
    let number = |text: Option<&str>| text.and_then(|text| text.trim().parse().ok());
    let at = number(line).zip(number(column)).map(|(line, column)| Place { line, column });
    let file = numbers.next().unwrap_or(name);
    let message = text.split("error: ").nth(1).unwrap_or(&text).trim();
    LoadError::new(file, message).at(at)
}
