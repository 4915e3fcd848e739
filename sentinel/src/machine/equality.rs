//! Equality: deep, numbers by their value. Values of different types differ, and two functions do.

use super::Machine;
use crate::failure::{Run, fail};
use crate::heap::same_number;
use crate::value::Value;

impl Machine<'_> {
    /// Whether two values are equal; nothing if that is undefined.
    pub(crate) fn equal(&mut self, a: Value, b: Value, depth: u32) -> Run<Option<bool>> {
        self.heap.meter.step(1)?;
        if depth == 0 {
            return fail("these values are nested too deeply to be compared");
        }
        Ok(Some(match (a, b) {
            (Value::Undefined(_), _) | (_, Value::Undefined(_)) => return Ok(None),
            (Value::Null, Value::Null) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Int(a), Value::Int(b)) => a == b,
            #[allow(clippy::float_cmp)]
            (Value::Float(a), Value::Float(b)) => a == b,
            (Value::Int(int), Value::Float(float)) | (Value::Float(float), Value::Int(int)) => {
                same_number(int, float)
            }
            (Value::List(a), Value::List(b)) => return self.equal_lists(a, b, depth),
            (Value::Map(a), Value::Map(b)) => return self.equal_maps(a, b, depth),
            (Value::Object(a), Value::Object(b)) => {
                match (self.heap.object(a), self.heap.object(b)) {
                    (Some(a), Some(b)) => a.same(b),
                    _ => false,
                }
            }
            _ => match (self.heap.bytes(a), self.heap.bytes(b)) {
                (Some(a), Some(b)) => {
                    let (same, length) = (a == b, a.len());
                    self.heap.meter.walk(length)?;
                    same
                }
                _ => false,
            },
        }))
    }

    fn equal_lists(&mut self, a: u32, b: u32, depth: u32) -> Run<Option<bool>> {
        if self.heap.list(a).len() != self.heap.list(b).len() {
            return Ok(Some(false));
        }
        let mut at = 0;
        let mut result = Some(true);
        while let (Some(a), Some(b)) =
            (self.heap.list(a).get(at).copied(), self.heap.list(b).get(at).copied())
        {
            match self.equal(a, b, depth - 1)? {
                Some(true) => {}
                Some(false) => return Ok(Some(false)),
                None => result = None,
            }
            at += 1;
        }
        Ok(result)
    }

    fn equal_maps(&mut self, a: u32, b: u32, depth: u32) -> Run<Option<bool>> {
        if self.heap.entries(a).len() != self.heap.entries(b).len() {
            return Ok(Some(false));
        }
        let mut at = 0;
        let mut result = Some(true);
        while let Some((key, value)) = self.heap.entries(a).get(at).copied() {
            let Some(other) = self.heap.get(b, key) else { return Ok(Some(false)) };
            match self.equal(value, other, depth - 1)? {
                Some(true) => {}
                Some(false) => return Ok(Some(false)),
                None => result = None,
            }
            at += 1;
        }
        Ok(result)
    }
}
