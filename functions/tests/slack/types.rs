//! Everything that is shown in Slack, held against Slack's own types, and requests that Slack's own
//! library signed.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::Command;

use countersign::model::Status;
use countersign_functions::slack::manifest::{Reached, manifest};
use countersign_vendors::slack::Ended;

use crate::rig::Office;

/// What the rig installed, or a line that says that it did not.
fn rig(variable: &str) -> Option<PathBuf> {
    let found = std::env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
    if found.is_none() {
        println!("skipped: {variable} is not set; `cargo xtask rig` installs what it names");
    }
    found
}

/// People see everything that there is to see.
async fn told() -> Office {
    let office = Office::open().await;
    let (ada, bo) = (office.ada(), office.bo());
    ada.types("/access").await;
    ada.sees_modal("What do you need?").await;
    ada.chooses("What do you need?", "Access").await;
    ada.sees_modal("Who will be asked").await;
    ada.fills("Access to", "Orders").await;
    ada.fills("Ticket", "none").await;
    ada.fills("Reason", "INC-42").await;
    ada.fills("Watched by", &office.bo).await;
    assert!(matches!(ada.submits().await, Ended::Wrong(_)));
    ada.fills("Region", "us").await;
    ada.sees_modal("Ticket of the US team").await;
    ada.fills("Ticket of the US team", "OPS-1").await;
    assert_eq!(ada.submits().await, Ended::Goes);
    ada.sees_modal("You asked for Orders").await;
    ada.types("/access nothing").await;
    ada.sees_modal("There is no flow").await;
    ada.types("/access access oders 1h").await;
    ada.sees_modal("Not sent yet").await;
    ada.types("/access broken").await;
    ada.sees_modal("*Access to* Orders").await;
    let run = office.runs_of("ada@acme.test").await[0].id.clone();
    bo.opens_home().await;
    bo.sees_home("asks for *Orders*").await;
    bo.clicks_at_home("Deny").await;
    bo.sees_modal("Why not?").await;
    bo.clicks_at_home("Approve").await;
    office.comes_to(&run, Status::Active).await;
    bo.sees_home("Nothing waits for you.").await;
    ada.opens_home().await;
    ada.sees_home("*Orders* until").await;
    ada.clicks_at_home("Extend").await;
    ada.sees_modal("You hold *Orders*").await;
    assert_eq!(ada.submits().await, Ended::Goes);
    ada.types("/access mine").await;
    ada.is_told("*Orders* until").await;
    office
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_see_is_of_the_types_that_slack_publishes() {
    let Some(folder) = rig("COUNTERSIGN_SLACK_TYPES") else { return };
    let office = told().await;
    let (views, messages) = office.workspace.shown();
    assert!(views.len() > 10 && messages.len() > 2, "{} {}", views.len(), messages.len());
    let mut text = "import type { HomeView, KnownBlock, ModalView } from '@slack/types';\n\
        import type { Manifest } from '@slack/web-api/dist/types/request/manifest.js';\n"
        .to_owned();
    for (number, view) in views.iter().enumerate() {
        let kind = if view["type"] == "home" { "HomeView" } else { "ModalView" };
        writeln!(text, "export const view{number}: {kind} = {view};").unwrap();
    }
    for (number, blocks) in messages.iter().enumerate() {
        writeln!(text, "export const message{number}: KnownBlock[] = {blocks};").unwrap();
    }
    let reached = [Reached::Url("https://access.acme.test".to_owned()), Reached::Socket];
    for (number, reached) in reached.iter().enumerate() {
        let manifest = manifest("Countersign", "/access", reached);
        writeln!(text, "export const manifest{number}: Manifest = {manifest};").unwrap();
    }
    let checked = check(&folder, &text);
    assert!(checked.is_ok(), "{}\n{text}", checked.unwrap_err());
    let wrong = "import type { ModalView } from '@slack/types';\n\
        export const view: ModalView = { type: 'modal', blocks: [] };\n";
    assert!(check(&folder, wrong).is_err(), "the compiler finds what is wrong");
}

/// Whether TypeScript takes it.
fn check(folder: &std::path::Path, text: &str) -> Result<(), String> {
    // Packages are looked for above the file.
    let place = tempfile::tempdir_in(folder).unwrap();
    let file = place.path().join("shown.ts");
    std::fs::write(&file, text).unwrap();
    let compiler = folder.join("node_modules/.bin/tsc");
    let options = [
        "--noEmit",
        "--strict",
        "--skipLibCheck",
        "--module",
        "preserve",
        "--moduleResolution",
        "bundler",
    ];
    let checked = Command::new(compiler).args(options).arg(&file).output().unwrap();
    let said = String::from_utf8_lossy(&checked.stdout).into_owned();
    if checked.status.success() { Ok(()) } else { Err(said) }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_slack_s_own_library_signs_is_believed() {
    let Some(python) = rig("COUNTERSIGN_SLACK_SDK") else { return };
    let script = "import sys, time\n\
        from slack_sdk.signature import SignatureVerifier\n\
        body = sys.argv[2]; now = str(int(time.time()))\n\
        print(now); print(SignatureVerifier(sys.argv[1]).generate_signature(timestamp=now, body=body))";
    let office = Office::open().await;
    let body = format!(
        "team_id={}&user_id={}&command=%2Faccess&text=help+%C3%A4&trigger_id=1.2",
        office.workspace.team(),
        office.ada
    );
    for (secret, expected) in
        [(office.workspace.signing_secret(), 200), ("another".to_owned(), 401)]
    {
        let signed = Command::new(&python).args(["-c", script, &secret, &body]).output().unwrap();
        assert!(signed.status.success(), "{}", String::from_utf8_lossy(&signed.stderr));
        let signed = String::from_utf8(signed.stdout).unwrap();
        let (time, signature) = signed.trim().split_once('\n').unwrap();
        let status = office.workspace.sends_signed("/slack/commands", &body, time, signature).await;
        assert_eq!(status, expected);
    }
}
