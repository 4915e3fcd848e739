//! What the store of one machine costs, beside what the disk below it costs in the same minute.
//!
//! `cargo bench -p countersign-tests --bench store [-- latency | grouped | listing | opening]`.
//! It prints and does not judge. `STORE_BENCH_DIR` says on which disk; temporary directories are
//! often not on one.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a measurement that cannot go on panics"
)]

use std::fs::File;
use std::hint::black_box;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use countersign::store::{Commit, Expect, Key, Query, Store, Token, Transaction, Write};
use countersign_functions::store::SqliteStore;
use tempfile::TempDir;

#[tokio::main]
async fn main() {
    let chosen: Vec<_> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let is_chosen = |name: &str| chosen.is_empty() || chosen.iter().any(|one| one == name);
    if is_chosen("latency") {
        latency().await;
    }
    if is_chosen("grouped") {
        grouped().await;
    }
    if is_chosen("listing") {
        listing().await;
    }
    if is_chosen("opening") {
        opening().await;
    }
}

fn directory() -> TempDir {
    match std::env::var_os("STORE_BENCH_DIR") {
        Some(parent) => tempfile::tempdir_in(parent).unwrap(),
        None => tempfile::tempdir().unwrap(),
    }
}

/// One of the four steps of a simple run (asked for, approved, granted, ended), as five writes of
/// up to 1500 bytes: its head goes on, an event is added, and it comes and goes in the lists of
/// what is due, of what waits for an approver, and of what somebody holds.
fn transition(run: u64, step: u64) -> Transaction {
    let hash = run.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let pk = format!("R#{run:012}{hash:016x}");
    let put = |pk: &str, sk: &str, bytes: usize, expect| Write::Put {
        key: Key::new(pk, sk),
        body: body(bytes),
        expect,
    };
    let remove =
        |pk: &str, sk: &str| Write::Delete { key: Key::new(pk, sk), expect: Expect::Anything };
    let due = |step: u64| format!("2026-08-01T{:08}#{pk}#{step}", run + 100 * step);
    let shard = format!("X#{}", hash % 16);
    let approver = format!("A#{}", hash % 50);
    let holder = format!("G#{}", hash % 2_000);
    let head = if step == 0 { Expect::Absent } else { Expect::Version(step) };
    let mut writes = vec![
        put(&pk, "#", 1500, head),
        put(&pk, &format!("E#{step:08}"), 700, Expect::Absent),
        put(&shard, &due(step + 1), 300, Expect::Anything),
    ];
    if step > 0 {
        writes.push(remove(&shard, &due(step)));
    }
    match step {
        0 => {
            writes.push(put(&approver, &pk, 300, Expect::Absent));
            writes.push(put(&format!("K#{hash:016x}"), "#", 300, Expect::Absent));
        }
        1 => writes.push(remove(&approver, &pk)),
        2 => writes.push(put(&holder, &pk, 300, Expect::Anything)),
        _ => writes.push(remove(&holder, &pk)),
    }
    Transaction { token: Token(format!("{pk}@{step}")), writes }
}

fn body(bytes: usize) -> String {
    format!("{{\"reason\":\"{}\"}}", "because it must be ".repeat(bytes / 19))
}

fn bytes(transaction: &Transaction) -> usize {
    let one = |write: &Write| match write {
        Write::Put { key, body, .. } => key.pk.len() + key.sk.len() + body.len(),
        Write::Delete { key, .. } | Write::Check { key, .. } => key.pk.len() + key.sk.len(),
    };
    transaction.writes.iter().map(one).sum()
}

/// Every part of the store has been written to once, and the log has come round.
async fn used_store(directory: &TempDir) -> SqliteStore {
    let store = SqliteStore::open(directory.path()).unwrap();
    for run in 0..2_000 {
        assert_eq!(store.write(&transition(run, 0)).await, Commit::Committed);
    }
    store
}

async fn latency() {
    println!("one transition at a time, durable");
    let directory = directory();
    let store = used_store(&directory).await;
    let mut file = File::create(directory.path().join("bare")).unwrap();
    let mut appended = Vec::new();
    let mut steps: [Vec<_>; 4] = Default::default();
    for run in 2_000..3_500 {
        for (step, times) in (0..).zip(&mut steps) {
            let transaction = transition(run, step);
            let block = vec![b'x'; bytes(&transaction)];
            appended.push(time(|| {
                file.write_all(&block).unwrap();
                file.sync_data().unwrap();
            }));
            times.push(time_async(store.write(&transaction)).await);
        }
    }
    let base = report("append + fdatasync of the same bytes", &mut appended);
    let mut all = steps.concat();
    for (what, times) in ["asked for", "approved", "granted", "ended"].into_iter().zip(&mut steps) {
        report(&format!("a transition: {what}"), times);
    }
    let median = report("any of them", &mut all);
    println!("  {:<44} {:8.2}", "times the bare append", ratio(median, base));
    let mut reads = Vec::new();
    for run in 0..3_500_u64 {
        let key = transition(run, 0).writes[0].key().clone();
        reads.push(time_async(async { black_box(store.get(&key).await.unwrap()) }).await);
    }
    report("read one item", &mut reads);
}

async fn grouped() {
    println!("transitions side by side, durable");
    for tasks in [16, 64, 256, 512] {
        let directory = directory();
        let store = Arc::new(used_store(&directory).await);
        let per_task = 60_000 / tasks;
        let runs = Arc::new(AtomicU64::new(10_000));
        let began = Instant::now();
        let writers: Vec<_> = (0..tasks)
            .map(|_| {
                let (store, runs) = (Arc::clone(&store), Arc::clone(&runs));
                tokio::spawn(async move {
                    let mut run = 0;
                    for n in 0..per_task {
                        // Runs are named in the order in which they are asked for.
                        if n % 4 == 0 {
                            run = runs.fetch_add(1, Ordering::Relaxed);
                        }
                        let commit = store.write(&transition(run, n % 4)).await;
                        assert_eq!(commit, Commit::Committed);
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.await.unwrap();
        }
        let took = began.elapsed();
        let rate = (tasks * per_task) as f64 / took.as_secs_f64();
        println!("  {tasks:>4} writers {rate:>34.0} transitions a second");
    }
    let directory = directory();
    let mut file = File::create(directory.path().join("bare")).unwrap();
    let block = vec![b'x'; bytes(&transition(1, 0)) * 64];
    let mut bare: Vec<_> = (0..200)
        .map(|_| {
            time(|| {
                file.write_all(&block).unwrap();
                file.sync_data().unwrap();
            })
        })
        .collect();
    report("append + fdatasync of 64 transitions' bytes", &mut bare);
}

async fn listing() {
    println!("a page of ten");
    let directory = directory();
    let store = Arc::new(SqliteStore::open(directory.path()).unwrap());
    let mut base = Duration::ZERO;
    for size in [10, 10_000, 1_000_000_u32] {
        let pk = format!("A#{size}");
        fill(&store, &pk, size).await;
        let (mut first, mut within) = (Vec::new(), Vec::new());
        for n in 0..3_000_u32 {
            let query = Query::of(&pk).limit(10);
            first.push(time_async(async { black_box(store.query(&query).await.unwrap()) }).await);
            // Somewhere, ten items or more before the end.
            let place = (size - 9) / 100 * (n % 100);
            let after = if place == 0 { "0".to_owned() } else { format!("{:08}", place - 1) };
            let query = query.after(Some(after));
            within.push(time_async(async { black_box(store.query(&query).await.unwrap()) }).await);
        }
        let median = report(&format!("the first of {size}"), &mut first);
        if size == 10 {
            base = median;
        }
        println!("  {:<44} {:8.2}", "times that of ten", ratio(median, base));
        let median = report(&format!("one of a hundred places in {size}"), &mut within);
        println!("  {:<44} {:8.2}", "times that of ten", ratio(median, base));
    }
}

async fn fill(store: &Arc<SqliteStore>, pk: &str, size: u32) {
    let sks: Vec<_> = (0..size).collect();
    let writes = sks.chunks(100).map(|sks| {
        let put = |sk: &u32| Write::Put {
            key: Key::new(pk, format!("{sk:08}")),
            body: body(300),
            expect: Expect::Absent,
        };
        let token = Token(format!("{pk} {}", sks[0]));
        Transaction { token, writes: sks.iter().map(put).collect() }
    });
    write_all(store, writes).await;
}

async fn write_all(store: &Arc<SqliteStore>, transactions: impl Iterator<Item = Transaction>) {
    let mut waiting = tokio::task::JoinSet::new();
    for transaction in transactions {
        let store = Arc::clone(store);
        waiting.spawn(async move {
            assert_eq!(store.write(&transaction).await, Commit::Committed);
        });
        if waiting.len() >= 256 {
            waiting.join_next().await.unwrap().unwrap();
        }
    }
    while let Some(written) = waiting.join_next().await {
        written.unwrap();
    }
}

async fn opening() {
    const RUNS: u64 = 100_000;
    println!("opening a store of {RUNS} runs");
    let directory = directory();
    let store = Arc::new(SqliteStore::open(directory.path()).unwrap());
    for step in [0, 1] {
        write_all(&store, (0..RUNS).map(|run| transition(run, step))).await;
    }
    let crashed = tempfile::tempdir_in(directory.path()).unwrap();
    // Nothing is being written, so the two files are of one moment.
    for name in ["countersign.sqlite", "countersign.sqlite-wal"] {
        std::fs::copy(directory.path().join(name), crashed.path().join(name)).unwrap();
    }
    drop(store);
    let size = directory.path().join("countersign.sqlite").metadata().unwrap().len();
    println!("  {:<44} {:5} MiB", "it has", size >> 20);
    open_repeatedly("after a clean end", &directory).await;
    let log = crashed.path().join("countersign.sqlite-wal").metadata().unwrap().len();
    println!("  {:<44} {:5} MiB", "the log that a crash left", log >> 20);
    open_repeatedly("after a crash, then clean", &crashed).await;
    let store = SqliteStore::open(directory.path()).unwrap();
    let mut checked = vec![time_async(async { store.check_integrity().await.unwrap() }).await];
    report("checking all of it", &mut checked);
}

async fn open_repeatedly(what: &str, directory: &TempDir) {
    let mut opened = Vec::new();
    for _ in 0..20 {
        let began = Instant::now();
        let store = SqliteStore::open(directory.path()).unwrap();
        let page = store.query(&Query::of("X#3").limit(50)).await.unwrap();
        assert_eq!(page.items.len(), 50);
        opened.push(began.elapsed());
    }
    println!("  {:<44} {:8.0} µs", format!("{what}, the first time"), micros(opened[0]));
    report(what, &mut opened);
}

fn time<T>(work: impl FnOnce() -> T) -> Duration {
    let began = Instant::now();
    black_box(work());
    began.elapsed()
}

async fn time_async<T>(work: impl Future<Output = T>) -> Duration {
    let began = Instant::now();
    black_box(work.await);
    began.elapsed()
}

/// Prints the median and the 99th percentile, and returns the median.
fn report(what: &str, times: &mut [Duration]) -> Duration {
    times.sort();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    println!("  {what:<44} p50 {:8.0} µs   p99 {:8.0} µs", micros(at(50)), micros(at(99)));
    at(50)
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn ratio(time: Duration, base: Duration) -> f64 {
    time.as_secs_f64() / base.as_secs_f64()
}
