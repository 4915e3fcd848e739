//! What an answer to a write means.

use std::error::Error as StdError;

use aws_sdk_dynamodb::Error;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::CancellationReason;
use countersign::store::{Commit, Item};

use super::item::{self, Attributes};
use super::request::Request;
use super::trouble::{Trouble, chain, is_throttled};

/// What one attempt came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    /// This is what there is to say.
    Over(Commit),
    /// It was not written and may be in a moment; and what to say if it is not.
    Again(Commit),
}

/// What an attempt came to that was not simply done.
pub(super) fn judge<E>(error: SdkError<E>, request: &Request, trouble: &Trouble<'_>) -> Attempt
where
    E: StdError + ProvideErrorMetadata + Into<Error> + Send + Sync + 'static,
{
    let explained = trouble.explain(&error);
    let SdkError::ServiceError(answer) = error else {
        // It may have arrived all the same.
        return Attempt::Over(Commit::Unknown(explained));
    };
    let is_failure = answer.raw().status().is_server_error();
    match answer.into_err().into() {
        Error::ConditionalCheckFailedException(failed) => refused(request, [failed.item]),
        Error::TransactionCanceledException(cancelled) => {
            reasons(request, cancelled.cancellation_reasons.unwrap_or_default(), explained)
        }
        other => Attempt::Over(match other.code().unwrap_or_default() {
            _ if is_failure => Commit::Unknown(explained),
            code if is_throttled(code) => return Attempt::Again(Commit::Throttled),
            "ValidationException"
            | "ItemCollectionSizeLimitExceededException"
            | "SerializationException" => Commit::Invalid(explained),
            "IdempotentParameterMismatchException" => Commit::Invalid(format!(
                "{explained}: the token `{}` names another transaction of the last ten minutes",
                request.token.0
            )),
            // `TransactionInProgressException` is an earlier attempt of the same transaction that
            // may still succeed. Tables and permissions may be there later.
            _ => Commit::Unknown(explained),
        }),
    }
}

/// Reads the reasons one by one.
///
/// What makes one action impossible makes the transaction so. Where some conditions do not hold
/// and other actions met somebody else's transaction, it is tried again, since one's own earlier
/// write may be among those; if that does not help, the conditions that did not hold are the answer.
fn reasons(request: &Request, reasons: Vec<CancellationReason>, explained: String) -> Attempt {
    let mut found = Vec::new();
    let (mut is_refused, mut is_busy) = (false, false);
    for (action, reason) in reasons.into_iter().enumerate() {
        let table = request.table(action);
        let message = reason.message().unwrap_or_default();
        let mut old = None;
        match reason.code().unwrap_or("None") {
            "None" => {}
            "ConditionalCheckFailed" => {
                is_refused = true;
                old = reason.item;
            }
            "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded" => {
                is_busy = true;
            }
            code @ ("ValidationError" | "ItemCollectionSizeLimitExceeded") => {
                let what = format!("table `{table}`, action {action}: {code}: {message}");
                return Attempt::Over(Commit::Invalid(what));
            }
            code => {
                let what = format!("table `{table}`, action {action}: {code}: {message}");
                return Attempt::Over(Commit::Unknown(what));
            }
        }
        found.push(old);
    }
    match (is_refused, is_busy) {
        (true, false) => refused(request, found),
        (true, true) => match refused(request, found) {
            Attempt::Over(conflict @ Commit::Conflict(_)) => Attempt::Again(conflict),
            known => known,
        },
        (false, true) => Attempt::Again(Commit::Throttled),
        (false, false) => Attempt::Over(Commit::Unknown(explained)),
    }
}

/// Conditions did not hold: because of somebody else, or because this was written before.
fn refused(request: &Request, old: impl IntoIterator<Item = Option<Attributes>>) -> Attempt {
    let read = |(action, attributes): (usize, Option<Attributes>)| {
        attributes.map(|attributes| item::read(request.table(action), attributes)).transpose()
    };
    let found: Result<Vec<Option<Item>>, _> = old.into_iter().enumerate().map(read).collect();
    Attempt::Over(match found {
        Ok(found) if found.iter().flatten().any(|item| item.token == request.token) => {
            Commit::Committed
        }
        Ok(found) => Commit::Conflict(request.in_places(found)),
        Err(damaged) => Commit::Invalid(chain(&damaged)),
    })
}
