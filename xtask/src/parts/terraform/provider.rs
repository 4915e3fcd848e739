//! Where the AWS provider comes from: a folder that `TF_PLUGIN_DIR` names, or the registry.

use std::path::{Path, PathBuf};

use super::tool::Terraform;
use crate::report::Outcome;

/// Terraform with a provider that it can use; the error says why there is none.
pub(super) fn find(infra: &Path) -> Result<Terraform, String> {
    let plugins = std::env::var_os("TF_PLUGIN_DIR").filter(|dir| !dir.is_empty());
    let data = data(infra);
    let terraform = Terraform { plugins: plugins.map(PathBuf::from), data: data.clone() };
    let probe = data.join("probe");
    let prepare = || {
        std::fs::create_dir_all(&probe)?;
        std::fs::create_dir_all(data.join("plugins"))?;
        std::fs::copy(infra.join("versions.tf"), probe.join("versions.tf"))
    };
    prepare().map_err(|error| format!("{} cannot be written: {error}", probe.display()))?;
    match terraform.init(&probe) {
        Err(Outcome::Failed(why)) => Err(format!("the AWS provider cannot be had: {why}")),
        Ok(()) | Err(Outcome::Passed | Outcome::Skipped) => Ok(terraform),
    }
}

/// Beside what cargo builds.
fn data(infra: &Path) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.filter(|path| path.is_absolute());
    target.unwrap_or_else(|| infra.with_file_name("target")).join("terraform")
}
