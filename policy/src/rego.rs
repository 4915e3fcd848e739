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
#[cfg(feature = "testing")]
mod testing;
mod time;

pub use builtins::names as builtins;
pub(crate) use load::{Files, Rego};
#[cfg(feature = "testing")]
pub use testing::{TestCase, test};
