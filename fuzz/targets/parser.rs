//! Any text is a policy, or an error that says where it is not.
#![no_main]

use countersign_sentinel::Policy;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Err(error) = Policy::parse("fuzz.sentinel", text) {
        assert!(error.position.offset <= text.len(), "{error}");
        assert!(error.position.line >= 1 && error.position.column >= 1, "{error}");
        assert!(!error.message.is_empty() && !error.to_string().is_empty());
    }
});
