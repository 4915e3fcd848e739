//! `GET /openapi.json`: the description of the API, from the same list as its routes.

mod entry;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::http::StatusCode;
use axum::{Extension, Json};
use countersign::desk::Problem;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::ApiState;
use super::catalogue::{self, COMMON, OF_BODIES, OF_OPEN, OF_QUERIES};
use super::operation::{Operation, SchemaOf};

pub(super) use entry::EntrySchema;

pub(super) fn operation() -> Operation {
    Operation::get("/openapi.json", "openapi", handle)
        .says("This description, in OpenAPI 3.1.", "")
        .answers::<Map<String, Value>>(StatusCode::OK, "An OpenAPI document.")
        .open()
}

async fn handle(Extension(document): Extension<Arc<Value>>) -> Json<Value> {
    Json(Value::clone(&document))
}

/// The description of these operations.
pub(super) fn document(operations: &[Operation], state: &ApiState) -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut given = settings.clone().for_serialize().into_generator();
    // What is taken stands where it is taken: it is stricter than what is given by the same name.
    let inline = settings.for_deserialize().with(|settings| settings.inline_subschemas = true);
    let mut taken = inline.into_generator();
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for operation in operations {
        let described = describe(operation, &mut given, &mut taken);
        paths.entry(operation.path).or_default().insert(operation.method.to_owned(), described);
    }
    given.subschema_for::<Problem>();
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Countersign",
            "version": env!("CARGO_PKG_VERSION"),
            "description": text::ABOUT,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": if state.base_url.is_empty() { "/" } else { &state.base_url } }],
        "security": security(state),
        "paths": paths,
        "components": {
            "schemas": given.take_definitions(true),
            "securitySchemes": schemes(state),
        },
        "x-problem-codes": codes(),
    });
    text::without_links(&mut document);
    document
}

fn describe(
    operation: &Operation,
    given: &mut SchemaGenerator,
    taken: &mut SchemaGenerator,
) -> Value {
    let mut described = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "parameters": parameters(operation, taken),
        "responses": responses(operation, given),
    });
    let Some(object) = described.as_object_mut() else { return described };
    if !operation.description.is_empty() {
        object.insert("description".into(), operation.description.into());
    }
    if operation.open {
        object.insert("security".into(), json!([]));
    }
    if let Some((schema, may_be_absent)) = operation.body {
        let body = json!({
            "required": !may_be_absent,
            "content": { "application/json": { "schema": plain(schema, taken) } },
        });
        object.insert("requestBody".into(), body);
    }
    described
}

fn parameters(operation: &Operation, taken: &mut SchemaGenerator) -> Vec<Value> {
    let mut all = Vec::new();
    for (name, what, schema) in &operation.in_path {
        all.push(json!({
            "name": name, "in": "path", "required": true, "description": what,
            "schema": plain(*schema, taken),
        }));
    }
    let query = operation.in_query.map(|schema| plain(schema, taken));
    let properties = query.as_ref().and_then(|query| query.get("properties")?.as_object());
    for (name, schema) in properties.into_iter().flatten() {
        let mut schema = schema.clone();
        let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
        all.push(json!({
            "name": name, "in": "query", "required": false,
            "description": description, "schema": text::not_null(schema),
        }));
    }
    if operation.is_command {
        all.push(text::prefer());
    }
    if operation.is_keyed {
        all.push(text::idempotency_key());
    }
    all
}

fn responses(operation: &Operation, given: &mut SchemaGenerator) -> Map<String, Value> {
    let mut all = Map::new();
    for (status, what, schema) in &operation.answers {
        let mut answer = json!({
            "description": what,
            "content": { "application/json": { "schema": plain(*schema, given) } },
        });
        if operation.is_command
            && let Some(answer) = answer.as_object_mut()
        {
            answer.insert("headers".into(), text::headers_of_commands());
        }
        all.insert(status.as_str().to_owned(), answer);
    }
    let mut by_status: BTreeMap<u16, Vec<&catalogue::Known>> = BTreeMap::new();
    for known in problems(operation).into_iter().filter_map(catalogue::known) {
        by_status.entry(known.1).or_default().push(known);
    }
    for (status, known) in by_status {
        let lines: Vec<_> =
            known.iter().map(|(code, _, what)| format!("- `{code}`: {what}")).collect();
        let codes: Vec<_> = known.iter().map(|(code, ..)| *code).collect();
        let answer = json!({
            "description": lines.join("\n"),
            "content": { "application/problem+json": { "schema": { "allOf": [
                { "$ref": "#/components/schemas/Problem" },
                { "properties": { "code": { "enum": codes }, "status": { "const": status } } },
            ] } } },
        });
        all.insert(status.to_string(), answer);
    }
    all
}

/// The codes of the problems that an operation may answer with.
pub(super) fn problems(operation: &Operation) -> BTreeSet<&'static str> {
    let mut codes = operation.problems.clone();
    codes.extend(if operation.open { OF_OPEN } else { COMMON });
    if operation.body.is_some() {
        codes.extend(OF_BODIES);
    }
    if !operation.open && operation.method == "get" {
        codes.extend(OF_QUERIES);
    }
    if operation.is_keyed {
        codes.insert("invalid_request");
    }
    codes
}

fn plain(schema: SchemaOf, generator: &mut SchemaGenerator) -> Value {
    let schema: Schema = schema(generator);
    schema.to_value()
}

/// Each by itself is enough.
fn security(state: &ApiState) -> Value {
    schemes(state).keys().map(|name| json!({ (name.as_str()): [] })).collect()
}

/// The ways to say who calls.
fn schemes(state: &ApiState) -> Map<String, Value> {
    let mut all = Map::new();
    let token = json!({ "type": "http", "scheme": "bearer", "description": text::TOKEN });
    all.insert("token".into(), token);
    if let Some(verifier) = &state.oidc {
        let scheme = json!({
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": text::sign_in(verifier.issuer()),
        });
        all.insert("sign_in".into(), scheme);
    }
    if state.local {
        let scheme = json!({
            "type": "apiKey", "in": "header", "name": "X-Countersign-User",
            "description": text::PERSON,
        });
        all.insert("person".into(), scheme);
    }
    all
}

fn codes() -> Vec<Value> {
    let code = |(code, status, what): &catalogue::Known| json!({ "code": code, "status": status, "meaning": what });
    catalogue::ALL.iter().map(code).collect()
}

/// Documents a type that cannot describe itself.
pub(super) fn inline<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    generator.subschema_for::<T>().to_value()
}
