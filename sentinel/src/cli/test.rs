//! `sentinel test`: the cases of policies, side by side.

use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Map, Value as Json, json};

use super::config::Config;
use super::load::{Files, STACK, listed, text};
use super::{options, trace};
use crate::outcome::{Outcome, Verdict};
use crate::policy::Policy;
use crate::value::Data;

/// A policy and its cases.
struct Tested {
    path: PathBuf,
    policy: Result<Policy, String>,
    cases: Vec<PathBuf>,
}

/// What `-run` picks: policies by their names, and after a slash cases by theirs.
struct Pattern {
    policy: regex::Regex,
    case: Option<regex::Regex>,
}

impl Pattern {
    fn parse(text: &str) -> Result<Self, String> {
        let pattern = |text| regex::Regex::new(text).map_err(|error| format!("-run: {error}"));
        Ok(match text.split_once('/') {
            Some((policy, case)) => Self { policy: pattern(policy)?, case: Some(pattern(case)?) },
            None => Self { policy: pattern(text)?, case: None },
        })
    }
}

impl Tested {
    /// Keeps the cases that are picked. Whether anything is left.
    fn keep(&mut self, pattern: &Pattern) -> bool {
        let is = |pattern: &regex::Regex, path: &Path| {
            let name = path.file_stem().unwrap_or_default();
            pattern.is_match(&name.to_string_lossy())
        };
        if let Some(case) = &pattern.case {
            self.cases.retain(|path| is(case, path));
        }
        is(&pattern.policy, &self.path) && (pattern.case.is_none() || !self.cases.is_empty())
    }
}

/// How a case went.
struct Tried {
    status: Status,
    /// Why it does not hold.
    errors: Vec<String>,
    outcome: Option<Outcome>,
    /// The rules that are not what was expected: what was, and what they are.
    broken: Vec<(String, Data, Option<Data>)>,
    warnings: Vec<String>,
    legacy: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Status {
    Pass,
    Fail,
    Error,
    /// A policy without cases.
    Untested,
}

impl Status {
    fn word(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::Error => "ERROR",
            Self::Untested => "?",
        }
    }
}

pub(super) fn run(arguments: &[String], out: &mut dyn Write) -> Result<u8, String> {
    let flags = ["json", "verbose", "color", "no-color"];
    let options = options::parse(arguments, &flags, &["run", "maxConcurrency", "timeout"])?;
    let pattern = options.value("run").map(Pattern::parse).transpose()?;
    let timeout = options::duration(options.value("timeout").unwrap_or("5m"))?;
    let threads = match options.value("maxConcurrency") {
        Some(count) => {
            count.parse().map_err(|_| format!("-maxConcurrency: `{count}` is no number"))?
        }
        None => std::thread::available_parallelism().map_or(1, usize::from),
    };
    let files = Files::default();
    let mut tested = find(&options.rest, &files)?;
    if let Some(pattern) = &pattern {
        tested.retain_mut(|tested| tested.keep(pattern));
    }
    let tried = try_all(&tested, &files, threads, timeout)?;
    let report = if options.has("json") {
        json_report(&tested, &tried)
    } else {
        text_report(&tested, &tried, options.has("verbose"))
    };
    super::print(out, &report)?;
    let good = |status: Status| matches!(status, Status::Pass | Status::Untested);
    let all = tested.iter().zip(&tried).all(|(tested, tried)| good(status(tested, tried)));
    Ok(u8::from(!all))
}

/// The policies that the paths mean, in order.
fn find(paths: &[String], files: &Files) -> Result<Vec<Tested>, String> {
    let here = [".".to_owned()];
    let paths = if paths.is_empty() { &here } else { paths };
    let mut policies = Vec::new();
    for path in paths {
        let path = Path::new(path);
        if path.is_dir() {
            policies.extend(listed(path, &["sentinel"])?);
        } else if path.is_file() {
            policies.push(path.strip_prefix(".").unwrap_or(path).to_owned());
        } else {
            return Err(format!("{}: there is no such file or folder", path.display()));
        }
    }
    let mut tested = Vec::new();
    for path in policies {
        let name = path.file_stem().unwrap_or_default();
        let cases = path.parent().unwrap_or(Path::new("")).join("test").join(name);
        let cases = if cases.is_dir() { listed(&cases, &["hcl", "json"])? } else { Vec::new() };
        tested.push(Tested { policy: files.policy(&path), path, cases });
    }
    Ok(tested)
}

/// Tries all cases of all policies, on so many threads.
fn try_all(
    tested: &[Tested],
    files: &Files,
    threads: usize,
    timeout: Duration,
) -> Result<Vec<Vec<Tried>>, String> {
    let mut work = Vec::new();
    for tested in tested {
        if let Ok(policy) = &tested.policy {
            work.extend(tested.cases.iter().map(|case| (policy, case)));
        }
    }
    let results: Vec<OnceLock<Tried>> = work.iter().map(|_| OnceLock::new()).collect();
    let next = AtomicUsize::new(0);
    let worker = || {
        while let Some(((policy, case), result)) = {
            let at = next.fetch_add(1, Ordering::Relaxed);
            work.get(at).zip(results.get(at))
        } {
            let _ = result.set(try_case(policy, case, files, timeout));
        }
    };
    std::thread::scope(|scope| {
        let mut workers = Vec::new();
        for _ in 0..threads.clamp(1, work.len().max(1)) {
            let thread = std::thread::Builder::new().stack_size(STACK);
            let spawned = thread.spawn_scoped(scope, worker);
            workers.push(spawned.map_err(|error| format!("no thread: {error}"))?);
        }
        for worker in workers {
            // A case that broke off is told as not finished; the others are not to suffer.
            let _ = worker.join();
        }
        Ok::<_, String>(())
    })?;
    let mut results = results.into_iter();
    let of_policy = |tested: &Tested| {
        let cases = if tested.policy.is_ok() { tested.cases.len() } else { 0 };
        let unfinished = || Tried::error("the case was not finished".to_owned());
        results
            .by_ref()
            .take(cases)
            .map(|tried| tried.into_inner().unwrap_or_else(unfinished))
            .collect()
    };
    Ok(tested.iter().map(of_policy).collect())
}

impl Tried {
    fn error(error: String) -> Self {
        Self {
            status: Status::Error,
            errors: vec![error],
            outcome: None,
            broken: Vec::new(),
            warnings: Vec::new(),
            legacy: false,
        }
    }
}

fn try_case(policy: &Policy, case: &Path, files: &Files, timeout: Duration) -> Tried {
    let config = text(case).and_then(|text| Config::parse(&case.display().to_string(), &text));
    let config = match config {
        Ok(config) => config,
        Err(error) => return Tried::error(error),
    };
    let folder = case.parent().unwrap_or(Path::new(""));
    let mut setup = match files.setup(policy, &config, folder) {
        Ok(setup) => setup,
        Err(error) => return Tried::error(error),
    };
    setup.limits.time = Some(timeout);
    let outcome = policy.evaluate(&setup);
    let mut tried = Tried {
        status: Status::Pass,
        errors: Vec::new(),
        broken: Vec::new(),
        warnings: config.warnings,
        legacy: config.legacy,
        outcome: None,
    };
    compare(&mut tried, config.expected, &outcome);
    tried.outcome = Some(outcome);
    tried
}

/// Holds an outcome against what was expected of it.
fn compare(tried: &mut Tried, expected: Option<Vec<(String, Data)>>, outcome: &Outcome) {
    if let Verdict::Failed(failure) = &outcome.verdict {
        tried.status = Status::Error;
        tried.errors.push(failure.to_string());
        return;
    }
    let Some(expected) = expected else {
        if !outcome.passed() {
            tried.status = Status::Fail;
            tried.errors.push("expected the policy to pass, and it does not".to_owned());
        }
        return;
    };
    for (name, expected) in expected {
        let rule = outcome.rules.iter().find(|rule| rule.name == name).map(|rule| &rule.value);
        let actual = if name == "main" { Some(&outcome.value) } else { rule };
        if actual.is_some_and(|actual| same(&expected, actual)) {
            continue;
        }
        tried.status = Status::Fail;
        let wanted = expected.to_json();
        tried.errors.push(match actual {
            Some(Data::Undefined) => format!("expected \"{name}\" to be {wanted}, got: undefined"),
            Some(actual) => {
                format!("expected \"{name}\" to be {wanted}, got: {}", actual.to_json())
            }
            None => format!(
                "expected \"{name}\" to be {wanted}, but there is no such rule that was evaluated"
            ),
        });
        let actual = actual.cloned();
        tried.broken.push((name, expected, actual));
    }
}

/// Whether a rule is what was expected: numbers by their value. Undefined does not pass, which is
/// what `false` expects.
fn same(expected: &Data, actual: &Data) -> bool {
    match (expected, actual) {
        (Data::Bool(false), Data::Undefined) => true,
        (Data::Int(int), Data::Float(float)) | (Data::Float(float), Data::Int(int)) => {
            crate::heap::same_number(*int, *float)
        }
        (Data::List(a), Data::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Data::Map(a), Data::Map(b)) => {
            let has = |(key, a): &(String, Data)| actual.get(key).is_some_and(|b| same(a, b));
            a.len() == b.len() && a.iter().all(has)
        }
        _ => expected == actual,
    }
}

fn status(tested: &Tested, tried: &[Tried]) -> Status {
    if tested.policy.is_err() || tried.iter().any(|tried| tried.status == Status::Error) {
        return Status::Error;
    }
    match tried {
        [] => Status::Untested,
        tried if tried.iter().all(|tried| tried.status == Status::Pass) => Status::Pass,
        _ => Status::Fail,
    }
}

fn text_report(tested: &[Tested], tried: &[Vec<Tried>], verbose: bool) -> String {
    let mut report = String::new();
    for (tested, tried) in tested.iter().zip(tried) {
        let status = status(tested, tried);
        let untested = if status == Status::Untested { " [no test files]" } else { "" };
        let _ = writeln!(report, "{} - {}{untested}", status.word(), tested.path.display());
        if let Err(error) = &tested.policy {
            error.lines().for_each(|line| {
                let _ = writeln!(report, "  {line}");
            });
        }
        for (case, tried) in tested.cases.iter().zip(tried) {
            let _ = writeln!(report, "  {} - {}", tried.status.word(), case.display());
            let shown = tried.status != Status::Pass;
            for error in tried.errors.iter().flat_map(|error| error.lines()) {
                let _ = writeln!(report, "    {error}");
            }
            for warning in tried.warnings.iter().filter(|_| shown || verbose) {
                let _ = writeln!(report, "    warning: {warning}");
            }
            if let Some(outcome) = tried.outcome.as_ref().filter(|_| shown || verbose) {
                let _ = writeln!(report);
                report.push_str(&trace::text(outcome, "    "));
            }
        }
    }
    if tested.is_empty() {
        report.push_str("no policies here\n");
    }
    report
}

fn json_report(tested: &[Tested], tried: &[Vec<Tried>]) -> String {
    let mut policies = Map::new();
    for (tested, tried) in tested.iter().zip(tried) {
        let path = tested.path.display().to_string();
        let cases = tested.cases.iter().zip(tried).map(|(case, tried)| {
            let path = case.display().to_string();
            (path.clone(), json_case(&path, tried))
        });
        let cases: Map<String, Json> = cases.collect();
        let errors: Vec<&String> = tested.policy.as_ref().err().into_iter().collect();
        let policy = json!({
            "path": path,
            "status": status(tested, tried).word(),
            "errors": errors,
            "cases": cases,
        });
        policies.insert(path, policy);
    }
    let mut report = json!({ "policies": policies }).to_string();
    report.push('\n');
    report
}

fn json_case(path: &str, tried: &Tried) -> Json {
    let detail = tried.broken.iter().map(|(name, expected, actual)| {
        let actual = actual.as_ref().map(Data::to_json);
        (name.clone(), json!({ "expected": expected.to_json(), "actual": actual }))
    });
    let detail: Map<String, Json> = detail.collect();
    json!({
        "path": path,
        "status": tried.status.word(),
        "errors": tried.errors,
        "trace": tried.outcome.as_ref().map(trace::json),
        "rule_detail": detail,
        "config_warnings": tried.warnings,
        "config_legacy": tried.legacy,
    })
}
