//! What is asked of `DynamoDB`, and what its answers mean.

mod fake;
mod reading;
mod writing;
