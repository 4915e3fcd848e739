//! The story that everybody does, over HTTP with the real server: asked for, approved, active,
//! ended, closed; beside what the disk costs in the same minute.
//!
//! `cargo bench -p countersign-tests --bench story`. It prints and does not judge.
//! `STORE_BENCH_DIR` says on which disk.

#![allow(clippy::unwrap_used, reason = "a measurement that cannot go on panics")]

use std::time::{Duration, Instant};

use countersign_tests::http::{Answer, Call, Client};
use countersign_tests::server::{Server, example_settings, shipped};
use countersign_tests::table;
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let rounds = if table::is_quick() { 3 } else { 500 };
    let folder = table::folder().unwrap();
    let data = folder.path().join("data");
    let (binary, settings) = (shipped().unwrap(), example_settings());
    let server = Server::start(&binary, &data, &settings, &folder.path().join("log")).unwrap();
    let mut client = Client::new(server.address);
    let mut steps: [Vec<Duration>; 3] = Default::default();
    let (mut whole, mut disk) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        disk.extend(table::disk(folder.path(), 3).unwrap());
        let took = story(&mut client).await;
        // The first ones warm up.
        if round >= rounds / 10 {
            whole.push(took.iter().sum());
            for (times, took) in steps.iter_mut().zip(took) {
                times.push(took);
            }
        }
    }
    println!("a story over HTTP");
    table::print_load();
    let (bare, _) = table::report("4 KiB and fdatasync, in the same minute", &mut disk);
    for (what, times) in
        ["request: pending", "approve: active", "revoke: closed"].into_iter().zip(&mut steps)
    {
        table::report(what, times);
    }
    let (median, _) = table::report("the story", &mut whole);
    table::goal("the story, p50", table::millis(median), 5.0, "ms");
    println!("  {:<44} {:9.1}", "in times of fdatasync", median.as_secs_f64() / bare.as_secs_f64());
}

/// Each step waits until the run rests.
async fn story(client: &mut Client) -> [Duration; 3] {
    let body = json!({
        "flow": "infra_access", "target": "prod-database", "duration": "1h", "reason": "INC-42",
    });
    let (asked, first) = step(client, "/v1/runs", "ada@acme.test", &body, "pending").await;
    let (id, nothing) = (asked.text("id"), json!({}));
    let path = format!("/v1/runs/{id}/approve");
    let (_, second) = step(client, &path, "ops@acme.test", &nothing, "active").await;
    let path = format!("/v1/runs/{id}/revoke");
    let (_, third) = step(client, &path, "ada@acme.test", &nothing, "closed").await;
    [first, second, third]
}

async fn step(
    client: &mut Client,
    path: &str,
    user: &str,
    body: &serde_json::Value,
    status: &str,
) -> (Answer, Duration) {
    let began = Instant::now();
    let answer = client.send(&Call::post(path, user, body).wait(10)).await.unwrap();
    let took = began.elapsed();
    assert_eq!(answer.text("status"), status, "{}", answer.body);
    (answer, took)
}
