//! Names and what they are bound to. Functions, loops and bodies of `any`, `all`, `filter` and `map`
//! have scopes; `if` and `case` have none.

use super::{Env, Machine, TOP};
use crate::ast::{Name, place, size};
use crate::failure::{Run, fail};
use crate::value::Value;

#[derive(Debug, Default)]
pub(super) struct Scope {
    parent: u32,
    names: Vec<(Name, Value)>,
}

/// What a scope costs, and what a name in it does.
const SCOPE: usize = 64;
const ENTRY: usize = 2 * size_of::<(Name, Value)>();

/// A scope that was opened, and what has to be known to close it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opened {
    pub(crate) env: Env,
    captures: u64,
}

impl Machine<'_> {
    pub(super) fn open_scope(&mut self, env: Env) -> Run<Opened> {
        self.heap.meter.take(SCOPE)?;
        let scope = size(self.scopes.len());
        self.scopes.push(Scope { parent: env.scope, names: Vec::new() });
        Ok(Opened { env: Env { instance: env.instance, scope }, captures: self.captures })
    }

    /// Gives the scope back, unless a function or a rule was made that may still see it.
    pub(super) fn close_scope(&mut self, opened: Opened) {
        let is_last = place(opened.env.scope) + 1 == self.scopes.len();
        if is_last && opened.captures == self.captures {
            let names = self.scopes.pop().map_or(0, |scope| scope.names.len());
            self.heap.meter.give(SCOPE + ENTRY * names);
        }
    }

    /// Binds a name in a scope of its own.
    pub(super) fn bind(&mut self, env: Env, name: Name, value: Value) -> Run<()> {
        self.heap.meter.take(ENTRY)?;
        if let Some(scope) = self.scopes.get_mut(place(env.scope)) {
            scope.names.push((name, value));
        }
        Ok(())
    }

    /// Takes steps for looking through scopes of many names.
    pub(super) fn pay_for_search(&mut self, env: Env) -> Run<()> {
        let (mut at, mut names) = (env.scope, 0);
        while let Some(scope) = self.scopes.get(place(at)) {
            names += scope.names.len();
            at = scope.parent;
        }
        self.heap.meter.step(u64::try_from(names / 16).unwrap_or(u64::MAX))
    }

    /// What a name is bound to, from the inside out.
    pub(super) fn lookup(&self, name: Name, env: Env) -> Option<Value> {
        let mut at = env.scope;
        while at != TOP {
            let scope = self.scopes.get(place(at))?;
            if let Some((_, value)) = scope.names.iter().rev().find(|(found, _)| *found == name) {
                return Some(*value);
            }
            at = scope.parent;
        }
        self.global(env.instance, name).or_else(|| {
            let file = self.heap.files.get(usize::from(env.instance))?;
            file.builtins.get(place(name.0)).copied().flatten().map(Value::Builtin)
        })
    }

    pub(super) fn global(&self, instance: u16, name: Name) -> Option<Value> {
        let instance = self.instances.get(usize::from(instance))?;
        instance.globals.get(place(name.0)).copied().flatten()
    }

    pub(super) fn set_global(&mut self, instance: u16, name: Name, value: Value) {
        let globals = self.instances.get_mut(usize::from(instance)).map(|found| &mut found.globals);
        if let Some(slot) = globals.and_then(|globals| globals.get_mut(place(name.0))) {
            *slot = Some(value);
        }
    }

    /// Assigns to the innermost variable of this name; if there is none, a new one is made here.
    pub(super) fn assign(&mut self, name: Name, value: Value, env: Env) -> Run<()> {
        self.pay_for_search(env)?;
        self.name_rule(name, value, env);
        let mut at = env.scope;
        while at != TOP {
            let Some(scope) = self.scopes.get_mut(place(at)) else { break };
            if let Some(entry) = scope.names.iter_mut().rev().find(|(found, _)| *found == name) {
                entry.1 = value;
                return Ok(());
            }
            at = scope.parent;
        }
        match self.global(env.instance, name) {
            // A variable of a function may hide an import there.
            None | Some(Value::Import(_)) if env.scope != TOP => self.bind(env, name, value),
            Some(Value::Import(_)) => fail("an import cannot be assigned to"),
            Some(_) | None => {
                self.set_global(env.instance, name, value);
                Ok(())
            }
        }
    }

    /// A rule is called by the first name it is given at the top of its file.
    fn name_rule(&mut self, name: Name, value: Value, env: Env) {
        if let (Value::Rule(id), TOP) = (value, env.scope)
            && let Some(rule) = self.rules.get_mut(place(id))
        {
            rule.name.get_or_insert(name);
        }
    }
}
