//! Lists over the API with ten, ten thousand and a million runs: they cost the same.
//!
//! `cargo bench -p countersign-tests --bench listing`. It prints and does not judge.
//! Of each run there is the state in which somebody holds access, which is in all lists.

#![allow(clippy::unwrap_used, reason = "a measurement that cannot go on panics")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use countersign::model::{Timestamp, UserId};
use countersign_functions::store::SqliteStore;
use countersign_tests::http::{Call, Client};
use countersign_tests::server::{Server, example_settings, shipped};
use countersign_tests::stock::{Stock, fill, run_id};
use countersign_tests::table;

const LISTS: [&str; 3] =
    ["/v1/runs?limit=10", "/v1/runs?requester=p7@acme.test&limit=10", "/v1/grants?limit=10"];

#[tokio::main]
async fn main() {
    let sizes: &[u64] = if table::is_quick() { &[10] } else { &[10, 10_000, 1_000_000] };
    let binary = shipped().unwrap();
    println!("a page of ten over HTTP");
    table::print_load();
    let mut base = [Duration::ZERO; 3];
    for size in sizes {
        for ((path, median), base) in LISTS.iter().zip(listing(&binary, *size).await).zip(&mut base)
        {
            if *size == 10 {
                *base = median;
            } else {
                let ratio = median.as_secs_f64() / base.as_secs_f64();
                table::goal(&format!("{path}, {size}, to that of 10"), ratio, 1.3, "times");
            }
        }
    }
}

/// The medians.
async fn listing(binary: &std::path::Path, size: u64) -> [Duration; 3] {
    let folder = table::folder().unwrap();
    let data = folder.path().join("data");
    stock(&data, size).await;
    let settings = example_settings();
    let server = Server::start(binary, &data, &settings, &folder.path().join("log")).unwrap();
    let mut client = Client::new(server.address);
    let rounds = if table::is_quick() { 10 } else { 1_000 };
    let mut medians = [Duration::ZERO; 3];
    for (path, median) in LISTS.iter().zip(&mut medians) {
        let mut times = Vec::new();
        for round in 0..rounds {
            let began = Instant::now();
            let answer = client.send(&Call::get(path, "root@acme.test")).await.unwrap();
            if round >= rounds / 10 {
                times.push(began.elapsed());
            }
            assert_eq!(answer.status, 200, "{}", answer.body);
        }
        (*median, _) = table::report(&format!("{path} of {size}"), &mut times);
    }
    medians
}

/// Somebody holds access by each run. Of each ten, one is of the same person.
async fn stock(data: &std::path::Path, size: u64) {
    let store = Arc::new(SqliteStore::open(data).unwrap());
    let (stock, now) = (Stock::new().unwrap(), Timestamp::now());
    let stories = (0..size).map(|number| {
        let whose = if size == 10 || number % 10 == 7 { 7 } else { number };
        let who = UserId::parse(format!("p{whose}@acme.test")).unwrap();
        stock.held(&run_id(number, now), &who, now).unwrap()
    });
    fill(&store, stories).await.unwrap();
}
