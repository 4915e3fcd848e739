//! Where lists come from: a server, or the files of a store; and how they are gone through.

use std::path::{Path, PathBuf};

use clap::Args;
use countersign::desk::{ListPage, Problem};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::client::{Client, Server};
use super::dev::find_settings;
use super::exit::{Exit, Failure};
use super::print;
use crate::local::Reader;
use crate::settings::{Format, Settings};

/// A server, or the files of a store.
#[derive(Debug, Args)]
pub(super) struct Place {
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    files: Files,
}

/// The files of a store.
#[derive(Debug, Args)]
pub(super) struct Files {
    /// Read the store in this folder instead of asking a server; one may be running on it.
    #[arg(long, value_name = "DIR")]
    pub(super) data: Option<PathBuf>,
    /// With `--data`, the settings that name people. Left out: as for `dev`, if there are any.
    #[arg(long, value_name = "FILE", env = "COUNTERSIGN_SETTINGS", requires = "data")]
    settings: Option<PathBuf>,
}

/// Where lists come from.
pub(super) enum Source {
    Server(Client),
    Files { reader: Box<Reader>, json: bool },
}

impl Place {
    /// Whom to ask.
    pub(super) fn open(&self) -> Result<Source, Failure> {
        match &self.files.data {
            Some(data) => {
                let reader = open(data, self.files.settings.as_deref())?;
                Ok(Source::Files { reader: Box::new(reader), json: self.server.json })
            }
            None => Ok(Source::Server(self.server.client()?)),
        }
    }
}

/// Opens a store for reading. It can be read without the settings that name people too.
fn open(data: &Path, settings: Option<&Path>) -> Result<Reader, Failure> {
    let settings = match settings {
        Some(path) => Settings::read(path).map_err(|errors| Failure::Error(errors.to_string()))?,
        None => match find_settings().map(Settings::read) {
            Some(Ok(settings)) => settings,
            Some(Err(_)) | None => nobody()?,
        },
    };
    Reader::open(settings, data).map_err(|error| Failure::error(&error))
}

/// Settings that name nobody.
fn nobody() -> Result<Settings, Failure> {
    let text = "[environment]\nname = \"local\"\norg = \"local\"\n";
    Settings::parse(text, Format::Toml, "").map_err(|errors| Failure::Error(errors.to_string()))
}

impl Source {
    pub(super) const fn json(&self) -> bool {
        match self {
            Self::Server(client) => client.json,
            Self::Files { json, .. } => *json,
        }
    }
}

/// Which part of a list.
#[derive(Debug, Args)]
pub(super) struct Part {
    /// At most so many: 50 if left out, 200 at the most.
    #[arg(long, value_name = "NUMBER")]
    pub(super) limit: Option<usize>,
    /// Where the page before ended: its `next`.
    #[arg(long, value_name = "CURSOR")]
    pub(super) cursor: Option<String>,
    /// All pages; with `--json` one item a line.
    #[arg(long, conflicts_with = "cursor")]
    all: bool,
}

impl Part {
    /// As parameters of a query.
    pub(super) fn query(&self, cursor: Option<&str>) -> Vec<(&'static str, String)> {
        let limit = self.limit.map(|limit| ("limit", limit.to_string()));
        let cursor = cursor.map(|cursor| ("cursor", cursor.to_owned()));
        limit.into_iter().chain(cursor).collect()
    }
}

/// One page of a list, as it came.
pub(super) struct Page {
    body: String,
    items: Vec<Box<RawValue>>,
    next: Option<String>,
}

#[derive(serde::Deserialize)]
struct Items {
    items: Vec<Box<RawValue>>,
    next: Option<String>,
}

impl Page {
    /// As a server sent it.
    pub(super) fn read(body: String) -> Result<Self, Failure> {
        let read: Result<Items, _> = serde_json::from_str(&body);
        let Items { items, next } = read.map_err(|error| {
            Failure::Error(format!("the answer is no list as this version knows it: {error}"))
        })?;
        Ok(Self { body, items, next })
    }

    /// As a desk gave it.
    pub(super) fn of<T: Serialize>(
        page: Result<ListPage<T>, Problem>,
        json: bool,
    ) -> Result<Self, Failure> {
        let page = page.map_err(|problem| Failure::of(problem, json))?;
        Self::read(serde_json::to_string(&page).unwrap_or_default())
    }
}

/// Prints a list: as it came, or as a text of its items.
pub(super) async fn list<T: DeserializeOwned>(
    part: &Part,
    json: bool,
    fetch: impl AsyncFn(Option<String>) -> Result<Page, Failure>,
    text: impl Fn(&[T]) -> String,
) -> Result<Exit, Failure> {
    let mut items = Vec::new();
    let mut cursor = part.cursor.clone();
    loop {
        let page = fetch(cursor).await?;
        if json && !part.all {
            print::out(&page.body)?;
            return Ok(Exit::Done);
        }
        for item in &page.items {
            if json {
                print::out(item.get())?;
                continue;
            }
            let item = serde_json::from_str(item.get()).map_err(|error| {
                Failure::Error(format!("an item is none that this version knows: {error}"))
            })?;
            items.push(item);
        }
        cursor = page.next;
        if cursor.is_none() || !part.all {
            break;
        }
    }
    if !json {
        print::out(&text(&items))?;
    }
    if let Some(next) = cursor {
        eprintln!("there may be more: --all, or --cursor {}", print::plain(&next));
    }
    Ok(Exit::Done)
}
