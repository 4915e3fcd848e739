//! `policy eval`: what a policy says to an input, and why.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use countersign::model::Timestamp;
use countersign_policy::{Explanation, Language, LoadError, Policy, Source, Verdict};
use serde_json::Value;

use super::super::exit::{Exit, Failure};
use super::super::print;

/// Ask a policy, with the checks and within the bounds that it has in a flow.
#[derive(Debug, Args)]
#[command(
    after_help = "It ends with 0 where the policy allows, with 3 where it denies, and with 1 where it
does not decide or is wrong.

Examples:
  policy eval requesters.rego --input '{\"user\": {\"groups\": [\"eng\"]}}'
  policy eval main.rego --module teams.rego --data teams.json --entry may_ask --input @input.json
  policy eval business-hours.sentinel --input - < input.json"
)]
pub(super) struct Eval {
    /// The policy: a file whose name ends in .rego or .sentinel.
    file: PathBuf,
    /// What the policy is given: JSON, `@` and a file, or `-` for standard input.
    #[arg(long, value_name = "JSON")]
    input: String,
    /// The rule that decides, in Rego: its name, or its path from `data` on.
    #[arg(long, value_name = "RULE", default_value = "allow")]
    entry: String,
    /// A file that the policy uses; may be given several times.
    #[arg(long = "module", value_name = "FILE")]
    modules: Vec<PathBuf>,
    /// A file of data in JSON; may be given several times.
    #[arg(long = "data", value_name = "FILE")]
    data: Vec<PathBuf>,
    /// The time that the policy takes for now. Left out: the clock's.
    #[arg(long, value_name = "TIME")]
    now: Option<Timestamp>,
    /// Print the explanation as JSON.
    #[arg(long)]
    json: bool,
}

impl Eval {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let input = input(&self.input)?;
        let language = Language::of(&self.file).ok_or_else(|| {
            let file = self.file.display();
            Failure::Usage(format!("{file}: a policy's name ends in .rego or .sentinel"))
        })?;
        let policy = Policy::of(
            language,
            &source(&self.file)?,
            &sources(&self.modules)?,
            &sources(&self.data)?,
            &self.entry,
        );
        let policy = policy.map_err(|error| wrong(&error))?;
        let (_, explanation) = policy.explain(&input, self.now.unwrap_or_else(Timestamp::now));
        let text = if self.json {
            serde_json::to_string(&explanation).map_err(|error| Failure::error(&error))?
        } else {
            in_words(&explanation)
        };
        print::out(&text)?;
        Ok(match explanation.verdict {
            Verdict::Allow => Exit::Done,
            Verdict::Deny => Exit::Refused,
            Verdict::Undecided => Exit::Error,
        })
    }
}

/// A policy that is not taken.
pub(super) fn wrong(error: &LoadError) -> Failure {
    Failure::Error(error.to_string())
}

/// A file with the name that it was given by.
pub(super) fn source(path: &Path) -> Result<Source, Failure> {
    let name = path.display().to_string();
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Source::new(name, text)),
        Err(error) => Err(Failure::Error(format!("{name} cannot be read: {error}"))),
    }
}

fn sources(paths: &[PathBuf]) -> Result<Vec<Source>, Failure> {
    paths.iter().map(|path| source(path)).collect()
}

fn input(given: &str) -> Result<Value, Failure> {
    let text = match given.strip_prefix('@') {
        Some(path) => source(Path::new(path))?.text.into_owned(),
        None if given == "-" => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).map_err(|error| Failure::error(&error))?;
            text
        }
        None => given.to_owned(),
    };
    serde_json::from_str(&text).map_err(|error| {
        Failure::Usage(format!("--input is no JSON: {error}: give JSON, `@FILE`, or `-`"))
    })
}

fn in_words(explanation: &Explanation) -> String {
    let mut lines = vec![explanation.headline()];
    lines.extend(explanation.details().map(|line| format!("  {line}")));
    lines.push(format!("  sha256 {}", explanation.hash));
    print::lines(&lines.join("\n"))
}
