use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign::audit::Parcel;
use countersign::model::UserId;
use serde_json::Value;

use super::*;
use crate::audit::story::refusal;

const SECRET: &str = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

/// An endpoint that keeps what is signed, and answers as it is told.
#[derive(Debug, Default)]
struct Inner {
    got: Vec<(String, Value)>,
    status: Option<StatusCode>,
}

type Endpoint = Arc<Mutex<Inner>>;

async fn open() -> (String, Endpoint) {
    let endpoint = Endpoint::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/entries", listener.local_addr().unwrap());
    let router = axum::Router::new()
        .route("/entries", axum::routing::post(answer))
        .with_state(endpoint.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, endpoint)
}

async fn answer(State(endpoint): State<Endpoint>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let id = header("webhook-id");
    let key = STANDARD.decode(SECRET.trim_start_matches("whsec_")).unwrap();
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &key);
    let signed = [format!("{id}.{}.", header("webhook-timestamp")).as_bytes(), &body].concat();
    let tag = header("webhook-signature");
    let tag = STANDARD.decode(tag.trim_start_matches("v1,")).unwrap();
    if ring::hmac::verify(&key, &signed, &tag).is_err() {
        return StatusCode::UNAUTHORIZED;
    }
    let mut inner = endpoint.lock().unwrap();
    inner.got.push((id, serde_json::from_slice(&body).unwrap()));
    inner.status.unwrap_or(StatusCode::ACCEPTED)
}

fn parcel() -> Parcel {
    let entries = vec![refusal(&UserId::parse("ada@acme.test").unwrap())];
    Parcel { id: "1-0-0".to_owned(), entries }
}

fn sink(url: &str, folder: &Path) -> Result<HttpSink, String> {
    std::fs::write(folder.join("secret"), SECRET).unwrap();
    HttpSink::new("prod", url, SecretRef::File("secret".into()), Secrets::new(folder))
}

#[tokio::test]
async fn an_endpoint_gets_entries_with_their_hashes_signed_and_named() {
    let (url, endpoint) = open().await;
    let folder = tempfile::tempdir().unwrap();
    let sink = sink(&url, folder.path()).unwrap();
    sink.send(&parcel()).await.unwrap();
    sink.send(&parcel()).await.unwrap();
    let got = endpoint.lock().unwrap().got.clone();
    assert_eq!(got[0], got[1], "whoever sends again says so by the name");
    let (id, body) = &got[0];
    assert_eq!(id, "prod-1-0-0");
    assert_eq!(body["environment"], "prod");
    assert_eq!(body["entries"][0]["hash"], json!(parcel().entries[0].hash));
}

#[tokio::test]
async fn an_endpoint_that_fails_or_sends_elsewhere_has_not_taken_it() {
    let (url, endpoint) = open().await;
    let folder = tempfile::tempdir().unwrap();
    let sink = sink(&url, folder.path()).unwrap();
    for status in [StatusCode::INTERNAL_SERVER_ERROR, StatusCode::FOUND, StatusCode::NOT_FOUND] {
        endpoint.lock().unwrap().status = Some(status);
        let error = sink.send(&parcel()).await.unwrap_err();
        assert!(error.contains(status.as_str()), "{error}");
    }
}

#[tokio::test]
async fn nobody_at_the_address_is_an_error_without_the_address() {
    let folder = tempfile::tempdir().unwrap();
    let sink = sink("http://127.0.0.1:9/?token=secret", folder.path()).unwrap();
    let error = sink.send(&parcel()).await.unwrap_err();
    assert!(error.contains("no answer") && !error.contains("secret"), "{error}");
}

#[test]
fn entries_go_by_https_or_to_this_machine() {
    let folder = tempfile::tempdir().unwrap();
    for good in ["https://siem.acme.test/in", "http://127.0.0.1:80/", "http://[::1]/"] {
        assert!(sink(good, folder.path()).is_ok(), "{good}");
    }
    for bad in ["http://siem.acme.test/", "ftp://127.0.0.1/", "siem"] {
        assert!(sink(bad, folder.path()).is_err(), "{bad}");
    }
}
