//! Statements.

use super::{Env, Machine};
use crate::ast::{Arm, Binary, Block, Expr, ExprId, Name, Span, Statement, place};
use crate::failure::{At, Run, fail};
use crate::heap::Closure;
use crate::value::Value;

/// How a statement ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum Flow {
    Next,
    Break,
    Continue,
    Return(Value),
}

impl Machine<'_> {
    pub(super) fn block(&mut self, block: Block, env: Env) -> Run<Flow> {
        for at in block.each() {
            let Some(statement) = self.file(env.instance)?.statements.get(at).copied() else {
                break;
            };
            self.heap.meter.step(1)?;
            match self.statement(statement, env)? {
                Flow::Next => {}
                other => return Ok(other),
            }
        }
        Ok(Flow::Next)
    }

    fn statement(&mut self, statement: Statement, env: Env) -> Run<Flow> {
        match statement {
            Statement::Expression(expr) => {
                self.eval(expr, env)?;
                Ok(Flow::Next)
            }
            Statement::Assign { name, operator, value, at } => {
                let placed = self.assign_name((name, at), operator, value, env);
                self.at(placed, env, at)?;
                Ok(Flow::Next)
            }
            Statement::AssignIndex { of, index, operator, value, at } => {
                let placed = self.assign_index((of, index), operator, value, env);
                self.at(placed, env, at)?;
                Ok(Flow::Next)
            }
            Statement::If { arms, otherwise } => self.conditional(arms, otherwise, env),
            Statement::For { over, first, second, body } => {
                self.loop_over(over, (first, second), body, env)
            }
            Statement::Case { subject, arms, otherwise } => {
                self.case(subject, arms, otherwise, env)
            }
            Statement::Declare { name, function, at } => {
                let value = self.closure(function, env)?;
                let placed = self.assign(name, value, env);
                self.at(placed, env, at)?;
                Ok(Flow::Next)
            }
            Statement::Return(None) => {
                Ok(Flow::Return(Value::Undefined(At { instance: env.instance, offset: 0 })))
            }
            Statement::Return(Some(value)) => Ok(Flow::Return(self.eval(value, env)?)),
            Statement::Break => Ok(Flow::Break),
            Statement::Continue => Ok(Flow::Continue),
        }
    }

    pub(super) fn closure(&mut self, function: u32, env: Env) -> Run<Value> {
        self.captures += 1;
        self.heap.new_closure(Closure { instance: env.instance, function, scope: env.scope })
    }

    fn assign_name(
        &mut self,
        (name, at): (Name, u32),
        operator: Option<Binary>,
        value: ExprId,
        env: Env,
    ) -> Run<()> {
        let Some(operator) = operator else {
            let value = self.eval_assigned(value, at, env)?;
            return self.assign(name, value, env);
        };
        let Some(old) = self.lookup(name, env) else {
            let name = self.file(env.instance)?.name(name).to_owned();
            return fail(format!("unknown name `{name}`: it has no value that could be changed"));
        };
        let old = if let Value::Rule(rule) = old { self.force(rule)? } else { old };
        let value = self.eval(value, env)?;
        let changed = self.changed(old, operator, value, env)?;
        self.assign(name, changed, env)
    }

    /// `old op= value`. A list that another is added to is changed itself, for all who hold it.
    fn changed(&mut self, old: Value, operator: Binary, value: Value, env: Env) -> Run<Value> {
        if let (Value::List(list), Binary::Add, Value::List(more)) = (old, operator, value) {
            self.heap.reserve(self.heap.list(more).len())?;
            let more = self.heap.list(more).to_vec();
            self.heap.list_mut(list)?.items.extend(more);
            return Ok(old);
        }
        self.binary(operator, old, value, At { instance: env.instance, offset: 0 })
    }

    fn assign_index(
        &mut self,
        (of, index): (ExprId, ExprId),
        operator: Option<Binary>,
        value: ExprId,
        env: Env,
    ) -> Run<()> {
        self.refuse_import(of, env)?;
        // The right side comes first.
        let mut new = self.eval(value, env)?;
        let of = self.eval(of, env)?;
        let index = self.eval(index, env)?;
        if let Some(operator) = operator {
            let at = At { instance: env.instance, offset: 0 };
            let old = self.index_of(of, index, at)?;
            new = self.changed(old, operator, new, env)?;
        }
        match (of, index) {
            (_, Value::Undefined(_)) => fail("undefined cannot be a key"),
            (Value::Map(id), _) => self.heap.set(id, index, new),
            (Value::List(id), Value::Int(at)) => {
                let length = self.heap.list(id).len();
                let slot = super::expressions::list_place(at, length);
                match slot.and_then(|at| self.heap.list_mut(id).ok()?.items.get_mut(at)) {
                    Some(slot) => {
                        *slot = new;
                        Ok(())
                    }
                    None => {
                        fail(format!("index {at} is out of range: the list has {length} elements"))
                    }
                }
            }
            (Value::List(_), _) => {
                fail(format!("a list is indexed by an int, not by a {}", index.type_name()))
            }
            _ => fail(format!("a value of type {} has no elements to assign to", of.type_name())),
        }
    }

    /// What is indexed must not be an import's own data.
    fn refuse_import(&self, mut of: ExprId, env: Env) -> Run<()> {
        loop {
            of = match self.file(env.instance)?.node(of).expr {
                Expr::Index { of, .. } | Expr::Select { of, .. } => of,
                Expr::Name(name) => {
                    return match self.lookup(name, env) {
                        Some(Value::Import(_)) => fail("an import's data cannot be assigned to"),
                        Some(_) | None => Ok(()),
                    };
                }
                _ => return Ok(()),
            };
        }
    }

    fn arm(&self, at: usize, env: Env) -> Run<Arm> {
        self.file(env.instance)?
            .arms
            .get(at)
            .copied()
            .map_or_else(|| fail("this block is gone"), Ok)
    }

    fn conditional(&mut self, arms: Span, otherwise: Option<Block>, env: Env) -> Run<Flow> {
        for at in arms.each() {
            let arm = self.arm(at, env)?;
            let test = self.file(env.instance)?.member(place(arm.tests.start));
            match self.eval(test, env)? {
                Value::Bool(true) => return self.nested_block(arm.body, env),
                // Only what is true is done, "otherwise" the `else`.
                Value::Bool(false) | Value::Undefined(_) => {}
                other => {
                    let name = other.type_name();
                    return fail(format!("the condition of `if` must be a bool, not a {name}"))
                        .map_err(|failed| self.placed(failed, env, test));
                }
            }
        }
        match otherwise {
            Some(block) => self.nested_block(block, env),
            None => Ok(Flow::Next),
        }
    }

    fn nested_block(&mut self, block: Block, env: Env) -> Run<Flow> {
        self.enter()?;
        let flow = self.block(block, env);
        self.depth -= 1;
        flow
    }

    fn case(
        &mut self,
        subject: Option<ExprId>,
        arms: Span,
        otherwise: Option<Block>,
        env: Env,
    ) -> Run<Flow> {
        // Without a value it is `case true`.
        let subject = subject.map_or(Ok(Value::Bool(true)), |subject| self.eval(subject, env))?;
        for at in arms.each() {
            let arm = self.arm(at, env)?;
            for test in arm.tests.each() {
                let test = self.file(env.instance)?.member(test);
                let value = self.eval(test, env)?;
                if self.equal(subject, value, super::DATA_DEPTH)? == Some(true) {
                    return self.nested_block(arm.body, env);
                }
            }
        }
        match otherwise {
            Some(block) => self.nested_block(block, env),
            None => Ok(Flow::Next),
        }
    }

    fn loop_over(
        &mut self,
        over: ExprId,
        names: (Name, Option<Name>),
        body: Block,
        env: Env,
    ) -> Run<Flow> {
        let collection = self.eval(over, env)?;
        if let Value::Undefined(made) = collection {
            let whence = self.position(made);
            return fail(format!(
                "`for` needs a list or a map, and this is undefined (since {whence})"
            ))
            .map_err(|failed| self.placed(failed, env, over));
        }
        let elements =
            self.elements(collection).map_err(|failed| self.placed(failed, env, over))?;
        let mut flow = Flow::Next;
        for (key, value, is_map) in elements.iter() {
            self.heap.meter.step(1)?;
            let opened = self.open_scope(env)?;
            self.bind_element(opened.env, names, (key, value), is_map)?;
            let ended = self.nested_block(body, opened.env)?;
            self.close_scope(opened);
            match ended {
                Flow::Next | Flow::Continue => {}
                Flow::Break => break,
                Flow::Return(_) => {
                    flow = ended;
                    break;
                }
            }
        }
        self.give_back(&elements);
        Ok(flow)
    }
}
