//! Passes: tokens that a system gives for a while in exchange for what we know.

use std::time::Duration;

use async_trait::async_trait;
use countersign::context::{Secret, ServiceError};
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::api::{Answer, Call, Refusal};

/// A pass is not used in the last part of its life: what we send takes a while.
const MARGIN: Duration = Duration::from_mins(1);

/// The pass that we have.
#[derive(Debug, Default)]
pub(crate) struct Kept(Mutex<Option<(Instant, Secret)>>);

/// A system that gives passes.
#[async_trait]
pub(crate) trait Passes: Send + Sync {
    /// Asks for a new pass. With it comes how long it is good.
    ///
    /// # Errors
    ///
    /// If the system gives none.
    async fn ask(&self) -> Result<(Secret, Duration), ServiceError>;

    /// The one that we have.
    fn kept(&self) -> &Kept;
}

/// Makes a call with a pass, and reads the JSON of its answer; with a new pass if the system does not take
/// the one we have any more.
///
/// # Errors
///
/// If there is no pass, or the call does not work.
pub(crate) async fn with_pass<'a, P: Passes, T: DeserializeOwned>(
    passes: &'a P,
    call: impl Fn(&'a P, &Secret) -> Call<'a> + Send,
) -> Result<Answer<T>, Refusal> {
    let pass = current(passes, None).await?;
    let made = call(passes, &pass);
    match made.send().await {
        Err(refusal) if refusal.is_unauthorized() => {
            let pass = current(passes, Some(&pass)).await?;
            let made = call(passes, &pass);
            made.send().await
        }
        outcome => outcome,
    }
}

/// The same, and reads its answer as text.
///
/// # Errors
///
/// If there is no pass, or the call does not work.
pub(crate) async fn text_with_pass<'a, P: Passes>(
    passes: &'a P,
    call: impl Fn(&'a P, &Secret) -> Call<'a> + Send,
) -> Result<Answer<String>, Refusal> {
    let pass = current(passes, None).await?;
    let made = call(passes, &pass);
    match made.read().await {
        Err(refusal) if refusal.is_unauthorized() => {
            let pass = current(passes, Some(&pass)).await?;
            let made = call(passes, &pass);
            made.read().await
        }
        outcome => outcome,
    }
}

/// A pass that is good, and not this one. Whoever comes meanwhile waits for the one who asks.
async fn current(passes: &impl Passes, refused: Option<&Secret>) -> Result<Secret, Refusal> {
    let mut kept = passes.kept().0.lock().await;
    if let Some((until, pass)) = &*kept
        && Instant::now() < *until
        && refused.is_none_or(|refused| refused.expose() != pass.expose())
    {
        return Ok(pass.clone());
    }
    let (pass, life) = passes.ask().await.map_err(Refusal::unanswered)?;
    *kept = Some((Instant::now() + life.saturating_sub(MARGIN), pass.clone()));
    Ok(pass)
}
