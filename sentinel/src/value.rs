//! Values, and plain data from outside.

use crate::builtins::Builtin;
use crate::failure::At;

/// A value. Small and copied: strings, collections and the like are in the [`Heap`](crate::heap::Heap)
/// of the evaluation, which is dropped as a whole, cycles or not.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value {
    /// With the place where it came to be.
    Undefined(At),
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// A string of a file.
    Literal {
        instance: u16,
        text: u32,
    },
    Text(u32),
    List(u32),
    Map(u32),
    Function(u32),
    Builtin(Builtin),
    /// A function of an object.
    Method {
        object: u32,
        builtin: Builtin,
    },
    Rule(u32),
    /// A time, version or decimal.
    Object(u32),
    /// An import.
    Import(u16),
}

impl Value {
    /// What `types.type_of` calls it.
    pub(crate) fn type_name(self) -> &'static str {
        match self {
            Self::Undefined(_) => "undefined",
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Literal { .. } | Self::Text(_) => "string",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Function(_) | Self::Builtin(_) | Self::Method { .. } => "func",
            Self::Rule(_) => "rule",
            Self::Object(_) => "object",
            Self::Import(_) => "import",
        }
    }
}

/// Plain data: what comes from outside, and what goes out again.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// No value.
    Undefined,
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// A string.
    Text(String),
    /// A list.
    List(Vec<Data>),
    /// A map, in the order in which it is walked through.
    Map(Vec<(String, Data)>),
}

impl Data {
    /// Reads JSON. Numbers without fraction and exponent are whole ones.
    ///
    /// # Errors
    /// It is no JSON, or nests deeper than 100 levels.
    pub fn from_json(text: &str) -> Result<Self, String> {
        let value: serde_json::Value =
            serde_json::from_str(text).map_err(|error| error.to_string())?;
        Ok(Self::from(value))
    }

    /// The member of a map.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(entries) => {
                entries.iter().find(|(name, _)| name == key).map(|(_, data)| data)
            }
            _ => None,
        }
    }

    /// As JSON; undefined is `null`, and so is a number that JSON has not.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match self {
            Self::Undefined | Self::Null => Json::Null,
            Self::Bool(value) => Json::Bool(*value),
            Self::Int(value) => Json::from(*value),
            Self::Float(value) => Json::from(*value),
            Self::Text(text) => Json::String(text.clone()),
            Self::List(list) => Json::Array(list.iter().map(Self::to_json).collect()),
            Self::Map(map) => {
                Json::Object(map.iter().map(|(key, data)| (key.clone(), data.to_json())).collect())
            }
        }
    }

    /// About how many bytes it fills.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::List(list) => list.iter().map(|data| data.size() + 8).sum(),
            Self::Map(map) => map.iter().map(|(key, data)| key.len() + data.size() + 8).sum(),
            _ => 8,
        }
    }
}

impl From<serde_json::Value> for Data {
    fn from(value: serde_json::Value) -> Self {
        use serde_json::Value as Json;
        match value {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(value),
            Json::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(value), _) => Self::Int(value),
                (None, Some(value)) => Self::Float(value),
                (None, None) => Self::Null,
            },
            Json::String(text) => Self::Text(text),
            Json::Array(list) => Self::List(list.into_iter().map(Self::from).collect()),
            Json::Object(map) => {
                Self::Map(map.into_iter().map(|(key, value)| (key, Self::from(value))).collect())
            }
        }
    }
}
