//! `policy test`: the tests of policies in both languages.

use std::path::{Path, PathBuf};

use clap::Args;
use countersign_policy::Language;
use countersign_policy::rego::{self, TestCase};

use super::super::exit::{Exit, Failure};
use super::super::print;
use super::eval::{source, wrong};

/// Run the tests of policies: in Rego, the rules `test_..` in files `.._test.rego`; in Sentinel, the cases
/// in `test/NAME/` beside `NAME.sentinel`.
///
/// A file `x_test.rego` is tested with `x.rego`, with all files beside it that name a package, and with
/// `data.json` beside it.
#[derive(Debug, Args)]
#[command(
    after_help = "It ends with 0 where all tests hold, and with 1 where one does not, cannot be run, or
there is none.

Examples:
  policy test
  policy test policies/ requesters_test.rego"
)]
pub(super) struct Test {
    /// Files and folders. Left out: the folder that one is in.
    paths: Vec<PathBuf>,
    /// Tell the tests that hold, too.
    #[arg(long, short)]
    verbose: bool,
}

/// What was found to be tested.
#[derive(Debug, Default)]
struct Found {
    rego: Vec<PathBuf>,
    sentinel: Vec<PathBuf>,
}

impl Test {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let mut found = Found::default();
        let here = [PathBuf::from(".")];
        let paths = if self.paths.is_empty() { &here[..] } else { &self.paths };
        for path in paths {
            found.look(path, true)?;
        }
        if found.rego.is_empty() && found.sentinel.is_empty() {
            let message = "no tests: they are rules `test_..` in files `.._test.rego`, and cases in `test/NAME/` beside `NAME.sentinel`";
            return Err(Failure::Error(message.to_owned()));
        }
        let mut holds = true;
        for file in &found.rego {
            holds &= self.rego(file)?;
        }
        if !found.sentinel.is_empty() {
            holds &= self.sentinel(&found.sentinel);
        }
        Ok(if holds { Exit::Done } else { Exit::Error })
    }

    /// Whether all tests of a file hold.
    fn rego(&self, file: &Path) -> Result<bool, Failure> {
        let mut modules = Vec::new();
        for module in beside(file)? {
            modules.push(source(&module)?);
        }
        let data = file.with_file_name("data.json");
        let data = if data.is_file() { vec![source(&data)?] } else { Vec::new() };
        let cases = rego::test(&source(file)?, &modules, &data).map_err(|error| wrong(&error))?;
        let mut held = 0_usize;
        for case in &cases {
            let TestCase { name, file, at, outcome } = case;
            let place = format!("{file}:{}", at.line);
            match outcome {
                Ok(true) => {
                    held = held.saturating_add(1);
                    if self.verbose {
                        print::out(&format!("PASS  {name}  ({place})"))?;
                    }
                }
                Ok(false) => print::out(&format!("FAIL  {name}  ({place})"))?,
                Err(why) => {
                    let why = print::plain(why);
                    print::out(&format!("FAIL  {name}  ({place}): {why}"))?;
                }
            }
        }
        let all = cases.len();
        print::out(&format!("{}: {held} of {all} tests hold", file.display()))?;
        Ok(held == all && all > 0)
    }

    /// Whether all cases of these policies hold.
    fn sentinel(&self, policies: &[PathBuf]) -> bool {
        let mut arguments = vec!["test".to_owned()];
        arguments.extend(self.verbose.then(|| "-verbose".to_owned()));
        arguments.extend(policies.iter().map(|path| path.display().to_string()));
        let (mut out, mut errors) = (std::io::stdout(), std::io::stderr());
        countersign_sentinel::cli::run(&arguments, &mut out, &mut errors) == 0
    }
}

impl Found {
    /// Adds a file that was named, or what is in a folder.
    fn look(&mut self, path: &Path, is_named: bool) -> Result<(), Failure> {
        let unreadable =
            |error: std::io::Error| Failure::Error(format!("{}: {error}", path.display()));
        if path.is_dir() {
            let entries = std::fs::read_dir(path).map_err(unreadable)?;
            let inside = entries.map(|entry| entry.map(|entry| entry.path()));
            let mut inside = inside.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
            inside.sort();
            return inside
                .iter()
                .filter(|path| !path.is_symlink() && !is_hidden(path))
                .try_for_each(|path| self.look(path, false));
        }
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if let Some(policy) = name.strip_suffix(".sentinel") {
            if path.with_file_name("test").join(policy).is_dir() {
                self.sentinel.push(path.to_owned());
            } else if is_named {
                return Err(Failure::Error(format!("{} has no tests", path.display())));
            }
        } else if name.ends_with("_test.rego") {
            self.rego.push(path.to_owned());
        } else if is_named {
            let message = format!("{}: tests are in files `.._test.rego`", path.display());
            return Err(Failure::Usage(message));
        }
        Ok(())
    }
}

fn is_hidden(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| name.starts_with('.') || name == "target")
}

/// The modules that a file of tests is about.
fn beside(tests: &Path) -> Result<Vec<PathBuf>, Failure> {
    let folder = tests.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    let unreadable =
        |error: std::io::Error| Failure::Error(format!("{}: {error}", folder.display()));
    let stem = tests.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let own = format!("{}.rego", stem.trim_end_matches("_test.rego"));
    let mut modules = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if Language::of(&path) != Some(Language::Rego) || name.ends_with("_test.rego") {
            continue;
        }
        // Files without a package would become one with each other.
        if name == own || source(&path)?.text.lines().any(|line| line.starts_with("package ")) {
            modules.push(path);
        }
    }
    modules.sort();
    Ok(modules)
}
