//! Keeps the audit tree going, on one machine and on AWS alike: collects, signs, keeps, passes on.

pub mod folder;
pub mod key;
mod work;

pub use folder::Folder;
pub use key::{Fingerprint, LocalKey, verify};
pub use work::{Auditor, PERIOD, Worked};
