//! A document as a tree that knows where each part stands: the same for TOML and JSON.

use serde_json::{Map, Number, Value};

/// A value, and the byte that it starts at.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) start: usize,
    pub(super) tree: Tree,
}

/// A value of either format.
#[derive(Debug)]
pub(super) enum Tree {
    Text(String),
    /// A date or time that TOML writes without quotes.
    Time(String),
    Number(Number),
    Bool(bool),
    List(Vec<Node>),
    Table(Vec<Entry>),
    /// JSON's `null`, in a list; in a table it is the same as leaving the key out.
    Null,
}

/// A key with its value.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_start: usize,
    pub(super) node: Node,
}

impl Node {
    /// The tree as plain JSON.
    pub(super) fn to_json(&self) -> Value {
        match &self.tree {
            Tree::Text(text) | Tree::Time(text) => Value::String(text.clone()),
            Tree::Number(number) => Value::Number(number.clone()),
            Tree::Bool(is) => Value::Bool(*is),
            Tree::List(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Tree::Table(entries) => {
                let pairs = entries.iter().map(|entry| (entry.key.clone(), entry.node.to_json()));
                Value::Object(pairs.collect::<Map<_, _>>())
            }
            Tree::Null => Value::Null,
        }
    }
}

/// A place in the document: a node, the path to it, and the byte that stands for it in messages.
#[derive(Debug, Clone)]
pub(super) struct Place<'a> {
    pub(super) node: &'a Node,
    pub(super) path: String,
    pub(super) start: usize,
}

impl<'a> Place<'a> {
    /// The whole document.
    pub(super) const fn root(node: &'a Node) -> Self {
        Self { node, path: String::new(), start: node.start }
    }

    /// The place of a key, if this is a table that has it.
    pub(super) fn get(&self, key: &str) -> Option<Self> {
        self.entries().into_iter().find_map(|(name, place)| (name == key).then_some(place))
    }

    /// The places of a list; none if this is no list.
    pub(super) fn items(&self) -> Vec<Self> {
        let Tree::List(items) = &self.node.tree else { return Vec::new() };
        let place = |(index, node): (usize, &'a Node)| Self {
            node,
            path: format!("{}[{index}]", self.path),
            start: node.start,
        };
        items.iter().enumerate().map(place).collect()
    }

    /// The items of the list under this key.
    pub(super) fn all(&self, key: &str) -> Vec<Self> {
        self.get(key).map(|list| list.items()).unwrap_or_default()
    }

    /// The keys and places of a table; none if this is no table.
    pub(super) fn entries(&self) -> Vec<(&'a str, Self)> {
        let Tree::Table(entries) = &self.node.tree else { return Vec::new() };
        let place = |entry: &'a Entry| {
            let path = self.path_to(&entry.key);
            (entry.key.as_str(), Self { node: &entry.node, path, start: entry.node.start })
        };
        entries.iter().map(place).collect()
    }

    /// The path that a key of this table has or would have.
    pub(super) fn path_to(&self, key: &str) -> String {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let key = if !key.is_empty() && key.chars().all(plain) {
            key.to_owned()
        } else {
            format!("{key:?}")
        };
        if self.path.is_empty() { key } else { format!("{}.{key}", self.path) }
    }

    /// The text that stands here, if it is one.
    pub(super) fn text(&self) -> Option<&'a str> {
        match &self.node.tree {
            Tree::Text(text) => Some(text),
            Tree::Time(_)
            | Tree::Number(_)
            | Tree::Bool(_)
            | Tree::List(_)
            | Tree::Table(_)
            | Tree::Null => None,
        }
    }

    /// The text under this key.
    pub(super) fn text_of(&self, key: &str) -> Option<&'a str> {
        self.get(key).and_then(|place| place.text())
    }

    /// This place, and all below it.
    pub(super) fn walk(self, visit: &mut impl FnMut(&Self)) {
        visit(&self);
        let below: Vec<Self> =
            self.items().into_iter().chain(self.entries().into_iter().map(|(_, at)| at)).collect();
        for place in below {
            place.walk(visit);
        }
    }
}
