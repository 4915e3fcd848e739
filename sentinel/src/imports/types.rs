//! `import "types"`

use super::{Library, no_constants};
use crate::builtins::{Native, argument};
use crate::value::Value;

pub(super) static LIBRARY: Library = Library {
    path: "types",
    functions: &[Native::new("types.type_of", 1, 1, |machine, arguments| {
        let name = match argument(arguments, 0) {
            // To the language, times and the like are maps with functions.
            Value::Object(_) => "map",
            value => value.type_name(),
        };
        machine.heap.new_text(name.as_bytes())
    })
    .sees_undefined()],
    constant: no_constants,
};
