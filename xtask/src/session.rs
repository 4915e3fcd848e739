//! What the parts of one run share.

use std::path::PathBuf;

use crate::report::Outcome;
use crate::rig::Rig;

/// One run of `cargo xtask`.
pub(crate) struct Session {
    /// The repository.
    pub(crate) root: PathBuf,
    /// What the tests need beyond Rust.
    pub(crate) rig: Rig,
    /// How often the crash test kills its program, where the command line says so.
    pub(crate) times: Option<u32>,
    /// The larger form of what is looked at, where there are two.
    pub(crate) full: bool,
    /// What could not be done here, why, and what to do about it: one sentence each, repeated at
    /// the end of the run.
    pub(crate) gaps: Vec<String>,
}

impl Session {
    /// Begins a run in the workspace this program belongs to.
    pub(crate) fn start() -> Result<Self, String> {
        let (root, rig) = (root()?, Rig::default());
        Ok(Self { root, rig, times: None, full: false, gaps: Vec::new() })
    }

    /// Says at once, and again at the end, that something is left out.
    pub(crate) fn gap(&mut self, gap: impl Into<String>) {
        let gap = gap.into();
        println!("SKIPPED: {gap}");
        if !self.gaps.contains(&gap) {
            self.gaps.push(gap);
        }
    }

    /// Leaves a whole part out.
    pub(crate) fn skip(&mut self, gap: impl Into<String>) -> Outcome {
        self.gap(gap);
        Outcome::Skipped
    }
}

/// The workspace's folder.
///
/// Cargo says at run time where the package lies. The path known at compile time would name another
/// checkout where several share one target folder.
fn root() -> Result<PathBuf, String> {
    let package = std::env::var_os("CARGO_MANIFEST_DIR")
        .map(PathBuf::from)
        .ok_or("start this program as `cargo xtask`")?;
    package
        .parent()
        .map(PathBuf::from)
        .ok_or_else(|| format!("{} is not in a workspace", package.display()))
}
