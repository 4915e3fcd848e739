//! A copy of the audit bucket: batches, heads and entries, as they were kept there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use countersign::audit::Link;
use countersign::engine::{Broken, SealedEntry, seal};
use countersign::model::RunId;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::super::exit::Failure;
use super::chain::Tally;
use super::exact::read_exactly;
use super::tree::Part;

/// Checks a copy.
pub(super) fn verify(folder: &Path, tally: &mut Tally) -> Result<(), Failure> {
    if folder.join("countersign.sqlite").is_file() {
        return Err(Failure::Usage(format!(
            "`{0}` is the data folder of a server\nhint: audit verify --data {0}",
            folder.display()
        )));
    }
    let heads = files(&folder.join("heads"))?;
    if heads.is_empty() {
        return Err(Failure::Error(format!(
            "`{}` holds no tree heads\nhint: name the copy of the bucket's folder of the \
             environment, with `heads`, `batches` and `entries` in it",
            folder.display()
        )));
    }
    for path in files(&folder.join("batches"))? {
        part(&path, Part::Batch, tally)?;
    }
    for path in heads {
        part(&path, Part::Head, tally)?;
    }
    if files(&folder.join("entries"))?.is_empty() {
        tally.broken(format!("`{}` holds no entries, in `entries`", folder.display()));
    }
    for (run, links) in chains(&folder.join("entries"), tally)? {
        let links: Vec<_> = links.into_values().collect();
        tally.bare(&run, &links);
    }
    tally.end();
    Ok(())
}

fn part<T: Serialize + DeserializeOwned>(
    path: &Path,
    part: impl Fn(T) -> Part,
    tally: &mut Tally,
) -> Result<(), Failure> {
    match read_exactly(&text(path)?) {
        Ok(read) => tally.part(&part(read)),
        Err(error) => tally.broken(format!("`{}` was changed: {error}", path.display())),
    }
    Ok(())
}

/// The links of each chain by their numbers. They may be there twice: they are kept at least once.
///
/// A bucket may hold more entries than there is memory for: of each, once it was checked, only its
/// place in the chain is kept in mind.
fn chains(
    folder: &Path,
    tally: &mut Tally,
) -> Result<BTreeMap<RunId, BTreeMap<u64, Link>>, Failure> {
    let mut chains: BTreeMap<RunId, BTreeMap<u64, Link>> = BTreeMap::new();
    for path in files(folder)? {
        for line in text(&path)?.lines() {
            let sealed: SealedEntry = match read_exactly(line) {
                Ok(sealed) => sealed,
                Err(error) => {
                    tally.broken(format!("`{}` was changed: {error}", path.display()));
                    continue;
                }
            };
            let (run, link) = (sealed.entry.run.clone(), Link::of(&sealed));
            let seq = link.seq;
            if seal(sealed.entry, sealed.previous).hash != sealed.hash {
                let broken = Broken::Changed { run: run.clone(), seq };
                tally.broken(format!("`{}`: {broken}", path.display()));
            }
            let old = chains.entry(run.clone()).or_default().insert(seq, link);
            if old.is_some_and(|old| old != link) {
                tally.broken(format!("run {run}: two different entries {seq} are there"));
            }
        }
    }
    Ok(chains)
}

fn text(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| unreadable(path, &error))
}

/// The files of a folder by their names; none where there is no folder.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let listed = fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
    let paths = listed.map(|file| file.map(|file| file.path()));
    let mut files = paths.collect::<Result<Vec<_>, _>>().map_err(|it| unreadable(folder, &it))?;
    files.retain(|path| path.extension().is_some_and(|it| it == "json" || it == "jsonl"));
    files.sort();
    Ok(files)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Error(format!("`{}` cannot be read: {error}", path.display()))
}
