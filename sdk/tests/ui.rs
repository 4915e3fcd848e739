//! What an author reads when something is wrong. One file, one mistake, one message.

use std::path::PathBuf;

#[test]
fn what_is_wrong_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}

#[test]
fn what_is_right_compiles() {
    trybuild::TestCases::new().pass("tests/ui/pass/*.rs");
}

/// The recorded messages, with their sources.
fn recorded() -> std::io::Result<Vec<(PathBuf, String, String)>> {
    let mut cases = Vec::new();
    for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/ui"))? {
        let path = file?.path();
        if path.extension().is_some_and(|it| it == "rs") {
            let source = std::fs::read_to_string(&path)?;
            let messages = std::fs::read_to_string(path.with_extension("stderr"))?;
            cases.push((path, source, messages));
        }
    }
    Ok(cases)
}

#[test]
fn one_mistake_is_one_message() {
    for (path, source, messages) in recorded().unwrap() {
        let errors = messages.lines().filter(|line| line.starts_with("error")).count();
        // A file that cannot do with one says so, and why, in its first line.
        let expected = match source.split(": ").next() {
            Some("// Two") => 2,
            Some("// Three") => 3,
            _ => 1,
        };
        assert_eq!(errors, expected, "{}", path.display());
        assert!(!messages.contains("\nwarning"), "{}", path.display());
    }
}

#[test]
fn a_message_is_on_the_author_s_own_token() {
    for (path, _, messages) in recorded().unwrap() {
        let place = messages.lines().find(|line| line.trim_start().starts_with("--> "));
        assert!(place.is_some_and(|it| it.contains("tests/ui/")), "{}", path.display());
        for ours in
            ["macro `flow", "macro `hook", "macro `action", "macro `reducer", "macro `Fields"]
        {
            let elsewhere = format!("this error originates in the {ours}");
            let derived = format!("this error originates in the derive {ours}");
            assert!(!messages.contains(&elsewhere), "{}", path.display());
            assert!(!messages.contains(&derived), "{}", path.display());
        }
    }
}
