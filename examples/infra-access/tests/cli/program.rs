//! The program, run as people run it: a server of its own, and commands that talk to it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// The settings beside the flow.
pub(crate) const SETTINGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/settings.toml");

/// The program with these arguments, and with nothing of the environment that it reads.
pub(crate) fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_infra-access"));
    for name in ["URL", "USER", "TOKEN", "DATA", "SETTINGS", "LISTEN", "LOG"] {
        command.env_remove(format!("COUNTERSIGN_{name}"));
    }
    command.env_remove("CARGO_MANIFEST_DIR").env("TZ", "UTC").args(arguments);
    command
}

/// What a command printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) code: Option<i32>,
}

impl Ended {
    pub(crate) fn of(command: &mut Command) -> Self {
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { out: text(stdout), err: text(stderr), code: status.code() }
    }

    /// Standard output, all of it, as one JSON document.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The same, if it ended like that.
    #[track_caller]
    pub(crate) fn with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        self
    }
}

/// Runs the program.
pub(crate) fn run(arguments: &[&str]) -> Ended {
    Ended::of(&mut program(arguments))
}

/// A server, killed when it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    url: String,
    data: TempDir,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_with(Path::new(SETTINGS))
    }

    pub(crate) fn start_with(settings: &Path) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut child = program(&["dev", "--listen", "127.0.0.1:0", "--settings"])
            .arg(settings)
            .arg("--data")
            .arg(data.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        lines.read_line(&mut first).unwrap();
        let url = first.trim().strip_prefix("listening on ");
        let url = url.unwrap_or_else(|| panic!("no address in {first:?}")).to_owned();
        Self { child, url, data }
    }

    pub(crate) fn data(&self) -> &Path {
        self.data.path()
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// A command of somebody.
    pub(crate) fn command(&self, user: &str, arguments: &[&str]) -> Command {
        let mut command = program(arguments);
        let user = format!("{user}@acme.test");
        command.args(["--url", &self.url, "--as", &user]);
        command
    }

    /// Runs a command of somebody.
    pub(crate) fn run(&self, user: &str, arguments: &[&str]) -> Ended {
        Ended::of(&mut self.command(user, arguments))
    }

    /// Runs a command on the files of the store.
    pub(crate) fn offline(&self, arguments: &[&str]) -> Ended {
        Ended::of(program(arguments).arg("--data").arg(self.data()))
    }

    /// Asks for the production database, and gives the run's id.
    #[track_caller]
    pub(crate) fn ask(&self, user: &str) -> String {
        let asked = ["request", "infra_access", "prod-database", "--reason", "INC-42", "--json"];
        self.run(user, &asked).with(4).json()["id"].as_str().unwrap().to_owned()
    }

    /// Asks the server to end, and waits until it has.
    pub(crate) fn finish(&mut self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.child.wait().unwrap();
    }

    /// Ends the server in the middle of whatever it does.
    pub(crate) fn stop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have been stopped already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
