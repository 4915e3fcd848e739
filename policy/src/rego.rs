//! Rego, on regorus.
//!
//! regorus by itself is no sandbox: nesting makes its parser slow, recursion ends the process, and some of
//! what is wrong is answered without a word. So a text is looked at before it is parsed (`scan`), what it
//! says before it is compiled (`review`), who calls whom (`calls`), and the compiled program is given guards
//! (`instrument`), which pay for what values it makes (`budget`).

mod budget;
mod builtins;
mod calls;
mod evaluate;
mod instrument;
mod load;
mod review;
mod scan;
mod testing;

pub use builtins::NAMES as BUILTINS;
pub(crate) use load::{Files, Rego};
pub use testing::{TestCase, test};
