//! Heads that were kept elsewhere, and whether they are among those that are checked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use countersign::audit::SignedHead;

use super::super::exit::Failure;
use super::chain::Tally;
use super::exact::read_exactly;
use crate::audit::{self, Fingerprint};

/// A head as a file holds it, or why it holds none.
pub(super) type Kept = BTreeMap<PathBuf, Result<SignedHead, String>>;

/// What was compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Compared {
    /// So many heads.
    pub(super) heads: u64,
}

/// The heads that were kept in a folder that somebody named: there has to be one.
pub(super) fn named(folder: &Path) -> Result<Kept, Failure> {
    let kept = read(folder)?;
    if kept.is_empty() {
        let inner = folder.join("heads");
        let hint = if inner.is_dir() {
            format!("did you mean `{}`?", inner.display())
        } else {
            "heads are files such as `0000000001.json`".to_owned()
        };
        let what = format!("--heads: `{}` holds no tree heads\nhint: {hint}", folder.display());
        return Err(Failure::Usage(what));
    }
    Ok(kept)
}

/// The heads that were kept in a folder: every file in it that ends in `.json`.
pub(super) fn read(folder: &Path) -> Result<Kept, Failure> {
    let unreadable = |path: &Path, error: std::io::Error| {
        Failure::Error(format!("`{}` cannot be read: {error}", path.display()))
    };
    let files = std::fs::read_dir(folder).map_err(|error| unreadable(folder, error))?;
    let mut kept = Kept::new();
    for file in files {
        let path = file.map_err(|error| unreadable(folder, error))?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let bytes = std::fs::read(&path).map_err(|error| unreadable(&path, error))?;
            let text = String::from_utf8(bytes).map_err(|error| error.to_string());
            kept.insert(path, text.and_then(|text| read_exactly(&text)));
        }
    }
    Ok(kept)
}

/// Compares all of them.
pub(super) fn compare(kept: &Kept, tally: &mut Tally) {
    let last = tally.tree.heads().iter().map(|signed| signed.head.number).max().unwrap_or_default();
    let mut beyond = Vec::new();
    for (path, head) in kept {
        let path = path.display();
        let head = match head {
            Ok(head) => head,
            Err(error) => {
                tally.broken(format!("`{path}` is no head that was kept: {error}"));
                continue;
            }
        };
        tally.compared.heads = tally.compared.heads.saturating_add(1);
        let statement = head.head.statement();
        // Whether its key may sign is asked of the head that is checked.
        if let Err(why) = audit::verify(&head.signature, statement.as_bytes()) {
            tally.broken(format!("the head that was kept in `{path}` was changed: {why}"));
        } else if head.head.number > last {
            beyond.push(head.head.number);
        } else if let Err(broken) = tally.tree.kept(head) {
            let key = Fingerprint::of(&head.signature);
            tally.broken(format!("{broken} (`{path}`, signed by key {key})"));
        }
    }
    beyond.sort_unstable();
    let (Some(first), Some(until)) = (beyond.first(), beyond.last()) else { return };
    let which = if first == until {
        format!("head {first} was kept, and is not here")
    } else {
        format!("heads {first} to {until} were kept, and are not here")
    };
    tally.broken(format!(
        "{which}: the tree ends with head {last}. It was cut off, was put back as it once stood, or \
         is a copy from before"
    ));
}
