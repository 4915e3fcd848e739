//! The command line, read by hand: a handful of words do not deserve a dependency.

mod flags;

use std::fmt::Write as _;

use crate::parts::{self, Part};
use crate::{deploy, package};

pub(crate) use flags::Flags;

/// What the command line asks for.
pub(crate) enum Request {
    /// Print the usage.
    Help,
    /// Run parts.
    Run(Plan),
    /// Make a zip for Lambda.
    Package(package::Order),
    /// Deploy to an emulator on this machine.
    Deploy(deploy::Order),
}

/// Which parts to run, and how.
pub(crate) struct Plan {
    /// The parts, in the order of [`parts::ALL`].
    pub(crate) parts: Vec<&'static Part>,
    /// The parts were asked for by name, so they run even where `verify` would leave them out.
    pub(crate) named: bool,
    /// Stop after the first part that fails.
    pub(crate) fail_fast: bool,
    /// How often the crash test kills its program, where the command line says so.
    pub(crate) times: Option<u32>,
    /// The larger form of the deployed story.
    pub(crate) full: bool,
}

/// Reads the arguments behind `cargo xtask`.
pub(crate) fn parse(args: impl IntoIterator<Item = String>) -> Result<Request, String> {
    let mut args = args.into_iter();
    let Some(command) = args.next() else { return Ok(Request::Help) };
    if matches!(command.as_str(), "help" | "-h" | "--help") {
        return Ok(Request::Help);
    }
    let args: Vec<_> = args.collect();
    if args.iter().any(|arg| matches!(arg.as_str(), "-h" | "--help")) {
        return Ok(Request::Help);
    }
    match command.as_str() {
        "package" => return package::Order::read(Flags::new(&command, args)).map(Request::Package),
        "deploy-local" => {
            return deploy::Order::read(Flags::new(&command, args)).map(Request::Deploy);
        }
        _ => {}
    }
    let verify = command == "verify";
    let mut plan = Plan {
        parts: if verify {
            parts::ALL.iter().filter(|part| part.in_verify).collect()
        } else {
            vec![named(&command).ok_or_else(|| format!("there is no command `{command}`"))?]
        },
        named: !verify,
        fail_fast: false,
        times: None,
        full: false,
    };
    let mut flags = Flags::new(&command, args);
    while let Some(flag) = flags.next_flag() {
        match flag.as_str() {
            "--fail-fast" if verify => plan.fail_fast = flags.given(&flag)?,
            "--only" if verify => {
                plan.parts = only(&flags.value(&flag)?)?;
                plan.named = true;
            }
            "--full" if command == "deployed" => plan.full = flags.given(&flag)?,
            "--times" if command == "kill" => plan.times = Some(times(&flags.value(&flag)?)?),
            _ => return Err(flags.unknown(&flag)),
        }
    }
    Ok(Request::Run(plan))
}

/// The parts in a comma separated list, in the usual order, each once.
fn only(list: &str) -> Result<Vec<&'static Part>, String> {
    let names: Vec<_> = list.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    if names.is_empty() {
        return Err("`--only` needs at least one part".into());
    }
    match names.iter().find(|name| named(name).is_none()) {
        Some(unknown) => Err(format!("there is no part `{unknown}`")),
        None => Ok(parts::ALL.iter().filter(|part| names.contains(&part.name)).collect()),
    }
}

fn named(name: &str) -> Option<&'static Part> {
    parts::ALL.iter().find(|part| part.name == name)
}

fn times(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(times) if times > 0 => Ok(times),
        _ => Err(format!("`--times` needs a whole number above zero, not `{text}`")),
    }
}

/// What `cargo xtask help` prints.
pub(crate) fn usage() -> String {
    let mut text = String::from(
        "usage: cargo xtask verify [--only PART,PART] [--fail-fast]\n       \
         cargo xtask PART\n       \
         cargo xtask kill [--times N]\n       \
         cargo xtask deployed [--full]\n       \
         cargo xtask package [--example NAME] [--arm64] [--debug]\n       \
         cargo xtask deploy-local [--zip FILE | --debug] [--example NAME]\n\n\
         parts, in the order they run:\n",
    );
    for part in parts::ALL {
        let note = if part.in_verify { "" } else { " (not part of verify)" };
        let _ = writeln!(text, "  {:<10} {}{note}", part.name, part.about);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(line: &str) -> Plan {
        match parse(line.split_whitespace().map(String::from)) {
            Ok(Request::Run(plan)) => plan,
            Ok(_) => panic!("no parts"),
            Err(problem) => panic!("{problem}"),
        }
    }

    fn names(plan: &Plan) -> Vec<&str> {
        plan.parts.iter().map(|part| part.name).collect()
    }

    fn problem(line: &str) -> String {
        match parse(line.split_whitespace().map(String::from)) {
            Err(problem) => problem,
            Ok(_) => panic!("`{line}` was accepted"),
        }
    }

    #[test]
    fn verify_begins_with_the_rig_and_leaves_benchmarks_out() {
        let plan = plan("verify");
        assert_eq!(names(&plan).first(), Some(&"rig"));
        assert!(!names(&plan).contains(&"bench"));
        assert!(!plan.named && !plan.fail_fast);
    }

    #[test]
    fn only_keeps_the_usual_order_and_names_each_part_once() {
        let plan = plan("verify --only lint,fmt,lint --fail-fast");
        assert_eq!(names(&plan), ["fmt", "lint"]);
        assert!(plan.named && plan.fail_fast);
        assert_eq!(names(&super::tests::plan("verify --only=doc")), ["doc"]);
    }

    #[test]
    fn each_part_is_a_command() {
        for part in parts::ALL {
            assert_eq!(names(&plan(part.name)), [part.name]);
        }
    }

    #[test]
    fn kill_takes_its_times() {
        assert_eq!(plan("kill").times, None);
        assert_eq!(plan("kill --times 40").times, Some(40));
        assert_eq!(plan("kill --times=7").times, Some(7));
    }

    #[test]
    fn the_deployed_story_has_a_larger_form() {
        assert!(!plan("deployed").full);
        assert!(plan("deployed --full").full);
        assert_eq!(problem("verify --full"), "`verify` does not take `--full`");
    }

    #[test]
    fn mistakes_are_named() {
        assert_eq!(problem("verfy"), "there is no command `verfy`");
        assert_eq!(problem("verify --only fmt,lnt"), "there is no part `lnt`");
        assert_eq!(problem("verify --only"), "`--only` needs a value");
        assert_eq!(problem("verify --only ,"), "`--only` needs at least one part");
        assert_eq!(problem("fmt --only lint"), "`fmt` does not take `--only`");
        assert_eq!(problem("verify --fail-fast=no"), "`--fail-fast` takes no value");
        assert_eq!(problem("kill --times 0"), "`--times` needs a whole number above zero, not `0`");
    }

    #[test]
    fn no_command_and_help_print_the_usage() {
        for line in ["", "help", "--help", "verify --help"] {
            let request = parse(line.split_whitespace().map(String::from));
            assert!(matches!(request, Ok(Request::Help)), "`{line}`");
        }
        assert!(usage().contains("  bench "));
    }
}
