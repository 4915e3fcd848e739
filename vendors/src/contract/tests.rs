//! The three languages, read; and whether the real descriptions are here.

use axum::http::Method;
use serde_json::json;

use super::*;

fn open_api() -> Contract {
    let door = json!({ "type": "object", "required": ["name"], "properties": {
        "name": { "type": "string" }, "key": { "type": "string", "nullable": true },
        "next": { "$ref": "#/components/schemas/door" },
    } });
    let limit =
        json!({ "name": "limit", "in": "query", "schema": { "type": "integer", "maximum": 100 } });
    let of = |schema: Value| json!({ "content": { "application/json": { "schema": schema } } });
    let document = json!({
        "components": { "schemas": { "door": door }, "parameters": { "limit": limit } },
        "paths": {
            "/doors": {
                "parameters": [{ "$ref": "#/components/parameters/limit" }],
                "get": { "responses": { "200": of(json!({ "type": "array", "items": { "$ref": "#/components/schemas/door" } })) } },
            },
            "/doors/{id}": { "put": {
                "requestBody": of(json!({ "$ref": "#/components/schemas/door" })),
                "responses": { "204": {} },
            } },
        },
    });
    Contract::new(document, Dialect::OpenApi)
}

fn broken(method: Method, path: &str, body: Value, answer: (u16, Value)) -> Vec<String> {
    let text =
        |value: Value| if value.is_null() { Vec::new() } else { value.to_string().into_bytes() };
    let answer = Some((answer.0, text(answer.1)));
    Exchange { method, path: path.to_owned(), body: text(body), answer }.broken(&open_api())
}

#[test]
fn an_exchange_as_it_is_published_is_good() {
    let doors = json!([{ "name": "front", "key": null, "next": { "name": "back" } }]);
    assert_eq!(broken(Method::GET, "/doors?limit=5", json!(null), (200, doors)), [""; 0]);
    let door = json!({ "name": "front" });
    assert_eq!(broken(Method::PUT, "/doors/a%2Fb", door, (204, json!(null))), [""; 0]);
    assert_eq!(broken(Method::GET, "/doors", json!(null), (429, json!("busy"))), [""; 0]);
}

#[test]
fn whatever_is_not_published_is_found() {
    let none = || json!(null);
    for (method, path, body, answer, wrong) in [
        (Method::GET, "/windows", none(), (200, none()), "there is no such operation"),
        (Method::POST, "/doors", none(), (200, none()), "there is no such operation"),
        (Method::GET, "/doors?limt=5", none(), (200, json!([])), "may have no `limt`"),
        (Method::GET, "/doors?limit=500", none(), (200, json!([])), "maximum"),
        (Method::GET, "/doors", json!({}), (200, json!([])), "takes no body"),
        (Method::GET, "/doors", none(), (201, json!([])), "never answered 201"),
        (Method::GET, "/doors", none(), (200, json!([{ "name": 1 }])), "`/0/name`"),
        (
            Method::GET,
            "/doors",
            none(),
            (200, json!([{ "name": "a", "next": {} }])),
            "\"name\" is a required",
        ),
        (Method::PUT, "/doors/1", json!({ "name": "a", "nam": 1 }), (204, none()), "no `nam`"),
        (Method::PUT, "/doors/1", json!({ "key": null }), (204, none()), "\"name\" is a required"),
    ] {
        let found = broken(method, path, body, answer);
        assert!(found.len() == 1 && found[0].contains(wrong), "{wrong}: {found:?}");
    }
}

#[test]
fn google_s_language_is_read_too() {
    let document = json!({
        "parameters": { "alt": { "location": "query", "type": "string" } },
        "schemas": { "Member": { "type": "object", "properties": { "role": { "type": "string" } } } },
        "resources": { "members": { "methods": { "insert": {
            "httpMethod": "POST", "flatPath": "groups/{key}/members",
            "request": { "$ref": "Member" }, "response": { "$ref": "Member" },
        } } } },
    });
    let contract = Contract::new(document, Dialect::Discovery);
    let exchange = |body: &str| Exchange {
        method: Method::POST,
        path: "/groups/a/members?alt=json".to_owned(),
        body: body.as_bytes().to_vec(),
        answer: Some((200, br#"{"role": "OWNER"}"#.to_vec())),
    };
    assert_eq!(exchange(r#"{"role": "OWNER"}"#).broken(&contract), [""; 0]);
    assert_eq!(exchange(r#"{"rol": 1}"#).broken(&contract).len(), 1);
    assert_eq!(exchange("").broken(&contract).len(), 1);
}

#[test]
fn the_descriptions_of_the_vendors_are_read() {
    for (published, path) in [
        (OKTA, "/api/v1/groups/00g/users"),
        (GITHUB, "/repos/acme/billing/collaborators"),
        (PAGERDUTY, "/oncalls"),
        (GOOGLE, "/admin/directory/v1/users/ada@acme.test"),
    ] {
        match published.read() {
            Some(contract) => {
                assert!(contract.operation("GET", path).is_some(), "{path}");
                let again = published.read().unwrap();
                assert!(Arc::ptr_eq(&contract, &again), "it is read once");
            }
            None => println!(
                "skipped: {} is not set; `cargo xtask rig` installs what it names",
                published.variable
            ),
        }
    }
}
