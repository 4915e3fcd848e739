//! What a path names.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use countersign::desk::Problem;
use countersign::model::InvalidName;

use super::super::ApiState;
use super::super::refusal::Refusal;

/// The one thing that the path names.
#[derive(Debug)]
pub(in crate::api) struct Path<T>(pub T);

impl<T: TryFrom<String, Error = InvalidName>> FromRequestParts<ApiState> for Path<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Refusal> {
        let text = segment(parts, state).await?;
        let name = T::try_from(text).map_err(|error| {
            let problem = Problem::new(400, "invalid_path", format!("in the path: {error}"));
            Refusal::malformed(problem.hint("take it from a list"))
        })?;
        Ok(Self(name))
    }
}

/// The one segment of the path that is named, as text.
async fn segment(parts: &mut Parts, state: &ApiState) -> Result<String, Refusal> {
    let segments = RawPathParams::from_request_parts(parts, state).await.map_err(|_| {
        Refusal::malformed(Problem::new(400, "invalid_path", "the path is no UTF-8"))
    })?;
    Ok(segments.iter().next().map(|(_, value)| value.to_owned()).unwrap_or_default())
}
