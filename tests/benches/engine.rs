//! What one transition of the pure engine costs, sealing included.
//!
//! `cargo bench -p countersign-tests --bench engine`. It prints and does not judge.

#![allow(clippy::unwrap_used, reason = "a measurement that cannot go on panics")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use countersign::engine::Run;
use countersign::model::{Timestamp, UserId};
use countersign_tests::stock::{Moment, Stock, run_id};
use countersign_tests::table;

fn main() {
    let rounds = if table::is_quick() { 10 } else { 20_000 };
    let stock = Stock::new().unwrap();
    let (ada, now) = (UserId::parse("ada@acme.test").unwrap(), Timestamp::now());
    let names = [
        "request: pending",
        "approve: granting",
        "granted: active",
        "its end is due",
        "revoked: closed",
    ];
    let mut times: [Vec<Duration>; 5] = Default::default();
    for number in 0..rounds {
        let id = run_id(number, now);
        let [asked, approved, granted, over, revoked] = &mut times;
        let run = measured(&stock, None, &stock.asked(&id, &ada, now), asked);
        let run = measured(&stock, Some(&run), &stock.approved(&run, now), approved);
        let run = measured(&stock, Some(&run), &Stock::granted(&run, now), granted);
        let run = measured(&stock, Some(&run), &Stock::over(&run), over);
        measured(&stock, Some(&run), &Stock::revoked(&run, now), revoked);
    }
    println!("one transition of the pure engine, sealed");
    table::print_load();
    for (name, times) in names.into_iter().zip(&mut times) {
        table::report(name, times);
    }
    let (_, slow) = table::report("any of them", &mut times.concat());
    table::goal("any of them, p99", table::micros(slow), 20.0, "µs");
}

fn measured(stock: &Stock, run: Option<&Run>, moment: &Moment, times: &mut Vec<Duration>) -> Run {
    let began = Instant::now();
    let transition = black_box(stock.step(black_box(run), black_box(moment))).unwrap();
    times.push(began.elapsed());
    transition.run
}
