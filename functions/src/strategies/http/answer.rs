//! What an answer means. Only one shape is a success, and whatever is no success is an error.

use countersign::flow::HandlerError;
use reqwest::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The code of an answer that is not of the agreed shape.
pub(super) const WRONG_SHAPE: &str = "Http:WRONG_SHAPE";

/// So much of what an endpoint says about its errors is passed on.
const MOST_SAID: usize = 1_000;

/// Whether a refusal may be the last word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// It may: giving access is given up.
    MayBeFinal,
    /// It may not: taking access away, and looking, are repeated whatever was said.
    NeverFinal,
}

/// An answer as it came.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) wait: Option<String>,
    pub(super) text: Vec<u8>,
}

/// The agreed shape.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    /// Present, though perhaps `null`.
    body: Value,
    #[serde(default)]
    errors: Vec<String>,
}

impl Answer {
    /// The `body`, if the endpoint did what it was asked.
    pub(super) fn outcome(self, tone: Tone) -> Result<Option<Value>, HandlerError> {
        let shape = serde_json::from_slice::<Shape>(&self.text);
        if self.status != StatusCode::OK {
            let errors = shape.map(|shape| shape.errors).unwrap_or_default();
            return Err(self.refused(&errors, tone));
        }
        match shape {
            Ok(Shape { errors, .. }) if !errors.is_empty() => {
                Err(HandlerError::new("Http:FAILED", said(&errors)))
            }
            Ok(Shape { body: Value::Null, .. }) => Ok(None),
            Ok(Shape { body: body @ Value::Object(_), .. }) => Ok(Some(body)),
            Ok(_) | Err(_) => Err(wrong_shape("`{\"body\": {..} or null, \"errors\": [..]}`")),
        }
    }

    fn refused(self, errors: &[String], tone: Tone) -> HandlerError {
        let Self { status, wait, .. } = self;
        let code = if status.is_server_error() { "Http:FAILED" } else { "Http:REFUSED" };
        let message = match errors {
            [] => format!("the endpoint answered {status}"),
            errors => said(errors),
        };
        let mut error = HandlerError::new(code, message);
        if status.is_redirection() {
            error = error.with_hint("redirects are not followed: write the final address in `url`");
        } else if let Some(wait) = wait {
            error = error.with_hint(format!("the endpoint asks to wait: {wait}"));
        } else if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            error = error.with_hint("the endpoint may know another secret, or another time");
        }
        if tone == Tone::MayBeFinal && is_lasting(status) { error.final_() } else { error }
    }
}

/// Whether the same request would be refused again. A conflict or too many requests pass.
fn is_lasting(status: StatusCode) -> bool {
    let passes = [
        StatusCode::REQUEST_TIMEOUT,
        StatusCode::CONFLICT,
        StatusCode::LOCKED,
        StatusCode::TOO_EARLY,
        StatusCode::TOO_MANY_REQUESTS,
    ];
    status.is_redirection() || (status.is_client_error() && !passes.contains(&status))
}

/// The `body` of an answer, as what the action calls for.
pub(super) fn body_as<T: DeserializeOwned>(body: Value) -> Result<T, HandlerError> {
    T::deserialize(body).map_err(|error| wrong_shape(&format!("the action's `body`: {error}")))
}

fn wrong_shape(expected: &str) -> HandlerError {
    let message = format!("the endpoint's answer is not of the agreed shape: {expected}");
    HandlerError::new(WRONG_SHAPE, message)
}

fn said(errors: &[String]) -> String {
    errors.join("; ").chars().take(MOST_SAID).collect()
}
