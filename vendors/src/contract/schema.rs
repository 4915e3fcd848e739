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

struct Reader<'a> {
    document: &'a Value,
    dialect: Dialect,
    definitions: Map<String, Value>,
}

impl Reader<'_> {
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
            match name.as_str() {
                "properties" => {
                    let each = value.as_object().into_iter().flat_map(Map::iter);
                    let each: Map<_, _> =
                        each.map(|(name, it)| (name.clone(), self.schema(it))).collect();
                    read.insert(name.clone(), each.into());
                }
                "allOf" | "anyOf" | "oneOf" => {
                    let each = value.as_array().into_iter().flatten();
                    read.insert(name.clone(), each.map(|it| self.schema(it)).collect());
                }
                "items" | "not" => drop(read.insert(name.clone(), self.schema(value))),
                "additionalProperties" => {
                    drop(read.insert(
                        name.clone(),
                        if value.is_object() { self.schema(value) } else { value.clone() },
                    ));
                }
                // Of a parameter, it says something else.
                "required" if !value.is_array() => {}
                "type" if value == "any" => {}
                "type" | "required" | "enum" | "minimum" | "maximum" | "minLength"
                | "maxLength" | "minItems" | "maxItems" | "uniqueItems" => {
                    drop(read.insert(name.clone(), value.clone()))
                }
                // What people read, and formats that each takes otherwise.
                _ => {}
            }
        }
        if schema["nullable"] == true {
            json!({ "anyOf": [read, { "type": "null" }] })
        } else {
            read.into()
        }
    }
}
