//! How soon the server listens over a store of a hundred thousand runs, and what memory it holds.
//!
//! `cargo bench -p countersign-tests --bench start`. It prints and does not judge.

#![allow(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "a measurement that cannot go on panics"
)]

use std::sync::Arc;
use std::time::Duration;

use countersign::model::{Timestamp, UserId};
use countersign_functions::store::SqliteStore;
use countersign_tests::http::{Call, Client};
use countersign_tests::server::{Server, example_settings, shipped};
use countersign_tests::stock::{Stock, Until, fill, run_id};
use countersign_tests::table;

#[tokio::main]
async fn main() {
    let size = if table::is_quick() { 100 } else { 100_000 };
    let folder = table::folder().unwrap();
    let (data, log) = (folder.path().join("data"), folder.path().join("log"));
    stock(&data, size).await;
    println!("starting over {size} runs");
    table::print_load();
    let (binary, settings) = (shipped().unwrap(), example_settings());
    let (mut starts, mut memory) = (Vec::new(), Vec::new());
    for _ in 0..if table::is_quick() { 1 } else { 10 } {
        // Ended as by a crash, so that there is something to be read from the log.
        let server = Server::start(&binary, &data, &settings, &log).unwrap();
        starts.push(server.ready);
        let mut client = Client::new(server.address);
        for _ in 0..100 {
            let call = Call::get("/v1/runs?limit=50", "root@acme.test");
            assert_eq!(client.send(&call).await.unwrap().status, 200);
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        memory.extend(server.resident());
    }
    let (median, _) = table::report("until it listens", &mut starts);
    table::goal("until it listens, p50", table::millis(median), 200.0, "ms");
    let most = memory.into_iter().max().unwrap_or_default() as f64 / f64::from(1 << 20);
    table::goal("memory, the most", most, 60.0, "MiB");
}

/// Of each hundred runs, ninety are over, five are active and five wait for somebody. Of those
/// that are active, the end of some has come while no server ran.
async fn stock(data: &std::path::Path, size: u64) {
    let store = Arc::new(SqliteStore::open(data).unwrap());
    let (stock, now) = (Stock::new().unwrap(), Timestamp::now());
    let hour = jiff::SignedDuration::from_hours(1);
    let stories = (0..size).map(|number| {
        let (until, at) = match number % 100 {
            0..90 => (Until::Closed, now - hour * 30),
            90 if number % 500 == 90 => (Until::Active, now - hour),
            90..95 => (Until::Active, now),
            _ => (Until::Pending, now),
        };
        let who = UserId::parse(format!("p{number}@acme.test")).unwrap();
        stock.story(&run_id(number, at), &who, at, until).unwrap()
    });
    fill(&store, stories).await.unwrap();
}
