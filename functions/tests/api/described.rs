//! The description at `/openapi.json`, held against itself and against the routes.

use serde_json::{Value, json};

use crate::rig::Api;

#[tokio::test(flavor = "multi_thread")]
async fn every_reference_leads_somewhere_and_every_operation_says_what_it_does() {
    let api = Api::new();
    let described = api.described();
    assert_eq!(described.document["openapi"], "3.1.0");
    references(&described.document, &mut |reference| {
        described.resolve(reference);
    });
    let mut ids = Vec::new();
    for (path, method, operation) in described.operations() {
        let what = format!("{method} {path}");
        ids.push(operation["operationId"].as_str().unwrap().to_owned());
        assert!(operation["summary"].as_str().unwrap().ends_with('.'), "{what}");
        let parameters = operation["parameters"].as_array().unwrap();
        let named = parameters.iter().filter(|it| it["in"] == "path");
        let named: Vec<_> = named.map(|it| it["name"].as_str().unwrap()).collect();
        let in_path = path.split('/').filter_map(|it| it.strip_prefix('{')?.strip_suffix('}'));
        assert_eq!(named, in_path.collect::<Vec<_>>(), "{what}");
        for parameter in parameters {
            assert!(parameter["schema"].is_object(), "{what}: {parameter}");
            assert!(!parameter["description"].as_str().unwrap().is_empty(), "{what}: {parameter}");
        }
        assert!(operation["responses"].as_object().unwrap().keys().any(|it| it.starts_with('2')));
    }
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count, "an operation's id is its own");
    assert!(!described.document.to_string().contains("[`"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_described_is_routed_and_what_is_routed_is_described() {
    let api = Api::new();
    let expected = [
        "GET /healthz",
        "GET /openapi.json",
        "GET /v1/audit",
        "GET /v1/events/{id}",
        "GET /v1/flows",
        "GET /v1/flows/{flow}/choices",
        "GET /v1/flows/{flow}/form",
        "GET /v1/grants",
        "POST /v1/grants/revoke",
        "GET /v1/me",
        "POST /v1/preview",
        "GET /v1/runs",
        "POST /v1/runs",
        "GET /v1/runs/{id}",
        "POST /v1/runs/{id}/answer",
        "POST /v1/runs/{id}/approve",
        "POST /v1/runs/{id}/cancel",
        "POST /v1/runs/{id}/deny",
        "GET /v1/runs/{id}/events",
        "POST /v1/runs/{id}/extend",
        "POST /v1/runs/{id}/revoke",
        "GET /v1/tokens",
        "POST /v1/tokens",
        "DELETE /v1/tokens/{id}",
        "GET /v1/users",
        "GET /v1/users/{id}",
        "PUT /v1/users/{id}",
    ];
    let operations = api.described().operations();
    let described: Vec<_> = operations
        .iter()
        .map(|(path, method, _)| format!("{} {path}", method.to_uppercase()))
        .collect();
    assert_eq!(described, expected);
    // Each address takes the methods that are described, and no others.
    for (path, ..) in &operations {
        let mut methods: Vec<_> =
            operations.iter().filter(|it| it.0 == *path).map(|it| it.1.to_uppercase()).collect();
        if methods.contains(&"GET".to_owned()) {
            methods.push("HEAD".to_owned());
        }
        methods.sort();
        let path = path.replace("{id}", "01ARZ3NDEKTSV4RRFFQ69G5FAV").replace("{flow}", "access");
        let answer = api.call("PATCH", &path).refused(405, "method_not_allowed").await;
        let mut allowed: Vec<_> = answer.header("allow").split(',').map(str::to_owned).collect();
        allowed.sort();
        assert_eq!(allowed, methods, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_described_as_strictly_as_they_are_read() {
    let api = Api::new();
    let described = api.described();
    let body = |path: &str| {
        let operation = &described.document["paths"][path]["post"];
        operation["requestBody"]["content"]["application/json"]["schema"].clone()
    };
    let ask = body("/v1/runs");
    for (value, fits) in [
        (json!({ "flow": "access" }), true),
        (json!({ "flow": "access", "duration": "1h", "context": [1] }), true),
        (json!({}), false),
        (json!({ "flow": 5 }), false),
        (json!({ "flow": "access", "fields": [] }), false),
    ] {
        let mut wrong = Vec::new();
        described.validate(&ask, &value, "", &mut wrong);
        assert_eq!(wrong.is_empty(), fits, "{value}: {wrong:?}");
    }
    for (path, method, operation) in described.operations() {
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        if !schema.is_null() {
            assert_eq!(schema["additionalProperties"], false, "{method} {path}: {schema}");
        }
    }
}

fn references(value: &Value, each: &mut impl FnMut(&str)) {
    match value {
        Value::Object(object) => {
            if let Some(Value::String(reference)) = object.get("$ref") {
                each(reference);
            }
            object.values().for_each(|value| references(value, each));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, each)),
        _ => {}
    }
}
