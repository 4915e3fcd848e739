//! What went wrong, in words that say how to mend it.

use std::error::Error;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use countersign::store::ReadError;

use super::tables::Tables;
use crate::aws::Patience;

/// Where something went wrong.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trouble<'a> {
    pub(super) tables: &'a Tables,
    pub(super) patience: Patience,
}

impl Trouble<'_> {
    /// An error as a sentence.
    pub(super) fn explain<E>(&self, error: &SdkError<E>) -> String
    where
        E: Error + ProvideErrorMetadata + 'static,
    {
        let Self { tables, patience } = self;
        match error {
            SdkError::TimeoutError(_) => format!(
                "DynamoDB did not answer within {:?} (tables {tables}): if it goes on, look at the \
                 AWS Health Dashboard and at the network of the function",
                patience.operation()
            ),
            SdkError::ServiceError(answer) => {
                let (code, message) = (answer.err().code(), answer.err().message());
                let (code, message) = (code.unwrap_or("no code"), message.unwrap_or("no message"));
                format!("DynamoDB: {code}: {message}{}", self.advice(code))
            }
            other => format!("DynamoDB cannot be asked (tables {tables}): {}", chain(other)),
        }
    }

    /// A read that failed.
    pub(super) fn read<E>(&self, error: &SdkError<E>) -> ReadError
    where
        E: Error + ProvideErrorMetadata + 'static,
    {
        ReadError::Unavailable(self.explain(error))
    }

    fn advice(&self, code: &str) -> String {
        let tables = self.tables;
        match code {
            "ResourceNotFoundException" => format!(
                "; the tables are to be {tables}, in the region of this function: correct the \
                 variable, or apply the Terraform module that makes them"
            ),
            "AccessDeniedException" => format!(
                "; the role of this function lacks a permission on the tables {tables} or on their \
                 KMS key: apply the Terraform module again, or add it to the role"
            ),
            "UnrecognizedClientException"
            | "ExpiredTokenException"
            | "InvalidSignatureException"
            | "IncompleteSignatureException"
            | "MissingAuthenticationTokenException" => {
                "; the credentials are not accepted: sign in \
                again, or look at AWS_PROFILE and at the clock of this machine"
                    .to_owned()
            }
            _ => String::new(),
        }
    }
}

/// Whether a code says that there was too much at once, and that nothing was done.
pub(super) fn is_throttled(code: &str) -> bool {
    matches!(
        code,
        "ProvisionedThroughputExceededException"
            | "RequestLimitExceeded"
            | "ThrottlingException"
            | "TransactionConflictException"
            | "ReplicatedWriteConflictException"
    )
}

/// An error and all that caused it.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}
