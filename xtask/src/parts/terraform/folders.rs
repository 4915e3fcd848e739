//! The folders below `infra/` that are configurations: the module itself, its parts, the examples
//! and the roots of tests.

use std::path::{Path, PathBuf};

/// A folder with Terraform files.
pub(super) struct Folder {
    pub(super) path: PathBuf,
    /// Whether `terraform test` has something to run there.
    pub(super) has_tests: bool,
}

/// `infra` and all configurations below it, in the order of their paths.
pub(super) fn below(infra: &Path) -> Result<Vec<Folder>, String> {
    let mut found = Vec::new();
    collect(infra, &mut found)
        .map_err(|error| format!("{} cannot be listed: {error}", infra.display()))?;
    found.sort_by(|one: &Folder, other| one.path.cmp(&other.path));
    Ok(found)
}

fn collect(folder: &Path, found: &mut Vec<Folder>) -> std::io::Result<()> {
    let mut is_configuration = false;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let is_hidden =
            path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if path.is_dir() && !is_hidden {
            collect(&path, found)?;
        }
        is_configuration |= has_extension(&path, "tf");
    }
    if is_configuration {
        let has_tests = std::fs::read_dir(folder.join("tests"))
            .is_ok_and(|tests| tests.flatten().any(|it| has_extension(&it.path(), "hcl")));
        found.push(Folder { path: folder.to_owned(), has_tests });
    }
    Ok(())
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.is_file() && path.extension().is_some_and(|it| it == extension)
}
