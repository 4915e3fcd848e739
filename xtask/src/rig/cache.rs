//! Where the rig keeps its files: outside the repository, shared by all checkouts.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The folder of one piece, created where it is not there yet.
pub(super) fn folder(piece: &str) -> Result<PathBuf, String> {
    let place = place(piece).ok_or(
        "there is no folder for downloads: none of COUNTERSIGN_RIG, XDG_CACHE_HOME and HOME is set",
    )?;
    create(&place)
}

/// Where the folder of one piece is, or would be.
pub(super) fn place(piece: &str) -> Option<PathBuf> {
    Some(root(|variable| std::env::var_os(variable))?.join(piece))
}

fn create(folder: &Path) -> Result<PathBuf, String> {
    std::fs::create_dir_all(folder)
        .and_then(|()| folder.canonicalize())
        .map_err(|error| format!("{} could not be created: {error}", folder.display()))
}

fn root(var: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let var = |name| var(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(chosen) = var("COUNTERSIGN_RIG") {
        return Some(chosen);
    }
    // The XDG specification: a relative path is to be ignored.
    let cache = var("XDG_CACHE_HOME").filter(|path| path.is_absolute());
    Some(cache.or_else(|| Some(var("HOME")?.join(".cache")))?.join("countersign-rig"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)]) -> Option<PathBuf> {
        root(|name| {
            let (_, value) = variables.iter().find(|(known, _)| *known == name)?;
            Some(OsString::from(value))
        })
    }

    #[test]
    fn the_most_particular_variable_wins() {
        let home = ("HOME", "/home/ann");
        let cache = ("XDG_CACHE_HOME", "/cache");
        assert_eq!(with(&[home, cache, ("COUNTERSIGN_RIG", "/rig")]), Some("/rig".into()));
        assert_eq!(with(&[home, cache]), Some("/cache/countersign-rig".into()));
        assert_eq!(with(&[home]), Some("/home/ann/.cache/countersign-rig".into()));
        assert_eq!(with(&[]), None);
    }

    #[test]
    fn empty_and_relative_caches_are_ignored() {
        let home = ("HOME", "/home/ann");
        let expected = Some(PathBuf::from("/home/ann/.cache/countersign-rig"));
        assert_eq!(with(&[home, ("COUNTERSIGN_RIG", "")]), expected);
        assert_eq!(with(&[home, ("XDG_CACHE_HOME", "cache")]), expected);
    }
}
