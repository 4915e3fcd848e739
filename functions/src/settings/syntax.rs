//! From text to a [`Node`], for both formats. Only syntax; what the keys mean is not known here.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Number;
use serde_json::value::RawValue;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::origin::Finding;
use super::tree::{Entry, Node, Tree};

/// How the settings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// TOML 1.1.
    Toml,
    /// JSON.
    Json,
}

/// A mistake in the syntax, and the byte that it is at.
#[derive(Debug)]
pub(super) struct SyntaxError {
    pub(super) start: usize,
    pub(super) message: String,
}

impl From<SyntaxError> for Finding {
    fn from(error: SyntaxError) -> Self {
        Self { start: error.start, field: String::new(), message: error.message, hint: None }
    }
}

/// Deeper than any settings need, and far from the end of the stack.
const DEEPEST: usize = 64;

/// Reads the text.
pub(super) fn read(text: &str, format: Format) -> Result<Node, Vec<SyntaxError>> {
    match format {
        Format::Toml => read_toml(text),
        Format::Json => read_json(text).map_err(|error| vec![error]),
    }
}

fn read_toml(text: &str) -> Result<Node, Vec<SyntaxError>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut errors: Vec<_> = errors
        .iter()
        .map(|error| SyntaxError {
            start: error.span().map_or(0, |span| span.start),
            message: error.message().to_owned(),
        })
        .collect();
    if errors.is_empty() {
        let node = toml_table(table.span().start, table.get_ref(), &mut errors);
        if errors.is_empty() {
            return Ok(node);
        }
    }
    Err(errors)
}

fn toml_table(start: usize, table: &DeTable<'_>, errors: &mut Vec<SyntaxError>) -> Node {
    let entry = |(key, value): (&Spanned<Cow<'_, str>>, &Spanned<DeValue<'_>>)| Entry {
        key: key.get_ref().to_string(),
        key_start: key.span().start,
        node: toml_node(value, errors),
    };
    Node { start, tree: Tree::Table(table.iter().map(entry).collect()) }
}

fn toml_node(value: &Spanned<DeValue<'_>>, errors: &mut Vec<SyntaxError>) -> Node {
    let start = value.span().start;
    let mut number = |number: Option<Number>, what: &str| {
        number.map_or_else(
            || {
                errors.push(SyntaxError { start, message: what.to_owned() });
                Tree::Null
            },
            Tree::Number,
        )
    };
    let tree = match value.get_ref() {
        DeValue::String(text) => Tree::Text(text.to_string()),
        DeValue::Integer(integer) => number(
            i64::from_str_radix(integer.as_str(), integer.radix()).ok().map(Number::from),
            "the number is too large",
        ),
        DeValue::Float(float) => number(
            float.as_str().parse().ok().and_then(Number::from_f64),
            "settings have no number that is infinite or none",
        ),
        DeValue::Boolean(is) => Tree::Bool(*is),
        DeValue::Datetime(time) => Tree::Time(time.to_string()),
        DeValue::Array(items) => {
            Tree::List(items.iter().map(|item| toml_node(item, errors)).collect())
        }
        DeValue::Table(table) => return toml_table(start, table, errors),
    };
    Node { start, tree }
}

/// Reads JSON with `serde_json`, level by level: each level's values are slices of the text, and
/// where a slice lies in the text is where its value stands.
fn read_json(text: &str) -> Result<Node, SyntaxError> {
    let whole: &RawValue = serde_json::from_str(text).map_err(|error| syntax(text, 0, &error))?;
    json_node(text, whole.get(), 0)
}

fn json_node(text: &str, slice: &str, depth: usize) -> Result<Node, SyntaxError> {
    let start = slice.as_ptr().addr().saturating_sub(text.as_ptr().addr());
    if depth > DEEPEST {
        let message = format!("the document is nested deeper than {DEEPEST} levels");
        return Err(SyntaxError { start, message });
    }
    let tree = match slice.as_bytes().first() {
        Some(b'{') => Tree::Table(json_table(text, slice, start, depth)?),
        Some(b'[') => {
            let JsonList(items) = json(text, slice, start)?;
            let nodes = items.iter().map(|item| json_node(text, item.get(), depth + 1));
            Tree::List(nodes.collect::<Result<_, _>>()?)
        }
        Some(b'"') => Tree::Text(json(text, slice, start)?),
        Some(b't') => Tree::Bool(true),
        Some(b'f') => Tree::Bool(false),
        Some(b'n') => Tree::Null,
        Some(_) | None => Tree::Number(json(text, slice, start)?),
    };
    Ok(Node { start, tree })
}

fn json_table(
    text: &str,
    slice: &str,
    start: usize,
    depth: usize,
) -> Result<Vec<Entry>, SyntaxError> {
    let JsonTable(pairs) = json(text, slice, start)?;
    let (mut entries, mut seen) = (Vec::new(), HashSet::new());
    for (raw, value) in pairs {
        let key_start = raw.get().as_ptr().addr().saturating_sub(text.as_ptr().addr());
        let key: String = json(text, raw.get(), key_start)?;
        if !seen.insert(key.clone()) {
            let message = format!("the key `{key}` is written twice");
            return Err(SyntaxError { start: key_start, message });
        }
        let node = json_node(text, value.get(), depth + 1)?;
        entries.push(Entry { key, key_start, node });
    }
    // What is null is not there: that is how generated JSON leaves something out.
    entries.retain(|entry: &Entry| !matches!(entry.node.tree, Tree::Null));
    Ok(entries)
}

fn json<'a, T: Deserialize<'a>>(
    text: &str,
    slice: &'a str,
    start: usize,
) -> Result<T, SyntaxError> {
    serde_json::from_str(slice).map_err(|error| syntax(text, start, &error))
}

/// The error of a slice that starts at this byte of the text.
fn syntax(text: &str, start: usize, error: &serde_json::Error) -> SyntaxError {
    let slice = text.get(start..).unwrap_or_default();
    let before: usize =
        slice.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let start = start.saturating_add(before).saturating_add(error.column().saturating_sub(1));
    let message = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    let message = message.strip_suffix(&position).unwrap_or(&message).to_owned();
    SyntaxError { start: start.min(text.len()), message }
}

struct JsonList<'a>(Vec<&'a RawValue>);
struct JsonTable<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'de> Deserialize<'de> for JsonList<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self)
    }
}

impl<'de> Deserialize<'de> for JsonTable<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = JsonTable<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(JsonTable(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}
