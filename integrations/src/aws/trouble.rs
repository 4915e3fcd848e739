//! What AWS's errors mean.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use countersign::context::ServiceError;

/// Codes that pass by themselves, beside whatever is answered with 429 or 5xx.
const PASSING: [&str; 10] = [
    "ConcurrentModification",
    "ConcurrentModificationException",
    "ConflictException",
    "EntityTemporarilyUnmodifiable",
    "RequestLimitExceeded",
    "ServiceFailure",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "ExpiredTokenException",
];

/// An operation's error.
pub(super) type Failed<E> = SdkError<E, HttpResponse>;

/// AWS's own code of an error, if it answered with one.
pub(super) fn code<E: ProvideErrorMetadata>(error: &Failed<E>) -> Option<&str> {
    error.as_service_error().and_then(ProvideErrorMetadata::code)
}

/// Whether AWS says that there is no such thing.
pub(super) fn is_missing<E: ProvideErrorMetadata>(error: &Failed<E>) -> bool {
    matches!(
        code(error),
        Some("NoSuchEntity" | "NoSuchEntityException" | "ResourceNotFoundException")
    )
}

/// Whether AWS says that something else is under way.
pub(super) fn is_conflict<E: ProvideErrorMetadata>(error: &Failed<E>) -> bool {
    code(error) == Some("ConflictException")
}

/// Whether AWS is asked too much.
pub(super) fn is_throttled<E: ProvideErrorMetadata>(error: &Failed<E>) -> bool {
    matches!(code(error), Some("Throttling" | "ThrottlingException" | "TooManyRequestsException"))
}

/// An error for people. `action` is the operation as IAM calls it, such as `iam:AddUserToGroup`.
pub(super) fn failed<E>(action: &'static str, error: &Failed<E>) -> ServiceError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let Some(said) = error.as_service_error() else {
        return match error {
            SdkError::ResponseError(_) => ServiceError::lasting(
                "aws",
                format!(
                    "the answer to {action} is not what it should be: {}",
                    DisplayErrorContext(error)
                ),
                "if it stays so, tell Countersign's developers",
            ),
            _ => ServiceError::passing("aws", format!("{action}: {}", DisplayErrorContext(error))),
        };
    };
    let code = said.code().unwrap_or("an error without a code");
    let message: String = said.message().unwrap_or_default().chars().take(300).collect();
    let what = format!("{action} answers {code}: {message}");
    let status = error.raw_response().map_or(0, |response| response.status().as_u16());
    if PASSING.contains(&code) || status == 429 || status >= 500 {
        return ServiceError::passing("aws", what);
    }
    let hint = match code {
        "AccessDenied" | "AccessDeniedException" => {
            format!("allow `{action}` to the role that the integration acts with, on this resource")
        }
        "InvalidClientTokenId" | "UnrecognizedClientException" | "SignatureDoesNotMatch" => {
            "AWS does not take the credentials: look at the integration's key, or at the machine's"
                .to_owned()
        }
        code => format!("look at the settings of the target and its integration: {code}"),
    };
    ServiceError::lasting("aws", what, hint)
}

/// An answer that lacks what it has to have.
pub(super) fn wrong_shape(action: &'static str, what: &str) -> ServiceError {
    ServiceError::lasting(
        "aws",
        format!("the answer to {action} is not what it should be: {what}"),
        "if it stays so, tell Countersign's developers",
    )
}
