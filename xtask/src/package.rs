//! `cargo xtask package`: a program as a zip that AWS Lambda takes.
//!
//! The zip is the same, byte for byte, whenever the program in it is.

mod archive;
mod target;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

use crate::args::Flags;
use crate::{duration, exec};
use target::Target;

/// What a zip may weigh, in bytes. It is read before a function starts.
const BUDGET: usize = 8_000_000;

/// What to make a zip of, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
    /// The folder below `examples/`, and the name of the package there.
    pub(crate) example: String,
    /// For Lambda on arm64, whatever this machine is.
    pub(crate) arm64: bool,
    /// How the program is built.
    pub(crate) build: Build,
}

/// How a program is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    /// For Lambda: small, and minutes to link.
    Lambda,
    /// Soon there, large, and only for an emulator.
    Debug,
    /// The debug build that the tests of the workspace make anyhow.
    Tested,
}

impl Build {
    /// Where Cargo puts it.
    const fn folder(self) -> &'static str {
        match self {
            Self::Lambda => "lambda",
            Self::Debug | Self::Tested => "debug",
        }
    }

    /// How Cargo makes it.
    fn command(self, root: &Path, example: &str) -> Command {
        let args = ["build", "-p", example, "--features", "aws"];
        let alone = |more: &[&str]| exec::cargo(root, &[&args[..], more].concat());
        match self {
            Self::Lambda => alone(&["--profile", "lambda", "--no-default-features"]),
            Self::Debug => alone(&[]),
            // Tests of a program's own package have the program made.
            Self::Tested => {
                exec::cargo(root, &["test", "--workspace", "--all-features", "--no-run", "--tests"])
            }
        }
    }
}

impl Default for Order {
    fn default() -> Self {
        Self { example: "infra-access".to_owned(), arm64: false, build: Build::Lambda }
    }
}

impl Order {
    /// Reads the arguments of `package`.
    pub(crate) fn read(mut flags: Flags) -> Result<Self, String> {
        let mut order = Self::default();
        while let Some(flag) = flags.next_flag() {
            if !order.takes(&flag, &mut flags)? {
                return Err(flags.unknown(&flag));
            }
        }
        Ok(order)
    }

    /// Reads one flag, if it is one of a package's.
    pub(crate) fn takes(&mut self, flag: &str, flags: &mut Flags) -> Result<bool, String> {
        match flag {
            "--example" => self.example = flags.value(flag)?,
            "--arm64" => self.arm64 = flags.given(flag)?,
            "--debug" if flags.given(flag)? => self.build = Build::Debug,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// What Terraform wants to know: a zip, and what its program says of itself.
#[derive(Debug, Clone)]
pub(crate) struct Package {
    pub(crate) zip: PathBuf,
    pub(crate) manifest: PathBuf,
}

impl Package {
    /// A zip that is there already, with the manifest beside it.
    pub(crate) fn of(zip: &Path) -> Result<Self, String> {
        let zip = zip.canonicalize().map_err(|error| told(zip, &error))?;
        let manifest = zip.with_file_name(MANIFEST);
        if !manifest.is_file() {
            return Err(format!(
                "there is no {MANIFEST} beside {}; `cargo xtask package` makes both",
                zip.display()
            ));
        }
        Ok(Self { zip, manifest })
    }
}

const MANIFEST: &str = "manifest.json";

/// Makes the zip, and says where it is.
pub(crate) fn run(root: &Path, order: &Order) -> ExitCode {
    match make(root, order) {
        Ok(_) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// Builds the program and makes the zip.
pub(crate) fn make(root: &Path, order: &Order) -> Result<Package, String> {
    let Order { example, arm64, build } = order;
    if !root.join("examples").join(example).join("Cargo.toml").is_file() {
        return Err(format!("there is no examples/{example}/Cargo.toml"));
    }
    let target = Target::find(*arm64)?;
    let began = Instant::now();
    let mut command = build.command(root, example);
    target.choose(&mut command);
    exec::pass(&mut command)?;
    println!("    built in {}", duration::show(began.elapsed()));

    let folders = exec::target(root);
    let program = folders.join(target.folder()).join(build.folder()).join(example);
    let name = format!("{example}-{}-{}", target.name, build.folder());
    let place = folders.join("functions").join(name);
    std::fs::create_dir_all(&place).map_err(|error| told(&place, &error))?;
    let program = copy(&program, &place, *build)?;
    let package = Package { zip: place.join("function.zip"), manifest: place.join(MANIFEST) };
    let manifest = manifest(root, example, target.runs_here().then_some(&program))?;
    std::fs::write(&package.manifest, manifest).map_err(|error| told(&package.manifest, &error))?;
    println!("    {}", package.manifest.display());

    let bytes = std::fs::read(&program).map_err(|error| told(&program, &error))?;
    target::check_glibc(&bytes)?;
    let is_small = *build == Build::Lambda;
    let level = if is_small { archive::Level::Small } else { archive::Level::Quick };
    let zip = archive::zip("bootstrap", &bytes, level)?;
    std::fs::write(&package.zip, &zip).map_err(|error| told(&package.zip, &error))?;
    let (weighs, budget) = (megabytes(zip.len()), megabytes(BUDGET));
    println!("    {}", package.zip.display());
    println!("    {weighs}; unpacked {}, for {}", megabytes(bytes.len()), target.name);
    if !is_small {
        return Ok(package);
    }
    println!("    of at most {budget}");
    if zip.len() > BUDGET {
        return Err(format!("the zip is too large: {weighs}, of at most {budget}"));
    }
    Ok(package)
}

fn told(what: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", what.display())
}

/// A copy beside the zip, without what is only for debuggers where there is a program that takes it
/// out of a debug build.
fn copy(program: &Path, place: &Path, build: Build) -> Result<PathBuf, String> {
    let copy = place.join("bootstrap");
    std::fs::copy(program, &copy).map_err(|error| told(&copy, &error))?;
    if build != Build::Lambda && exec::on_path("strip").is_some() {
        exec::pass(Command::new("strip").arg(&copy))?;
    }
    Ok(copy)
}

/// What the program says of itself. One that does not run here is built once more for here.
fn manifest(root: &Path, example: &str, program: Option<&PathBuf>) -> Result<Vec<u8>, String> {
    let mut command = match program {
        Some(program) => Command::new(program),
        None => exec::cargo(root, &["run", "--quiet", "-p", example, "--"]),
    };
    command.arg("manifest");
    let shown = exec::show(&command);
    match command.stdin(std::process::Stdio::null()).output() {
        Ok(output) if output.status.success() => Ok(output.stdout),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(format!("`{shown}` failed: {said}"))
        }
        Err(error) => Err(format!("`{shown}` did not start: {error}")),
    }
}

/// `4.25 MB`: a million bytes each, rounded up, so that what is printed is never below what is.
fn megabytes(bytes: usize) -> String {
    let hundredths = bytes.div_ceil(10_000);
    format!("{}.{:02} MB", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(line: &str) -> Result<Order, String> {
        Order::read(Flags::new("package", line.split_whitespace().map(String::from)))
    }

    #[test]
    fn an_order_is_the_example_for_this_machine_unless_it_says_otherwise() {
        assert_eq!(order(""), Ok(Order::default()));
        let other = Order { example: "door-badge".to_owned(), arm64: true, build: Build::Debug };
        assert_eq!(order("--example door-badge --arm64 --debug"), Ok(other.clone()));
        assert_eq!(order("--debug --arm64 --example=door-badge"), Ok(other));
    }

    #[test]
    fn mistakes_are_named() {
        assert_eq!(order("--arm"), Err("`package` does not take `--arm`".to_owned()));
        assert_eq!(order("--example"), Err("`--example` needs a value".to_owned()));
        assert_eq!(order("--arm64=no"), Err("`--arm64` takes no value".to_owned()));
    }

    #[test]
    fn sizes_for_people() {
        assert_eq!(megabytes(0), "0.00 MB");
        assert_eq!(megabytes(4_245_001), "4.25 MB");
        assert_eq!(megabytes(8_000_001), "8.01 MB");
    }

    #[test]
    fn a_zip_without_its_manifest_is_refused() {
        let folder = std::env::temp_dir().join(format!("countersign-xtask-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let zip = folder.join("function.zip");
        std::fs::write(&zip, "").unwrap();
        let problem = Package::of(&zip).unwrap_err();
        assert!(problem.contains("there is no manifest.json beside"), "{problem}");
        std::fs::write(folder.join(MANIFEST), "{}").unwrap();
        assert!(Package::of(&zip).is_ok());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
