//! Where an evaluation keeps its strings, collections and functions, and what they cost.

use std::hash::BuildHasher;
use std::sync::Arc;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use crate::ast::{File, Text, place, size};
use crate::failure::{Run, fail};
use crate::limits::{Limits, Meter};
use crate::object::Object;
use crate::value::{Data, Value};

/// Maps up to this size are searched from the front.
const SMALL: usize = 8;

#[derive(Debug, Default)]
pub(crate) struct List {
    pub(crate) items: Vec<Value>,
    /// Belongs to what a module handed out, or is what it handed out.
    pub(crate) exported: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Map {
    /// In the order in which they came.
    pub(crate) entries: Vec<(Value, Value)>,
    /// Places of the keys, once there are many.
    index: Option<HashTable<u32>>,
    pub(crate) exported: bool,
}

/// A function of the policy, and the scope that it sees.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Closure {
    pub(crate) instance: u16,
    pub(crate) function: u32,
    pub(crate) scope: u32,
}

#[derive(Debug)]
pub(crate) struct Heap {
    pub(crate) meter: Meter,
    pub(crate) files: Vec<Arc<File>>,
    texts: Vec<Box<[u8]>>,
    lists: Vec<List>,
    maps: Vec<Map>,
    closures: Vec<Closure>,
    objects: Vec<Object>,
    hasher: std::hash::RandomState,
    /// Counts changes of exported collections.
    pub(crate) export_changes: u64,
}

impl Heap {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            meter: Meter::new(limits),
            files: Vec::new(),
            texts: Vec::new(),
            lists: Vec::new(),
            maps: Vec::new(),
            closures: Vec::new(),
            objects: Vec::new(),
            hasher: std::hash::RandomState::new(),
            export_changes: 0,
        }
    }

    // Strings

    /// The bytes of a string.
    pub(crate) fn bytes(&self, value: Value) -> Option<&[u8]> {
        match value {
            Value::Text(id) => self.texts.get(place(id)).map(AsRef::as_ref),
            Value::Literal { instance, text } => {
                self.files.get(usize::from(instance)).map(|file| file.text(Text(text)))
            }
            _ => None,
        }
    }

    /// A string, with replacements for what is not UTF-8.
    pub(crate) fn text(&self, value: Value) -> Option<String> {
        self.bytes(value).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    pub(crate) fn new_text(&mut self, bytes: impl Into<Box<[u8]>>) -> Run<Value> {
        let bytes = bytes.into();
        self.meter.step(1)?;
        self.meter.walk(bytes.len())?;
        self.meter.take(bytes.len() + 48)?;
        self.texts.push(bytes);
        Ok(Value::Text(size(self.texts.len() - 1)))
    }

    // Lists

    pub(crate) fn new_list(&mut self, items: Vec<Value>) -> Run<Value> {
        self.meter.take(40 + items.len() * size_of::<Value>())?;
        self.lists.push(List { items, exported: false });
        Ok(Value::List(size(self.lists.len() - 1)))
    }

    /// Room for a list that is about to be made: taken before it is.
    pub(crate) fn reserve(&mut self, items: usize) -> Run<()> {
        self.meter.take(items.saturating_mul(size_of::<Value>()))?;
        self.meter.step(u64::try_from(items).unwrap_or(u64::MAX))
    }

    pub(crate) fn list(&self, id: u32) -> &[Value] {
        self.lists.get(place(id)).map(|list| list.items.as_slice()).unwrap_or_default()
    }

    pub(crate) fn list_mut(&mut self, id: u32) -> Run<&mut List> {
        match self.lists.get_mut(place(id)) {
            Some(list) => {
                self.export_changes += u64::from(list.exported);
                Ok(list)
            }
            None => fail("this list is gone"),
        }
    }

    pub(crate) fn append(&mut self, id: u32, value: Value) -> Run<()> {
        self.meter.take(size_of::<Value>() * 2)?;
        self.list_mut(id)?.items.push(value);
        Ok(())
    }

    // Maps

    pub(crate) fn new_map(&mut self) -> Run<u32> {
        self.meter.take(96)?;
        self.maps.push(Map::default());
        Ok(size(self.maps.len() - 1))
    }

    /// A map of keys that are known to be strings that differ.
    pub(crate) fn new_distinct_map(&mut self, entries: Vec<(Value, Value)>) -> Run<Value> {
        self.meter.take(96 + entries.len() * size_of::<(Value, Value)>())?;
        self.maps.push(Map { entries, index: None, exported: false });
        Ok(Value::Map(size(self.maps.len() - 1)))
    }

    pub(crate) fn entries(&self, id: u32) -> &[(Value, Value)] {
        self.maps.get(place(id)).map(|map| map.entries.as_slice()).unwrap_or_default()
    }

    pub(crate) fn get(&mut self, id: u32, key: Value) -> Option<Value> {
        let at = self.find(id, key)?;
        self.entries(id).get(at).map(|(_, value)| *value)
    }

    /// The value of a key that is a string.
    pub(crate) fn field(&mut self, id: u32, key: &[u8]) -> Option<Value> {
        self.index_if_large(id);
        self.indexed_field(id, key)
    }

    /// The value of a key that is a string of a file.
    pub(crate) fn select(&mut self, id: u32, instance: u16, field: Text) -> Option<Value> {
        self.index_if_large(id);
        let file = self.files.get(usize::from(instance))?;
        self.indexed_field(id, file.text(field))
    }

    fn index_if_large(&mut self, id: u32) {
        if self.entries(id).len() > SMALL {
            self.build_index(id);
        }
    }

    fn indexed_field(&self, id: u32, key: &[u8]) -> Option<Value> {
        if self.entries(id).len() <= SMALL {
            let is = |entry: &&(Value, Value)| self.bytes(entry.0) == Some(key);
            return self.entries(id).iter().find(is).map(|(_, value)| *value);
        }
        let hash = self.hasher.hash_one(key);
        let map = self.maps.get(place(id))?;
        let at = *map.index.as_ref()?.find(hash, |at| {
            map.entries.get(place(*at)).is_some_and(|entry| self.bytes(entry.0) == Some(key))
        })?;
        map.entries.get(place(at)).map(|(_, value)| *value)
    }

    pub(crate) fn set(&mut self, id: u32, key: Value, value: Value) -> Run<()> {
        if !is_key(key) {
            return fail(format!("a value of type {} cannot be a key", key.type_name()));
        }
        let found = self.find(id, key);
        let hash = self.hash(key);
        let Some(map) = self.maps.get_mut(place(id)) else { return fail("this map is gone") };
        self.export_changes += u64::from(map.exported);
        if let Some(entry) = found.and_then(|at| map.entries.get_mut(at)) {
            entry.1 = value;
            return Ok(());
        }
        self.meter.take(size_of::<(Value, Value)>() * 2 + 8)?;
        let at = size(map.entries.len());
        map.entries.push((key, value));
        if let Some(index) = &mut map.index {
            // Growing hashes the others anew, which needs the heap; so the index goes, and comes back.
            if index.len() == index.capacity() {
                map.index = None;
            } else if let Entry::Vacant(vacant) = index.entry(hash, |_| false, |_| hash) {
                vacant.insert(at);
            }
        }
        Ok(())
    }

    pub(crate) fn remove(&mut self, id: u32, key: Value) -> Run<()> {
        let Some(at) = self.find(id, key) else { return Ok(()) };
        let Some(map) = self.maps.get_mut(place(id)) else { return Ok(()) };
        self.export_changes += u64::from(map.exported);
        map.index = None;
        map.entries.remove(at);
        let moved = u64::try_from(map.entries.len()).unwrap_or(u64::MAX);
        self.meter.step(moved)
    }

    /// Where the entry of a key is.
    pub(crate) fn find(&mut self, id: u32, key: Value) -> Option<usize> {
        if !is_key(key) {
            return None;
        }
        if self.entries(id).len() <= SMALL {
            return self.entries(id).iter().position(|entry| self.same_key(entry.0, key));
        }
        self.build_index(id);
        let hash = self.hash(key);
        let map = self.maps.get(place(id))?;
        let found = map.index.as_ref()?.find(hash, |at| {
            map.entries.get(place(*at)).is_some_and(|entry| self.same_key(entry.0, key))
        });
        found.map(|at| place(*at))
    }

    fn build_index(&mut self, id: u32) {
        let Some(map) = self.maps.get(place(id)) else { return };
        if map.index.is_some() {
            return;
        }
        let hashes: Vec<u64> = map.entries.iter().map(|entry| self.hash(entry.0)).collect();
        let mut index = HashTable::with_capacity(hashes.len() * 2);
        for (at, hash) in hashes.iter().enumerate() {
            let rehash = |at: &u32| hashes.get(place(*at)).copied().unwrap_or_default();
            index.insert_unique(*hash, size(at), rehash);
        }
        // Rare enough, and bounded by what filled the map, to be free of steps.
        if let Some(map) = self.maps.get_mut(place(id)) {
            map.index = Some(index);
        }
    }

    /// Equal keys have equal hashes; 1 and 1.0 are equal.
    fn hash(&self, key: Value) -> u64 {
        match key {
            Value::Bool(value) => self.hasher.hash_one(value),
            #[allow(clippy::cast_precision_loss)]
            Value::Int(value) => self.hasher.hash_one((value as f64).to_bits()),
            Value::Float(value) => self.hasher.hash_one((value + 0.0).to_bits()),
            _ => self.hasher.hash_one(self.bytes(key).unwrap_or_default()),
        }
    }

    fn same_key(&self, a: Value, b: Value) -> bool {
        match (a, b) {
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Int(a), Value::Int(b)) => a == b,
            #[allow(clippy::float_cmp)]
            (Value::Float(a), Value::Float(b)) => a == b,
            (Value::Int(int), Value::Float(float)) | (Value::Float(float), Value::Int(int)) => {
                same_number(int, float)
            }
            (Value::Literal { .. } | Value::Text(_), Value::Literal { .. } | Value::Text(_)) => {
                self.bytes(a) == self.bytes(b)
            }
            _ => false,
        }
    }

    /// Marks a collection as handed out by a module.
    pub(crate) fn mark_exported(&mut self, value: Value) {
        match value {
            Value::List(id) => {
                if let Some(list) = self.lists.get_mut(place(id)) {
                    list.exported = true;
                }
            }
            Value::Map(id) => {
                if let Some(map) = self.maps.get_mut(place(id)) {
                    map.exported = true;
                }
            }
            _ => {}
        }
    }

    /// Puts members into a collection that is not used yet.
    pub(crate) fn fill_list(&mut self, id: u32, items: Vec<Value>) {
        if let Some(list) = self.lists.get_mut(place(id)) {
            list.items = items;
        }
    }

    pub(crate) fn fill_map(&mut self, id: u32, entries: Vec<(Value, Value)>) {
        if let Some(map) = self.maps.get_mut(place(id)) {
            map.entries = entries;
            map.index = None;
        }
    }

    // Functions and objects

    pub(crate) fn new_closure(&mut self, closure: Closure) -> Run<Value> {
        self.meter.take(size_of::<Closure>())?;
        self.closures.push(closure);
        Ok(Value::Function(size(self.closures.len() - 1)))
    }

    pub(crate) fn closure(&self, id: u32) -> Run<Closure> {
        self.closures.get(place(id)).copied().map_or_else(|| fail("this function is gone"), Ok)
    }

    pub(crate) fn new_object(&mut self, object: Object) -> Run<Value> {
        self.meter.take(object.size())?;
        self.objects.push(object);
        Ok(Value::Object(size(self.objects.len() - 1)))
    }

    pub(crate) fn object(&self, id: u32) -> Option<&Object> {
        self.objects.get(place(id))
    }

    // Data from outside

    /// Data as a value. Its depth is bounded by whoever read it.
    pub(crate) fn value_of(&mut self, data: &Data, depth: u32) -> Run<Value> {
        self.meter.step(1)?;
        if depth == 0 {
            return fail("this data is nested too deeply");
        }
        match data {
            Data::Undefined => Ok(Value::Undefined(crate::failure::At { instance: 0, offset: 0 })),
            Data::Null => Ok(Value::Null),
            Data::Bool(value) => Ok(Value::Bool(*value)),
            Data::Int(value) => Ok(Value::Int(*value)),
            Data::Float(value) => Ok(Value::Float(*value)),
            Data::Text(text) => self.new_text(text.as_bytes()),
            Data::List(list) => {
                let items: Run<Vec<_>> =
                    list.iter().map(|data| self.value_of(data, depth - 1)).collect();
                self.new_list(items?)
            }
            Data::Map(map) => {
                let id = self.new_map()?;
                for (key, data) in map {
                    let key = self.new_text(key.as_bytes())?;
                    let value = self.value_of(data, depth - 1)?;
                    self.set(id, key, value)?;
                }
                Ok(Value::Map(id))
            }
        }
    }
}

/// Whether a value can be a key.
fn is_key(value: Value) -> bool {
    matches!(
        value,
        Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Literal { .. } | Value::Text(_)
    )
}

/// Whether two numbers are the same, exactly.
pub(crate) fn same_number(int: i64, float: f64) -> bool {
    compare_numbers(int, float) == Some(std::cmp::Ordering::Equal)
}

/// Which is larger, exactly: as a float, an int may lose its last digits.
pub(crate) fn compare_numbers(int: i64, float: f64) -> Option<std::cmp::Ordering> {
    use std::cmp::Ordering;
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if float.is_nan() {
        return None;
    }
    if float >= LIMIT {
        return Some(Ordering::Less);
    }
    if float < -LIMIT {
        return Some(Ordering::Greater);
    }
    #[allow(clippy::cast_possible_truncation)]
    let whole = float.trunc() as i64;
    Some(int.cmp(&whole).then_with(|| {
        let fraction = float.fract();
        0.0.partial_cmp(&fraction).unwrap_or(Ordering::Equal)
    }))
}
