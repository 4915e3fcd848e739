//! `import "types"`

use super::{Library, no_constants};
use crate::builtins::{Native, argument};

pub(super) static LIBRARY: Library = Library {
    path: "types",
    functions: &[Native::new("types.type_of", 1, 1, |machine, arguments| {
        machine.heap.new_text(argument(arguments, 0).type_name().as_bytes())
    })
    .sees_undefined()],
    constant: no_constants,
};
