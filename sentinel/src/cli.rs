//! `sentinel test` and `sentinel apply` as functions: the layout of files, the configuration, the
//! output and the exit codes are the original's.

mod apply;
mod config;
mod hcl;
mod load;
mod options;
mod test;
mod trace;

use std::io::Write;

use crate::http::Http;

/// What every other failure exits with.
const OTHER: u8 = 9;

const HELP: &str = "\
Evaluates policies in the Sentinel language.

Usage:
  sentinel test  [-json] [-run=PATTERN] [-verbose] [-maxConcurrency=N] [-timeout=TIME]
                 [-allow-http=HOST] [PATH..]
  sentinel apply [-config=FILE] [-param NAME=VALUE] [-global NAME=VALUE] [-trace] [-json]
                 [-json-rule=RULE] [-timeout=TIME] [-allow-http=HOST] [POLICY..]

test   runs the cases test/NAME/*.hcl and *.json of each policy NAME.sentinel: of the policies given,
       of those in the folders given, or of those here. Exits with 0 if all hold, 1 if one does not,
       9 if they could not be run.
apply  evaluates policies with the configuration that lies here (*.hcl, or sentinel.json), if there is
       one. Exits with 0 if they pass, 1 if one fails, 2 if one is undefined, 3 if one is stopped by
       an error, 9 if they could not be evaluated.

-allow-http  a host that `import \"http\"` may call, and may be given several times: api.acme.com,
       api.acme.com:8443, *.acme.com, or http://localhost:8080. Without any the import is refused.

Example:
  sentinel test -run=weekend policies/
";

/// Makes `import "http"` for the hosts that were allowed.
pub type Connect = dyn Fn(&[&str]) -> Result<Http, String>;

/// Runs a command, as `sentinel` would with these arguments (without its own name), and returns what
/// to exit with. Needs no terminal; relative paths are relative to the folder of the process. Makes no
/// calls; see [`run_with`].
pub fn run(arguments: &[String], out: &mut dyn Write, errors: &mut dyn Write) -> u8 {
    let none = |_: &[&str]| Err("-allow-http: this program makes no calls".to_owned());
    run_with(arguments, &none, out, errors)
}

/// The same, and `import "http"` works for the hosts that the option `-allow-http` names.
pub fn run_with(
    arguments: &[String],
    connect: &Connect,
    out: &mut dyn Write,
    errors: &mut dyn Write,
) -> u8 {
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", arguments),
    };
    let result = match command {
        "test" => test::run(rest, connect, out),
        "apply" => apply::run(rest, connect, out),
        "help" | "-h" | "-help" | "--help" => print(out, HELP).map(|()| 0),
        "version" | "-v" | "-version" | "--version" => {
            print(out, concat!("countersign-sentinel ", env!("CARGO_PKG_VERSION"), "\n"))
                .map(|()| 0)
        }
        other => Err(format!("there is no command `{other}`: `sentinel help` lists them")),
    };
    result.unwrap_or_else(|message| {
        // Nobody is left to be told if this fails too.
        let _ = writeln!(errors, "error: {message}");
        OTHER
    })
}

/// Reads a configuration, for `fuzz/`.
#[cfg(feature = "fuzzing")]
pub(crate) fn read(name: &str, text: &str) {
    let _ = config::Config::parse(name, text);
}

fn print(out: &mut dyn Write, text: &str) -> Result<(), String> {
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| error.to_string())
}
