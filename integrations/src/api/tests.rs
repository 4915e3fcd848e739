//! Answers as vendors give them, and as nobody should.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::*;

type Answers = fn(u32) -> Response;

/// Answers by how often it was asked.
struct Vendor {
    api: Api,
    asked: Arc<AtomicU32>,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for Vendor {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Vendor {
    async fn answering(answers: Answers) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1/", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicU32::new(0));
        let router = Router::new()
            .fallback(move |State(asked): State<Arc<AtomicU32>>| async move {
                answers(asked.fetch_add(1, Ordering::SeqCst))
            })
            .with_state(asked.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { api: Api::new("acme", &url).unwrap(), asked, serving }
    }

    fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }
}

#[derive(Debug, Deserialize)]
struct Door {
    name: String,
}

#[tokio::test]
async fn a_vendor_that_asks_to_wait_is_asked_again() {
    let busy = |times| match times {
        0 => (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "0")]).into_response(),
        _ => r#"{"name": "front"}"#.into_response(),
    };
    let vendor = Vendor::answering(busy).await;
    let door = vendor.api.post("openDoor", &["doors"]).send::<Door>().await.unwrap();
    assert_eq!((door.body.name.as_str(), vendor.asked()), ("front", 2));
}

#[tokio::test]
async fn a_vendor_that_asks_to_wait_for_long_is_left_alone() {
    let busy = |_| (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "60")]).into_response();
    let vendor = Vendor::answering(busy).await;
    let refusal = vendor.api.get("getDoor", &["doors"]).send::<Door>().await.unwrap_err();
    assert_eq!((refusal.retry_after, vendor.asked()), (Some(Duration::from_mins(1)), 1));
    assert!(refusal.error.retryable);
}

#[tokio::test]
async fn what_may_have_been_done_is_not_done_again() {
    let vendor = Vendor::answering(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response()).await;
    let refusal = vendor.api.post("openDoor", &["doors"]).done().await.unwrap_err();
    assert_eq!(vendor.asked(), 1);
    assert!(refusal.error.retryable);
    vendor.api.get("getDoor", &["doors"]).done().await.unwrap_err();
    assert_eq!(vendor.asked(), 4);
}

#[tokio::test]
async fn an_answer_of_another_shape_is_an_error_that_names_the_place() {
    let vendor = Vendor::answering(|_| r#"[{"name": "a"}, {"name": 1}]"#.into_response()).await;
    let refusal = vendor.api.get("listDoors", &["doors"]).send::<Vec<Door>>().await.unwrap_err();
    let error = refusal.error.to_string();
    assert!(error.starts_with("acme: the answer to listDoors is not"), "{error}");
    assert!(error.contains("`[1].name`"), "{error}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let away = |_| (StatusCode::FOUND, [("location", "http://127.0.0.1:1/")]).into_response();
    let vendor = Vendor::answering(away).await;
    let refusal = vendor.api.get("getDoor", &["doors"]).send::<Door>().await.unwrap_err();
    assert_eq!(refusal.status, Some(StatusCode::FOUND));
}

#[tokio::test]
async fn an_answer_without_end_is_not_read() {
    let much = |_| vec![b' '; LARGEST + 1].into_response();
    let vendor = Vendor::answering(much).await;
    let refusal = vendor.api.post("openDoor", &[]).send::<Value>().await.unwrap_err();
    assert!(refusal.error.to_string().contains("more than"), "{}", refusal.error);
}

#[tokio::test]
async fn a_secret_that_is_not_taken_is_read_anew_once() {
    let vendor = Vendor::answering(|times| match times {
        0 => StatusCode::UNAUTHORIZED.into_response(),
        _ => r#"{"name": "front"}"#.into_response(),
    });
    let vendor = vendor.await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "old").unwrap();
    let secrets = Secrets::new(folder.path());
    let reference = SecretRef::File("token".into());
    let call = vendor.api.with_secret::<Door>(&secrets, &reference, |api, secret| {
        std::fs::write(&file, "new").unwrap();
        api.get("getDoor", &["doors"]).bearer(secret)
    });
    call.await.unwrap();
    assert_eq!(vendor.asked(), 2);
}

#[test]
fn only_safe_addresses_are_called() {
    for url in
        ["http://acme.test", "ftp://127.0.0.1", "https://u:p@acme.test", "https://a/?b", "acme"]
    {
        assert!(Api::new("acme", url).is_err(), "{url}");
    }
    let api = Api::new("acme", "https://acme.test/v1").unwrap();
    assert!(api.next_page("listDoors", "https://acme.test/v1?after=2").is_ok());
    assert!(api.next_page("listDoors", "https://evil.test/v1").is_err());
    assert!(api.next_page("listDoors", "http://acme.test/v1").is_err());
}

#[test]
fn a_path_cannot_lead_elsewhere_and_no_secret_is_printed() {
    let api = Api::new("acme", "https://acme.test/v1").unwrap();
    let call = api.get("getDoor", &["doors", "../../x?y#z"]).bearer(&Secret::new("hush".into()));
    let call = call.header("x-key", "hush");
    let shown = format!("{call:?}");
    assert!(shown.contains("/v1/doors/..%2F..%2Fx%3Fy%23z"), "{shown}");
    assert!(!shown.contains("hush"), "{shown}");
}

#[tokio::test]
async fn a_vendor_that_repeats_our_secret_does_not_make_us_tell_it() {
    for status in [StatusCode::BAD_REQUEST, StatusCode::OK] {
        let repeats: Answers = match status {
            StatusCode::OK => |_| r#""key whsec_a/b+c is wrong""#.into_response(),
            _ => |_| {
                let said = r#"{"error": {"hush-hush": "whsec_a/b+c or whsec_a%2Fb%2Bc"}}"#;
                (StatusCode::BAD_REQUEST, said).into_response()
            },
        };
        let vendor = Vendor::answering(repeats).await;
        let call = vendor.api.get("getDoor", &["doors"]).bearer(&Secret::new("whsec_a/b+c".into()));
        let refusal = call.hiding("hush-hush").send::<Door>().await.unwrap_err();
        let told = format!("{refusal:?}");
        assert!(!told.contains("whsec") && !told.contains("hush"), "{told}");
    }
}
