//! A whole deployment on this machine: the Terraform module as it is, applied by Terraform to an
//! emulator of AWS, with an issuer of tokens beside it.

mod terraform;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::issuer::Issuer;
use crate::ministack::Ministack;
use terraform::Terraform;

/// The people of the emulator's root module.
pub const PEOPLE: [&str; 7] = [
    "ada@acme.test",
    "bo@acme.test",
    "cy@acme.test",
    "dee@acme.test",
    "eve@acme.test",
    "ops@acme.test",
    "root@acme.test",
];

/// The program, as `cargo xtask package` makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// The zip.
    pub zip: PathBuf,
    /// What the program says of itself.
    pub manifest: PathBuf,
}

impl Package {
    /// The variable that names the zip.
    pub const ZIP: &str = "COUNTERSIGN_ZIP";

    /// The one that the environment names, with the manifest beside it. `None`, and a line that
    /// says so, where it names none.
    #[must_use]
    pub fn from_environment() -> Option<Self> {
        let zip = std::env::var_os(Self::ZIP).filter(|value| !value.is_empty()).map(PathBuf::from);
        if zip.is_none() {
            println!("skipped: {} names no zip; `cargo xtask deployed` makes one", Self::ZIP);
        }
        let zip = zip?;
        let manifest = zip.with_file_name("manifest.json");
        Some(Self { zip, manifest })
    }
}

/// A deployment. It ends with the value, and nothing of it stays.
#[derive(Debug)]
pub struct Deployment {
    /// Who gives tokens.
    pub issuer: Issuer,
    /// What stands in for AWS.
    pub ministack: Ministack,
    outputs: Value,
    /// How long Terraform took to apply it.
    pub applied: Duration,
    /// What Terraform was told.
    inputs: Vec<(&'static str, String)>,
    folder: TempDir,
}

impl Deployment {
    /// Deploys, with all files in a folder of its own in `folder`, until `stop` says otherwise.
    /// `None`, and a line that says so, where something for it is not installed.
    ///
    /// # Errors
    ///
    /// If it fails: what Terraform said.
    pub fn start(
        package: &Package,
        folder: &Path,
        stop: &AtomicBool,
    ) -> Result<Option<Self>, String> {
        let told = |error: std::io::Error| format!("{}: {error}", folder.display());
        std::fs::create_dir_all(folder).map_err(told)?;
        let folder = tempfile::tempdir_in(folder).map_err(told)?;
        let Some(terraform) = Terraform::find(folder.path(), stop)? else { return Ok(None) };
        let Some(ministack) = Ministack::start()? else { return Ok(None) };
        let issuer = Issuer::start()?;
        let began = Instant::now();
        let file = |path: &Path| format!("{}", path.display());
        let inputs = vec![
            ("endpoint", ministack.endpoint()),
            ("zip", file(&package.zip)),
            ("manifest", file(&package.manifest)),
            ("oidc_issuer", issuer.url().to_owned()),
            ("architecture", architecture().to_owned()),
        ];
        terraform.apply(&inputs)?;
        let (outputs, applied) = (terraform.outputs()?, began.elapsed());
        Ok(Some(Self { issuer, ministack, outputs, applied, inputs, folder }))
    }

    /// Applies the module once more, with these inputs besides.
    ///
    /// # Errors
    ///
    /// If it fails: what Terraform said.
    pub fn change(&self, inputs: &[(&'static str, String)]) -> Result<(), String> {
        let stop = AtomicBool::new(false);
        Terraform::of(self.folder.path(), &stop).apply(&[&self.inputs, inputs].concat())
    }

    /// What Terraform says of it, by its name.
    ///
    /// # Errors
    ///
    /// If it says nothing of that.
    pub fn output(&self, name: &str) -> Result<&Value, String> {
        let output = self.outputs.get(name).and_then(|output| output.get("value"));
        output.ok_or_else(|| format!("Terraform has no output `{name}`: {}", self.outputs))
    }

    /// A text that Terraform says of it.
    ///
    /// # Errors
    ///
    /// If it says none of that name.
    pub fn text(&self, name: &str) -> Result<String, String> {
        let text = self.output(name)?.as_str().map(str::to_owned);
        text.ok_or_else(|| format!("Terraform's output `{name}` is no text"))
    }

    /// The name of the function with that role.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn function(&self, role: &str) -> Result<String, String> {
        let function = self.output("functions")?.get(role).and_then(Value::as_str);
        function.map(str::to_owned).ok_or_else(|| format!("there is no function `{role}`"))
    }
}

/// What this machine is, as Lambda calls it.
const fn architecture() -> &'static str {
    if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" }
}
