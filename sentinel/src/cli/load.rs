//! Files, read and parsed once, however many cases use them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Connect;
use super::config::{Config, Source};
use super::options::Options;
use crate::http::Http;
use crate::limits::Limits;
use crate::policy::{Import, Policy, Setup};
use crate::value::Data;

type Once<T> = Arc<OnceLock<Result<T, String>>>;

/// Files that were read.
#[derive(Default)]
pub(super) struct Files {
    policies: Mutex<HashMap<PathBuf, Once<Policy>>>,
    data: Mutex<HashMap<PathBuf, Once<Data>>>,
    /// What policies may call.
    http: Option<Http>,
}

fn once<T: Clone>(
    files: &Mutex<HashMap<PathBuf, Once<T>>>,
    path: &Path,
    read: impl FnOnce(&str) -> Result<T, String>,
) -> Result<T, String> {
    let slot = {
        let mut files = files.lock().unwrap_or_else(PoisonError::into_inner);
        files.entry(path.to_owned()).or_default().clone()
    };
    slot.get_or_init(|| text(path).and_then(|text| read(&text))).clone()
}

/// The text of a file.
pub(super) fn text(path: &Path) -> Result<String, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    String::from_utf8(bytes).map_err(|_| format!("{}: this file is not UTF-8", path.display()))
}

/// The files of a folder with one of these extensions, sorted.
pub(super) fn listed(folder: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        let extension =
            path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        // Hidden files, as of Terraform's locks, are other programs' affair.
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        if !is_hidden && extensions.contains(&extension) && path.is_file() {
            found.push(path.strip_prefix(".").map(Path::to_owned).unwrap_or(path));
        }
    }
    found.sort();
    Ok(found)
}

impl Files {
    pub(super) fn with(options: &Options, connect: &Connect) -> Result<Self, String> {
        let hosts: Vec<_> = options.values("allow-http").collect();
        let http = if hosts.is_empty() { None } else { Some(connect(&hosts)?) };
        Ok(Self { http, ..Self::default() })
    }

    pub(super) fn policy(&self, path: &Path) -> Result<Policy, String> {
        let name = path.display().to_string();
        once(&self.policies, path, |text| {
            Policy::parse(&name, text).map_err(|error| error.to_string())
        })
    }

    fn data(&self, path: &Path) -> Result<Data, String> {
        once(&self.data, path, |text| {
            Data::from_json(text).map_err(|error| format!("{}: {error}", path.display()))
        })
    }

    /// What a policy is evaluated with, by a configuration in a folder. Only what the policy and
    /// its modules import is read.
    pub(super) fn setup(
        &self,
        policy: &Policy,
        config: &Config,
        folder: &Path,
    ) -> Result<Setup, String> {
        let mut setup = Setup::at(Timestamp::now());
        setup.timezone = TimeZone::UTC;
        setup.globals = config.globals.iter().cloned().collect();
        setup.params = config.params.iter().cloned().collect();
        setup.http.clone_from(&self.http);
        let mut wanted: Vec<String> = policy.imports().map(str::to_owned).collect();
        while let Some(path) = wanted.pop() {
            if setup.imports.contains_key(&path) {
                continue;
            }
            let named = |list: &[(String, Source)]| {
                list.iter().find(|(name, _)| *name == path).map(|(_, source)| source.clone())
            };
            let Some(source) = named(&config.mocks).or_else(|| named(&config.imports)) else {
                // A part of data is reached by its path.
                if let Some((outer, _)) = path.rsplit_once('/') {
                    wanted.push(outer.to_owned());
                }
                continue;
            };
            let import = match source {
                Source::Data(data) => Import::Data(data),
                Source::Static(file) => Import::Data(self.data(&folder.join(file))?),
                Source::Refused(why) => return Err(why),
                Source::Standard(config) => {
                    set_up(&mut setup, &path, &config)?;
                    continue;
                }
                Source::Module(file) => {
                    let module = self.policy(&folder.join(file))?;
                    wanted.extend(module.imports().map(str::to_owned));
                    Import::Module(module)
                }
            };
            setup.imports.insert(path, import);
        }
        setup.limits = Limits::for_size(policy.size() + setup.size());
        setup.limits.stack = STACK_USED;
        Ok(setup)
    }
}

/// Sets up an import of the standard library.
fn set_up(setup: &mut Setup, import: &str, config: &Data) -> Result<(), String> {
    let Data::Map(members) = config else {
        return Err(format!("the `config` of the import `{import}` must be a map"));
    };
    for (name, value) in members {
        match (import, name.as_str(), value) {
            ("time", "timezone", Data::Text(zone)) => {
                let zone = TimeZone::get(zone).map_err(|error| format!("`timezone`: {error}"))?;
                setup.timezone = zone;
            }
            ("time", "fixed_time", Data::Int(seconds)) => {
                let time = Timestamp::from_second(*seconds);
                setup.now = time.map_err(|error| format!("`fixed_time`: {error}"))?;
            }
            ("time", "fixed_time", Data::Text(time)) => {
                setup.now = time.parse().map_err(|error| format!("`fixed_time`: {error}"))?;
            }
            _ => return Err(format!("the import `{import}` cannot be set up by this `{name}`")),
        }
    }
    Ok(())
}

/// Stack of a thread that evaluates, and how much of it a policy may use.
pub(super) const STACK: usize = 32 << 20;
const STACK_USED: usize = 24 << 20;
