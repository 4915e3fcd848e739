//! What is deleted: a user, what a target stands for, the account that all of it is in. Nothing is
//! given there any more, and nothing said to be there or to be taken that nobody can know.

use super::Verdict;
use super::bench::{Bench, Check, Run};
use crate::flow::HandlerError;

pub(super) async fn user(bench: &Bench<'_>) -> Check {
    let mut run = bench.run();
    bench.give_well(&mut run, "the first time").await?;
    if !bench.forget(&run).await {
        return Ok(Verdict::Skipped("nobody can be deleted in the system"));
    }
    ended(bench, &run, "a user who was deleted").await
}

pub(super) async fn user_asks(bench: &Bench<'_>) -> Check {
    let mut run = bench.run();
    // So that their name there is known.
    bench.give_well(&mut run, "the first time").await?;
    bench.take_well(&run, "the first time").await?;
    if !bench.forget(&run).await {
        return Ok(Verdict::Skipped("nobody can be deleted in the system"));
    }
    match bench.give(&mut run).await {
        Ok(()) => Err("`escalate` gave access to a user who was deleted".to_owned()),
        Err(error) => named(&error, "the user who was deleted", &bench.names_of(&run).await),
    }
}

pub(super) async fn target(bench: &Bench<'_>) -> Check {
    let (mut run, mut other) = (bench.run(), bench.other_run());
    bench.give_well(&mut run, "the first time").await?;
    // So that their name there is known.
    bench.give_well(&mut other, "for another user").await?;
    bench.take_well(&other, "for another user").await?;
    if !bench.delete().await {
        return Ok(Verdict::Skipped("what a target stands for cannot be deleted in the system"));
    }
    match bench.give(&mut other).await {
        Ok(()) => return Err("`escalate` gave access to what was deleted".to_owned()),
        Err(error) => named(&error, "what was deleted", &bench.names_of_target())?,
    };
    if !bench.is_unsure() {
        return ended(bench, &run, "what was deleted").await;
    }
    let error = unsure(bench, &run, "what was deleted").await?;
    named(&error, "what was deleted", &bench.names_of_target())
}

/// The end stays open, with an error: of taking, or of looking afterwards.
async fn unsure(bench: &Bench<'_>, run: &Run, of: &str) -> Result<HandlerError, String> {
    let Err(error) = bench.take(run).await else {
        return match bench.look(run).await {
            Err(error) => Ok(error),
            Ok(seen) => Err(format!(
                "nobody can know what became of {of}, and access is said to be taken: `is_granted` says {seen:?}"
            )),
        };
    };
    Ok(error)
}

pub(super) async fn account(bench: &Bench<'_>) -> Check {
    let (mut run, mut other) = (bench.run(), bench.other_run());
    bench.give_well(&mut run, "the first time").await?;
    bench.give_well(&mut other, "for another user").await?;
    bench.take_well(&other, "for another user").await?;
    if !bench.dissolve().await {
        return Ok(Verdict::Skipped("the account cannot be deleted in the system"));
    }
    if bench.give(&mut other).await.is_ok() {
        return Err("`escalate` gave access in an account that was deleted".to_owned());
    }
    // Whether the account has gone or only does not let us in, nobody can say: the end stays open.
    unsure(bench, &run, "the account").await.map(|_| Verdict::Holds)
}

/// Taking access is no error, and nobody sees any.
async fn ended(bench: &Bench<'_>, run: &Run, of: &str) -> Check {
    bench.take_well(run, &format!("for {of}")).await?;
    match bench.look(run).await {
        Ok(Some(true)) => Err(format!("`is_granted` shows access of {of}")),
        Ok(Some(false) | None) => Ok(Verdict::Holds),
        Err(error) => Err(format!("`is_granted` failed for {of}: {error}")),
    }
}

/// Whoever reads the error knows what to look at.
fn named(error: &HandlerError, what: &str, names: &[String]) -> Check {
    let said = format!("{error:?} {}", error.hint().unwrap_or_default());
    if names.iter().any(|name| said.contains(name)) {
        return Ok(Verdict::Holds);
    }
    Err(format!("the error does not name {what}, as one of {names:?}: {said}"))
}
