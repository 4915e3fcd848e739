//! What an author reads when a policy is wrong.
#![cfg(all(feature = "rego", feature = "sentinel"))]

#[test]
fn policies_that_are_wrong_do_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui_policies/*.rs");
}
