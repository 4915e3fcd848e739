//! Any text becomes tokens that lie in order within it, or an error.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| countersign_sentinel::fuzzing::lexer(text));
