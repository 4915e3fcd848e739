//! What a request's story is told as, over the wire: to an endpoint that does not always answer, and by mail.

use std::collections::BTreeMap;

use axum::Router;
use axum::http::StatusCode;
use countersign_vendors::smtp::{Letter, Postbox, Refuses};
use countersign_vendors::{Heard, House, Trouble};
use serde_json::Value;

use crate::rig::{Company, Server};

const SECRET: &str = "whsec_YSBzZWNyZXQgb2YgYXQgbGVhc3QgMjQgYnl0ZXM=";

/// An endpoint that takes everything.
async fn endpoint() -> House {
    House::open(Router::new().fallback(|| async { StatusCode::NO_CONTENT })).await
}

async fn company(places: &str) -> (Company, Server) {
    let company = Company::new().await;
    let approvers = company.okta.add_group("approvers");
    company.hire("bo@acme.test", &approvers);
    let _ = company.okta.add_user("ada@acme.test");
    for mail in ["ada@acme.test", "bo@acme.test"] {
        let _ = company.pagerduty.add_user(mail);
    }
    company.keep("hook", SECRET);
    company.keep("post", "post-office");
    let server = company.server_with(places);
    (company, server)
}

/// Ada asks, Bo says yes, and Ada ends it.
async fn story(server: &Server) -> Value {
    let run = server.asked("ada@acme.test", "orders").await;
    for (who, verb) in [("bo@acme.test", "approve"), ("ada@acme.test", "revoke")] {
        let (status, answer) = server.does(who, verb, &run).await;
        assert!(status.is_success(), "{answer}");
    }
    assert_eq!(server.run(&run).await["outcome"], "ended");
    run
}

/// What was told about a run, once each, in the order in which it was first told.
fn told(heard: &[Heard], run: &Value) -> Vec<(String, Value)> {
    let mut told: Vec<(String, Value)> = Vec::new();
    for heard in heard {
        let body: Value = serde_json::from_slice(&heard.body).unwrap();
        let id = heard.headers["webhook-id"].to_str().unwrap();
        if body["data"]["run"] == run["id"] && told.iter().all(|(known, _)| known != id) {
            told.push((id.to_owned(), body));
        }
    }
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_is_told_the_story_in_order_signed_and_again_until_it_takes_it() {
    let endpoint = endpoint().await;
    let (_company, server) = company(&format!(
        "\n[[webhooks]]\nname = 'siem'\nurl = '{}/hook'\nsecret = {{ file = 'hook' }}\n",
        endpoint.url
    ))
    .await;
    // The first is refused, then taken without an answer; a later one is left for a while.
    for trouble in [Trouble::Answers(500, String::new()), Trouble::DoneButSilent, Trouble::Busy(0)]
    {
        endpoint.expect("/hook", trouble);
    }
    let run = story(&server).await;
    let ended = |it: &(String, Value)| it.1["data"]["text"].as_str().unwrap().contains("nded");
    let look = || {
        let told = told(&endpoint.heard(), &run);
        told.iter().any(ended).then_some(told)
    };
    let told = endpoint.until("the end is told", look).await;

    // Their library takes each of them, and none that was changed on the way.
    let library = standardwebhooks::Webhook::new(SECRET).unwrap();
    for heard in endpoint.heard() {
        library.verify(&heard.body, &heard.headers).unwrap();
        let changed = [&heard.body[..], b" "].concat();
        assert!(library.verify(&changed, &heard.headers).is_err());
    }
    let times: Vec<_> = told.iter().map(|(_, body)| body["timestamp"].as_str().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    let kinds: Vec<_> = told.iter().map(|(_, body)| body["type"].as_str().unwrap()).collect();
    assert_eq!(kinds[0], "countersign.ask", "{kinds:?}");
    // What was not taken came again under the same name, and said the same.
    let mut texts: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    let heard = endpoint.heard();
    for heard in &heard {
        let body: Value = serde_json::from_slice(&heard.body).unwrap();
        texts.entry(heard.headers["webhook-id"].to_str().unwrap()).or_default().push(body);
    }
    let first = &texts[told[0].0.as_str()];
    assert!(first.len() >= 3, "{first:?}");
    assert!(first.iter().all(|body| body["data"]["text"] == first[0]["data"]["text"]), "{first:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_written_to_even_if_the_server_refuses_at_first() {
    let postbox = Postbox::open("access", "post-office").await;
    let (_company, server) = company(&format!(
        "\n[[integrations]]\nname = 'mail'\ntype = 'smtp'\nexternal_id = '127.0.0.1'\n\
         settings = {{ from = 'Countersign <access@acme.test>', port = {}, security = 'none', \
         username = 'access', password = {{ file = 'post' }} }}\n",
        postbox.port()
    ))
    .await;
    postbox.refuses(Refuses::For(451));
    let run = story(&server).await;
    let comes = |to: &str, words: &str| {
        let is_it = |it: &Letter| it.to == [to] && it.body().contains(words);
        postbox.letters().into_iter().find(is_it)
    };
    let mut letters = None;
    while letters.is_none() {
        letters = comes("bo@acme.test", "ada@acme.test").zip(comes("ada@acme.test", "nded"));
        tokio::task::yield_now().await;
    }
    let (asked, ended) = letters.unwrap();
    let page = format!("/runs/{}", run["id"].as_str().unwrap());
    for letter in [&asked, &ended] {
        assert!(letter.body().contains(&page), "{}", letter.text);
        assert_eq!(letter.header("Auto-Submitted"), Some("auto-generated"));
    }
    // Mail programs show them as one conversation.
    assert_eq!(asked.header("References"), ended.header("References"));
    let to_bo = postbox.letters().iter().filter(|it| it.to == ["bo@acme.test"]).count();
    assert_eq!(to_bo, 1, "nobody is asked twice");
}
