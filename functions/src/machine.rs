//! The machine: its clock, its chance, threads for foreign code.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::Duration as Budget;

use countersign::engine::Died;
use countersign::model::Timestamp;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tracing::Instrument as _;

/// The time, in whole milliseconds.
pub(crate) fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

/// Bits that nobody can guess.
pub(crate) fn entropy() -> u128 {
    let mut bytes = [0; 16];
    // Without chance no name can be made that nobody has; every platform that we run on has it.
    #[expect(clippy::expect_used, reason = "there is nothing to go on with")]
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    u128::from_be_bytes(bytes)
}

/// Runs foreign code on a thread of its own: it may block as well as it may wait.
///
/// # Errors
///
/// If it panicked or ran out of time.
pub(crate) async fn guard(work: BoxFuture<'static, ()>, budget: Budget) -> Result<(), Died> {
    let runtime = tokio::runtime::Handle::current();
    let span = tracing::Span::current();
    let work = tokio::task::spawn_blocking(move || {
        runtime.block_on(async { tokio::time::timeout(budget, work.instrument(span)).await })
    });
    match tokio::time::timeout(budget, work).await {
        Ok(Ok(Ok(()))) => Ok(()),
        Ok(Err(error)) => Err(Died::Panicked(panic_message(error))),
        Ok(Ok(Err(_))) | Err(_) => Err(Died::OutOfTime(budget)),
    }
}

/// Runs our own work, which never blocks, where it is.
///
/// # Errors
///
/// If it panicked or ran out of time.
pub(crate) async fn guard_here(work: BoxFuture<'static, ()>, budget: Budget) -> Result<(), Died> {
    match tokio::time::timeout(budget, AssertUnwindSafe(work).catch_unwind()).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(panic)) => Err(Died::Panicked(words(panic))),
        Err(_) => Err(Died::OutOfTime(budget)),
    }
}

/// What a task that ended badly said.
pub(crate) fn panic_message(error: tokio::task::JoinError) -> String {
    error.try_into_panic().map_or_else(|_| "it was cancelled".to_owned(), words)
}

fn words(panic: Box<dyn Any + Send>) -> String {
    match panic.downcast::<String>() {
        Ok(message) => *message,
        Err(panic) => match panic.downcast::<&'static str>() {
            Ok(message) => (*message).to_owned(),
            Err(_) => "it panicked".to_owned(),
        },
    }
}
