//! How soon Slack is answered while every flow's hook waits ten seconds for another system.
//!
//! `cargo bench -p countersign-functions --bench slack`

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a benchmark that cannot go on panics"
)]

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use countersign::desk::{Caller, Filter};
use countersign::model::{Source, Status, User, UserId};
use countersign_functions::app::App;
use countersign_functions::local::{Local, router};
use countersign_functions::settings::{Format, Settings};
use countersign_vendors::slack::{Message, Workspace};
use serde_json::json;

/// So many people act, one after the other, so that as many hooks wait at the same time.
const PEOPLE: usize = 200;

mod slow {
    //! Waits for PagerDuty.
    use countersign::prelude::*;

    flow!("slow", Access);

    #[reducer]
    fn get_approver() -> Approvers {
        okta::group("security")
    }

    #[hook]
    async fn on_request(event: &Event) -> Option<Decision> {
        if event.reason() == "wait" {
            tokio::time::sleep(std::time::Duration::from_secs(10)).await;
        }
        None
    }

    #[hook]
    async fn on_approval() -> Option<Objection> {
        tokio::time::sleep(std::time::Duration::from_secs(10)).await;
        None
    }
}

const APP: App = App { flows: &[&slow::FLOW], strategies: &[], name: "bench", version: "1" };

fn settings(workspace: &Workspace, folder: &std::path::Path) -> Settings {
    std::fs::write(folder.join("bot"), workspace.bot_token()).unwrap();
    std::fs::write(folder.join("signing"), workspace.signing_secret()).unwrap();
    let text = json!({
        "environment": { "name": "bench", "org": "acme", "domains": ["acme.test"] },
        "integrations": [{
            "name": "slack",
            "type": "slack",
            "external_id": workspace.team(),
            "settings": {
                "url": workspace.url(),
                "bot_token": { "file": folder.join("bot") },
                "signing_secret": { "file": folder.join("signing") },
            },
        }],
        "strategies": [{ "name": "groups", "type": "directory_group" }],
        "targets": [
            { "name": "orders", "strategy": "groups" },
            { "name": "bills", "strategy": "groups" },
        ],
        "flows": [{ "name": "slow", "targets": ["orders", "bills"] }],
        "directory": { "groups": [{ "name": "security", "members": ["bo@acme.test"] }] },
    });
    Settings::parse(&text.to_string(), Format::Json, "settings.json").unwrap()
}

fn card(channel: &str, run: &str) -> Message {
    let button = json!({
        "type": "button",
        "text": { "type": "plain_text", "text": "Approve" },
        "action_id": "cs_approve",
        "value": run,
    });
    Message {
        channel: channel.to_owned(),
        ts: "1.000001".to_owned(),
        user: "U0BOT00001".to_owned(),
        text: "a request".to_owned(),
        blocks: vec![json!({ "type": "actions", "elements": [button] })],
        thread: None,
        metadata: None,
        edits: 0,
    }
}

fn told(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |part: usize| times[(times.len() - 1) * part / 100].as_secs_f64() * 1_000.0;
    println!("{what}: p50 {:.1} ms, p99 {:.1} ms, most {:.1} ms", at(50), at(99), at(100));
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(measure());
    // Hooks still wait, and would be surprised.
    std::process::exit(0);
}

async fn measure() {
    let workspace = Workspace::open().await;
    // Nothing here is about Slack's limits.
    workspace.with_second(Duration::from_micros(1));
    let folder = tempfile::tempdir().unwrap();
    let local = Local::start(&APP, settings(&workspace, folder.path()), folder.path()).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = router(&local, address).into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
    workspace.sends_to(&format!("http://{address}"));
    let bo = workspace.person("bo@acme.test");
    let people: Vec<_> =
        (0..PEOPLE).map(|number| workspace.person(&format!("p{number}@acme.test"))).collect();

    for person in &people {
        workspace.someone(person).types("/access slow bills 1h now").await;
    }
    let filter = Filter { status: Some(Status::Pending), limit: Some(200), ..Filter::default() };
    let user = User::new(UserId::parse("bo@acme.test").unwrap());
    let caller = Caller::local(user, Source::Web);
    let pending = loop {
        let runs = local.desk.runs(&caller, &filter).await.unwrap().items;
        if runs.len() == PEOPLE {
            break runs;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };

    let mut times = Vec::new();
    for person in &people {
        let begun = Instant::now();
        workspace.someone(person).types("/access slow orders 1h wait").await;
        times.push(begun.elapsed());
    }
    told("a request in a line", times);

    let channel = workspace.direct(&bo).id().to_owned();
    let mut times = Vec::new();
    for run in &pending {
        let card = card(&channel, run.id.as_str());
        let begun = Instant::now();
        workspace.someone(&bo).clicks_in(&card, "Approve").await;
        times.push(begun.elapsed());
    }
    told("an approval", times);
    local.stop().await;
}
