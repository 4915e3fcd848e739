//! Loops that are expressions, and what all loops walk over.

use super::{Env, Machine, TOP};
use crate::ast::{Each, ExprId, Name};
use crate::failure::{Run, fail};
use crate::value::Value;

/// What a loop walks over: a copy, so that the loop's body may change the collection.
#[derive(Debug)]
pub(crate) enum Elements {
    List(Vec<Value>),
    Map(Vec<(Value, Value)>),
}

impl Elements {
    /// Keys or indexes, values, and whether it is a map.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Value, Value, bool)> + '_ {
        let (list, map) = match self {
            Self::List(list) => (list.as_slice(), [].as_slice()),
            Self::Map(map) => ([].as_slice(), map.as_slice()),
        };
        let index = |at: usize| Value::Int(i64::try_from(at).unwrap_or(i64::MAX));
        let list = list.iter().enumerate().map(move |(at, value)| (index(at), *value, false));
        list.chain(map.iter().map(|(key, value)| (*key, *value, true)))
    }

    fn bytes(&self) -> usize {
        match self {
            Self::List(list) => size_of_val(list.as_slice()),
            Self::Map(map) => size_of_val(map.as_slice()),
        }
    }
}

impl Machine<'_> {
    /// A copy of what a collection has.
    pub(crate) fn elements(&mut self, collection: Value) -> Run<Elements> {
        let elements = match collection {
            Value::List(list) => {
                self.heap.reserve(self.heap.list(list).len())?;
                return Ok(Elements::List(self.heap.list(list).to_vec()));
            }
            Value::Map(map) => {
                self.heap.reserve(self.heap.entries(map).len() * 2)?;
                Elements::Map(self.heap.entries(map).to_vec())
            }
            _ => {
                let name = collection.type_name();
                return fail(format!("a list or a map is needed here, not a value of type {name}"));
            }
        };
        Ok(elements)
    }

    pub(crate) fn give_back(&mut self, elements: &Elements) {
        self.heap.meter.give(elements.bytes());
    }

    /// Binds the names of a loop: one name is the value of a list's element, or the key of a map's.
    pub(super) fn bind_element(
        &mut self,
        env: Env,
        (first, second): (Name, Option<Name>),
        (key, value): (Value, Value),
        is_map: bool,
    ) -> Run<()> {
        debug_assert_ne!(env.scope, TOP, "loops have scopes");
        match second {
            Some(second) => {
                self.bind(env, first, key)?;
                self.bind(env, second, value)
            }
            None => self.bind(env, first, if is_map { key } else { value }),
        }
    }

    #[inline(never)]
    pub(super) fn each(
        &mut self,
        what: Each,
        over: ExprId,
        names: (Name, Option<Name>),
        body: ExprId,
        env: Env,
    ) -> Run<Value> {
        let collection = self.eval(over, env)?;
        if let Value::Undefined(_) = collection {
            return Ok(collection);
        }
        let elements =
            self.elements(collection).map_err(|failed| self.placed(failed, env, over))?;
        let mut result = match what {
            Each::All => Value::Bool(true),
            _ => Value::Bool(false),
        };
        let (mut kept, mut kept_entries) = (Vec::new(), Vec::new());
        for (key, value, is_map) in elements.iter() {
            let opened = self.open_scope(env)?;
            self.bind_element(opened.env, names, (key, value), is_map)?;
            let answer = match what {
                Each::Map => self.eval(body, opened.env)?,
                Each::All | Each::Any | Each::Filter => self.eval_bool(body, opened.env)?,
            };
            self.close_scope(opened);
            match (what, answer) {
                (Each::Map, value) => {
                    self.heap.meter.take(size_of::<Value>())?;
                    kept.push(value);
                }
                (Each::Filter, Value::Bool(true)) if is_map => kept_entries.push((key, value)),
                (Each::Filter, Value::Bool(true)) => kept.push(value),
                (Each::Filter | Each::All, Value::Undefined(_))
                | (Each::All, Value::Bool(false))
                | (Each::Any, Value::Bool(true)) => {
                    self.give_back(&elements);
                    return Ok(answer);
                }
                // As in a chain of `or`: what comes later may still be true.
                (Each::Any, Value::Undefined(_)) => result = answer,
                (Each::All | Each::Any | Each::Filter, _) => {}
            }
        }
        self.give_back(&elements);
        match (what, collection) {
            (Each::Filter, Value::Map(_)) => {
                let map = self.heap.new_map()?;
                self.heap.reserve(kept_entries.len() * 2)?;
                self.heap.fill_map(map, kept_entries);
                Ok(Value::Map(map))
            }
            (Each::Filter | Each::Map, _) => self.heap.new_list(kept),
            (Each::All | Each::Any, _) => Ok(result),
        }
    }
}
