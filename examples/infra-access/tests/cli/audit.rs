//! What `audit verify` finds.

use std::path::PathBuf;

use tempfile::TempDir;

use crate::program::{Ended, Server, program, run};

/// A server's store with a few runs and refusals, exported.
struct Exported {
    folder: TempDir,
    lines: Vec<String>,
    digest: String,
}

impl Exported {
    fn new() -> Self {
        let server = Server::start();
        for user in ["ada", "bo", "eve"] {
            server.run(user, &["request", "infra_access", "ci-deploy", "--reason", "ü \"x\" 0.1"]);
        }
        server.run("ada", &["request", "infra_access"]).with(2);
        let run = server.ask("ada");
        server.run("ada", &["approve", &run]).with(3);
        server.run("ops", &["approve", &run]).with(0);
        let verified = server.offline(&["audit", "verify"]).with(0);
        assert!(verified.out.contains("all whole"), "{verified:?}");
        let exported = server.offline(&["audit", "export"]).with(0);
        let (_, digest) = exported.err.trim().rsplit_once(' ').unwrap();
        let lines: Vec<_> = exported.out.lines().map(str::to_owned).collect();
        assert!(lines.len() > 15, "{lines:#?}");
        Self { folder: tempfile::tempdir().unwrap(), lines, digest: digest.to_owned() }
    }

    fn write(&self, lines: &[String]) -> PathBuf {
        let path = self.folder.path().join("audit.jsonl");
        std::fs::write(&path, lines.join("\n") + "\n").unwrap();
        path
    }

    fn verify(&self, lines: &[String]) -> Ended {
        Ended::of(program(&["audit", "verify"]).arg(self.write(lines)))
    }

    /// Whether it is found that the lines were changed like this.
    #[track_caller]
    fn finds(&self, what: &str, change: impl FnOnce(&mut Vec<String>)) {
        let mut lines = self.lines.clone();
        change(&mut lines);
        let ended = self.verify(&lines);
        assert_eq!(ended.code, Some(1), "{what} was not found: {ended:?}");
        assert!(ended.err.starts_with("broken: "), "{what}: {ended:?}");
    }
}

#[test]
fn an_export_that_was_touched_is_found_out() {
    let exported = Exported::new();
    exported.verify(&exported.lines).with(0);
    let last = exported.lines.len() - 1;
    for line in 0..=last {
        exported.finds(&format!("the removal of line {line}"), |lines| {
            lines.remove(line);
        });
        exported.finds(&format!("a swap at line {line}"), |lines| {
            lines.swap(line, (line + 1) % (last + 1));
        });
    }
    exported.finds("a line that stands twice", |lines| {
        let twice = lines[2].clone();
        lines.insert(2, twice);
    });
    exported.finds("a line cut in half", |lines| {
        let half = lines[last].len() / 2;
        lines[last].truncate(half);
    });
    exported.finds("a field that was added", |lines| {
        lines[1] = lines[1].replacen('{', "{\"x\":1,", 1);
    });
    exported.finds("an empty file", Vec::clear);
}

#[test]
fn each_changed_byte_of_an_entry_is_found() {
    let exported = Exported::new();
    let entry = exported.lines.iter().position(|line| line.contains("INC-42")).unwrap();
    let length = exported.lines[entry].len();
    for at in (0..length).step_by(37) {
        exported.finds(&format!("a change of byte {at}"), |lines| {
            let mut bytes = lines[entry].clone().into_bytes();
            bytes[at] = if bytes[at] == b'7' { b'8' } else { b'7' };
            lines[entry] = String::from_utf8(bytes).unwrap();
        });
    }
}

#[test]
fn a_whole_chain_that_was_removed_is_found_by_the_count_or_the_digest() {
    let exported = Exported::new();
    let heads = exported.lines.iter().enumerate().filter(|(_, line)| {
        line.starts_with("{\"line\":\"run\"") || line.starts_with("{\"line\":\"account\"")
    });
    let first = heads.map(|(index, _)| index).next().unwrap();
    exported.finds("the removal of a chain", |lines| drop(lines.drain(1..=first)));

    let path = exported.write(&exported.lines);
    let path = path.to_str().unwrap();
    run(&["audit", "verify", path, "--digest", &exported.digest]).with(0);
    let other = "0".repeat(64);
    let ended = run(&["audit", "verify", path, "--digest", &other, "--json"]).with(1);
    assert_eq!(ended.json()["whole"], false);
}
