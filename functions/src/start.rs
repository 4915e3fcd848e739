//! How a program begins: as a function on AWS Lambda, or as a command line anywhere else.

use std::process::ExitCode;

use crate::app::App;

/// Runs the program: what `main!` calls.
#[must_use]
pub fn main(app: &'static App) -> ExitCode {
    #[cfg(feature = "aws")]
    if crate::aws::is_function() {
        return crate::aws::run(app);
    }
    #[cfg(feature = "local")]
    return crate::cli::main(app);
    #[cfg(not(feature = "local"))]
    return bare(app);
}

/// All that a program without a command line can do by itself: say what it is made of, which is
/// asked of it when it is packed.
#[cfg(not(feature = "local"))]
fn bare(app: &App) -> ExitCode {
    use std::io::Write;

    if !std::env::args().skip(1).eq(["manifest"]) {
        eprintln!(
            "error: this program was built as functions for AWS Lambda, without its command line\n\
             hint: build it with its default features"
        );
        return ExitCode::from(2);
    }
    let manifest = serde_json::to_string_pretty(&crate::manifest::Document::of(app));
    let printed = manifest.map_err(std::io::Error::from);
    match printed.and_then(|manifest| writeln!(std::io::stdout(), "{manifest}")) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
