//! Expressions: operands, selectors, indexes, and logic. Calls are in `calls`, loops in `loops`.

use super::calls::made_at;
use super::{Env, Machine};
use crate::ast::{Expr, ExprId, Logic, Name, Span, Text, place};
use crate::failure::{At, Failed, Run, fail};
use crate::value::Value;

/// The place of an index, which counts from the end if it is negative.
pub(super) fn list_place(index: i64, length: usize) -> Option<usize> {
    let length = i64::try_from(length).ok()?;
    let at = if index < 0 { index.checked_add(length)? } else { index };
    if at < length { usize::try_from(at).ok() } else { None }
}

impl Machine<'_> {
    /// Evaluates an expression to a value: never a rule, never an import.
    pub(crate) fn eval(&mut self, id: ExprId, env: Env) -> Run<Value> {
        self.heap.meter.step(1)?;
        let node = self.file(env.instance)?.node(id);
        let at = At { instance: env.instance, offset: node.at };
        let value = match node.expr {
            Expr::Undefined => Ok(Value::Undefined(at)),
            Expr::Null => Ok(Value::Null),
            Expr::Bool(value) => Ok(Value::Bool(value)),
            Expr::Int(value) => Ok(Value::Int(value)),
            Expr::Float(value) => Ok(Value::Float(value)),
            Expr::Text(Text(text)) => Ok(Value::Literal { instance: env.instance, text }),
            Expr::Name(name) => self.name(name, env),
            expr => {
                let entered = self.enter();
                let value = entered.and_then(|()| self.compound(expr, id, at, env));
                self.depth = self.depth.saturating_sub(u32::from(value.is_ok()));
                value
            }
        };
        value.map_err(|failed| placed_at(failed, at))
    }

    /// Evaluates the condition of a rule, or the body of a quantifier: what is no bool is undefined.
    pub(super) fn eval_bool(&mut self, id: ExprId, env: Env) -> Run<Value> {
        let value = self.eval(id, env)?;
        if let Value::Bool(_) | Value::Undefined(_) = value {
            return Ok(value);
        }
        let offset = self.file(env.instance)?.node(id).at;
        Ok(Value::Undefined(At { instance: env.instance, offset }))
    }

    /// The right side of an assignment: a rule stays a rule, and stands where the assignment does.
    pub(super) fn eval_assigned(&mut self, id: ExprId, at: u32, env: Env) -> Run<Value> {
        let node = self.file(env.instance)?.node(id);
        match node.expr {
            Expr::Rule { when, body } => self.new_rule(id, at, when, body, env),
            _ => self.eval(id, env),
        }
    }

    /// Gives a failure the place of an expression, unless it has one.
    #[allow(clippy::unnecessary_box_returns, reason = "results stay small")]
    pub(super) fn placed(&self, failed: Box<Failed>, env: Env, id: ExprId) -> Box<Failed> {
        let offset = self.file(env.instance).map(|file| file.node(id).at).unwrap_or_default();
        placed_at(failed, At { instance: env.instance, offset })
    }

    /// Gives a failure an offset, unless it has a place.
    #[allow(clippy::unused_self)]
    pub(super) fn at<T>(&self, result: Run<T>, env: Env, offset: u32) -> Run<T> {
        result.map_err(|failed| placed_at(failed, At { instance: env.instance, offset }))
    }

    fn name(&mut self, name: Name, env: Env) -> Run<Value> {
        self.pay_for_search(env)?;
        match self.lookup(name, env) {
            Some(Value::Rule(rule)) => self.force(rule),
            Some(Value::Import(import)) => self.import_value(import),
            Some(value) => Ok(value),
            None => {
                let name = self.file(env.instance)?.name(name);
                fail(format!("unknown name `{name}`"))
            }
        }
    }

    #[inline(never)]
    fn compound(&mut self, expr: Expr, id: ExprId, at: At, env: Env) -> Run<Value> {
        match expr {
            Expr::List(span) => self.list(span, env),
            Expr::Map { pairs, distinct } => self.map(pairs, distinct, env),
            Expr::Function(function) => self.closure(function, env),
            Expr::Rule { when, body } => {
                let Value::Rule(rule) = self.new_rule(id, at.offset, when, body, env)? else {
                    return fail("this rule is gone");
                };
                self.force(rule)
            }
            Expr::Index { of, index } => self.index(of, index, at, env),
            Expr::Slice { of, from, to } => self.slice(of, from, to, at, env),
            Expr::Select { of, field } => self.select(of, field, at, env),
            Expr::Call { function, arguments } => {
                self.call_expression(function, arguments, at, env)
            }
            Expr::Unary { operator, of } => {
                let value = self.eval(of, env)?;
                super::operators::unary(operator, value)
            }
            Expr::Binary { operator, left, right } => {
                let left = self.eval(left, env)?;
                let right = self.eval(right, env)?;
                self.binary(operator, left, right, at)
            }
            Expr::Logic { operator, left, right } => self.logic(operator, left, right, env),
            Expr::Else { left, right } => match self.eval(left, env)? {
                Value::Undefined(_) => self.eval(right, env),
                value => Ok(value),
            },
            Expr::IsEmpty { of, negated } => {
                let empty = match self.eval(of, env)? {
                    undefined @ Value::Undefined(_) => return Ok(undefined),
                    Value::List(list) => self.heap.list(list).is_empty(),
                    Value::Map(map) => self.heap.entries(map).is_empty(),
                    value => {
                        let Some(bytes) = self.heap.bytes(value) else {
                            let name = value.type_name();
                            return fail(format!(
                                "`is empty` needs a string, list or map, not a {name}"
                            ));
                        };
                        bytes.is_empty()
                    }
                };
                Ok(Value::Bool(empty != negated))
            }
            Expr::IsDefined { of, negated } => {
                let defined = !matches!(self.eval(of, env)?, Value::Undefined(_));
                Ok(Value::Bool(defined != negated))
            }
            Expr::Each { what, over, first, second, body } => {
                self.each(what, over, (first, second), body, env)
            }
            Expr::Undefined
            | Expr::Null
            | Expr::Bool(_)
            | Expr::Int(_)
            | Expr::Float(_)
            | Expr::Text(_)
            | Expr::Name(_) => self.eval(id, env),
        }
    }

    fn list(&mut self, span: Span, env: Env) -> Run<Value> {
        let mut items = Vec::with_capacity(place(span.length));
        for at in span.each() {
            let item = self.file(env.instance)?.member(at);
            items.push(self.eval(item, env)?);
        }
        self.heap.new_list(items)
    }

    fn map(&mut self, pairs: Span, distinct: bool, env: Env) -> Run<Value> {
        let mut entries = Vec::with_capacity(place(pairs.length) / 2);
        for at in pairs.each().step_by(2) {
            let file = self.file(env.instance)?;
            let (key, value) = (file.member(at), file.member(at + 1));
            entries.push((self.eval(key, env)?, self.eval(value, env)?));
        }
        if distinct {
            return self.heap.new_distinct_map(entries);
        }
        let map = self.heap.new_map()?;
        for (key, value) in entries {
            self.heap.set(map, key, value)?;
        }
        Ok(Value::Map(map))
    }

    /// The import that an expression is the name of.
    fn as_import(&self, of: ExprId, env: Env) -> Run<Option<u16>> {
        Ok(match self.file(env.instance)?.node(of).expr {
            Expr::Name(name) => match self.lookup(name, env) {
                Some(Value::Import(import)) => Some(import),
                Some(_) | None => None,
            },
            _ => None,
        })
    }

    fn select(&mut self, of: ExprId, field: Text, at: At, env: Env) -> Run<Value> {
        if let Some(import) = self.as_import(of, env)? {
            let file = self.file(env.instance)?.clone();
            return self.import_member(import, file.text(field), at);
        }
        let value = self.eval(of, env)?;
        match value {
            Value::Undefined(_) => Ok(value),
            Value::Null => Ok(Value::Undefined(at)),
            Value::Map(map) => {
                let found = self.heap.select(map, env.instance, field);
                Ok(found.unwrap_or(Value::Undefined(at)))
            }
            Value::Object(object) => {
                let file = self.file(env.instance)?.clone();
                let field = String::from_utf8_lossy(file.text(field)).into_owned();
                crate::object::member(self, object, &field).map(|value| made_at(value, at))
            }
            _ => fail(format!("a value of type {} has no fields", value.type_name())),
        }
    }

    fn index(&mut self, of: ExprId, index: ExprId, at: At, env: Env) -> Run<Value> {
        if let Some(import) = self.as_import(of, env)? {
            let index = self.eval(index, env)?;
            if let Some(name) = self.heap.bytes(index).map(<[u8]>::to_vec) {
                return self.import_member(import, &name, at);
            }
            let of = self.import_value(import)?;
            return self.index_of(of, index, at);
        }
        let of = self.eval(of, env)?;
        let index = self.eval(index, env)?;
        if let (Value::Object(object), Some(name)) = (of, self.heap.text(index)) {
            return crate::object::member(self, object, &name).map(|value| made_at(value, at));
        }
        self.index_of(of, index, at)
    }

    pub(super) fn index_of(&mut self, of: Value, index: Value, at: At) -> Run<Value> {
        let undefined = Value::Undefined(at);
        match (of, index) {
            (Value::Undefined(_), _) => Ok(of),
            (Value::Null, _) => Ok(undefined),
            (_, Value::Undefined(_)) => Ok(index),
            (Value::Map(map), _) => Ok(self.heap.get(map, index).unwrap_or(undefined)),
            (Value::List(list), _) => {
                let index = whole(index, "a list is indexed by an int")?;
                let list = self.heap.list(list);
                let found = list_place(index, list.len()).and_then(|at| list.get(at)).copied();
                Ok(found.unwrap_or(undefined))
            }
            (Value::Literal { .. } | Value::Text(_), _) => {
                let index = whole(index, "a string is indexed by an int")?;
                let bytes = self.heap.bytes(of).unwrap_or_default();
                match list_place(index, bytes.len()).and_then(|at| bytes.get(at)).copied() {
                    Some(byte) => self.heap.new_text([byte]),
                    None => Ok(undefined),
                }
            }
            _ => fail(format!("a value of type {} cannot be indexed", of.type_name())),
        }
    }

    fn slice(
        &mut self,
        of: ExprId,
        from: Option<ExprId>,
        to: Option<ExprId>,
        at: At,
        env: Env,
    ) -> Run<Value> {
        let value = self.eval(of, env)?;
        let length = match value {
            Value::List(list) => self.heap.list(list).len(),
            Value::Literal { .. } | Value::Text(_) => {
                self.heap.bytes(value).unwrap_or_default().len()
            }
            Value::Undefined(_) => return Ok(value),
            Value::Null => return Ok(Value::Undefined(at)),
            _ => return fail(format!("a value of type {} cannot be sliced", value.type_name())),
        };
        let mut bounds = [0, i64::try_from(length).unwrap_or(i64::MAX)];
        for (bound, expr) in bounds.iter_mut().zip([from, to]) {
            let Some(expr) = expr else { continue };
            match self.eval(expr, env)? {
                undefined @ Value::Undefined(_) => return Ok(undefined),
                other => *bound = whole(other, "a slice is bounded by ints")?,
            }
        }
        let [from, to] = bounds.map(usize::try_from);
        let (Ok(from), Ok(to)) = (from, to) else { return Ok(Value::Undefined(at)) };
        if let Value::List(list) = value {
            return match self.heap.list(list).get(from..to).map(<[Value]>::to_vec) {
                Some(items) => {
                    self.heap.meter.step(u64::try_from(items.len()).unwrap_or(u64::MAX))?;
                    self.heap.new_list(items)
                }
                None => Ok(Value::Undefined(at)),
            };
        }
        match self.heap.bytes(value).and_then(|bytes| bytes.get(from..to)).map(<[u8]>::to_vec) {
            Some(bytes) => self.heap.new_text(bytes),
            None => Ok(Value::Undefined(at)),
        }
    }

    fn logic(&mut self, operator: Logic, left: ExprId, right: ExprId, env: Env) -> Run<Value> {
        let bool_of = |machine: &mut Self, id: ExprId| match machine.eval(id, env)? {
            value @ (Value::Bool(_) | Value::Undefined(_)) => Ok(value),
            other => fail(format!("`and`, `or` and `xor` need bools, not a {}", other.type_name()))
                .map_err(|failed| machine.placed(failed, env, id)),
        };
        let left = bool_of(self, left)?;
        match (operator, left) {
            (Logic::And, Value::Bool(false) | Value::Undefined(_))
            | (Logic::Or, Value::Bool(true)) => return Ok(left),
            _ => {}
        }
        let right = bool_of(self, right)?;
        match (operator, left, right) {
            // `undefined or x`: true if x is, or else still undefined.
            (Logic::Xor, Value::Undefined(_), _)
            | (Logic::Or, Value::Undefined(_), Value::Bool(false)) => Ok(left),
            (Logic::Xor, Value::Bool(a), Value::Bool(b)) => Ok(Value::Bool(a != b)),
            _ => Ok(right),
        }
    }
}

/// Gives a failure a place, unless it has one.
#[allow(clippy::unnecessary_box_returns, reason = "results stay small")]
pub(super) fn placed_at(mut failed: Box<Failed>, at: At) -> Box<Failed> {
    failed.at.get_or_insert(at);
    failed
}

/// A whole number, for indexes.
fn whole(value: Value, what: &str) -> Run<i64> {
    match value {
        Value::Int(value) => Ok(value),
        other => fail(format!("{what}, not by a {}", other.type_name())),
    }
}
