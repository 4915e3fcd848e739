//! Operators on values.

use std::cmp::Ordering;

use super::{DATA_DEPTH, Machine};
use crate::ast::{Binary, Unary};
use crate::failure::{At, Run, fail};
use crate::heap::compare_numbers;
use crate::value::Value;

pub(super) fn unary(operator: Unary, value: Value) -> Run<Value> {
    match (operator, value) {
        (_, Value::Undefined(_)) | (Unary::Plus, Value::Int(_) | Value::Float(_)) => Ok(value),
        (Unary::Not, Value::Bool(value)) => Ok(Value::Bool(!value)),
        (Unary::Minus, Value::Int(value)) => Ok(Value::Int(value.wrapping_neg())),
        (Unary::Minus, Value::Float(value)) => Ok(Value::Float(-value)),
        (Unary::Not, other) => fail(format!("`not` needs a bool, not a {}", other.type_name())),
        (Unary::Plus | Unary::Minus, other) => {
            fail(format!("a sign needs a number, not a {}", other.type_name()))
        }
    }
}

impl Machine<'_> {
    pub(super) fn binary(
        &mut self,
        operator: Binary,
        left: Value,
        right: Value,
        at: At,
    ) -> Run<Value> {
        if let Value::Undefined(_) = left {
            return Ok(left);
        }
        if let Value::Undefined(_) = right {
            return Ok(right);
        }
        let undefined = Value::Undefined(at);
        let answer = |holds: Option<bool>| Ok(holds.map_or(undefined, Value::Bool));
        match operator {
            Binary::Equal => answer(self.equal(left, right, DATA_DEPTH)?),
            Binary::NotEqual => answer(self.equal(left, right, DATA_DEPTH)?.map(|same| !same)),
            Binary::Less => answer(self.order(left, right)?.map(Ordering::is_lt)),
            Binary::LessEqual => answer(self.order(left, right)?.map(Ordering::is_le)),
            Binary::More => answer(self.order(left, right)?.map(Ordering::is_gt)),
            Binary::MoreEqual => answer(self.order(left, right)?.map(Ordering::is_ge)),
            Binary::In => answer(self.contains(right, left)?),
            Binary::NotIn => answer(self.contains(right, left)?.map(|found| !found)),
            Binary::Contains => answer(self.contains(left, right)?),
            Binary::NotContains => answer(self.contains(left, right)?.map(|found| !found)),
            Binary::Matches => Ok(Value::Bool(self.matches(left, right)?)),
            Binary::NotMatches => Ok(Value::Bool(!self.matches(left, right)?)),
            Binary::Add => self.add(left, right),
            Binary::Subtract | Binary::Multiply | Binary::Divide | Binary::Remainder => {
                arithmetic(operator, left, right)
            }
        }
    }

    fn add(&mut self, left: Value, right: Value) -> Run<Value> {
        if let (Value::List(a), Value::List(b)) = (left, right) {
            let length = self.heap.list(a).len() + self.heap.list(b).len();
            self.heap.meter.step(u64::try_from(length).unwrap_or(u64::MAX))?;
            self.heap.meter.take(length * size_of::<Value>())?;
            let items = [self.heap.list(a), self.heap.list(b)].concat();
            self.heap.meter.give(length * size_of::<Value>());
            return self.heap.new_list(items);
        }
        match (self.heap.bytes(left), self.heap.bytes(right)) {
            (Some(a), Some(b)) => {
                let length = a.len() + b.len();
                // Long strings are paid for before they are made.
                self.heap.meter.take(length)?;
                let (a, b) = (self.heap.bytes(left), self.heap.bytes(right));
                let both = [a.unwrap_or_default(), b.unwrap_or_default()].concat();
                self.heap.meter.give(length);
                self.heap.new_text(both)
            }
            _ => arithmetic(Binary::Add, left, right),
        }
    }

    /// Which of two values comes first; nothing for values of different or unordered types.
    pub(crate) fn order(&mut self, left: Value, right: Value) -> Run<Option<Ordering>> {
        Ok(match (left, right) {
            (Value::Int(a), Value::Int(b)) => Some(a.cmp(&b)),
            (Value::Float(a), Value::Float(b)) => a.partial_cmp(&b),
            (Value::Int(a), Value::Float(b)) => compare_numbers(a, b),
            (Value::Float(a), Value::Int(b)) => compare_numbers(b, a).map(Ordering::reverse),
            _ => match (self.heap.bytes(left), self.heap.bytes(right)) {
                (Some(a), Some(b)) => {
                    let (order, length) = (a.cmp(b), a.len().min(b.len()));
                    self.heap.meter.walk(length)?;
                    Some(order)
                }
                _ => None,
            },
        })
    }

    /// Whether a collection has a member, or a string a part.
    fn contains(&mut self, collection: Value, member: Value) -> Run<Option<bool>> {
        match collection {
            Value::List(list) => {
                // As in a chain of `or`: what is undefined hides that nothing was found.
                let (mut at, mut found) = (0, Some(false));
                while let Some(item) = self.heap.list(list).get(at).copied() {
                    match self.equal(item, member, DATA_DEPTH)? {
                        Some(true) => return Ok(Some(true)),
                        Some(false) => {}
                        None => found = None,
                    }
                    at += 1;
                }
                Ok(found)
            }
            Value::Map(map) => Ok(Some(self.heap.find(map, member).is_some())),
            _ => match (self.heap.bytes(collection), self.heap.bytes(member)) {
                (Some(text), Some(part)) => {
                    let (found, length) = (memchr::memmem::find(text, part).is_some(), text.len());
                    self.heap.meter.walk(length)?;
                    Ok(Some(found))
                }
                (Some(_), None) => fail(format!(
                    "a string contains strings, not a value of type {}",
                    member.type_name()
                )),
                (None, _) => fail(format!(
                    "`contains` and `in` need a list, map or string, not a {}",
                    collection.type_name()
                )),
            },
        }
    }
}

fn arithmetic(operator: Binary, left: Value, right: Value) -> Run<Value> {
    #[allow(clippy::cast_precision_loss)]
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => whole(operator, a, b),
        (Value::Int(a), Value::Float(b)) => Ok(broken(operator, a as f64, b)),
        (Value::Float(a), Value::Int(b)) => Ok(broken(operator, a, b as f64)),
        (Value::Float(a), Value::Float(b)) => Ok(broken(operator, a, b)),
        _ => {
            let (left, right) = (left.type_name(), right.type_name());
            let sign = match operator {
                Binary::Add => "+",
                Binary::Subtract => "-",
                Binary::Multiply => "*",
                Binary::Divide => "/",
                _ => "%",
            };
            fail(format!("`{sign}` cannot be applied to a {left} and a {right}"))
        }
    }
}

fn whole(operator: Binary, a: i64, b: i64) -> Run<Value> {
    Ok(Value::Int(match operator {
        Binary::Add => a.wrapping_add(b),
        Binary::Subtract => a.wrapping_sub(b),
        Binary::Multiply => a.wrapping_mul(b),
        _ if b == 0 => return fail("division by zero"),
        Binary::Divide => a.wrapping_div(b),
        _ => a.wrapping_rem(b),
    }))
}

/// Division by zero is infinite or no number, as IEEE 754 has it.
fn broken(operator: Binary, a: f64, b: f64) -> Value {
    Value::Float(match operator {
        Binary::Add => a + b,
        Binary::Subtract => a - b,
        Binary::Multiply => a * b,
        Binary::Divide => a / b,
        _ => a % b,
    })
}
