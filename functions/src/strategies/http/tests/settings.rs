//! What the settings may say, and that no secret is shown.

use serde_json::json;

use super::{folder, open, settings};

#[track_caller]
fn check(key: &str, value: &serde_json::Value, expected: &str) {
    let mut settings = settings("https://doors.acme.test/v1");
    settings.as_object_mut().unwrap().insert(key.to_owned(), value.clone());
    let error = open(&settings, folder().path()).unwrap_err();
    assert!(error.contains(expected), "{key} = {value}: {error}");
}

#[tokio::test]
async fn what_cannot_work_is_refused() {
    check("url", &json!("ftp://doors"), "begins with `https://`");
    check("url", &json!("http://doors.acme.test"), "for this machine only");
    check("url", &json!("http://127.0.0.1.acme.test"), "for this machine only");
    check("url", &json!("https://me:s3cret@doors"), "names a user");
    check("url", &json!("https://doors?token=1"), "a query");
    check("url", &json!("doors"), "`url` is no address");
    check("timeout", &json!("1m"), "between 1s and 15s");
    check("identity", &json!("guess"), "unknown variant");
    check("retries", &json!(3), "unknown field `retries`");
    check("secret", &json!("whsec_abc"), "`secret` is `{ env");
}

#[tokio::test]
async fn plain_http_is_for_this_machine_and_only_where_it_is_allowed() {
    for url in ["http://127.0.0.1:1", "http://localhost:1/x", "http://[::1]:1"] {
        let mut settings = settings(url);
        assert!(open(&settings, folder().path()).is_ok(), "{url}");
        settings["allow_insecure"] = json!(false);
        assert!(open(&settings, folder().path()).is_err(), "{url}");
    }
}

#[tokio::test]
async fn no_secret_is_shown() {
    let folder = folder();
    let opened = open(&settings("https://doors.acme.test"), folder.path()).unwrap();
    assert!(!format!("{opened:?}").contains("MDEyMzQ1"));
    for wrong in [json!("whsec_MDEyMzQ1"), json!({ "env": "A", "value": "whsec_MDEyMzQ1" })] {
        let mut settings = settings("https://doors.acme.test");
        settings["secret"] = wrong;
        let error = open(&settings, folder.path()).unwrap_err();
        assert!(!error.contains("MDEyMzQ1"), "{error}");
    }
    let mut settings = settings("https://doors.acme.test");
    settings["url"] = json!("https://me:MDEyMzQ1@doors");
    let error = open(&settings, folder.path()).unwrap_err();
    assert!(!error.contains("MDEyMzQ1"), "{error}");
}
