//! `dev`: the whole system on this machine.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;

use super::exit::{Exit, Failure};
use crate::app::App;
use crate::local::{Local, serve};
use crate::settings::Settings;

/// Run the whole system on this machine, with an embedded store (the default).
#[derive(Debug, Args)]
#[command(after_help = "Example:
  dev --listen 127.0.0.1:7070 --data .countersign --settings settings.toml")]
pub(super) struct Dev {
    /// Where to listen.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7070", env = "COUNTERSIGN_LISTEN")]
    listen: SocketAddr,
    /// The folder of the store.
    #[arg(long, value_name = "DIR", default_value = ".countersign", env = "COUNTERSIGN_DATA")]
    data: PathBuf,
    /// The settings, as TOML or JSON. Left out: `settings.toml` here, or beside the program's
    /// `Cargo.toml` under `cargo run`.
    #[arg(long, value_name = "FILE", env = "COUNTERSIGN_SETTINGS")]
    settings: Option<PathBuf>,
}

impl Default for Dev {
    fn default() -> Self {
        let listen = SocketAddr::from(([127, 0, 0, 1], 7070));
        Self { listen, data: PathBuf::from(".countersign"), settings: None }
    }
}

impl Dev {
    pub(super) fn run(self, app: &App) -> Result<Exit, Failure> {
        super::log();
        let settings = read_settings(self.settings.as_deref()).map_err(Failure::Error)?;
        // While one thread waits for the disk, another answers.
        let threads = std::thread::available_parallelism().map_or(2, |cores| cores.get().max(2));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads)
            .enable_all()
            .build()
            .map_err(|error| Failure::Error(format!("no threads can be started: {error}")))?;
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind(self.listen).await.map_err(|error| {
                Failure::Error(format!(
                    "cannot listen on {}: {error}\nhint: choose another address with --listen",
                    self.listen
                ))
            })?;
            let local =
                Local::start(app, settings, &self.data).map_err(|error| Failure::error(&error))?;
            serve(local, listener).await.map_err(|error| Failure::error(&error))?;
            Ok(Exit::Done)
        })
    }
}

/// The settings in this file, or where they are mostly.
pub(super) fn read_settings(path: Option<&Path>) -> Result<Settings, String> {
    let path = match path {
        Some(path) => path.to_path_buf(),
        None => find_settings().ok_or_else(no_settings)?,
    };
    let settings = Settings::read(&path).map_err(|errors| errors.to_string())?;
    for warning in settings.warnings() {
        eprintln!("warning: {warning}");
    }
    Ok(settings)
}

/// Where settings are mostly: here, or beside the program's `Cargo.toml` under `cargo run`.
pub(super) fn find_settings() -> Option<PathBuf> {
    // Cargo names the package's folder to what it runs.
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let folders = std::iter::once(PathBuf::new()).chain(package);
    let names = ["settings.toml", "settings.json"];
    folders.flat_map(|folder| names.map(|name| folder.join(name))).find(|path| path.is_file())
}

pub(super) fn no_settings() -> String {
    "there are no settings: name them with --settings, or write settings.toml here".to_owned()
}
