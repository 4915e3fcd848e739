//! A folder in which documents are kept: on one machine, what an object-locked bucket is on AWS,
//! without the lock. Copy it to where it cannot be changed.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use countersign::audit::Vault;

const ANOTHER: &str = "another one is kept there, and nothing that is kept is replaced. Was the \
                       store put back to an older state? `audit verify` says what differs";

/// A folder in which documents are kept.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// This folder, which need not be there yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }
}

#[async_trait]
impl Vault for Folder {
    fn name(&self) -> &'static str {
        "folder"
    }

    async fn keep(&self, name: &str, content: &str) -> Result<(), String> {
        let (path, content) = (self.path.join(name), content.to_owned());
        let kept = tokio::task::spawn_blocking(move || {
            keep(&path, &content).map_err(|error| format!("`{}`: {error}", path.display()))
        });
        kept.await.map_err(|error| error.to_string())?
    }
}

fn keep(path: &Path, content: &str) -> std::io::Result<()> {
    match fs::read(path) {
        Ok(kept) if kept == content.as_bytes() => return Ok(()),
        Ok(_) => return Err(std::io::Error::new(ErrorKind::AlreadyExists, ANOTHER)),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let part = path.with_extension("part");
    // A crash may have left one that nobody may write to.
    match fs::remove_file(&part) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = fs::File::create_new(&part)?;
    file.write_all(content.as_bytes())?;
    file.sync_all()?;
    let mut permissions = file.metadata()?.permissions();
    permissions.set_readonly(true);
    file.set_permissions(permissions)?;
    fs::rename(part, path)?;
    sync_folder(path)
}

/// So that a file keeps its name when the power fails.
#[cfg(unix)]
pub(super) fn sync_folder(of: &Path) -> std::io::Result<()> {
    let folder = of.parent().filter(|folder| !folder.as_os_str().is_empty());
    fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// A folder cannot be opened here, and need not be.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it may fail")]
pub(super) const fn sync_folder(_: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_a_crash_left_half_written_is_written_anew() {
        let place = tempfile::tempdir().unwrap();
        let part = place.path().join("1.part");
        fs::write(&part, "o").unwrap();
        let mut permissions = fs::metadata(&part).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&part, permissions).unwrap();
        Folder::new(place.path()).keep("1.json", "one").await.unwrap();
        assert_eq!(fs::read_to_string(place.path().join("1.json")).unwrap(), "one");
        assert!(!part.exists());
    }

    #[tokio::test]
    async fn what_is_kept_stays_as_it_is() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::new(place.path().join("audit"));
        for _ in 0..2 {
            folder.keep("heads/1.json", "one").await.unwrap();
        }
        let error = folder.keep("heads/1.json", "two").await.unwrap_err();
        assert!(error.contains("1.json`: another one is kept there"), "{error}");
        let path = place.path().join("audit/heads/1.json");
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        assert!(fs::metadata(&path).unwrap().permissions().readonly());
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }
}
