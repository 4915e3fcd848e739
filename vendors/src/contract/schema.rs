//! Schemas as the descriptions write them, as JSON Schema (draft 7), whole: with all that they name.

use serde_json::{Map, Value, json};

use super::Dialect;

/// A schema and all that it names.
pub(super) fn whole(document: &Value, dialect: Dialect, schema: &Value) -> Value {
    let mut reader = Reader { document, dialect, definitions: Map::new() };
    let mut whole = reader.schema(schema);
    whole["definitions"] = Value::Object(reader.definitions);
    whole
}

/// The members that an object of a schema may have, by all of its parts; `None` if it may have any.
pub(super) fn members(document: &Value, dialect: Dialect, schema: &Value) -> Option<Vec<String>> {
    let schema = match target(document, dialect, schema) {
        Some((_, named)) => named,
        None => schema,
    };
    let mut known: Vec<String> =
        schema["properties"].as_object().into_iter().flat_map(Map::keys).cloned().collect();
    for group in ["allOf", "anyOf", "oneOf"] {
        for part in schema[group].as_array().into_iter().flatten() {
            known.extend(members(document, dialect, part)?);
        }
    }
    let is_open = schema.get("additionalProperties").is_some_and(|it| *it != false);
    (!known.is_empty() && !is_open).then_some(known)
}

/// What a schema names, if that is all that it does.
fn target<'a>(
    document: &'a Value,
    dialect: Dialect,
    schema: &'a Value,
) -> Option<(&'a str, &'a Value)> {
    let name = schema.get("$ref")?.as_str()?;
    let found = match dialect {
        Dialect::Discovery => document["schemas"].get(name),
        Dialect::OpenApi | Dialect::Swagger => document.pointer(name.strip_prefix('#')?),
    };
    Some((name, found.unwrap_or_else(|| panic!("`{name}` is not there"))))
}

/// It, or `null`.
fn or_null(schema: &Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

struct Reader<'a> {
    document: &'a Value,
    dialect: Dialect,
    definitions: Map<String, Value>,
}

impl Reader<'_> {
    /// A member of an object. The older language has no word for those that may be `null`.
    fn member(&mut self, schema: &Value) -> Value {
        let read = self.schema(schema);
        if self.dialect == Dialect::Swagger { or_null(&read) } else { read }
    }

    fn schema(&mut self, schema: &Value) -> Value {
        if let Some((name, named)) = target(self.document, self.dialect, schema) {
            let key = name.replace(|letter: char| !letter.is_ascii_alphanumeric(), "_");
            if !self.definitions.contains_key(&key) {
                // It may name itself.
                self.definitions.insert(key.clone(), Value::Null);
                let read = self.schema(named);
                self.definitions.insert(key.clone(), read);
            }
            return json!({ "$ref": format!("#/definitions/{key}") });
        }
        let Some(members) = schema.as_object() else { return schema.clone() };
        let mut read = Map::new();
        for (name, value) in members {
            if let Some(value) = self.word(name, value) {
                read.insert(name.clone(), value);
            }
        }
        let read = read.into();
        if schema["nullable"] == true { or_null(&read) } else { read }
    }

    /// A word of the language and what it says; `None` for what people read, formats that each takes
    /// otherwise, and words that mean something else here.
    fn word(&mut self, name: &str, value: &Value) -> Option<Value> {
        let each = |value: &Value| value.as_array().cloned().unwrap_or_default();
        match name {
            "properties" => {
                let members = value.as_object().into_iter().flat_map(Map::iter);
                let members = members.map(|(name, it)| (name.clone(), self.member(it)));
                Some(Value::Object(members.collect()))
            }
            "allOf" | "anyOf" | "oneOf" => {
                Some(each(value).iter().map(|it| self.schema(it)).collect())
            }
            "items" | "not" => Some(self.schema(value)),
            "additionalProperties" if value.is_object() => Some(self.schema(value)),
            // Of a parameter, it says something else.
            "required" if !value.is_array() => None,
            "type" if value == "any" => None,
            // Google writes numbers as texts.
            "minimum" | "maximum" => match value {
                Value::String(text) => serde_json::from_str(text).ok(),
                other => Some(other.clone()),
            },
            "additionalProperties"
            | "type"
            | "required"
            | "enum"
            | "minLength"
            | "maxLength"
            | "minItems"
            | "maxItems"
            | "uniqueItems" => Some(value.clone()),
            _ => None,
        }
    }
}
