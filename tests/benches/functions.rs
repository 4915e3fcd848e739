//! How soon a function is ready, what memory it holds, and how soon the API acknowledges a command: the
//! program as it is packed for Lambda, behind a Runtime API of our own, with the tables on an
//! emulator on this machine.
//!
//! `cargo xtask package`, then `cargo bench -p countersign-tests --bench functions`. It prints and does
//! not judge.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a measurement that cannot go on panics"
)]

#[path = "../tests/dynamodb/place.rs"]
#[allow(dead_code, reason = "the tests of the store use more of it")]
mod place;

use std::path::{Path, PathBuf};

use countersign_tests::between::Between;
use countersign_tests::issuer::Issuer;
use countersign_tests::runtime_api::Runtime;
use countersign_tests::{simple, table};
use place::Place;
use serde_json::{Value, json};

const ROLES: [&str; 5] = ["api", "form", "worker", "timer", "sweep"];

const API_GATEWAY: &str = include_str!("../fixtures/api_gateway_v2.json");

/// The flow that the program has, instead of the one of the simplest deployment.
const FLOW: (&str, &str) = (
    "flow#infra_access",
    r#"{"name": "infra_access", "targets": ["orders"], "max_duration": "8h"}"#,
);

#[tokio::main]
async fn main() {
    let Some(program) = program() else { return };
    let Some(place) = Place::find().await else { return };
    let Some(endpoint) = place.endpoint.clone() else {
        return println!("skipped: on AWS itself nothing is measured");
    };
    let settings = simple::SETTINGS.map(|it| if it.0.starts_with("flow#") { FLOW } else { it });
    simple::put(&place.store(), "settings", &settings).await.unwrap();
    let store = Between::start(endpoint.trim_start_matches("http://").parse().unwrap()).unwrap();
    let bench = Bench {
        issuer: Issuer::start().unwrap(),
        folder: tempfile::tempdir().unwrap(),
        program,
        place,
        store,
    };
    table::print_load();
    tokio::task::spawn_blocking(move || bench.run()).await.unwrap();
}

struct Bench {
    program: PathBuf,
    place: Place,
    issuer: Issuer,
    store: Between,
    folder: tempfile::TempDir,
}

impl Bench {
    fn run(&self) {
        let mut most = 0;
        for role in ROLES {
            most = most.max(self.starts(role));
        }
        table::goal("memory, the most", most as f64 / f64::from(1 << 20), 40.0, "MiB");
        self.acknowledges();
    }

    /// From the start of the process to its first poll. Returns the most memory that one held.
    fn starts(&self, role: &str) -> u64 {
        let (mut times, mut memory) = (Vec::new(), 0);
        for _ in 0..if table::is_quick() { 1 } else { 20 } {
            let function = self.start(role);
            times.push(function.ready);
            memory = memory.max(function.resident().unwrap_or_default());
        }
        let (median, _) = table::report(&format!("{role}: until it polls"), &mut times);
        table::goal(&format!("{role}: until it polls, p50"), table::millis(median), 25.0, "ms");
        memory
    }

    /// A command that is recorded and answered, with and without the store's time.
    fn acknowledges(&self) {
        let mut api = self.start("api");
        let (mut whole, mut own, mut calls) = (Vec::new(), Vec::new(), Vec::new());
        for number in 0..if table::is_quick() { 3 } else { 500 } {
            let request = self.request();
            let _ = self.store.take();
            let answered = api.invoke(&request).unwrap();
            let (busy, requests) = self.store.take();
            let answer = answered.answer.unwrap();
            assert_eq!(answer["statusCode"], 202, "{answer}");
            // The first ones read the settings, and open connections.
            if number >= if table::is_quick() { 0 } else { 20 } {
                whole.push(answered.took);
                own.push(answered.took.saturating_sub(busy));
                calls.push(requests);
            }
        }
        calls.sort_unstable();
        println!("  {} calls of the store for one command", calls[calls.len() / 2]);
        table::report("a command is acknowledged", &mut whole);
        let (_, slow) = table::report("the same, without the store's time", &mut own);
        table::goal("the same, p99", table::millis(slow), 5.0, "ms");
        let memory = api.resident().unwrap_or_default() as f64 / f64::from(1 << 20);
        table::goal("memory after that", memory, 40.0, "MiB");
    }

    fn start(&self, role: &str) -> Runtime {
        let tables = &self.place.tables;
        let mut env = simple::variables(role, [&tables.core, &tables.audit], self.issuer.url());
        env.push(("AWS_ENDPOINT_URL", self.store.endpoint()));
        Runtime::start(&self.program, &env, &self.folder.path().join("log")).unwrap()
    }

    fn request(&self) -> Value {
        let wish = json!({
            "flow": "infra_access", "target": "orders", "duration": "1h", "reason": "INC-42",
        });
        let mut event: Value = serde_json::from_str(API_GATEWAY).unwrap();
        event["rawPath"] = json!("/v1/runs");
        event["requestContext"]["http"]["path"] = json!("/v1/runs");
        event["requestContext"]["http"]["method"] = json!("POST");
        let token = self.issuer.token("ada@acme.test");
        event["headers"]["authorization"] = json!(format!("Bearer {token}"));
        event["body"] = json!(wish.to_string());
        event
    }
}

/// The program in the zip, or the one that `COUNTERSIGN_BOOTSTRAP` names.
fn program() -> Option<PathBuf> {
    let given = std::env::var_os("COUNTERSIGN_BOOTSTRAP").map(PathBuf::from);
    let program = given.unwrap_or_else(|| {
        let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" };
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        target.join(format!("functions/infra-access-{architecture}-lambda/bootstrap"))
    });
    if !program.is_file() {
        println!("skipped: there is no {}; `cargo xtask package` makes it", program.display());
        return None;
    }
    Some(program)
}
