//! Keeps the audit tree going, on one machine and on AWS alike: collects, signs, keeps, passes on.

pub mod folder;
pub mod key;
mod sink;
#[cfg(test)]
mod story;
mod work;

pub use folder::Folder;
pub use key::{Fingerprint, LocalKey, verify};
pub use sink::{HttpSink, Objects};
pub use work::{Auditor, Places, ROUND, Worked};
