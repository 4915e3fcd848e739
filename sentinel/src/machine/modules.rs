//! Files and imports: what they are loaded from, and how their members are reached.
//!
//! A module is evaluated once. What it hands out is a copy, so that an importer cannot change what
//! is the module's; the copy is made anew only after something handed out was changed.

use std::collections::HashMap;
use std::sync::Arc;

use super::expressions::placed_at;
use super::{Env, Machine, TOP};
use crate::ast::{File, Name};
use crate::failure::{At, Run, fail};
use crate::imports::Library;
use crate::policy::Import;
use crate::value::Value;

/// A file that is evaluated.
#[derive(Debug)]
pub(super) struct Instance {
    pub(super) globals: Vec<Option<Value>>,
    ready: bool,
    exports: HashMap<Name, Export>,
}

/// A copy that was handed out.
#[derive(Debug)]
struct Export {
    original: Value,
    changes: u64,
    copy: Value,
}

/// What an import's name stands for.
#[derive(Clone, Debug)]
pub(super) enum Imported {
    Library(&'static Library),
    Module(u16),
    Data { root: Value, copy: Option<(u64, Value)> },
}

impl Machine<'_> {
    /// Evaluates a file: the policy itself, or a module.
    pub(super) fn load(&mut self, file: &Arc<File>, is_policy: bool) -> Run<u16> {
        let Ok(instance) = u16::try_from(self.instances.len()) else {
            return fail("too many modules");
        };
        self.heap.meter.take(file.names.len() * 24 + 256)?;
        self.heap.files.push(file.clone());
        let globals = vec![None; file.names.len()];
        self.instances.push(Instance { globals, ready: false, exports: HashMap::new() });
        if is_policy {
            self.bind_globals(file, instance)?;
        }
        for import in &file.imports {
            let at = At { instance, offset: import.at };
            let value = self.import(&import.path).map_err(|failed| placed_at(failed, at))?;
            self.set_global(instance, import.name, value);
        }
        self.bind_params(file, instance, is_policy)?;
        self.block(file.body, Env { instance, scope: TOP })?;
        if let Some(loaded) = self.instances.get_mut(usize::from(instance)) {
            loaded.ready = true;
        }
        Ok(instance)
    }

    fn bind_globals(&mut self, file: &File, instance: u16) -> Run<()> {
        let setup = self.setup;
        for (name, data) in &setup.globals {
            // What the policy does not name, it cannot reach.
            if let Some(name) = file.named(name) {
                let value = self.heap.value_of(data, super::DATA_DEPTH)?;
                self.set_global(instance, name, value);
            }
        }
        Ok(())
    }

    fn bind_params(&mut self, file: &File, instance: u16, is_policy: bool) -> Run<()> {
        for param in &file.params {
            let at = At { instance, offset: param.at };
            let name = file.name(param.name);
            if !is_policy {
                return fail("a module cannot have parameters")
                    .map_err(|failed| placed_at(failed, at));
            }
            let value = match (self.setup.params.get(name), param.default) {
                (Some(data), _) => self.heap.value_of(data, super::DATA_DEPTH)?,
                (None, Some(default)) => self.eval(default, Env { instance, scope: TOP })?,
                (None, None) => {
                    return fail(format!("the parameter `{name}` needs a value"))
                        .map_err(|failed| placed_at(failed, at));
                }
            };
            self.set_global(instance, param.name, value);
        }
        Ok(())
    }

    /// What a path means: what the host gives (mocks first), or else the standard library. What
    /// follows the name of data reaches into it: `people/dogs`.
    fn import(&mut self, path: &str) -> Run<Value> {
        if let Some(import) = self.by_path.get(path) {
            return Ok(Value::Import(*import));
        }
        let setup = self.setup;
        let imported = match setup.imports.get(path) {
            Some(Import::Module(policy)) => {
                // Taken before it is evaluated, so that a circle of modules finds itself.
                let next = u16::try_from(self.instances.len()).unwrap_or(u16::MAX);
                let import = self.new_import(path, Imported::Module(next))?;
                self.enter()?;
                self.load(policy.file(), false)?;
                self.depth -= 1;
                return Ok(Value::Import(import));
            }
            Some(Import::Data(data)) => {
                let root = self.heap.value_of(data, super::DATA_DEPTH)?;
                Imported::Data { root, copy: None }
            }
            None => match crate::imports::library(path) {
                Some(library) => Imported::Library(library),
                None => return self.import_within(path),
            },
        };
        Ok(Value::Import(self.new_import(path, imported)?))
    }

    /// `name/key`, where `name` is data.
    fn import_within(&mut self, path: &str) -> Run<Value> {
        let unknown = || {
            let known = crate::imports::names().join(", ");
            fail(format!(
                "there is no import `{path}`: it is neither configured nor one of the standard ones ({known})"
            ))
        };
        let Some((outer, key)) = path.rsplit_once('/') else { return unknown() };
        let setup = self.setup;
        let mut base = outer;
        while !matches!(setup.imports.get(base), Some(Import::Data(_))) {
            match base.rsplit_once('/') {
                Some((shorter, _)) => base = shorter,
                None => return unknown(),
            }
        }
        let Value::Import(outer) = self.import(outer)? else { return unknown() };
        let Some(Imported::Data { root: Value::Map(map), .. }) =
            self.imported.get(usize::from(outer)).cloned()
        else {
            return unknown();
        };
        match self.heap.field(map, key.as_bytes()) {
            Some(root) => {
                let import = self.new_import(path, Imported::Data { root, copy: None })?;
                Ok(Value::Import(import))
            }
            None => unknown(),
        }
    }

    fn new_import(&mut self, path: &str, imported: Imported) -> Run<u16> {
        let Ok(import) = u16::try_from(self.imported.len()) else {
            return fail("too many imports");
        };
        self.imported.push(imported);
        self.by_path.insert(path.into(), import);
        Ok(import)
    }

    /// An import used as a value: only data is one.
    pub(super) fn import_value(&mut self, import: u16) -> Run<Value> {
        match self.imported.get(usize::from(import)).cloned() {
            Some(Imported::Data { root, copy }) => self.data_copy(import, root, copy),
            Some(Imported::Library(_) | Imported::Module(_)) | None => {
                fail("an import is no value: select something of it")
            }
        }
    }

    fn data_copy(&mut self, import: u16, root: Value, copy: Option<(u64, Value)>) -> Run<Value> {
        if let Some((changes, copy)) = copy
            && changes == self.heap.export_changes
        {
            return Ok(copy);
        }
        let made = self.copy(root)?;
        if let Some(Imported::Data { copy, .. }) = self.imported.get_mut(usize::from(import)) {
            *copy = Some((self.heap.export_changes, made));
        }
        Ok(made)
    }

    /// `import.member`
    pub(super) fn import_member(&mut self, import: u16, member: &[u8], at: At) -> Run<Value> {
        match self.imported.get(usize::from(import)).cloned() {
            Some(Imported::Library(library)) => {
                let name = String::from_utf8_lossy(member);
                library.member(self, &name)
            }
            Some(Imported::Module(instance)) => self.module_member(instance, member, at),
            Some(Imported::Data { root, copy }) => match self.data_copy(import, root, copy)? {
                Value::Map(map) => Ok(self.heap.field(map, member).unwrap_or(Value::Undefined(at))),
                Value::Null | Value::Undefined(_) => Ok(Value::Undefined(at)),
                other => fail(format!("a value of type {} has no fields", other.type_name())),
            },
            None => fail("this import is gone"),
        }
    }

    fn module_member(&mut self, instance: u16, member: &[u8], at: At) -> Run<Value> {
        let file = self.file(instance)?.clone();
        let Some(found) = self.instances.get(usize::from(instance)) else {
            return fail("this module is gone");
        };
        if !found.ready {
            return fail(
                "this module is still being loaded: modules import each other in a circle",
            );
        }
        let name = std::str::from_utf8(member).ok().and_then(|name| file.named(name));
        let Some(name) = name else { return Ok(Value::Undefined(at)) };
        let value = match self.global(instance, name) {
            Some(Value::Rule(rule)) => self.force(rule)?,
            Some(Value::Import(import)) => self.import_value(import)?,
            Some(value) => value,
            None => return Ok(Value::Undefined(at)),
        };
        self.export(instance, name, value)
    }

    fn export(&mut self, instance: u16, name: Name, value: Value) -> Run<Value> {
        let (Value::List(id) | Value::Map(id)) = value else { return Ok(value) };
        let exports = self.instances.get(usize::from(instance)).map(|found| &found.exports);
        if let Some(export) = exports.and_then(|exports| exports.get(&name)) {
            let same = match export.original {
                Value::List(old) => matches!(value, Value::List(_)) && old == id,
                Value::Map(old) => matches!(value, Value::Map(_)) && old == id,
                _ => false,
            };
            if same && export.changes == self.heap.export_changes {
                return Ok(export.copy);
            }
        }
        let copy = self.copy(value)?;
        let changes = self.heap.export_changes;
        if let Some(found) = self.instances.get_mut(usize::from(instance)) {
            found.exports.insert(name, Export { original: value, changes, copy });
        }
        Ok(copy)
    }

    /// A copy with all that is in it, of the same shape: what is twice in it is one thing in the
    /// copy too. Works through a list of what is left, so that depth does not matter.
    fn copy(&mut self, root: Value) -> Run<Value> {
        let mut copies: HashMap<(bool, u32), Value> = HashMap::new();
        let mut left = Vec::new();
        let copy = self.shell(root, &mut copies, &mut left)?;
        while let Some((original, copy)) = left.pop() {
            match (original, copy) {
                (Value::List(from), Value::List(to)) => {
                    self.heap.reserve(self.heap.list(from).len())?;
                    let mut items = self.heap.list(from).to_vec();
                    for item in &mut items {
                        *item = self.shell(*item, &mut copies, &mut left)?;
                    }
                    self.heap.fill_list(to, items);
                }
                (Value::Map(from), Value::Map(to)) => {
                    self.heap.reserve(self.heap.entries(from).len() * 2)?;
                    let mut entries = self.heap.entries(from).to_vec();
                    for (_, value) in &mut entries {
                        *value = self.shell(*value, &mut copies, &mut left)?;
                    }
                    self.heap.fill_map(to, entries);
                }
                _ => {}
            }
        }
        Ok(copy)
    }

    /// An empty copy of a collection, to be filled later; other values are their own copies.
    fn shell(
        &mut self,
        value: Value,
        copies: &mut HashMap<(bool, u32), Value>,
        left: &mut Vec<(Value, Value)>,
    ) -> Run<Value> {
        let key = match value {
            Value::List(id) => (true, id),
            Value::Map(id) => (false, id),
            other => return Ok(other),
        };
        if let Some(copy) = copies.get(&key) {
            return Ok(*copy);
        }
        self.heap.meter.take(96)?;
        let copy = match value {
            Value::List(_) => self.heap.new_list(Vec::new())?,
            _ => Value::Map(self.heap.new_map()?),
        };
        self.heap.mark_exported(value);
        self.heap.mark_exported(copy);
        copies.insert(key, copy);
        left.push((value, copy));
        Ok(copy)
    }
}
