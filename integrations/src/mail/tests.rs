//! Letters to a server on this machine.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign::model::Srn;
use countersign_vendors::smtp::{Postbox, Refuses};
use serde_json::json;

use super::*;

const LETTER: Letter<'static> = Letter {
    key: "run/3/1/0",
    to: "ada@acme.test",
    subject: "Approved by bo\r\nBcc: everybody@acme.test",
    text: "Grüße\n.\nQUIT\n",
    thread: Some("run"),
};

fn integration(host: &str, settings: &Value) -> Integration {
    Integration {
        name: "mail".into(),
        kind: Mail::TYPE.into(),
        external_id: host.into(),
        settings: settings.as_object().unwrap().clone(),
        srn: Srn::parse("acme:integration:smtp:mail:latest").unwrap(),
    }
}

fn mail(postbox: &Postbox, folder: &std::path::Path) -> Mail {
    std::fs::write(folder.join("password"), "hush\n").unwrap();
    let settings = json!({
        "from": "Countersign <access@acme.test>", "security": "none", "port": postbox.port(),
        "username": "access", "password": { "file": "password" },
    });
    Mail::open(&integration("127.0.0.1", &settings), &Secrets::new(folder)).unwrap()
}

#[tokio::test]
async fn a_letter_arrives_as_it_was_written() {
    let (postbox, folder) = (Postbox::open("access", "hush").await, tempfile::tempdir().unwrap());
    mail(&postbox, folder.path()).send(LETTER).await.unwrap();
    let letters = postbox.letters();
    let [letter] = letters.as_slice() else { panic!("{letters:?}") };
    assert_eq!(
        (letter.from.as_str(), letter.to.as_slice()),
        ("access@acme.test", ["ada@acme.test".to_owned()].as_slice())
    );
    assert_eq!(letter.header("Message-ID"), Some("<run-3-1-0@acme.test>"));
    assert_eq!(letter.header("In-Reply-To"), Some("<run@acme.test>"));
    assert_eq!(letter.header("Auto-Submitted"), Some("auto-generated"));
    assert_eq!(letter.header("Bcc"), None, "a line break in a subject begins no header");
    assert_eq!(letter.header("Content-Transfer-Encoding"), Some("base64"));
    let body = STANDARD.decode(letter.body().replace("\r\n", "")).unwrap();
    assert_eq!(String::from_utf8(body).unwrap().replace("\r\n", "\n"), LETTER.text);
}

#[tokio::test]
async fn a_server_that_is_busy_is_asked_again_and_one_that_refuses_is_not() {
    let (postbox, folder) = (Postbox::open("access", "hush").await, tempfile::tempdir().unwrap());
    let mail = mail(&postbox, folder.path());
    postbox.refuses(Refuses::For(451));
    let error = mail.send(LETTER).await.unwrap_err();
    assert!(error.retryable, "{error}");
    postbox.refuses(Refuses::For(550));
    let error = mail.send(LETTER).await.unwrap_err();
    assert!(!error.retryable && error.what.contains("ada@acme.test"), "{error}");
    std::fs::write(folder.path().join("password"), "wrong").unwrap();
    let error = mail.send(LETTER).await.unwrap_err();
    assert!(!error.retryable && !error.to_string().contains("wrong"), "{error}");
    assert!(postbox.letters().is_empty());
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let secrets = Secrets::new(std::path::Path::new("/"));
    for (host, settings) in [
        ("mail.acme.test", json!({})),
        ("mail.acme.test", json!({ "from": "nobody" })),
        ("mail.acme.test", json!({ "from": "a@acme.test", "security": "none" })),
        ("mail.acme.test", json!({ "from": "a@acme.test", "username": "a" })),
        ("mail.acme.test", json!({ "from": "a@acme.test", "password": { "env": "A" } })),
        ("mail.acme.test", json!({ "from": "a@acme.test", "colour": "red" })),
    ] {
        assert!(Mail::open(&integration(host, &settings), &secrets).is_err(), "{settings}");
    }
    let good = json!({ "from": "a@acme.test", "security": "starttls" });
    Mail::open(&integration("mail.acme.test", &good), &secrets).unwrap();
}
