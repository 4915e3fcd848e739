//! Any text is a configuration, in HCL or in JSON, or an error.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    for name in ["fuzz.hcl", "fuzz.json"] {
        countersign_sentinel::fuzzing::configuration(name, text);
    }
});
