//! `sentinel apply`: policies with a configuration, once.

use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use super::config::{Config, Listed};
use super::load::{Files, STACK, listed, text};
use super::options::{self, Options};
use super::{Connect, trace};
use crate::outcome::{Outcome, Verdict};
use crate::policy::Setup;
use crate::value::Data;

/// How strictly a policy is enforced, as exits tell it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    /// A failure is told, and no more.
    Advisory,
    /// Somebody may override a failure.
    Soft,
    Hard,
}

impl Level {
    fn parse(word: &str) -> Result<Self, String> {
        match word {
            "advisory" => Ok(Self::Advisory),
            "soft-mandatory" => Ok(Self::Soft),
            // Some write it short; the stricter reading is meant.
            "hard-mandatory" | "mandatory" => Ok(Self::Hard),
            other => Err(format!(
                "unknown enforcement level `{other}`: it is advisory, soft-mandatory or hard-mandatory"
            )),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Advisory => "advisory",
            Self::Soft => "soft-mandatory",
            Self::Hard => "hard-mandatory",
        }
    }
}

/// A policy that was evaluated.
struct Applied {
    name: String,
    level: Level,
    outcome: Outcome,
}

pub(super) fn run(
    arguments: &[String],
    connect: &Connect,
    out: &mut dyn Write,
) -> Result<u8, String> {
    let flags = ["trace", "json", "color", "no-color"];
    let options = options::parse(
        arguments,
        &flags,
        &["config", "param", "global", "json-rule", "timeout", "allow-http"],
    )?;
    let timeout = options.value("timeout").map(options::duration).transpose()?;
    let (config, folder) = configuration(&options)?;
    let files = Files::with(&options, connect)?;
    let mut applied = Vec::new();
    for (path, listed) in policies(&options, &config, &folder)? {
        let mut setup = setup(&path, &listed, &config, &folder, &files)?;
        setup.limits.time = timeout;
        applied.push(apply(&path, &listed, &setup, &files)?);
    }
    if applied.is_empty() {
        return Err(
            "there is no policy to apply: name one, or list some in the configuration".to_owned()
        );
    }
    let report = match options.value("json-rule") {
        Some(rule) => json_rule(&applied, rule)?,
        None if options.has("json") => json_report(&applied),
        None => text_report(&applied, options.has("trace")),
    };
    super::print(out, &report)?;
    Ok(applied.iter().map(Applied::code).max().unwrap_or(0))
}

/// The configuration, and the folder that its paths are relative to.
fn configuration(options: &Options) -> Result<(Config, PathBuf), String> {
    let (mut config, folder) = match options.value("config").map(Path::new) {
        Some(path) => (read(path)?, path.parent().unwrap_or(Path::new("")).to_owned()),
        None => (usual()?, PathBuf::new()),
    };
    for (name, value) in std::env::vars() {
        if let Some(name) = name.strip_prefix("SENTINEL_PARAM_") {
            bind(&mut config.params, name, &value);
        }
    }
    for (option, names) in [("param", &mut config.params), ("global", &mut config.globals)] {
        for binding in options.values(option) {
            let Some((name, value)) = binding.split_once('=') else {
                return Err(format!("-{option} needs NAME=VALUE, not `{binding}`"));
            };
            bind(names, name, value);
        }
    }
    Ok((config, folder))
}

fn read(path: &Path) -> Result<Config, String> {
    let config = Config::parse(&path.display().to_string(), &text(path)?);
    config.map_err(|error| format!("{}: {error}", path.display()))
}

/// The configuration that lies here: all files in HCL, or else `sentinel.json`; and what files named
/// `override.hcl` or `.._override.hcl`, or the same in JSON, say instead.
fn usual() -> Result<Config, String> {
    let is_override = |path: &PathBuf| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        name == "override" || name.ends_with("_override")
    };
    let files = listed(Path::new("."), &["hcl", "json"])?;
    let (overrides, mut files): (Vec<_>, Vec<_>) = files.into_iter().partition(is_override);
    files.retain(|path| path.extension().is_some_and(|extension| extension == "hcl"));
    let older = Path::new("sentinel.json");
    if files.is_empty() && older.is_file() {
        files.push(older.to_owned());
    }
    let mut config = Config::default();
    for path in files {
        config.extend(read(&path)?);
    }
    for path in overrides {
        config
            .overridden_by(read(&path)?)
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(config)
}

/// What is JSON is meant as such; all else is a string.
fn bind(names: &mut Vec<(String, Data)>, name: &str, value: &str) {
    let value = Data::from_json(value).unwrap_or_else(|_| Data::Text(value.to_owned()));
    names.retain(|(found, _)| found != name);
    names.push((name.to_owned(), value));
}

/// The policies that are named, or else those that the configuration lists.
fn policies(
    options: &Options,
    config: &Config,
    folder: &Path,
) -> Result<Vec<(PathBuf, Listed)>, String> {
    let mut policies = Vec::new();
    let named = |name: &str| config.policies.iter().find(|listed| listed.name == name).cloned();
    // A policy that is applied by name is to be obeyed.
    let level = Some(Level::Hard.word().to_owned());
    for argument in &options.rest {
        let path = PathBuf::from(argument);
        // A policy that the configuration lists goes by its name there, too.
        let (path, policy) = if let Some(policy) = named(argument).filter(|_| !path.is_file()) {
            (source(&policy, folder)?, policy)
        } else {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let policy = named(&name);
            let new = Listed { name, source: None, level: None, params: Vec::new() };
            (path, policy.unwrap_or(new))
        };
        policies.push((path, Listed { level: level.clone(), ..policy }));
    }
    if policies.is_empty() {
        for policy in &config.policies {
            policies.push((source(policy, folder)?, policy.clone()));
        }
    }
    Ok(policies)
}

/// Where a listed policy lies.
fn source(policy: &Listed, folder: &Path) -> Result<PathBuf, String> {
    match &policy.source {
        Some(source) if source.contains("://") || source.contains("::") => {
            Err(format!("policy \"{}\": `{source}` is not on this machine", policy.name))
        }
        Some(source) => Ok(folder.join(source)),
        None => Ok(folder.join(format!("{}.sentinel", policy.name))),
    }
}

fn setup(
    path: &Path,
    listed: &Listed,
    config: &Config,
    folder: &Path,
    files: &Files,
) -> Result<Setup, String> {
    let mut setup = files.setup(&files.policy(path)?, config, folder)?;
    for (name, value) in &listed.params {
        setup.params.insert(name.clone(), value.clone());
    }
    Ok(setup)
}

fn apply(path: &Path, listed: &Listed, setup: &Setup, files: &Files) -> Result<Applied, String> {
    let policy = files.policy(path)?;
    let level = listed.level.as_deref().map_or(Ok(Level::Advisory), Level::parse)?;
    let outcome = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        let running = thread.spawn_scoped(scope, || policy.evaluate(setup));
        let running = running.map_err(|error| format!("no thread: {error}"))?;
        running.join().map_err(|_| "the evaluation broke off".to_owned())
    })?;
    Ok(Applied { name: path.display().to_string(), level, outcome })
}

impl Applied {
    /// What it makes of the exit code.
    fn code(&self) -> u8 {
        match (&self.outcome.verdict, self.level) {
            (Verdict::Passed, _) | (_, Level::Advisory) => 0,
            (Verdict::Denied, _) => 1,
            (Verdict::Undefined(_), _) => 2,
            (Verdict::Failed(_), _) => 3,
        }
    }

    fn word(&self) -> &'static str {
        match self.outcome.verdict {
            Verdict::Passed => "Pass",
            Verdict::Denied => "Fail",
            Verdict::Undefined(_) => "Undefined",
            Verdict::Failed(_) => "Error",
        }
    }
}

fn text_report(applied: &[Applied], traced: bool) -> String {
    let mut report = String::new();
    for applied in applied {
        let advisory = if applied.level == Level::Advisory { " (advisory)" } else { "" };
        let _ = writeln!(report, "{} - {}{advisory}", applied.word(), applied.name);
        if traced || !applied.outcome.passed() {
            let _ = writeln!(report);
            report.push_str(&trace::text(&applied.outcome, "  "));
        } else if !applied.outcome.printed.is_empty() {
            let _ = writeln!(report, "\nPrint messages:\n\n{}", applied.outcome.printed);
        }
    }
    report
}

fn json_report(applied: &[Applied]) -> String {
    let policies: Vec<Json> = applied
        .iter()
        .map(|applied| {
            json!({
                "policy": applied.name,
                "enforcement_level": applied.level.word(),
                "result": applied.outcome.passed(),
                "allowed_failure": !applied.outcome.passed() && applied.code() == 0,
                "error": trace::error(&applied.outcome),
                "trace": trace::json(&applied.outcome),
            })
        })
        .collect();
    let stops =
        |level: Level| applied.iter().any(|applied| applied.code() > 0 && applied.level == level);
    let report = json!({
        "result": applied.iter().all(|applied| applied.code() == 0),
        "can_override": stops(Level::Soft) && !stops(Level::Hard),
        "policies": policies,
    });
    format!("{report:#}\n")
}

/// The value of one rule, alone.
fn json_rule(applied: &[Applied], name: &str) -> Result<String, String> {
    let mut rules = applied.iter().flat_map(|applied| &applied.outcome.rules);
    match rules.find(|rule| rule.name == name) {
        Some(rule) => Ok(format!("{}\n", rule.value.to_json())),
        None => Err(format!("there is no rule `{name}` that was evaluated")),
    }
}
