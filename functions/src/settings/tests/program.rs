//! The settings held against the flows and strategies of a program.

#![expect(clippy::needless_pass_by_value, reason = "reads better where it is called")]
#![expect(clippy::needless_raw_string_hashes, reason = "as `UPDATE_EXPECT=1` writes them")]

use countersign::model::Object;
use expect_test::{Expect, expect};

use super::*;

fn flow(name: &str) -> FlowFacts {
    FlowFacts { name: name.to_owned(), is_follow_up: false, check_vars: |_| Ok(()) }
}

fn follow_up(name: &str) -> FlowFacts {
    FlowFacts { is_follow_up: true, ..flow(name) }
}

fn wants_a_channel(vars: &Object) -> Result<(), String> {
    vars.get("channel").map(drop).ok_or_else(|| "missing field `channel`".to_owned())
}

#[track_caller]
fn told(settings: &Settings, flows: &[FlowFacts], expected: Expect) {
    let errors = settings.check_flows(flows, &["directory_group", "http"]);
    let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
    expected.assert_eq(&errors.join("\n"));
}

#[test]
fn the_example_fits_its_program() {
    let flows = [flow("infra_access"), follow_up("incident_follow_up")];
    told(&example(), &flows, expect![""]);
}

#[test]
fn a_flow_that_the_program_lacks_and_one_that_the_settings_lack() {
    told(
        &example(),
        &[flow("infra-access")],
        expect![[r#"
            settings.toml:77:1: flows: flow `infra-access` is in this program and has no settings; write `[[flows]]`, `name = "infra-access"`, `targets = ["s3-customer-data"]`
            settings.toml:78:8: flows[0].name: no flow `infra_access` is in this program; did you mean `infra-access`?"#]],
    );
    told(
        &example(),
        &[],
        expect![
            "settings.toml:78:8: flows[0].name: no flow `infra_access` is in this program; list its module in `main!(flows: [..])`"
        ],
    );
}

#[test]
fn variables_that_do_not_fit() {
    let text = format!(
        r#"{LEAST}[[targets]]
name = "a"
[[flows]]
name = "f"
targets = ["a"]
vars = {{ chanel = 1 }}
"#
    );
    let needs = |facts: FlowFacts| FlowFacts { check_vars: wants_a_channel, ..facts };
    told(
        &toml(&text),
        &[needs(flow("f")), needs(follow_up("g"))],
        expect![[r#"
        settings.toml:6:1: flows: flow `g` needs variables and has no settings: missing field `channel`; write `[[flows]]`, `name = "g"`, `vars = { .. }`
        settings.toml:9:8: flows[0].vars: the variables do not fit flow `f`: missing field `channel`"#]],
    );
}

#[test]
fn a_flow_without_targets_and_a_follow_up_with_some() {
    let text = format!(
        r#"{LEAST}[[targets]]
name = "a"
[[flows]]
name = "f"
[[flows]]
name = "g"
targets = ["a"]
"#
    );
    told(
        &toml(&text),
        &[flow("f"), follow_up("g")],
        expect![[r#"
        settings.toml:6:1: flows[0].targets: flow `f` has no target to give; write `targets = ["a"]`
        settings.toml:10:11: flows[1].targets: flow `g` is a follow-up, which gives nothing; take `targets` away"#]],
    );
}

#[test]
fn a_strategy_type_that_nobody_registered() {
    let text = format!(
        r#"{LEAST}[[strategies]]
name = "a"
type = "directory_groups"
[[strategies]]
name = "b"
type = "approval_only"
[[strategies]]
name = "c"
type = "kubernetes"
"#
    );
    told(
        &toml(&text),
        &[],
        expect![[r#"
            settings.toml:6:8: strategies[0].type: no strategy type `directory_groups` is in this program; did you mean `directory_group`?
            settings.toml:12:8: strategies[2].type: no strategy type `kubernetes` is in this program; known: `directory_group`, `http`, `approval_only`; register a type of your own in `main!(strategies: [..])`"#]],
    );
}

#[test]
fn what_is_probably_not_meant_is_a_warning() {
    let settings = toml(&format!(
        r#"{LEAST}[[targets]]
name = "a"
"#
    ));
    let warnings: Vec<_> = settings.warnings().iter().map(ToString::to_string).collect();
    expect![[r#"
        settings.toml:1:1: users: nobody is an administrator; give somebody under `[[users]]` the line `role = "admin"`
        settings.toml:5:8: targets[0].name: no flow gives `a`; add it to the `targets` of a flow"#]].assert_eq(&warnings.join("\n"));
}
