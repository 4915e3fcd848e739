//! An export: a beginning, the audit tree, of each chain its entries and its head, and an end that
//! counts them. A document a line.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;

use countersign::audit::{Batch, SignedHead};
use countersign::desk::Account;
use countersign::engine::{Run, SealedEntry};
use countersign::model::{Hash, RunId};
use serde::{Deserialize, Serialize};

use super::super::exit::Failure;
use super::chain::{Chain, Found, Head, Tally};
use super::exact::read_exactly;
use super::tree::Part;

/// The version of this form.
const VERSION: u16 = 1;

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "snake_case")]
enum Line {
    Begin { version: u16 },
    Batch { batch: Batch },
    TreeHead { signed: SignedHead },
    Entry(Box<SealedEntry>),
    Run(Box<Run>),
    Account(Account),
    End { batches: u64, heads: u64, chains: u64, entries: u64, digest: Hash },
}

/// An export that is being written.
pub(super) struct Export<'a, W> {
    out: &'a mut W,
}

impl<'a, W: Write> Export<'a, W> {
    pub(super) fn begin(out: &'a mut W) -> Result<Self, Failure> {
        let mut export = Self { out };
        export.line(&Line::Begin { version: VERSION })?;
        Ok(export)
    }

    /// Writes a chain; what is broken is written as it is, and counted.
    pub(super) fn add(&mut self, found: Found, tally: &mut Tally) -> Result<(), Failure> {
        let chain = match found {
            Ok(chain) => chain,
            Err(lost) => {
                tally.lost(lost);
                return Ok(());
            }
        };
        tally.add(&chain);
        for entry in chain.entries {
            self.line(&Line::Entry(Box::new(entry)))?;
        }
        self.line(&match chain.head {
            Head::Run(run) => Line::Run(run),
            Head::Account(account) => Line::Account(account),
        })
    }

    /// Writes a part of the tree; what cannot be read is counted.
    pub(super) fn part(
        &mut self,
        part: Result<Part, String>,
        tally: &mut Tally,
    ) -> Result<(), Failure> {
        let part = match part {
            Ok(part) => part,
            Err(broken) => {
                tally.broken(broken);
                return Ok(());
            }
        };
        tally.part(&part);
        self.line(&match part {
            Part::Batch(batch) => Line::Batch { batch },
            Part::Head(signed) => Line::TreeHead { signed },
        })
    }

    pub(super) fn end(&mut self, tally: &mut Tally) -> Result<(), Failure> {
        tally.end();
        let Tally { chains, entries, .. } = *tally;
        let (batches, heads) = counts(tally);
        let digest = tally.digest.clone();
        self.line(&Line::End { batches, heads, chains, entries, digest })
    }

    fn line(&mut self, line: &Line) -> Result<(), Failure> {
        let text = serde_json::to_string(line).map_err(|error| Failure::error(&error))?;
        writeln!(self.out, "{text}").map_err(|error| cannot_write(&error))
    }
}

/// How many batches and heads there were.
fn counts(tally: &Tally) -> (u64, u64) {
    let heads = u64::try_from(tally.tree.heads().len()).unwrap_or(u64::MAX);
    (tally.tree.batches(), heads)
}

pub(super) fn cannot_write(error: &std::io::Error) -> Failure {
    Failure::Error(format!("the export cannot be written: {error}"))
}

/// Checks an export.
pub(super) fn verify(path: &Path, tally: &mut Tally) -> Result<(), Failure> {
    let unreadable =
        |error| Failure::Error(format!("`{}` cannot be read: {error}", path.display()));
    let mut file = BufReader::new(File::open(path).map_err(unreadable)?);
    let mut check = Check { tally, place: Place::Start, open: Vec::new(), seen: BTreeSet::new() };
    let (mut number, mut bytes) = (0_u64, Vec::new());
    loop {
        bytes.clear();
        if file.read_until(b'\n', &mut bytes).map_err(unreadable)? == 0 {
            break;
        }
        number = number.saturating_add(1);
        let text = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let line = std::str::from_utf8(text)
            .map_err(|error| error.to_string())
            .and_then(read_exactly::<Line>);
        match line {
            Ok(line) => check.line(line, number),
            Err(error) => check.tally.broken(format!("line {number} was changed: {error}")),
        }
    }
    check.finish();
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Start,
    Middle,
    End,
}

struct Check<'a> {
    tally: &'a mut Tally,
    place: Place,
    /// The entries since the last head.
    open: Vec<SealedEntry>,
    /// The chains so far.
    seen: BTreeSet<RunId>,
}

impl Check<'_> {
    fn line(&mut self, line: Line, number: u64) {
        match (self.place, &line) {
            (Place::Start, Line::Begin { version: VERSION }) => {
                self.place = Place::Middle;
                return;
            }
            (Place::Start, _) => {
                self.tally.broken("its first line is not that of an export".to_owned());
                self.place = Place::Middle;
            }
            (Place::End, _) => {
                self.tally.broken(format!("line {number} comes after the end"));
            }
            (Place::Middle, _) => {}
        }
        match line {
            Line::Begin { .. } => {
                self.tally.broken(format!("line {number} is a second beginning"));
            }
            Line::Batch { batch } => self.part(&Part::Batch(batch), number),
            Line::TreeHead { signed } => self.part(&Part::Head(signed), number),
            Line::Entry(entry) => self.entry(*entry),
            Line::Run(run) => self.head(Head::Run(run)),
            Line::Account(account) => self.head(Head::Account(account)),
            Line::End { batches, heads, chains, entries, digest } => {
                self.no_open();
                self.place = Place::End;
                if (batches, heads) != counts(self.tally) {
                    self.tally.broken("its tree is not the one that was exported".to_owned());
                }
                let Tally { chains: found, entries: all, .. } = *self.tally;
                if (chains, entries) != (found, all) {
                    self.tally.broken(format!(
                        "it had {chains} chains with {entries} entries, and {found} with {all} \
                         are there"
                    ));
                } else if digest != self.tally.digest {
                    self.tally.broken("its chains are not those that were exported".to_owned());
                }
            }
        }
    }

    fn part(&mut self, part: &Part, number: u64) {
        // Whoever reads chains before the tree cannot compare them with it.
        if self.tally.chains > 0 || !self.open.is_empty() {
            self.tally.broken(format!("line {number} of the tree comes after chains"));
        }
        self.tally.part(part);
    }

    fn entry(&mut self, entry: SealedEntry) {
        if self.open.first().is_some_and(|first| first.entry.run != entry.entry.run) {
            self.no_open();
        }
        self.open.push(entry);
    }

    fn head(&mut self, head: Head) {
        let (id, ..) = head.place();
        if self.open.first().is_some_and(|first| first.entry.run != id) {
            self.no_open();
        }
        if !self.seen.insert(id.clone()) {
            self.tally.broken(format!("run {id} stands there twice"));
        }
        let entries = std::mem::take(&mut self.open);
        self.tally.add(&Chain { entries, head });
    }

    /// No entries may be left without their head.
    fn no_open(&mut self) {
        if let Some(first) = self.open.first() {
            self.tally.broken(format!("run {}: its head is missing", first.entry.run));
        }
        self.open.clear();
    }

    fn finish(&mut self) {
        self.no_open();
        if self.place != Place::End {
            self.tally.broken("it is cut off: its last line is missing".to_owned());
        }
        self.tally.end();
    }
}
