//! `import "base64"`

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

use super::{Library, no_constants, text};
use crate::builtins::Native;
use crate::failure::{Run, fail};
use crate::machine::Machine;
use crate::value::Value;

pub(super) static LIBRARY: Library = Library {
    path: "base64",
    functions: &[
        Native::new("base64.encode", 1, 1, |machine, arguments| {
            let bytes = bytes(machine, arguments, "base64.encode")?;
            super::new_text(machine, STANDARD.encode(bytes))
        }),
        Native::new("base64.decode", 1, 1, |machine, arguments| {
            match STANDARD.decode(text(machine, arguments, 0, "base64.decode")?) {
                Ok(bytes) => machine.heap.new_text(bytes),
                Err(error) => fail(format!("`base64.decode`: {error}")),
            }
        }),
        Native::new("base64.urlencode", 1, 1, |machine, arguments| {
            let bytes = bytes(machine, arguments, "base64.urlencode")?;
            super::new_text(machine, URL_SAFE.encode(bytes))
        }),
        Native::new("base64.urldecode", 1, 1, |machine, arguments| {
            match URL_SAFE.decode(text(machine, arguments, 0, "base64.urldecode")?) {
                Ok(bytes) => machine.heap.new_text(bytes),
                Err(error) => fail(format!("`base64.urldecode`: {error}")),
            }
        }),
    ],
    constant: no_constants,
};

fn bytes(machine: &mut Machine<'_>, arguments: &[Value], function: &str) -> Run<Vec<u8>> {
    let bytes = machine.heap.bytes(crate::builtins::argument(arguments, 0)).map(<[u8]>::to_vec);
    let bytes = match bytes {
        Some(bytes) => bytes,
        None => text(machine, arguments, 0, function)?.into_bytes(),
    };
    machine.heap.meter.walk(bytes.len())?;
    Ok(bytes)
}
