//! The JSON Schema of the document, and the check of a document against it.
//!
//! The check knows as much of JSON Schema as [`schema`] produces. It goes on after a mistake, so that
//! all are found at once.

use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use serde_json::{Number, Value, json};

use super::document::Settings;
use super::form;
use super::nearest::known_words;
use super::origin::Finding;
use super::tree::{Entry, Place, Tree};

/// The JSON Schema of the settings, for editors and other programs.
#[must_use]
pub fn schema() -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<Settings>().to_value();
    tidy(&mut schema);
    schema
}

/// Takes `null` out of a schema, since what is optional is left out: that a `null` in JSON does the
/// same is for programs that cannot do otherwise. And puts the lines of descriptions together.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if let Some(types) = map.get_mut("type")
                && let Some([only, _]) = types.as_array().map(Vec::as_slice)
            {
                *types = only.clone();
            }
            if let Some(forms) = map.get("anyOf").and_then(Value::as_array)
                && let [Value::Object(only), null] = forms.as_slice()
                && *null == json!({ "type": "null" })
            {
                let only = only.clone();
                map.remove("anyOf");
                map.extend(only);
            }
            if let Some(Value::String(text)) = map.get_mut("description") {
                *text = text.replace('\n', " ").replace("  ", "\n\n");
            }
            map.retain(|key, value| key != "default" || !value.is_null());
            map.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What in the document is not of the shape that the schema describes.
pub(super) fn check(root: &Place<'_>) -> Vec<Finding> {
    let mut shape = Shape { found: Vec::new() };
    shape.value(root, &SCHEMA);
    shape.found
}

static SCHEMA: LazyLock<Value> = LazyLock::new(schema);

/// Follows a reference within the schema.
fn resolve(schema: &'static Value) -> &'static Value {
    let target = schema.get("$ref").and_then(Value::as_str);
    target.and_then(|path| SCHEMA.pointer(path.trim_start_matches('#'))).unwrap_or(schema)
}

const UNQUOTE: &str = "take the quotes away";

struct Shape {
    found: Vec<Finding>,
}

impl Shape {
    fn value(&mut self, place: &Place<'_>, schema: &'static Value) {
        let schema = resolve(schema);
        if let Some(words) = words(schema) {
            return self.word(place, &words);
        }
        if let Some(forms) = schema.get("oneOf").and_then(Value::as_array) {
            return self.one_of(place, forms);
        }
        let expected = schema.get("type").and_then(Value::as_str).unwrap_or_default();
        match (expected, &place.node.tree) {
            ("object", Tree::Table(entries)) => self.table(place, entries, schema),
            ("array", Tree::List(_)) => self.list(place, schema),
            ("string", Tree::Text(text)) => self.text(place, text, schema),
            ("string", Tree::Time(text)) if text_of(schema, "format") == "date-time" => {
                self.text(place, text, schema);
            }
            ("integer", Tree::Number(number)) => self.integer(place, number, schema),
            ("boolean", Tree::Bool(_)) => {}
            (_, given) => self.wrong_type(place, expected, given),
        }
    }

    fn table(&mut self, place: &Place<'_>, entries: &[Entry], schema: &'static Value) {
        let properties = schema.get("properties").and_then(Value::as_object);
        let known = |key: &str| properties.and_then(|all| all.get(key));
        for key in required(schema).filter(|key| place.get(key).is_none()) {
            let finding = Finding::at(place, format!("`{key}` is missing"));
            let hint = known(key).and_then(in_words).map(|words| format!("add it: {words}"));
            self.found.push(finding.maybe_hint(hint));
        }
        let others = schema.get("additionalProperties");
        for (entry, (key, below)) in entries.iter().zip(place.entries()) {
            match (known(key), others) {
                (Some(schema), _) | (None, Some(schema @ Value::Object(_))) => {
                    self.value(&below, schema);
                }
                (None, Some(Value::Bool(false))) => {
                    let words = properties.into_iter().flat_map(|all| all.keys());
                    let words: Vec<_> = words.map(String::as_str).collect();
                    let message = format!("there is no setting `{key}` here");
                    let mut finding = Finding::at(&below, message);
                    finding.start = entry.key_start;
                    self.found.push(finding.maybe_hint(known_words(key, &words)));
                }
                (None, _) => {}
            }
        }
    }

    fn list(&mut self, place: &Place<'_>, schema: &'static Value) {
        let items = place.items();
        let most = schema.get("maxItems").and_then(Value::as_u64);
        if let Some(most) = most.and_then(|most| usize::try_from(most).ok())
            && items.len() > most
        {
            let message = format!("at most {most} are possible, not {}", items.len());
            let finding = Finding::at(place, message);
            self.found.push(finding.hint(format!("keep the {most} that people use most")));
        }
        if let Some(schema) = schema.get("items") {
            for item in &items {
                self.value(item, schema);
            }
        }
    }

    fn text(&mut self, place: &Place<'_>, text: &str, schema: &'static Value) {
        if text.is_empty() && schema.get("minLength").is_some() {
            return self.found.push(Finding::at(place, "this must not be empty"));
        }
        if let Err((message, hint)) = form::check(text_of(schema, "format"), text) {
            self.found.push(Finding::at(place, message).maybe_hint(hint));
        }
    }

    fn integer(&mut self, place: &Place<'_>, number: &Number, schema: &'static Value) {
        let limit = |key| schema.get(key).and_then(Value::as_u64);
        let (least, most) = (limit("minimum").unwrap_or(0), limit("maximum").unwrap_or(u64::MAX));
        if !number.as_u64().is_some_and(|number| (least..=most).contains(&number)) {
            let message = format!("expected a whole number from {least} to {most}, not {number}");
            self.found.push(Finding::at(place, message));
        }
    }

    /// A text that is one of these words.
    fn word(&mut self, place: &Place<'_>, words: &[&str]) {
        match place.text() {
            None => self.wrong_type(place, "string", &place.node.tree),
            Some(text) if words.contains(&text) => {}
            Some(text) => {
                let finding = Finding::at(place, format!("`{text}` is not possible here"));
                self.found.push(finding.maybe_hint(known_words(text, words)));
            }
        }
    }

    /// A table that is told from others by its one key.
    fn one_of(&mut self, place: &Place<'_>, forms: &'static [Value]) {
        let named = |form: &&Value| required(form).any(|key| place.get(key).is_some());
        if let Some(form) = forms.iter().find(named) {
            return self.value(place, form);
        }
        let forms: Vec<_> =
            forms.iter().flat_map(required).map(|key| format!("`{{ {key} = \"..\" }}`")).collect();
        let message = format!("expected {}", forms.join(" or "));
        self.found.push(Finding::at(place, message));
    }

    fn wrong_type(&mut self, place: &Place<'_>, expected: &str, given: &Tree) {
        let expected = match expected {
            "object" => "a table",
            "array" => "a list",
            "string" => "text",
            "integer" => "a whole number",
            _ => "`true` or `false`",
        };
        let hint = match (expected, given) {
            ("text", Tree::Number(_) | Tree::Bool(_) | Tree::Time(_)) => "put it in quotes",
            ("a list", Tree::Text(_)) => "put it in brackets, as in `[\"..\"]`",
            ("a list", Tree::Table(_)) => {
                &format!("there can be several: in TOML, write `[[{}]]` above each", place.path)
            }
            ("a whole number", Tree::Text(text)) if text.parse::<u64>().is_ok() => UNQUOTE,
            ("`true` or `false`", Tree::Text(text)) if text.parse::<bool>().is_ok() => UNQUOTE,
            _ => "",
        };
        let hint = (!hint.is_empty()).then(|| hint.to_owned());
        let finding = Finding::at(place, format!("expected {expected}, not {}", name_of(given)));
        self.found.push(finding.maybe_hint(hint));
    }
}

const fn name_of(tree: &Tree) -> &'static str {
    match tree {
        Tree::Text(_) => "text",
        Tree::Time(_) => "a time",
        Tree::Number(_) => "a number",
        Tree::Bool(_) => "`true` or `false`",
        Tree::List(_) => "a list",
        Tree::Table(_) => "a table",
        Tree::Null => "`null`",
    }
}

/// The words that a schema allows, if it is a choice of words.
fn words(schema: &'static Value) -> Option<Vec<&'static str>> {
    let choice = |key: &str| schema.get(key).and_then(Value::as_array);
    let words = choice("enum").map(|words| words.iter().map(Value::as_str).collect());
    words.or_else(|| {
        let constant = |form: &'static Value| form.get("const").and_then(Value::as_str);
        choice("oneOf").map(|forms| forms.iter().map(constant).collect())
    })?
}

/// The first line of what a schema says about itself, as part of a sentence.
fn in_words(schema: &Value) -> Option<String> {
    let line = text_of(schema, "description").lines().next()?.trim_end_matches('.');
    let mut letters = line.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect())
}

fn required(schema: &Value) -> impl Iterator<Item = &str> {
    schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn text_of<'a>(schema: &'a Value, key: &str) -> &'a str {
    schema.get(key).and_then(Value::as_str).unwrap_or_default()
}
