//! An emulator of AWS, as a process of its own: `ministack`, which the rig installs.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use tempfile::TempDir;

use crate::group;

/// The variable that names the program.
pub const PROGRAM: &str = "COUNTERSIGN_MINISTACK";

/// An emulator that does not listen by then never will.
const PATIENCE: Duration = Duration::from_mins(1);

/// Somebody else may take a port between the moment it was free and the moment it is used.
const ATTEMPTS: usize = 3;

/// An emulator that runs, empty at first. It ends with the value, and all that it has started.
#[derive(Debug)]
pub struct Ministack {
    child: Child,
    port: u16,
    folder: TempDir,
}

impl Ministack {
    /// Starts one on a free port of this machine alone, and waits until it answers. `None`, and a
    /// line that says so, where none is installed.
    ///
    /// # Errors
    ///
    /// If it does not start.
    pub fn start() -> Result<Option<Self>, String> {
        let program = std::env::var_os(PROGRAM).filter(|value| !value.is_empty());
        let Some(program) = program.map(PathBuf::from) else {
            println!("skipped: {PROGRAM} names no ministack; `cargo xtask rig` installs it");
            return Ok(None);
        };
        let mut outcome = Self::run(&program);
        for _ in 1..ATTEMPTS {
            if outcome.is_ok() {
                break;
            }
            outcome = Self::run(&program);
        }
        outcome.map(Some)
    }

    fn run(program: &Path) -> Result<Self, String> {
        let told = |error: std::io::Error| format!("`{}`: {error}", program.display());
        let folder = tempfile::tempdir().map_err(told)?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|listener| listener.local_addr())
            .map_err(told)?
            .port();
        let mut command = Command::new(program);
        command
            // By itself it listens on all addresses.
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", port.to_string())
            .env("MINISTACK_HOST", "localhost")
            .env("IOT_MTLS_ENABLED", "0")
            // Functions inherit it; they would look for AWS itself.
            .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}"))
            // Every call of a function is checked against the policies of its role.
            .env("AUTH", "true")
            .env("TMPDIR", folder.path())
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        // The functions that it runs are to end with it.
        group::apart(&mut command);
        let child = command.spawn().map_err(told)?;
        let mut ministack = Self { child, port, folder };
        let said = ministack.child.stderr.take();
        if said.is_some_and(|said| listens(said, &ministack.log_file())) {
            return Ok(ministack);
        }
        let log = ministack.log();
        Err(format!("`{}` does not listen on port {port}:\n{log}", program.display()))
    }

    /// Its address, as in `AWS_ENDPOINT_URL`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What it has logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("ministack.log")
    }
}

impl Drop for Ministack {
    fn drop(&mut self) {
        // At once, since it takes seconds to say goodbye.
        group::end(&mut self.child);
    }
}

/// Whether it says that it listens. All that it says is kept in a file.
fn listens(said: ChildStderr, log: &Path) -> bool {
    let (tells, hears) = mpsc::channel();
    let mut log = OpenOptions::new().create(true).append(true).open(log).ok();
    std::thread::spawn(move || {
        for line in BufReader::new(said).lines().map_while(Result::ok) {
            if let Some(log) = &mut log {
                // A log that cannot be written is missed by nobody but its reader.
                let _ = writeln!(log, "{line}");
            }
            if line.contains("Running on http://") {
                // Nobody listens any more after the first time.
                let _ = tells.send(());
            }
        }
    });
    // An error: it has ended, or takes too long.
    hears.recv_timeout(PATIENCE).is_ok()
}
