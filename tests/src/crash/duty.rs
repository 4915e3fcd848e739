//! Keeps the server running, and kills it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::settings;
use super::world::World;
use crate::chance::Chance;
use crate::server::Server;

/// Keeps the server running, and kills it.
#[derive(Debug)]
pub(super) struct Duty {
    binary: PathBuf,
    data: PathBuf,
    settings: PathBuf,
    log: PathBuf,
    world: Arc<World>,
    server: Option<Server>,
    /// From when to when it ran.
    ran: Vec<(Timestamp, Timestamp)>,
    since: Timestamp,
    slowest: Duration,
}

impl Duty {
    pub(super) fn new(
        binary: &Path,
        folder: &Path,
        world: Arc<World>,
        people: usize,
    ) -> Result<Self, String> {
        let settings = folder.join("settings.toml");
        std::fs::write(&settings, settings::text(people)).map_err(|error| error.to_string())?;
        Ok(Self {
            binary: binary.to_owned(),
            data: folder.join("data"),
            settings,
            log: folder.join("log"),
            world,
            server: None,
            ran: Vec::new(),
            since: Timestamp::now(),
            slowest: Duration::ZERO,
        })
    }

    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    pub(super) fn start(&mut self) -> Result<(), String> {
        let started = Server::start(&self.binary, &self.data, &self.settings, &self.log);
        let server = started.map_err(|why| format!("{why}\n{}", self.log()))?;
        self.since = Timestamp::now();
        self.slowest = self.slowest.max(server.ready);
        self.world.listens(Some(server.address));
        self.server = Some(server);
        Ok(())
    }

    /// Lets the server run for a while, mostly for some tenths of a second and sometimes hardly
    /// at all; then kills it and starts another.
    pub(super) async fn kill_sometime(&mut self, chance: &mut Chance) -> Result<(), String> {
        let pause = if chance.percent(15) { chance.within(1, 60) } else { chance.within(200, 900) };
        tokio::time::sleep(Duration::from_millis(pause)).await;
        if let Some(mut server) = self.server.take() {
            if !server.is_running() {
                return Err(format!("the server ended by itself\n{}", self.log()));
            }
            server.kill();
        }
        self.world.listens(None);
        self.ran.push((self.since, Timestamp::now()));
        self.start()
    }

    /// Ends the server for good.
    pub(super) fn end(&mut self) {
        self.world.listens(None);
        self.server = None;
        self.ran.push((self.since, Timestamp::now()));
        self.since = Timestamp::now();
    }

    /// How long a server ran between these times.
    pub(super) fn running(&self, from: Timestamp, to: Timestamp) -> Duration {
        let now = (self.since, to.max(self.since));
        let overlap = |&(began, ended): &(Timestamp, Timestamp)| {
            let (from, to) = (began.max(from), ended.min(to));
            Duration::try_from(from.duration_until(to)).unwrap_or_default()
        };
        self.ran.iter().chain([&now]).map(overlap).sum()
    }

    /// The longest that a start took.
    pub(super) const fn slowest_start(&self) -> Duration {
        self.slowest
    }

    /// What the servers logged, the last of it.
    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}
