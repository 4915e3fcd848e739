//! The real server: the program of `examples/infra-access`, as a process of its own.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// A server that runs.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// How long it took until it did.
    pub ready: Duration,
}

/// A server that does not listen by then never will.
const PATIENCE: Duration = Duration::from_mins(1);

impl Server {
    /// Starts the program over a store and waits until it listens. What it logs goes to `log`.
    ///
    /// # Errors
    ///
    /// If it does not start.
    pub fn start(binary: &Path, data: &Path, settings: &Path, log: &Path) -> Result<Self, String> {
        let told = |what: &str, why: &dyn std::fmt::Display| format!("{what}: {why}");
        let log = OpenOptions::new().create(true).append(true).open(log);
        let log = log.map_err(|error| told("the log cannot be written", &error))?;
        let began = Instant::now();
        let mut child = Command::new(binary)
            .args(["dev", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .arg("--settings")
            .arg(settings)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .map_err(|error| told(&format!("`{}` does not start", binary.display()), &error))?;
        let address = child.stdout.take().and_then(listening);
        let ready = began.elapsed();
        let Some(address) = address else {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
            return Err("the server does not say that it listens".to_owned());
        };
        Ok(Self { child, address, ready })
    }

    /// Ends it at once, as a crash does: `SIGKILL`.
    pub fn kill(&mut self) {
        // It may have ended by itself; either way it is gone.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Whether it still runs.
    #[must_use]
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// The memory that it holds, in bytes; `None` where nobody can tell.
    #[must_use]
    pub fn resident(&self) -> Option<u64> {
        resident(self.child.id())
    }
}

/// The memory that a process holds, in bytes; `None` where nobody can tell.
pub(crate) fn resident(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The address in the line `listening on http://…`.
fn listening(output: std::process::ChildStdout) -> Option<SocketAddr> {
    let (said, hears) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let address = line.strip_prefix("listening on http://").map(str::parse);
            if let Some(Ok(address)) = address {
                // Nobody listens any more after `PATIENCE`.
                let _ = said.send(address);
            }
        }
    });
    hears.recv_timeout(PATIENCE).ok()
}

/// The program: the one given, or the one that Cargo builds beside the program that runs.
///
/// # Errors
///
/// If it is not there and cannot be built.
pub fn binary(given: Option<PathBuf>) -> Result<PathBuf, String> {
    if let Some(given) = given {
        return Ok(given);
    }
    let (folder, is_release) = own_folder()?;
    build(&folder, if is_release { "release" } else { "dev" }, &folder)
}

/// The program as it is shipped, which takes minutes to build: what is measured. Whoever only tries
/// a benchmark gets what [`binary`] gives.
///
/// # Errors
///
/// If it cannot be built.
pub fn shipped() -> Result<PathBuf, String> {
    if crate::table::is_quick() {
        return binary(None);
    }
    let (folder, _) = own_folder()?;
    build(&folder, "dist", &folder.with_file_name("dist"))
}

/// The folder of the programs beside the one that runs, and whether they are built for release.
fn own_folder() -> Result<(PathBuf, bool), String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut folder = own.parent().ok_or("this program lies nowhere")?;
    if folder.ends_with("deps") {
        folder = folder.parent().unwrap_or(folder);
    }
    Ok((folder.to_owned(), folder.ends_with("release")))
}

fn build(folder: &Path, profile: &str, to: &Path) -> Result<PathBuf, String> {
    let binary = to.join(format!("infra-access{}", std::env::consts::EXE_SUFFIX));
    let target = folder.parent().ok_or("this program lies in no target directory")?;
    let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    build.args(["build", "--quiet", "-p", "infra-access", "--profile", profile]);
    build.arg("--target-dir").arg(target);
    build.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    match build.status() {
        Ok(status) if status.success() => Ok(binary),
        Ok(_) => Err("the server cannot be built".to_owned()),
        Err(_) if binary.is_file() => Ok(binary),
        Err(error) => Err(format!("there is no server, and no Cargo to build it: {error}")),
    }
}

/// The settings of the example.
#[must_use]
pub fn example_settings() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/infra-access/settings.toml")
}
