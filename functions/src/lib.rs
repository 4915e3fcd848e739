//! Runs Countersign flows: what the flows need around them, on AWS and on one machine.
//!
//! A program is its list of flows:
//!
//! ```ignore
//! mod infra_access;
//!
//! countersign_functions::main!(flows: [infra_access], strategies: []);
//! ```

#[cfg(feature = "local")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub mod api;
pub mod app;
pub mod audit;
#[cfg(feature = "aws")]
pub mod aws;
#[cfg(feature = "local")]
pub mod cli;
pub mod console;
pub mod courier;
pub mod directory;
pub mod doctor;
pub mod finding;
pub mod local;
mod machine;
mod manifest;
pub mod notices;
pub mod oidc;
pub mod settings;
pub mod sign_in;
pub mod slack;
mod start;
pub mod store;
mod story;
pub mod strategies;
mod trace;
mod webhooks;

#[doc(hidden)]
pub mod __private {
    pub use std::process::ExitCode;

    pub use countersign::flows;
    pub use countersign::strategy::Registered;

    pub use crate::app::App;
    pub use crate::start::main;
}

/// Makes a program of a list of flows, by the names of their modules, and of a list of strategies
/// of one's own, by their types. Two flows of one name do not compile.
#[macro_export]
macro_rules! main {
    (flows: [$($flow:path),* $(,)?], strategies: [$($strategy:ty),* $(,)?] $(,)?) => {
        fn main() -> $crate::__private::ExitCode {
            const APP: $crate::__private::App = $crate::__private::App {
                flows: $crate::__private::flows![$($flow),*],
                strategies: &[$($crate::__private::Registered::of::<$strategy>()),*],
                name: ::core::env!("CARGO_PKG_NAME"),
                version: ::core::env!("CARGO_PKG_VERSION"),
            };
            $crate::__private::main(&APP)
        }
    };
}
