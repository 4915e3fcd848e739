//! Each kind of mistake is told with its line, its field and how to mend it.

#![expect(clippy::needless_pass_by_value, reason = "reads better where it is called")]
#![expect(clippy::needless_raw_string_hashes, reason = "as `UPDATE_EXPECT=1` writes them")]

use expect_test::{Expect, expect};

use super::*;

/// What is said of `text`, which follows the least that a document has and a few things to name.
#[track_caller]
fn refused(text: &str, expected: Expect) {
    let start = format!(
        r#"{LEAST}
[[integrations]]
name = "okta"
type = "okta"
external_id = "acme.okta.test"
[[strategies]]
name = "groups"
type = "directory_group"
[[targets]]
name = "prod-database"
"#
    );
    let before = start.matches('\n').count();
    let errors = Settings::parse(&format!("{start}{text}"), Format::Toml, "settings.toml")
        .expect_err("should be refused");
    // Lines are counted from the start of `text`.
    let told: Vec<_> = errors
        .into_iter()
        .map(|mut error| {
            error.line = error.line.saturating_sub(before);
            error.to_string().replace("settings.toml:", "")
        })
        .collect();
    expected.assert_eq(&told.join("\n"));
}

#[track_caller]
fn refused_json(text: &str, expected: Expect) {
    let errors = Settings::parse(text, Format::Json, "settings.json").expect_err("is refused");
    expected.assert_eq(&errors.to_string());
}

#[test]
fn a_target_that_is_not_there() {
    refused(
        r#"[[flows]]
name = "a"
targets = ["prod-databse"]"#,
        expect![
            "3:12: flows[0].targets[0]: there is no target `prod-databse`; did you mean `prod-database`?"
        ],
    );
}

#[test]
fn a_strategy_or_an_integration_that_is_not_there() {
    refused(
        r#"[[targets]]
name = "a"
strategy = "group"
[[strategies]]
name = "b"
type = "http"
integration = "jira""#,
        expect![[r#"
            3:12: targets[1].strategy: there is no strategy `group`; did you mean `groups`?
            7:15: strategies[1].integration: there is no integration `jira`; known: `okta`"#]],
    );
}

#[test]
fn a_key_that_is_not_known() {
    refused(
        r#"[[flows]]
name = "a"
max_duraton = "1h"
colour = 3"#,
        expect![[r#"
            3:1: flows[0].max_duraton: there is no setting `max_duraton` here; did you mean `max_duration`?
            4:1: flows[0].colour: there is no setting `colour` here; known: `admins_may_decide`, `allow_guest_interaction`, `allow_revoke`, `allowed_sources`, `durations`, `fail`, `include_decision_message`, `max_duration` and 6 more"#]],
    );
    refused(
        "[https]\nport = 1",
        expect!["1:2: https: there is no setting `https` here; did you mean `http`?"],
    );
}

#[test]
fn a_value_of_another_type() {
    refused(
        r#"[[flows]]
name = "a"
allow_revoke = "yes"
targets = "prod-database"
max_extensions = "2"
reason = true
max_duration = 8
allowed_sources = [1]"#,
        expect![[r#"
            3:16: flows[0].allow_revoke: expected `true` or `false`, not text
            4:11: flows[0].targets: expected a list, not text; put it in brackets, as in `[".."]`
            5:18: flows[0].max_extensions: expected a whole number, not text; take the quotes away
            6:10: flows[0].reason: expected a table, not `true` or `false`
            7:16: flows[0].max_duration: expected text, not a number; put it in quotes
            8:20: flows[0].allowed_sources[0]: expected text, not a number; put it in quotes"#]],
    );
    refused(
        r#"[users]
email = "ada@acme.test""#,
        expect![
            "1:1: users: expected a list, not a table; there can be several: in TOML, write `[[users]]` above each"
        ],
    );
}

#[test]
fn a_key_that_is_missing() {
    refused(
        r#"[[targets]]
label = "Nameless"
[[users]]
name = "Ada""#,
        expect![[r#"
            1:1: targets[1]: `name` is missing; add it: its name, as people and the API use it
            3:1: users[0]: `email` is missing; add it: the mail address: who they are, everywhere"#]],
    );
}

#[test]
fn a_number_that_is_out_of_range() {
    refused(
        r#"[[flows]]
name = "a"
max_extensions = -1"#,
        expect!["3:18: flows[0].max_extensions: expected a whole number from 0 to 100, not -1"],
    );
    refused(
        r#"[[flows]]
name = "a"
max_extensions = 1.5"#,
        expect!["3:18: flows[0].max_extensions: expected a whole number from 0 to 100, not 1.5"],
    );
}

#[test]
fn a_name_that_is_none() {
    refused(
        r#"[[flows]]
name = "Infra Access""#,
        expect![
            "2:8: flows[0].name: `Infra Access` is not a name: write 1 to 64 lowercase letters, digits, `-` or `_`, a letter first; perhaps `infra-access`"
        ],
    );
    refused(
        r#"[[targets]]
name = "a"
label = """#,
        expect!["3:9: targets[1].label: this must not be empty"],
    );
}

#[test]
fn a_word_that_is_not_possible() {
    refused(
        r#"[[flows]]
name = "a"
fail = "denied"
allowed_sources = ["slak", "web", "web"]
[[users]]
email = "ada@acme.test"
role = "root""#,
        expect![[r#"
            3:8: flows[0].fail: `denied` is not possible here; known: `ask`, `deny`
            4:20: flows[0].allowed_sources[0]: `slak` is not possible here; did you mean `slack`?
            4:35: flows[0].allowed_sources[2]: `web` is there already, as flows[0].allowed_sources[1]; take one of the two away
            7:8: users[0].role: `root` is not possible here; known: `auditor`, `guest`, `member`, `admin`"#]],
    );
}

#[test]
fn a_name_that_is_taken() {
    refused(
        r#"[[targets]]
name = "prod-database"
[[users]]
email = "ada@acme.test"
[[users]]
email = "Ada@acme.test"
[[integrations]]
name = "okta-2"
type = "okta"
external_id = "acme.okta.test""#,
        expect![[r#"
            2:8: targets[1].name: `prod-database` is there already, as targets[0].name; give one of the two another name
            6:9: users[1].email: `Ada@acme.test` is there already, as users[0].email; give one of the two another name
            10:15: integrations[1].external_id: another integration of type `okta` is `acme.okta.test` already, by integrations[0].external_id; each has an `external_id` of its own: that is how identities tell them apart"#]],
    );
}

#[test]
fn durations_that_do_not_fit() {
    refused(
        r#"[[flows]]
name = "a"
max_duration = "1h"
durations = ["30m", "2h", "1800s", "soon"]"#,
        expect![[r#"
            4:21: flows[0].durations[1]: 2h is longer than `max_duration`, which is 1h; take it away, or make `max_duration` longer
            4:27: flows[0].durations[2]: 30m is there already, as flows[0].durations[0]; take one of the two away
            4:36: flows[0].durations[3]: `soon` is not a duration: write a number and `s`, `m`, `h`, `d` or `mo`, as in `90s`, `30m`, `1h30m` or `2d`; at most 10 years"#]],
    );
    let nine = r#"["1h","2h","3h","4h","5h","6h","7h","8h","9h"]"#;
    refused(
        &format!(
            r#"[[targets]]
name = "a"
durations = {nine}"#
        ),
        expect![
            "3:13: targets[1].durations: at most 8 are possible, not 9; keep the 8 that people use most"
        ],
    );
}

#[test]
fn access_that_never_ends() {
    refused(
        r#"[[flows]]
name = "a"
allow_revoke = false
schedule_deescalation = false"#,
        expect![
            "4:25: flows[0].schedule_deescalation: access that nobody may end and that does not end by itself never ends; set `allow_revoke` or `schedule_deescalation` to `true`"
        ],
    );
}

#[test]
fn a_reason_that_cannot_be_checked() {
    refused(
        r#"[[flows]]
name = "a"
reason = { pattern = "(INC" }"#,
        expect![
            "3:22: flows[0].reason.pattern: `(INC` is not a regular expression: found open group without closing ')'"
        ],
    );
    refused(
        r#"[[flows]]
name = "a"
reason = { message = "why?" }"#,
        expect![
            "3:22: flows[0].reason.message: a message without a pattern is never shown; add `pattern`, or take `message` away"
        ],
    );
}

#[test]
fn a_mail_address_that_is_none() {
    refused(
        r#"[[users]]
email = "ada"
[[users]]
email = "bot:ci"
[[directory.groups]]
name = "g"
members = ["bo@acme.test", "cy at acme", "Bo@acme.test"]"#,
        expect![[r#"
            2:9: users[0].email: `ada` is not a mail address; write one like `ada@acme.test`
            4:9: users[1].email: `bot:ci` is a bot, not a person; bots come with the tokens that are made for them
            7:28: directory.groups[0].members[1]: `cy at acme` is not a mail address; write one like `ada@acme.test`
            7:42: directory.groups[0].members[2]: `Bo@acme.test` is there already, as directory.groups[0].members[0]; take one of the two away"#]],
    );
}

#[test]
fn a_channel_and_a_shift_that_are_none() {
    refused(
        r#"[[directory.channels]]
name = "ops"
[[directory.schedules]]
name = "primary"
shifts = [{ user = "dee@acme.test", from = 2030-01-02T00:00:00Z, until = 2030-01-01T00:00:00Z },
  { user = "dee@acme.test", from = "tomorrow" }]"#,
        expect![[r#"
            2:8: directory.channels[0].name: the name of a channel starts with a `#`, not as in `ops`; write `#ops`
            5:74: directory.schedules[0].shifts[0].until: the shift ends before it starts; make `until` later than `from`
            6:36: directory.schedules[0].shifts[1].from: `tomorrow` is not a time: write an RFC 3339 time with its offset, as in `2030-01-31T09:00:00Z`"#]],
    );
}

#[test]
fn an_identity_of_no_integration_or_of_two_people() {
    refused(
        r#"[[users]]
email = "a@acme.test"
identities = [{ type = "slack", external_id = "T1", value = "U1" }, { type = "okta", external_id = "acme.okta.tst", value = "1" }, { type = "okta", external_id = "acme.okta.test", value = "1" }]
[[users]]
email = "b@acme.test"
identities = [{ type = "okta", external_id = "acme.okta.test", value = "1" }]"#,
        expect![[r#"
            3:24: users[0].identities[0].type: there is no integration of type `slack`; known: `okta`
            3:100: users[0].identities[1].external_id: there is no integration of type `okta` whose `external_id` is `acme.okta.tst`; did you mean `acme.okta.test`?
            6:15: users[1].identities[0]: `1` of okta `acme.okta.test` is somebody else already, by users[0].identities[2]; an identity is one person's: take it away from one of the two"#]],
    );
}

#[test]
fn a_secret_in_the_document() {
    refused(
        r#"[[integrations]]
name = "slack"
type = "slack"
external_id = "T1"
settings = { bot_token = "abc", nested = { keys = ["abc"] }, region = "eu", url = "xoxb-1" }
[[flows]]
name = "a"
vars = { x = "ghp_abc", key = "harmless" }
[secrets]
inline = "abc""#,
        expect![[r#"
            5:26: integrations[1].settings.bot_token: `bot_token` is a secret, and settings hold none; keep it elsewhere and write `{ env = "NAME" }`, `{ file = "path" }` or, on AWS, `{ arn = "arn:.." }`
            5:52: integrations[1].settings.nested.keys[0]: `keys` is a secret, and settings hold none; keep it elsewhere and write `{ env = "NAME" }`, `{ file = "path" }` or, on AWS, `{ arn = "arn:.." }`
            5:83: integrations[1].settings.url: this looks like a secret; keep it elsewhere and write `{ env = "NAME" }`, `{ file = "path" }` or, on AWS, `{ arn = "arn:.." }`
            8:14: flows[0].vars.x: this looks like a secret; keep it elsewhere and write `{ env = "NAME" }`, `{ file = "path" }` or, on AWS, `{ arn = "arn:.." }`
            10:10: secrets.inline: expected `{ env = ".." }` or `{ file = ".." }` or `{ arn = ".." }`"#]],
    );
}

#[test]
fn an_environment_of_no_time_zone_or_domain() {
    let text = r#"[environment]
name = "local"
org = "acme"
time_zone = "Europe/Berln"
domains = ["Acme.test"]"#;
    let errors = Settings::parse(text, Format::Toml, "settings.toml").unwrap_err();
    expect![[r#"
        settings.toml:4:13: environment.time_zone: there is no time zone `Europe/Berln`; did you mean `Europe/Berlin`?
        settings.toml:5:12: environment.domains[0]: `Acme.test` is not a mail domain in lowercase; write what follows the `@`, as in `acme.test`"#]].assert_eq(&errors.to_string());
}

#[test]
fn a_document_without_an_environment() {
    refused_json(
        "{}",
        expect!["settings.json:1:1: `environment` is missing; add it: the environment itself"],
    );
    refused_json("[]", expect!["settings.json:1:1: expected a table, not a list"]);
}

#[test]
fn wrong_syntax_stops_with_its_place() {
    let errors = Settings::parse("[environment\nname = \n", Format::Toml, "settings.toml");
    expect!["settings.toml:1:13: unclosed table, expected `]`"]
        .assert_eq(&errors.unwrap_err().to_string());
    let twice = Settings::parse("a = 1\na = 2\n", Format::Toml, "settings.toml");
    expect!["settings.toml:2:1: duplicate key"].assert_eq(&twice.unwrap_err().to_string());
    refused_json(
        r#"{
  "environment": { "name": "local", }
}"#,
        expect!["settings.json:2:37: key must be a string"],
    );
    refused_json(
        r#"{
  "users": [],
  "users": []
}"#,
        expect!["settings.json:3:3: the key `users` is written twice"],
    );
    refused_json("", expect!["settings.json:1:1: EOF while parsing a value"]);
}

#[test]
fn several_mistakes_of_every_sort_at_once_in_the_order_of_the_document() {
    refused_json(
        r#"{
  "environment": { "name": "Local", "org": "acme" },
  "targets": [{ "name": "prod-database" }, { "kind": 3 }],
  "flows": [
    { "name": "a", "targets": ["prod-databse", null], "colour": "é", "fail": "x" },
    { "name": "a", "max_duration": "1y" }
  ]
}"#,
        expect![[r#"
            settings.json:2:28: environment.name: `Local` is not a name: write 1 to 64 lowercase letters, digits, `-` or `_`, a letter first; perhaps `local`
            settings.json:3:44: targets[1]: `name` is missing; add it: its name, as people and the API use it
            settings.json:3:54: targets[1].kind: expected text, not a number; put it in quotes
            settings.json:5:32: flows[0].targets[0]: there is no target `prod-databse`; did you mean `prod-database`?
            settings.json:5:48: flows[0].targets[1]: expected text, not `null`
            settings.json:5:55: flows[0].colour: there is no setting `colour` here; known: `admins_may_decide`, `allow_guest_interaction`, `allow_revoke`, `allowed_sources`, `durations`, `fail`, `include_decision_message`, `max_duration` and 6 more
            settings.json:5:78: flows[0].fail: `x` is not possible here; known: `ask`, `deny`
            settings.json:6:15: flows[1].name: `a` is there already, as flows[0].name; give one of the two another name
            settings.json:6:36: flows[1].max_duration: `1y` is not a duration: write a number and `s`, `m`, `h`, `d` or `mo`, as in `90s`, `30m`, `1h30m` or `2d`; at most 10 years"#]],
    );
}

#[test]
fn a_way_to_sign_in_that_would_not_be_safe() {
    let sign_in = |issuer: &str, url: &str, more: &str| {
        format!("[sign_in]\nissuer = \"{issuer}\"\nclient_id = \"pages\"\nurl = \"{url}\"\n{more}")
    };
    refused(
        &sign_in("http://login.acme.test", "http://access.acme.test", "lasts = \"for ever\""),
        expect![[r#"
            2:10: sign_in.issuer: the OIDC issuer `http://login.acme.test` begins not with `https://`; plain HTTP is for this machine only; write `iss` as it stands in the provider's tokens
            4:7: sign_in.url: `http://access.acme.test` is no address of pages: write one like `https://access.acme.com`; plain HTTP is for this machine only
            5:9: sign_in.lasts: `for ever` is not a duration: write a number and `s`, `m`, `h`, `d` or `mo`, as in `90s`, `30m`, `1h30m` or `2d`; at most 10 years"#]],
    );
    for url in
        ["https://acme.test/access", "https://acme.test/?x", "https://a:b@acme.test", "acme.test"]
    {
        let text = sign_in("https://login.acme.test", url, "");
        let errors = Settings::parse(&text, Format::Toml, "settings.toml").unwrap_err().to_string();
        assert!(errors.contains("is no address of pages"), "{url}: {errors}");
    }
    let text =
        sign_in("https://login.acme.test", "https://acme.test", "client_secret = \"s3cret\"");
    let errors = Settings::parse(&text, Format::Toml, "settings.toml").unwrap_err().to_string();
    assert!(errors.contains("sign_in.client_secret") && !errors.contains("s3cret"), "{errors}");
}
