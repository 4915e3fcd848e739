//! The cases. Each one's name is the sentence that it tests.

use futures_util::future::BoxFuture;

use super::Verdict;
use super::bench::{BUDGET, Bench, Check};
use super::gone;
use crate::testing::Mishap;

/// One case.
type Case = for<'a> fn(&'a Bench<'a>) -> BoxFuture<'a, Check>;

/// All cases, in the order in which they are best mended.
pub(super) const CASES: [(&str, Case); 21] = [
    ("what is given is there, and gone when it is taken", |b| Box::pin(once(b))),
    ("giving twice is giving once", |b| Box::pin(given_twice(b))),
    ("taking twice is taking once", |b| Box::pin(taken_twice(b))),
    ("taking what was never given is no error", |b| Box::pin(never_given(b))),
    ("what was taken can be given again", |b| Box::pin(given_again(b))),
    ("it is taken also when what giving left is lost", |b| Box::pin(output_lost(b))),
    ("of two runs of one user, either one takes all", |b| Box::pin(two_runs(b))),
    ("a grant that lands late is taken by taking again", |b| Box::pin(landed_late(b))),
    ("two users do not affect each other", |b| Box::pin(two_users(b))),
    ("what was taken past it is seen, and taking is no error", |b| Box::pin(taken_past(b))),
    ("what was given past it is seen, and giving is no error", |b| Box::pin(given_past(b))),
    ("a failure is an error and changes nothing", |b| Box::pin(fails(b))),
    ("half a change is an error, and repeating it mends it", |b| Box::pin(fails_afterwards(b))),
    ("a system that asks to be left alone is asked again", |b| Box::pin(busy(b))),
    ("a system that hangs is an error, and repeating it mends it", |b| Box::pin(hangs(b))),
    ("a user's name in the system is asked for once", |b| Box::pin(fetched_once(b))),
    ("a user whom the system does not know is IdentityNotFound", |b| Box::pin(unknown(b))),
    ("whoever is deleted has nothing, and taking is no error", |b| Box::pin(gone::user(b))),
    ("whoever is deleted is given nothing", |b| Box::pin(gone::user_asks(b))),
    ("what is deleted is given to nobody, and nobody has it", |b| Box::pin(gone::target(b))),
    ("in an account that is deleted nothing is given", |b| Box::pin(gone::account(b))),
];

async fn once(bench: &Bench<'_>) -> Check {
    let mut run = bench.run();
    bench.expect(&run, false, "before anything was given").await?;
    bench.give_well(&mut run, "the first time").await?;
    bench.expect(&run, true, "after `escalate`").await?;
    bench.take_well(&run, "after `escalate`").await?;
    bench.expect(&run, false, "after `deescalate`").await?;
    Ok(Verdict::Holds)
}

async fn given_twice(bench: &Bench<'_>) -> Check {
    let mut run = bench.run();
    bench.give_well(&mut run, "the first time").await?;
    bench.give_well(&mut run, "the second time").await?;
    bench.expect(&run, true, "after `escalate` twice").await?;
    bench.take_well(&run, "after `escalate` twice").await?;
    bench.expect(&run, false, "after `escalate` twice and `deescalate` once").await?;
    Ok(Verdict::Holds)
}

async fn taken_twice(bench: &Bench<'_>) -> Check {
    let mut run = bench.run();
    bench.give_well(&mut run, "the first time").await?;
    bench.take_well(&run, "the first time").await?;
    bench.take_well(&run, "the second time").await?;
    bench.expect(&run, false, "after `deescalate` twice").await?;
    Ok(Verdict::Holds)
}

async fn never_given(bench: &Bench<'_>) -> Check {
    let run = bench.run();
    bench.take_well(&run, "for a user who has no access").await?;
    bench.expect(&run, false, "after `deescalate` without `escalate`").await?;
    Ok(Verdict::Holds)
}

async fn given_again(bench: &Bench<'_>) -> Check {
    let (mut before, mut run) = (bench.run(), bench.run());
    bench.give_well(&mut before, "the first time").await?;
    bench.take_well(&before, "the first time").await?;
    bench.give_well(&mut run, "after `deescalate`").await?;
    bench.expect(&run, true, "after a second run's `escalate`").await?;
    bench.take_well(&run, "the second time").await?;
    bench.expect(&run, false, "after a second run's `deescalate`").await?;
    Ok(Verdict::Holds)
}

async fn output_lost(bench: &Bench<'_>) -> Check {
    let mut run = bench.run();
    bench.give_well(&mut run, "the first time").await?;
    // A crash after the grant and before its outcome was written down.
    run.output = None;
    bench.take_well(&run, "without the output of `escalate`").await?;
    bench.expect(&run, false, "after `deescalate` without the output of `escalate`").await?;
    Ok(Verdict::Holds)
}

async fn two_runs(bench: &Bench<'_>) -> Check {
    for first_takes in [true, false] {
        let (mut first, mut second) = (bench.run(), bench.run());
        bench.give_well(&mut first, "for a first run").await?;
        bench.give_well(&mut second, "for a second run of the same user").await?;
        // Countersign counts: it calls `deescalate` for the last one out only.
        let last = if first_takes { &first } else { &second };
        bench.take_well(last, "for the last of two runs").await?;
        bench.expect(last, false, "after `deescalate` for the last of two runs").await?;
    }
    Ok(Verdict::Holds)
}

async fn landed_late(bench: &Bench<'_>) -> Check {
    let mut run = bench.run();
    bench.give_well(&mut run, "the first time").await?;
    bench.take_well(&run, "the first time").await?;
    let output = run.output.take();
    bench.give_well(&mut run, "late, after `deescalate`").await?;
    // The run knows only what its first grant left.
    run.output = output;
    bench.take_well(&run, "after a late `escalate`").await?;
    bench.expect(&run, false, "after `deescalate` of a late grant").await?;
    Ok(Verdict::Holds)
}

async fn two_users(bench: &Bench<'_>) -> Check {
    let (mut one, mut other) = (bench.run(), bench.other_run());
    bench.give_well(&mut one, "for one user").await?;
    bench.expect(&other, false, "for another user than the one it was given to").await?;
    bench.give_well(&mut other, "for the other user").await?;
    bench.take_well(&one, "for one user").await?;
    bench.expect(&one, false, "for the user it was taken from").await?;
    bench.expect(&other, true, "for another user than the one it was taken from").await?;
    bench.take_well(&other, "for the other user").await?;
    bench.expect(&other, false, "after it was taken from both").await?;
    Ok(Verdict::Holds)
}

async fn taken_past(bench: &Bench<'_>) -> Check {
    let mut run = bench.run();
    bench.give_well(&mut run, "the first time").await?;
    if !bench.set(&run, false).await {
        return Ok(Verdict::Skipped("the system cannot be changed past the strategy"));
    }
    bench.expect(&run, false, "after it was taken past the strategy").await?;
    bench.take_well(&run, "for what was taken past it").await?;
    bench.expect(&run, false, "after `deescalate`").await?;
    Ok(Verdict::Holds)
}

async fn given_past(bench: &Bench<'_>) -> Check {
    let mut run = bench.run();
    if !bench.set(&run, true).await {
        return Ok(Verdict::Skipped("the system cannot be changed past the strategy"));
    }
    bench.expect(&run, true, "after it was given past the strategy").await?;
    bench.give_well(&mut run, "for a user who has access already").await?;
    bench.expect(&run, true, "after `escalate`").await?;
    bench.take_well(&run, "for what was given past it").await?;
    bench.expect(&run, false, "after `deescalate`").await?;
    Ok(Verdict::Holds)
}

async fn fails(bench: &Bench<'_>) -> Check {
    let mut run = bench.run();
    if !bench.mishap(Mishap::Fails).await {
        return Ok(Verdict::Skipped("the system cannot be made to fail"));
    }
    if bench.give(&mut run).await.is_ok() {
        return Err("`escalate` said yes while the system said no".to_owned());
    }
    bench.expect(&run, false, "after `escalate` failed").await?;
    bench.give_well(&mut run, "after the system was mended").await?;
    bench.mishap(Mishap::Fails).await;
    if bench.take(&run).await.is_ok() {
        return Err("`deescalate` said yes while the system said no".to_owned());
    }
    bench.expect(&run, true, "after `deescalate` failed").await?;
    bench.take_well(&run, "after the system was mended").await?;
    bench.expect(&run, false, "after `deescalate` was repeated").await?;
    Ok(Verdict::Holds)
}

async fn fails_afterwards(bench: &Bench<'_>) -> Check {
    let mut run = bench.run();
    if !bench.mishap(Mishap::FailsAfterwards).await {
        return Ok(Verdict::Skipped("the system cannot be made to fail"));
    }
    if bench.give(&mut run).await.is_ok() {
        return Err("`escalate` said yes although the answer was lost".to_owned());
    }
    bench.give_well(&mut run, "again, after an answer was lost").await?;
    bench.expect(&run, true, "after `escalate` was repeated").await?;
    bench.mishap(Mishap::FailsAfterwards).await;
    if bench.take(&run).await.is_ok() {
        return Err("`deescalate` said yes although the answer was lost".to_owned());
    }
    bench.take_well(&run, "again, after an answer was lost").await?;
    bench.expect(&run, false, "after `deescalate` was repeated").await?;
    Ok(Verdict::Holds)
}

async fn busy(bench: &Bench<'_>) -> Check {
    let mut run = bench.run();
    if !bench.mishap(Mishap::Busy).await {
        return Ok(Verdict::Skipped("the system cannot be made to ask for a pause"));
    }
    // Either the strategy waits, or its caller does.
    match bench.give(&mut run).await {
        Ok(()) => {}
        Err(error) if error.is_terminal() => {
            return Err(format!("`escalate` gives up for good on a system that is busy: {error}"));
        }
        Err(_) => bench.give_well(&mut run, "after the pause").await?,
    }
    bench.expect(&run, true, "after the pause").await?;
    bench.mishap(Mishap::Busy).await;
    if bench.take(&run).await.is_err() {
        bench.take_well(&run, "after the pause").await?;
    }
    bench.expect(&run, false, "after the pause").await?;
    Ok(Verdict::Holds)
}

async fn hangs(bench: &Bench<'_>) -> Check {
    let mut run = bench.run();
    if !bench.mishap(Mishap::Hangs).await {
        return Ok(Verdict::Skipped("the system cannot be made to hang"));
    }
    let given = tokio::time::timeout(BUDGET, bench.give(&mut run)).await;
    match given.map_err(|_| late("escalate"))? {
        Ok(()) => return Err("`escalate` said yes while the system said nothing".to_owned()),
        Err(error) if error.is_terminal() => {
            return Err(format!("`escalate` gives up for good on a system that hangs: {error}"));
        }
        Err(_) => bench.mend().await,
    }
    bench.give_well(&mut run, "after the system hung").await?;
    bench.expect(&run, true, "after `escalate` was repeated").await?;
    bench.mishap(Mishap::Hangs).await;
    let taken = tokio::time::timeout(BUDGET, bench.take(&run)).await;
    if taken.map_err(|_| late("deescalate"))?.is_ok() {
        return Err("`deescalate` said yes while the system said nothing".to_owned());
    }
    bench.mend().await;
    bench.take_well(&run, "after the system hung").await?;
    bench.expect(&run, false, "after `deescalate` was repeated").await?;
    Ok(Verdict::Holds)
}

fn late(call: &str) -> String {
    format!(
        "`{call}` waits for a system that hangs for longer than the {} s it has",
        BUDGET.as_secs()
    )
}

async fn fetched_once(bench: &Bench<'_>) -> Check {
    let (mut first, mut second) = (bench.run(), bench.run());
    bench.give_well(&mut first, "the first time").await?;
    bench.take_well(&first, "the first time").await?;
    bench.give_well(&mut second, "for a second run").await?;
    bench.take_well(&second, "for a second run").await?;
    match bench.fetched() {
        0 | 1 => Ok(Verdict::Holds),
        times => Err(format!(
            "`fetch_remote_identity` was called {times} times for one user: call `cx.get_requester_identity()` instead"
        )),
    }
}

async fn unknown(bench: &Bench<'_>) -> Check {
    let Some(mut run) = bench.unknown_run() else {
        return Ok(Verdict::Skipped("the test names no user whom the system does not know"));
    };
    match bench.give(&mut run).await {
        Ok(()) => Err("`escalate` gave access to a user whom nobody knows".to_owned()),
        Err(error) if error.code() == "Identity:NOT_FOUND" => Ok(Verdict::Holds),
        Err(error) => Err(format!("`escalate` failed otherwise: {error:?}")),
    }
}
