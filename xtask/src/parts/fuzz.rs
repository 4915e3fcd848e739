//! A short run of each target of `fuzz/`: long enough to notice what broke, on seeds that are
//! committed. It needs no nightly and no cargo-fuzz, only a compiler for libFuzzer, which is C++.

use std::path::Path;
use std::process::Command;

use super::Part;
use crate::exec;
use crate::report::Outcome;
use crate::session::Session;

pub(super) const PART: Part = Part {
    name: "fuzz",
    about: "each fuzz target for a few seconds",
    in_verify: true,
    applies,
    run,
};

/// For each target.
const SECONDS: u32 = 12;

/// What makes a program tell libFuzzer where it has been, as cargo-fuzz does it.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares";

/// A target, the folder of its seeds, and its words, both in `fuzz/`.
struct Target {
    name: &'static str,
    seeds: &'static str,
    words: &'static str,
}

const TARGETS: &[Target] = &[
    Target { name: "lexer", seeds: "seeds/policies", words: "sentinel.dict" },
    Target { name: "parser", seeds: "seeds/policies", words: "sentinel.dict" },
    Target { name: "evaluator", seeds: "seeds/policies", words: "sentinel.dict" },
    Target { name: "configuration", seeds: "seeds/configurations", words: "configuration.dict" },
    Target { name: "rego", seeds: "seeds/rego", words: "rego.dict" },
];

fn applies(root: &Path) -> bool {
    root.join("fuzz/Cargo.toml").is_file()
}

fn run(session: &mut Session) -> Outcome {
    if exec::first_line(Command::new("c++").arg("--version")).is_none() {
        return session
            .skip("fuzzing: there is no C++ compiler `c++`, which libFuzzer is built with");
    }
    match build_and_run(&session.root) {
        Ok(()) => Outcome::Passed,
        Err(why) => Outcome::Failed(why),
    }
}

fn build_and_run(root: &Path) -> Result<(), String> {
    let mut rustc = Command::new("rustc");
    let host = exec::first_line(rustc.args(["--print", "host-tuple"]).current_dir(root))
        .ok_or("`rustc --print host-tuple` failed")?;
    let (fuzz, target) = (root.join("fuzz"), exec::target(root).join("fuzz"));
    // With a target named, the flags are not for build scripts and macros.
    let mut build = exec::cargo(&fuzz, &["build", "--release", "--locked", "--target", &host]);
    exec::pass(build.arg("--target-dir").arg(&target).env("RUSTFLAGS", FLAGS))?;
    for Target { name, seeds, words } in TARGETS {
        let corpus = target.join("corpus").join(name);
        std::fs::create_dir_all(&corpus)
            .map_err(|error| format!("{}: {error}", corpus.display()))?;
        let mut fuzzer = Command::new(target.join(&host).join("release").join(name));
        fuzzer
            .args([format!("-max_total_time={SECONDS}"), format!("-dict={words}")])
            .args(["-timeout=20", "-rss_limit_mb=1024", "-max_len=8192", "-verbosity=0"])
            .arg(format!("-artifact_prefix={}/found-{name}-", target.display()))
            .arg(&corpus)
            .arg(seeds)
            .current_dir(&fuzz);
        exec::pass(&mut fuzzer)?;
    }
    Ok(())
}
