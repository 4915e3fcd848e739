//! The command line, as people and programs use it: the real binary against a real server.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that goes wrong ends so, in its helpers too"
)]

mod audit;
mod policies;
mod program;

use std::process::Stdio;

use program::{Ended, SETTINGS, Server, program, run};

const ASK: [&str; 5] = ["request", "infra_access", "prod-database", "--reason", "INC-42"];

fn ask(more: &[&'static str]) -> Vec<&'static str> {
    ASK.iter().chain(more).copied().collect()
}

#[test]
fn whoever_waits_hears_of_the_approval() {
    let server = Server::start();
    let mut waiting = server.command("ada", &ask(&["--wait=60"]));
    let waiting = waiting.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let pending = ["runs", "--status", "pending", "--json"];
    let run = loop {
        let runs = server.run("ops", &pending).with(0).json();
        if let Some(id) = runs["items"][0]["id"].as_str() {
            break id.to_owned();
        }
    };
    let approved = server.run("ops", &["approve", &run, "-m", "go ahead"]).with(0);
    assert!(approved.out.starts_with("GRANTED Production database"), "{approved:?}");
    let output = waiting.wait_with_output().unwrap();
    let (out, err) = (String::from_utf8(output.stdout), String::from_utf8(output.stderr));
    let (out, err) = (out.unwrap(), err.unwrap());
    assert_eq!(output.status.code(), Some(0), "{out}{err}");
    assert!(out.starts_with("GRANTED Production database, 30m\n"), "{out}");
    assert!(err.contains("Waiting for 1 of 1 in Slack #ops: ops@acme.test"), "{err}");

    let grants = server.run("root", &["grants"]).with(0);
    assert!(grants.out.contains("prod-database") && grants.out.contains("min)"), "{grants:?}");
    let story = server.run("ada", &["runs", &run]).with(0).out;
    assert!(story.contains("who is in Slack #ops, approved: go ahead"), "{story}");
    assert!(story.contains("get_approver"), "{story}");
    let waited = server.run("ada", &["runs", &run, "--wait=5", "--json"]).with(0);
    assert_eq!(waited.json()["status"], "active");
    let ended = server.run("ada", &["revoke", &run]).with(0);
    assert!(ended.out.starts_with("ENDED"), "{ended:?}");
    server.run("ada", &["runs", &run, "--wait"]).with(5);
}

#[test]
fn the_exit_code_tells_refused_pending_and_usage_apart() {
    let server = Server::start();
    let run = server.ask("ada");
    let own = server.run("ada", &["approve", &run]).with(3);
    assert_eq!((own.out.as_str(), own.err.contains("self_approval")), ("", true));
    server.run("ada", &["runs", &run, "--wait=0"]).with(4);
    let twice = server.run("ada", &ask(&[])).with(3);
    assert!(twice.err.starts_with("duplicate: "), "{twice:?}");
    let denied = server.run("ops", &["deny", &run, "--message", "use staging"]).with(0);
    assert!(denied.out.starts_with("DENIED"), "{denied:?}");
    server.run("ada", &["runs", &run, "--wait"]).with(3);
    server.run("eve", &ask(&[])).with(3);
    let run = server.ask("ada");
    server.run("ada", &["cancel", &run]).with(0);
    server.run("ada", &["runs", &run, "--wait"]).with(5);

    let incomplete = server.run("ada", &["request", "infra_access"]).with(2);
    let expected = "target: it is missing; one of: s3-customer-data, prod-database, staging-admin, \
                    ci-deploy\nreason: it is missing; say what the access is for\n";
    assert_eq!(incomplete.err, expected);
    server.run("ada", &["request"]).with(2);
    server.run("ada", &ask(&["--duration", "soon"])).with(2);
    server.run("nobody", &["approve", "01KXW3M5V2JQ8D0N6T4R7Y9ABC"]).with(3);
}

#[test]
fn a_server_that_is_not_there_is_an_error_that_says_what_to_do() {
    let arguments = ["runs", "--url", "http://127.0.0.1:1", "--as", "ada@acme.test"];
    let ended = run(&arguments).with(1);
    let expected = "no server answers at http://127.0.0.1:1: start one with `dev`, or name another \
                    with --url\n";
    assert_eq!((ended.out.as_str(), ended.err.as_str()), ("", expected));
    let nobody = run(&["runs"]).with(2);
    assert!(nobody.err.contains("--as EMAIL"), "{nobody:?}");
}

#[test]
fn a_dry_run_says_who_would_be_asked_and_sends_nothing() {
    let server = Server::start();
    let plan = server.run("ada", &ask(&["--duration", "1h", "--dry-run"])).with(0);
    let first = "WILL ASK ops@acme.test (Slack #ops) for prod-database, 1h\n";
    assert!(plan.out.starts_with(first), "{plan:?}");
    let on_call = server.run("dee", &ask(&["--dry-run"])).with(0);
    assert!(on_call.out.starts_with("WILL GRANT prod-database\n"), "{on_call:?}");
    let refused = ["preview", "infra_access", "prod-database", "--reason", "x", "--json"];
    let refused = server.run("eve", &refused).with(3);
    assert_eq!(refused.json()["would"], "denied");
    assert_eq!(server.run("root", &["runs"]).with(0).out, "no runs\n");
}

#[test]
fn json_is_what_the_api_answers_and_nothing_else() {
    let server = Server::start();
    let run = server.ask("ada");
    let problem = server.run("ada", &["approve", &run, "--json"]).with(3).json();
    assert_eq!((&problem["code"], &problem["status"]), (&"self_approval".into(), &403.into()));
    let shown = server.run("ada", &["runs", &run, "--json"]).with(0).json();
    assert_eq!(shown["waiting_for"][0], "ops@acme.test");
    let lines = server.run("ada", &["runs", &run, "--events", "--all", "--limit=1", "--json"]);
    let lines = lines.with(0).out;
    let seqs = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let seqs: Vec<_> = seqs.map(|entry| entry["seq"].as_u64().unwrap()).collect();
    assert!(seqs.len() >= 3 && seqs.iter().copied().eq(1..=seqs.len() as u64), "{lines}");
    let users = server.run("ada", &["users", "--json"]).with(0).json();
    assert_eq!(users["items"][0]["username"], "ada@acme.test");
}

#[test]
fn what_somebody_wrote_commands_no_terminal() {
    let server = Server::start();
    let (_, story) = (server.ask("ada"), server.run("ada", &["runs"]));
    assert!(!story.out.contains('\x1b'), "no colours in a pipe: {story:?}");
    let hidden = ["preview", "infra_access", "prod-database\x1b[2J", "--reason", "x"];
    let ended = server.run("ada", &hidden).with(2);
    assert!(!ended.err.contains('\x1b') && !ended.out.contains('\x1b'), "{ended:?}");
}

#[test]
fn a_token_is_shown_once_and_asks_but_never_decides() {
    let server = Server::start();
    let create = ["tokens", "create", "ci", "--scope", "request", "--scope", "read"];
    server.run("ada", &create).with(3);
    let token = server.run("root", &create).with(0).out.trim().to_owned();
    assert!(token.starts_with("csn_") && !token.contains(char::is_whitespace), "{token}");
    let bot = |arguments: &[&str]| {
        let mut command = program(arguments);
        Ended::of(command.args(["--url", server.url()]).env("COUNTERSIGN_TOKEN", &token))
    };
    let asked = bot(&["request", "infra_access", "ci-deploy", "--reason", "v7", "--json"]);
    let run = asked.with(4).json()["id"].as_str().unwrap().to_owned();
    bot(&["approve", &run]).with(3);
    let list = server.run("root", &["tokens", "list", "--json"]).with(0);
    assert!(!list.out.contains(&token), "{list:?}");
    let id = list.json()["items"][0]["id"].as_str().unwrap().to_owned();
    let revoked = server.run("root", &["tokens", "revoke", &id]).with(0);
    assert!(revoked.out.contains("revoked"), "{revoked:?}");
    bot(&["runs"]).with(3);
}

#[test]
fn identities_go_out_and_come_in_with_a_preview_and_without_surprises() {
    let server = Server::start();
    for user in ["ada", "bo"] {
        server.run(user, &["request", "infra_access", "ci-deploy", "--reason", "r"]);
        let mail = format!("{user}@acme.test");
        let slack = format!("slack:T0ACME=U0{}", user.to_uppercase());
        server.run("root", &["users", "set", &mail, "--identity", &slack]).with(0);
    }
    let table = server.run("root", &["identities", "export"]).with(0).out;
    assert!(table.starts_with("user,slack:T0ACME\nada@acme.test,U0ADA\n"), "{table}");

    let file = server.data().join("identities.csv");
    let path = file.to_str().unwrap();
    let import = |more: &[&'static str]| {
        let arguments: Vec<_> =
            ["identities", "import", path].into_iter().chain(more.iter().copied()).collect();
        server.run("root", &arguments)
    };
    std::fs::write(&file, table).unwrap();
    assert_eq!(import(&[]).with(0).out, "nothing changes\n");

    std::fs::write(
        &file,
        "user,slack:T0ACME,okta:acme.okta.test\nada@acme.test,U0BO,00u1\nbo@acme.test,,\n",
    )
    .unwrap();
    let preview = import(&[]).with(0).out;
    assert!(preview.contains("~ ada@acme.test slack:T0ACME U0ADA -> U0BO"), "{preview}");
    assert!(preview.contains("- bo@acme.test slack:T0ACME U0BO"), "{preview}");
    assert!(preview.contains("nobody had a name in okta:acme.okta.test so far"), "{preview}");
    assert!(preview.contains("add --apply --deletions 1"), "{preview}");
    let refused = import(&["--apply"]).with(2);
    assert!(refused.err.contains("nothing was changed"), "{refused:?}");
    let before = server.run("root", &["identities", "export"]).with(0).out;
    assert!(before.contains("bo@acme.test,U0BO"), "{before}");

    import(&["--apply", "--deletions", "1"]).with(0);
    let after = server.run("root", &["identities", "export"]).with(0).out;
    assert!(
        after.contains("user,okta:acme.okta.test,slack:T0ACME\nada@acme.test,00u1,U0BO\n"),
        "{after}"
    );
    assert!(after.contains("bo@acme.test,,\n"), "{after}");
    std::fs::write(&file, "user,slack:T0ACME\nada@acme.test,U1\n").unwrap();
    server.run("bo", &["identities", "import", path, "--apply"]).with(3);
}

#[test]
fn users_are_changed_and_keep_what_is_left_out() {
    let server = Server::start();
    server.run("ada", &["users", "set", "bo@acme.test", "--role", "admin"]).with(3);
    let slack = ["users", "set", "bo@acme.test", "--identity", "slack:T0ACME=U01BO"];
    server.run("root", &slack).with(0);
    let aws = ["users", "set", "bo@acme.test", "--name", "Boris", "--identity", "aws:1=bo"];
    let changed = server.run("root", &aws).with(0);
    assert!(changed.out.contains("Boris") && changed.out.contains("U01BO"), "{changed:?}");
    assert!(changed.out.contains("aws:1=bo"), "{changed:?}");
    server.run("root", &["users", "set", "bo@acme.test"]).with(2);
    server.run("root", &["users", "set", "bo@acme.test", "--deactivate"]).with(0);
    server.run("bo", &["runs"]).with(3);
}

#[test]
fn the_files_of_a_store_are_read_beside_a_running_server() {
    let server = Server::start();
    let run = server.ask("ada");
    let listed = server.offline(&["runs", "--json"]).with(0).json();
    assert_eq!(listed["items"][0]["id"], run.as_str());
    let shown = server.offline(&["runs", &run]).with(0).out;
    assert!(shown.contains("asked for Production database"), "{shown}");
    server.offline(&["grants"]).with(0);
    let users = server.offline(&["users", "--settings", SETTINGS]).with(0).out;
    assert!(users.contains("ada@acme.test"), "{users}");
    let second = ["dev", "--listen", "127.0.0.1:0", "--settings", SETTINGS];
    let second = server.offline(&second).with(1);
    assert!(second.err.contains("is in use by process"), "{second:?}");
}

#[test]
fn a_damaged_store_is_said_to_be_and_left_as_it_is() {
    let mut server = Server::start();
    server.stop();
    let database = server.data().join("countersign.sqlite");
    std::fs::write(&database, "no database at all").unwrap();
    for command in [&["runs"][..], &["audit", "verify"], &["dev", "--settings", SETTINGS]] {
        let ended = server.offline(command).with(1);
        assert!(ended.err.contains("is damaged"), "{ended:?}");
    }
    assert_eq!(std::fs::read_to_string(&database).unwrap(), "no database at all");
    let empty = tempfile::tempdir().unwrap();
    let ended = Ended::of(program(&["runs", "--data"]).arg(empty.path())).with(1);
    assert!(ended.err.contains("there is no store in"), "{ended:?}");
}

#[test]
fn check_names_every_mistake_with_its_line() {
    let good = run(&["check", "--settings", SETTINGS]).with(0);
    assert!(good.out.ends_with("fits infra-access: 1 flow, 4 targets, 7 users\n"), "{good:?}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("settings.toml");
    let settings = std::fs::read_to_string(SETTINGS).unwrap();
    let broken = settings
        .replace("name = \"infra_access\"", "name = \"infra_acces\"")
        .replace("fail = \"ask\"", "vars = { x = 1 }");
    std::fs::write(&path, &broken).unwrap();
    let line = broken.lines().position(|line| line.contains("infra_acces\"")).unwrap() + 1;
    let checked = Ended::of(program(&["check", "--settings"]).arg(&path)).with(1);
    assert!(checked.err.contains(&format!("settings.toml:{line}:")), "{checked:?}");
    assert!(checked.err.contains("did you mean `infra_access`"), "{checked:?}");
    let json = Ended::of(program(&["check", "--json", "--settings"]).arg(&path)).with(1).json();
    let errors = json["errors"].as_array().unwrap();
    assert!(errors.iter().any(|error| error["line"] == line), "{json}");
}

#[test]
fn the_manifest_depends_on_the_program_alone() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = Ended::of(program(&["manifest"]).current_dir(folder.path())).with(0).out;
    let mut manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    // What is in AWS is there if the program was built with its features.
    let is_plain = |name: &serde_json::Value| !name.as_str().unwrap().starts_with("aws");
    manifest["strategies"].as_array_mut().unwrap().retain(|it| is_plain(&it["type"]));
    manifest["integrations"].as_array_mut().unwrap().retain(is_plain);
    // What `infra-access manifest` prints, without those.
    let known: serde_json::Value = serde_json::from_str(include_str!("manifest.json")).unwrap();
    assert_eq!(manifest, known);
}

#[test]
fn every_command_has_an_example_in_its_help() {
    let help = run(&["--help"]).with(0).out;
    assert!(help.contains("Exit codes:"), "{help}");
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands: Vec<_> = commands
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    assert!(commands.len() >= 17, "{commands:?}");
    for command in commands {
        let help = run(&[command, "--help"]).with(0).out;
        assert!(help.contains("Example"), "`{command}` has no example: {help}");
    }
}
