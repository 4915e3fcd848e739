//! The standard imports, one file each.

mod base64;
mod collection;
pub(crate) mod decimal;
pub(crate) mod http;
mod json;
mod lists;
mod maps;
mod runtime;
mod sockaddr;
mod strings;
pub(crate) mod time;
mod types;
mod units;
pub(crate) mod version;

use crate::builtins::{Native, argument};
use crate::failure::{Run, fail};
use crate::machine::Machine;
use crate::value::Value;

/// A standard import.
#[derive(Debug)]
pub(crate) struct Library {
    pub(crate) path: &'static str,
    /// Named `import.function`.
    pub(crate) functions: &'static [Native],
    /// Members that are no functions.
    pub(crate) constant: fn(&mut Machine<'_>, &str) -> Run<Option<Value>>,
}

static LIBRARIES: [&Library; 14] = [
    &base64::LIBRARY,
    &collection::LIBRARY,
    &decimal::LIBRARY,
    &http::LIBRARY,
    &json::LIBRARY,
    &lists::LIBRARY,
    &maps::LIBRARY,
    &runtime::LIBRARY,
    &sockaddr::LIBRARY,
    &strings::LIBRARY,
    &time::LIBRARY,
    &types::LIBRARY,
    &units::LIBRARY,
    &version::LIBRARY,
];

/// The standard import of this path.
pub(crate) fn library(path: &str) -> Option<&'static Library> {
    LIBRARIES.iter().find(|library| library.path == path).copied()
}

/// The paths of all.
pub(crate) fn names() -> Vec<&'static str> {
    LIBRARIES.iter().map(|library| library.path).collect()
}

impl Library {
    pub(crate) fn member(&'static self, machine: &mut Machine<'_>, name: &str) -> Run<Value> {
        let is = |native: &&Native| native.name.rsplit('.').next() == Some(name);
        if let Some(native) = self.functions.iter().find(is) {
            return Ok(Value::Builtin(native));
        }
        match (self.constant)(machine, name)? {
            Some(value) => Ok(value),
            None => fail(format!("the import `{}` has no `{name}`", self.path)),
        }
    }
}

/// For imports of functions only.
#[allow(clippy::unnecessary_wraps)]
fn no_constants(_: &mut Machine<'_>, _: &str) -> Run<Option<Value>> {
    Ok(None)
}

/// A string among arguments; an int is taken as what it is in decimal.
fn text(machine: &Machine<'_>, arguments: &[Value], at: usize, function: &str) -> Run<String> {
    let value = argument(arguments, at);
    match (value, machine.heap.text(value)) {
        (_, Some(text)) => Ok(text),
        (Value::Int(value), _) => Ok(value.to_string()),
        _ => {
            fail(format!("`{function}` needs a string, not a value of type {}", value.type_name()))
        }
    }
}

/// A list among arguments.
fn list(arguments: &[Value], at: usize, function: &str) -> Run<u32> {
    match argument(arguments, at) {
        Value::List(list) => Ok(list),
        other => {
            fail(format!("`{function}` needs a list, not a value of type {}", other.type_name()))
        }
    }
}

/// An int among arguments.
fn int(arguments: &[Value], at: usize, function: &str) -> Run<i64> {
    match argument(arguments, at) {
        Value::Int(value) => Ok(value),
        other => {
            fail(format!("`{function}` needs an int, not a value of type {}", other.type_name()))
        }
    }
}

/// A new string, paid for by the bytes of what it was made from too.
fn new_text(machine: &mut Machine<'_>, text: String) -> Run<Value> {
    machine.heap.new_text(text.into_bytes())
}
