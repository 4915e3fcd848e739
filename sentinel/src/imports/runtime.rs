//! `import "runtime"`

use super::Library;
use crate::machine::Machine;

/// The version of the original's language that this one follows.
const VERSION: &str = "0.40.0";

pub(super) static LIBRARY: Library = Library {
    path: "runtime",
    functions: &[],
    constant: |machine: &mut Machine<'_>, name| match name {
        "version" => machine.heap.new_text(VERSION.as_bytes()).map(Some),
        _ => Ok(None),
    },
};
