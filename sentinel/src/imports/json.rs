//! `import "json"`

use super::{Library, new_text, no_constants, text};
use crate::builtins::{Native, argument};
use crate::failure::{Run, fail};
use crate::machine::{DATA_DEPTH, Machine};
use crate::value::{Data, Value};

pub(super) static LIBRARY: Library = Library {
    path: "json",
    functions: &[
        Native::new("json.unmarshal", 1, 1, |machine, arguments| {
            match parse(machine, arguments, "json.unmarshal")? {
                Ok(data) => machine.heap.value_of(&data, DATA_DEPTH),
                Err(error) => fail(format!("`json.unmarshal`: {error}")),
            }
        }),
        Native::new("json.valid", 1, 1, |machine, arguments| {
            Ok(Value::Bool(parse(machine, arguments, "json.valid")?.is_ok()))
        }),
        Native::new("json.marshal", 1, 1, |machine, arguments| {
            let json = machine.json(argument(arguments, 0), DATA_DEPTH)?;
            let text = json.to_string();
            machine.heap.meter.walk(text.len())?;
            new_text(machine, text)
        }),
    ],
    constant: no_constants,
};

fn parse(
    machine: &mut Machine<'_>,
    arguments: &[Value],
    function: &str,
) -> Run<Result<Data, String>> {
    let text = text(machine, arguments, 0, function)?;
    // What the parser makes of it on the way is larger than the text.
    let room = text.len().saturating_mul(24);
    machine.heap.meter.take(room)?;
    machine.heap.meter.step(u64::try_from(text.len() / 2).unwrap_or(u64::MAX))?;
    let parsed = Data::from_json(&text);
    machine.heap.meter.give(room);
    Ok(parsed)
}
