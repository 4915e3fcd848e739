//! Calls of functions: the policy's own, and builtins.

use super::{Env, Machine};
use crate::ast::{ExprId, Span, place};
use crate::builtins::Builtin;
use crate::failure::{At, Run, fail};
use crate::machine::statements::Flow;
use crate::value::Value;

impl Machine<'_> {
    pub(super) fn call_expression(
        &mut self,
        function: ExprId,
        arguments: Span,
        at: At,
        env: Env,
    ) -> Run<Value> {
        let function = self.eval(function, env)?;
        if let Value::Undefined(_) = function {
            return Ok(function);
        }
        let mut values = Vec::with_capacity(place(arguments.length));
        for at in arguments.each() {
            let argument = self.file(env.instance)?.member(at);
            values.push(self.eval(argument, env)?);
        }
        self.call(function, &values, at)
    }

    /// Calls a function with values.
    pub(crate) fn call(&mut self, function: Value, arguments: &[Value], at: At) -> Run<Value> {
        match function {
            Value::Function(id) => self.call_closure(id, arguments),
            Value::Builtin(builtin) => self.call_builtin(builtin, arguments, at),
            Value::Method { object, builtin } => {
                let mut all = Vec::with_capacity(arguments.len() + 1);
                all.push(Value::Object(object));
                all.extend_from_slice(arguments);
                self.call_builtin(builtin, &all, at)
            }
            Value::Undefined(_) => Ok(function),
            other => fail(format!("a value of type {} cannot be called", other.type_name())),
        }
    }

    /// How many arguments a function of the policy takes; nothing if it is none.
    pub(crate) fn parameters(&self, function: Value) -> Run<Option<usize>> {
        let Value::Function(id) = function else { return Ok(None) };
        let closure = self.heap.closure(id)?;
        let function = self.file(closure.instance)?.functions.get(place(closure.function));
        Ok(function.map(|found| found.parameters.len()))
    }

    fn call_builtin(&mut self, builtin: Builtin, arguments: &[Value], at: At) -> Run<Value> {
        let (least, most) = builtin.arguments;
        let implied = usize::from(builtin.is_method);
        if arguments.len() < least || arguments.len() > most {
            let given = arguments.len() - implied.min(arguments.len());
            let (least, most) = (least - implied.min(least), most.saturating_sub(implied));
            let takes = match (least, most) {
                (least, most) if least == most => format!("{least}"),
                (least, usize::MAX) => format!("at least {least}"),
                (least, most) => format!("{least} to {most}"),
            };
            return fail(format!("`{}` takes {takes} arguments, not {given}", builtin.name));
        }
        if !builtin.takes_undefined
            && let Some(undefined) =
                arguments.iter().find(|value| matches!(value, Value::Undefined(_)))
        {
            return Ok(*undefined);
        }
        self.heap.meter.step(1)?;
        (builtin.run)(self, arguments).map(|value| made_at(value, at))
    }

    fn call_closure(&mut self, id: u32, arguments: &[Value]) -> Run<Value> {
        let closure = self.heap.closure(id)?;
        let function = self.file(closure.instance)?.functions.get(place(closure.function));
        let Some((body, takes)) = function.map(|found| (found.body, found.parameters.len())) else {
            return fail("this function is gone");
        };
        if takes != arguments.len() {
            let given = arguments.len();
            return fail(format!("this function takes {takes} arguments, not {given}"));
        }
        self.enter()?;
        let outside = Env { instance: closure.instance, scope: closure.scope };
        let opened = self.open_scope(outside)?;
        for (at, value) in arguments.iter().enumerate() {
            let file = self.file(closure.instance)?;
            let function = file.functions.get(place(closure.function));
            let Some(name) = function.and_then(|found| found.parameters.get(at)).copied() else {
                return fail("this function is gone");
            };
            self.bind(opened.env, name, *value)?;
        }
        let flow = self.block(body, opened.env)?;
        self.close_scope(opened);
        self.depth -= 1;
        match flow {
            Flow::Return(value) => Ok(value),
            Flow::Next | Flow::Break | Flow::Continue => {
                fail("the function ended without `return`: every way through it needs one")
            }
        }
    }
}

/// What a builtin leaves undefined comes from where it is asked.
pub(super) fn made_at(value: Value, at: At) -> Value {
    match value {
        Value::Undefined(made) if made == crate::builtins::HERE => Value::Undefined(at),
        value => value,
    }
}
