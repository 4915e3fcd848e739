//! `import "units"`: powers of 1024.

use super::Library;
use crate::value::Value;

pub(super) static LIBRARY: Library = Library {
    path: "units",
    functions: &[],
    constant: |_, name| {
        let names = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte", "petabyte"];
        let power = names.iter().position(|unit| *unit == name);
        Ok(power.map(|power| Value::Int(1 << (10 * power))))
    },
};
