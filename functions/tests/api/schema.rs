//! As much of JSON Schema as the description of the API uses, and answers held against it.

use serde_json::{Map, Value};

use crate::rig::Answer;

/// The description of the API.
pub(crate) struct Described {
    pub(crate) document: Value,
}

impl Described {
    pub(crate) fn new(document: Option<Value>) -> Self {
        Self { document: document.expect("the description waits for nothing") }
    }

    /// Its operations: path, method, description.
    pub(crate) fn operations(&self) -> Vec<(&str, &str, &Value)> {
        let paths = self.document["paths"].as_object().unwrap();
        let methods = |(path, methods): (&'_ String, &'_ Value)| -> Vec<(String, String)> {
            methods.as_object().unwrap().keys().map(|it| (path.clone(), it.clone())).collect()
        };
        let all: Vec<_> = paths.iter().flat_map(methods).collect();
        let mut operations = Vec::new();
        for (path, method) in all {
            let (path, item) = paths.get_key_value(&path).unwrap();
            let (method, operation) = item.as_object().unwrap().get_key_value(&method).unwrap();
            operations.push((path.as_str(), method.as_str(), operation));
        }
        operations
    }

    fn operation(&self, method: &str, path: &str) -> Option<&Value> {
        let path = path.split('?').next().unwrap();
        let method = if method == "HEAD" { "GET" } else { method };
        let fits = |template: &str| {
            let (template, path): (Vec<_>, Vec<_>) =
                (template.split('/').collect(), path.split('/').collect());
            let same = |(a, b): (&&str, &&str)| a == b || (a.starts_with('{') && !b.is_empty());
            template.len() == path.len() && template.iter().zip(&path).all(same)
        };
        let mut all = self.operations().into_iter();
        all.find(|(template, its, _)| fits(template) && its.eq_ignore_ascii_case(method))
            .map(|(.., operation)| operation)
    }

    /// Holds an answer against the description of its operation.
    #[track_caller]
    pub(crate) fn check(&self, method: &str, path: &str, answer: &Answer) {
        let what = format!("{method} {path}: {answer:?}");
        assert_eq!(answer.header("cache-control"), "no-store", "{what}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{what}");
        let is_error = answer.status.as_u16() >= 400;
        let kind = if is_error { "application/problem+json" } else { "application/json" };
        assert_eq!(answer.header("content-type"), kind, "{what}");
        if method == "HEAD" {
            return;
        }
        if is_error {
            self.check_problem(answer, &what);
        }
        let Some(operation) = self.operation(method, path) else {
            assert!(matches!(answer.status.as_u16(), 404 | 405), "{what}");
            return;
        };
        let response = &operation["responses"][answer.status.as_str()];
        assert!(response.is_object(), "this status is not described. {what}");
        let schema = &response["content"][kind]["schema"];
        let mut wrong = Vec::new();
        self.validate(schema, &answer.body, "", &mut wrong);
        assert!(wrong.is_empty(), "{wrong:#?} {what}");
    }

    #[track_caller]
    fn check_problem(&self, answer: &Answer, what: &str) {
        let code = answer.text("code");
        let known = self.document["x-problem-codes"].as_array().unwrap();
        let known = known.iter().find(|known| known["code"] == code);
        let known = known.unwrap_or_else(|| panic!("an unknown code. {what}"));
        assert_eq!(known["status"], answer.status.as_u16(), "{what}");
        assert_eq!(answer.body["status"], answer.status.as_u16(), "{what}");
        assert!(answer.text("type").ends_with(code), "{what}");
        assert!(!answer.text("title").is_empty() && !answer.text("detail").is_empty(), "{what}");
    }

    /// What is wrong with a value by a schema.
    pub(crate) fn validate(
        &self,
        schema: &Value,
        value: &Value,
        at: &str,
        wrong: &mut Vec<String>,
    ) {
        let Some(schema) = schema.as_object() else {
            if schema == &Value::Bool(false) {
                wrong.push(format!("{at}: nothing may stand here"));
            } else if schema != &Value::Bool(true) {
                wrong.push(format!("{at}: {schema} is no schema"));
            }
            return;
        };
        if let Some(reference) = schema.get("$ref") {
            self.validate(self.resolve(reference.as_str().unwrap()), value, at, wrong);
        }
        if let Some(kinds) = schema.get("type") {
            let is = |kind: &Value| is_of(kind.as_str().unwrap(), value);
            let fits = kinds.as_array().map_or_else(|| is(kinds), |kinds| kinds.iter().any(is));
            if !fits {
                wrong.push(format!("{at}: {value} is not {kinds}"));
            }
        }
        if schema.get("const").is_some_and(|it| it != value) {
            wrong.push(format!("{at}: {value} is not {}", schema["const"]));
        }
        if let Some(values) = schema.get("enum")
            && !values.as_array().unwrap().contains(value)
        {
            wrong.push(format!("{at}: {value} is none of {values}"));
        }
        for part in list(schema, "allOf") {
            self.validate(part, value, at, wrong);
        }
        for word in ["anyOf", "oneOf"] {
            let parts = list(schema, word);
            let fits = |part: &&Value| {
                let mut wrong = Vec::new();
                self.validate(part, value, at, &mut wrong);
                wrong.is_empty()
            };
            let count = parts.iter().filter(fits).count();
            if !parts.is_empty() && (count == 0 || (word == "oneOf" && count > 1)) {
                wrong.push(format!("{at}: {value} fits {count} of {word}"));
            }
        }
        self.validate_inside(schema, value, at, wrong);
    }

    fn validate_inside(
        &self,
        schema: &Map<String, Value>,
        value: &Value,
        at: &str,
        wrong: &mut Vec<String>,
    ) {
        if let (Some(items), Some(values)) = (schema.get("items"), value.as_array()) {
            for (index, value) in values.iter().enumerate() {
                self.validate(items, value, &format!("{at}[{index}]"), wrong);
            }
        }
        let Some(object) = value.as_object() else { return };
        for name in list(schema, "required") {
            if !object.contains_key(name.as_str().unwrap()) {
                wrong.push(format!("{at}: {name} is missing"));
            }
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        for (name, value) in object {
            let at = format!("{at}.{name}");
            match properties.and_then(|properties| properties.get(name)) {
                Some(schema) => self.validate(schema, value, &at, wrong),
                // What is given may always be more, but never something that is nowhere described.
                None if properties.is_some()
                    && schema.contains_key("type")
                    && !schema.contains_key("additionalProperties") =>
                {
                    wrong.push(format!("{at}: it is not described"));
                }
                None => {}
            }
        }
    }

    /// What a reference stands for.
    pub(crate) fn resolve(&self, reference: &str) -> &Value {
        let pointer = reference.strip_prefix('#').unwrap_or_else(|| panic!("{reference}"));
        self.document.pointer(pointer).unwrap_or_else(|| panic!("{reference} leads nowhere"))
    }
}

fn list<'a>(schema: &'a Map<String, Value>, word: &str) -> &'a [Value] {
    schema.get(word).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("`{other}` is no type"),
    }
}
