//! Any policy ends, twice in the same way, and passes only if it says so.
#![no_main]

use countersign_sentinel::{Data, Import, Policy, Setup, Verdict};
use jiff::Timestamp;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(policy) = Policy::parse("fuzz.sentinel", text) else { return };
    let mut setup = Setup::at(Timestamp::UNIX_EPOCH);
    // What is left are the limits that are counted.
    setup.limits.time = None;
    let data = Data::from_json(r#"{"a": [1, 2.5, null, {"b": "x"}], "c": {"d": true}}"#);
    let data = data.unwrap_or(Data::Null);
    setup.globals.insert("g".into(), data.clone());
    setup.params.insert("p".into(), Data::Int(3));
    setup.imports.insert("data".into(), Import::Data(data));
    if let Ok(module) = Policy::parse("m.sentinel", "l = [1]\nf = func(x) { append(l, x)\nreturn l }") {
        setup.imports.insert("m".into(), Import::Module(module));
    }
    let (first, second) = (policy.evaluate(&setup), policy.evaluate(&setup));
    assert_eq!(first.steps, second.steps);
    assert_eq!(first.printed, second.printed);
    assert_eq!(format!("{:?}", first.verdict), format!("{:?}", second.verdict));
    assert_eq!(first.passed(), matches!(first.verdict, Verdict::Passed));
});
