//! Amazon Web Services: membership in IAM groups, accounts and groups of IAM Identity Center, buckets,
//! and functions of one's own.
//!
//! The clients are AWS's own, each behind a feature of its own, so that a program holds only what its
//! flows use.

mod account;
#[cfg(any(feature = "aws-iam", feature = "aws-s3"))]
mod iam;
#[cfg(feature = "aws-identity-center")]
mod identity_center;
#[cfg(feature = "aws-lambda")]
mod lambda;
#[cfg(feature = "aws-s3")]
mod s3;
#[cfg(test)]
mod tests;
mod trouble;

#[cfg(feature = "aws-iam")]
pub(crate) use iam::IAM_GROUP;
#[cfg(feature = "aws-identity-center")]
pub(crate) use identity_center::{IDENTITY_CENTER, IDENTITY_CENTER_GROUP};
#[cfg(feature = "aws-lambda")]
pub(crate) use lambda::{LAMBDA, asked};
#[cfg(feature = "aws-s3")]
pub(crate) use s3::S3;
