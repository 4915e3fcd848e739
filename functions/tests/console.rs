//! The pages: who sees what, what is refused, and that nothing typed is lost or believed.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on panics"
)]

#[path = "console/rig.rs"]
mod rig;

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;

use rig::{Pages, form, request};

const NASTY: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_first_is_asked_who_they_are() {
    let pages = Pages::new();
    let page = pages.call(request("GET", "/").body(Body::empty()).unwrap()).await;
    page.is(200).says("Who are you?").says("Nobody is checked here").says("ada@acme.test");
    for path in ["/requests", "/access", "/people", "/runs/01ARYZ6S410000000000000000"] {
        let page = pages.call(request("GET", path).body(Body::empty()).unwrap()).await;
        page.is(401).says("Who are you?").says(&format!("name=\"next\" value=\"{path}\""));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_becomes_somebody_by_a_cookie_that_scripts_do_not_see() {
    let pages = Pages::new();
    let page = pages.call(request("GET", "/").body(Body::empty()).unwrap()).await;
    let token = page.value("csrf");
    let choose =
        |person: &str, next: &str| form(&[("csrf", &token), ("person", person), ("next", next)]);
    let body = choose("ada@acme.test", "/access");
    let chosen = pages.call(request("POST", "/person").body(body).unwrap()).await;
    assert_eq!(chosen.goes_to(), "/access");
    let cookie = chosen.headers["set-cookie"].to_str().unwrap();
    assert_eq!(cookie, "countersign_person=ada@acme.test; Path=/; HttpOnly; SameSite=Strict");
    for elsewhere in ["//evil.test", "https://evil.test", "/\\evil.test", "/a\r\nb"] {
        let body = choose("ada@acme.test", elsewhere);
        let chosen = pages.call(request("POST", "/person").body(body).unwrap()).await;
        assert_eq!(chosen.goes_to(), "/", "{elsewhere}");
    }
    let body = choose("not a mail address", "/");
    let refused = pages.call(request("POST", "/person").body(body).unwrap()).await;
    refused.is(422).says("value=\"not a mail address\"").says("is not a user");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_answers_for_every_role() {
    let pages = Pages::new();
    let run = pages.person("ada").asks("orders", "INC-42").await;
    for name in ["ada", "bo", "max", "root", "guest@elsewhere"] {
        let person = pages.person(name.split('@').next().unwrap());
        let open = [
            "/",
            "/requests",
            "/approvals",
            "/access",
            "/people",
            "/messages",
            "/flows/access",
            &run,
        ];
        for path in open {
            person.get(path).await.is(200).says("<main").says("</html>");
        }
        let audit = if matches!(name, "max" | "root") { 200 } else { 403 };
        person.get("/audit").await.is(audit);
        person.get("/audit?person=ada%40acme.test&status=pending&flow=access").await.is(audit);
        for path in ["/nothing", "/flows/nothing", "/runs/nothing", "/assets/nothing.css"] {
            person.get(path).await.is(404).says("There is nothing here").says("</html>");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_goes_from_the_form_to_the_end_of_access() {
    let pages = Pages::new();
    let (ada, bo) = (pages.person("ada"), pages.person("bo"));
    let run = ada.asks("orders", "INC-42").await;
    ada.get(&run).await.says("Waiting for 1 of 2: ").says("Orders &amp; customers");
    bo.get("/").await.says("asks for").says("value=\"approve\"");
    let approved = [("do", "approve"), ("message", "go ahead"), ("back", "/")];
    let page = bo.post(&run, &approved).await;
    assert!(page.goes_to().starts_with("/?done="));
    ada.sees(&run, "Active").await.says("go ahead").says("(in 60 min)").says("End access");
    ada.get("/access").await.says("Orders &amp; customers").says("End access");
    ada.post(&run, &[("do", "extend"), ("duration", "30m")]).await.goes_to();
    ada.post(&run, &[("do", "end"), ("message", "done")]).await.goes_to();
    let page = ada.sees(&run, "Access is gone").await;
    page.says("somebody ended it").says("each sealed with all before it").says("Ask again");
    ada.get("/messages").await.says("Access has ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_may_not_do_is_not_offered_and_refused_with_its_reason() {
    let pages = Pages::new();
    let (ada, max) = (pages.person("ada"), pages.person("max"));
    let run = ada.asks("orders", "INC-42").await;
    let page = ada.get(&run).await;
    page.says_not("value=\"approve\"").says("nobody decides about their own request");
    let page = ada.post(&run, &[("do", "approve"), ("message", "let me")]).await;
    page.is(403).says("Refused because").says("nobody decides about their own request");
    let page = max.post(&run, &[("do", "deny")]).await;
    page.is(403).says("auditors may read everything and decide nothing");
    let page = ada.post(&run, &[("do", "end")]).await;
    page.is(409).says("Refused because");
    ada.post(&run, &[("do", "vanish")]).await.is(422);
    let page = ada.post("/people/bo%40acme.test", &[("do", "deactivate")]).await;
    page.is(403).says("only administrators change users");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_changes_roles_and_nobody_else_is_offered_to() {
    let pages = Pages::new();
    pages.person("ada").get("/people").await.says("Bo").says_not("Set role");
    let root = pages.person("root");
    let id = "/people/bo%40acme.test";
    let page = root.post(id, &[("do", "role"), ("role", "auditor")]).await;
    assert_eq!(page.goes_to(), "/people");
    root.post(id, &[("do", "deactivate")]).await.goes_to();
    root.get("/people").await.says("deactivated").says("Reactivate");
    root.post(id, &[("do", "role"), ("role", "emperor")]).await.is(422).says("no such role");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_at_the_field_and_what_was_typed_stays() {
    let pages = Pages::new();
    let ada = pages.person("ada");
    let typed = [
        ("target", "vault"),
        ("duration", "1h"),
        ("reason", ""),
        ("f.ticket", "INC 42"),
        ("f.severity", "high"),
        ("f.others", "bo, cy"),
        ("shown.is_urgent", "1"),
        ("f.is_urgent", "true"),
        ("starts", "soon"),
        ("do", "send"),
    ];
    let page = ada.post("/flows/access", &typed).await;
    page.is(422).says("Not sent yet").says("value=\"soon\"").says("is not a time");
    let typed = typed.map(|(key, value)| (key, if key == "starts" { "" } else { value }));
    let page = ada.post("/flows/access", &typed).await;
    page.is(422)
        .says("id=\"reason-error\"")
        .says("id=\"f-ticket-error\"")
        .says("A ticket looks like OPS-12.")
        .says("value=\"INC 42\"")
        .says("value=\"bo, cy\"")
        .says("<option value=\"high\" selected>")
        .says("<option value=\"vault\" selected>")
        .says("name=\"duration\" value=\"1h\" checked")
        .says("name=\"f.is_urgent\" value=\"true\" checked");
    ada.get("/requests").await.says("You have not asked for anything yet.");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_changes_with_what_is_chosen() {
    let pages = Pages::new();
    let ada = pages.person("ada");
    let typed = [("f.severity", "high"), ("reason", "INC-42"), ("do", "changed:severity")];
    let page = ada.post("/flows/access", &typed).await;
    page.is(200).says("Which ticket is it, then?").says("INC-42").says("value=\"severity\"");
    ada.get("/flows/access").await.says("Which ticket?");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_says_who_would_be_asked_and_asks_nobody() {
    let pages = Pages::new();
    let ada = pages.person("ada");
    let typed = [("target", "vault"), ("reason", "INC-42"), ("do", "preview")];
    let page = ada.post("/flows/access", &typed).await;
    page.is(200).says("for 2 of 2: ").says("@bo").says("@cy").says("get_approver");
    pages.person("bo").get("/approvals").await.says("Nothing waits for you.");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_sent_twice_does_nothing_twice() {
    let pages = Pages::new();
    let ada = pages.person("ada");
    let sent = [("target", "orders"), ("reason", "INC-42"), ("key", "once"), ("do", "send")];
    let first = ada.post("/flows/access", &sent).await.goes_to();
    assert_eq!(ada.post("/flows/access", &sent).await.goes_to(), first);
    let other = [("target", "vault"), ("reason", "other"), ("key", "once"), ("do", "send")];
    let page = ada.post("/flows/access", &other).await;
    page.is(409).says("this form was sent before").says(">other</textarea>").says(&first);
    let twin = [("target", "orders"), ("reason", "again"), ("key", "new"), ("do", "send")];
    let page = ada.post("/flows/access", &twin).await;
    page.is(409).says("under way already").says(">again</textarea>").says(&first);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_type_is_never_markup() {
    let pages = Pages::new();
    let (ada, bo) = (pages.person("ada"), pages.person("bo"));
    let fields = [("target", "orders"), ("reason", NASTY), ("f.others", NASTY), ("do", "send")];
    let run = ada.post("/flows/access", &fields).await.goes_to();
    bo.post(&run, &[("do", "approve"), ("message", NASTY)]).await.goes_to();
    ada.sees(&run, "Active").await;
    for path in [run.as_str(), "/", "/requests", "/messages", "/access"] {
        let page = ada.get(path).await;
        page.says_not("<script>alert").says_not("<img src=x");
    }
    ada.get(&run).await.says("&lt;script&gt;alert(1)&lt;/script&gt;");
    let typed = [("reason", NASTY), ("f.ticket", NASTY), ("requester", NASTY), ("target", NASTY)];
    for button in ["send", "preview", "changed:severity"] {
        let mut typed = typed.to_vec();
        typed.push(("do", button));
        let page = ada.post("/flows/access", &typed).await;
        page.says_not("<script>alert").says_not("<img src=x").says("&lt;script&gt;");
    }
    let page = ada.get("/flows/access?reason=%3Cscript%3Ealert(1)%3C/script%3E").await;
    page.says_not("<script>alert");
    ada.get("/access?user=%3Cscript%3Ealert(1)").await.is(422).says_not("<script>alert");
    ada.get("/%3Cscript%3Ealert(1)").await.is(404).says_not("<script>alert");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_without_our_token_does_nothing_and_keeps_what_was_typed() {
    let pages = Pages::new();
    let (ada, bo) = (pages.person("ada"), pages.person("bo"));
    let others = bo.token().await;
    for token in ["", "0", others.as_str()] {
        let sent = [("csrf", token), ("target", "orders"), ("reason", "typed"), ("do", "send")];
        let page = ada.send("/flows/access", &sent).await;
        page.is(403).says("this page was opened before").says(">typed</textarea>");
    }
    ada.get("/requests").await.says("You have not asked for anything yet.");
    let run = ada.asks("orders", "INC-42").await;
    let page = bo.send(&run, &[("do", "approve"), ("message", "typed")]).await;
    page.is(403).says(">typed</textarea>");
    bo.send("/people/ada%40acme.test", &[("do", "deactivate")]).await.is(403);
    bo.send("/person", &[("person", "root@acme.test")]).await.is(403);
    ada.get(&run).await.says("Waiting for 1 of 2");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_site_sends_is_refused() {
    let pages = Pages::new();
    let ada = pages.person("ada");
    let token = ada.token().await;
    let send = |name: &'static str, value: &'static str| {
        let sent =
            [("csrf", token.as_str()), ("target", "orders"), ("reason", "x"), ("do", "send")];
        request("POST", "/flows/access")
            .header("cookie", "countersign_person=ada@acme.test")
            .header(name, value)
            .body(form(&sent))
            .unwrap()
    };
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.test"),
        ("origin", "http://localhost:8080"),
        ("origin", "null"),
    ] {
        let page = pages.call(send(name, value)).await;
        page.is(403).says("a page of another site");
    }
    ada.get("/requests").await.says("You have not asked for anything yet.");
    pages.call(send("origin", "http://localhost:7070")).await.goes_to();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_this_machine_under_its_own_name_is_answered() {
    let pages = Pages::new();
    let call = |host: &str, peer: [u8; 4]| {
        let mut request = axum::http::Request::builder()
            .uri("/")
            .header("host", host)
            .body(Body::empty())
            .unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from((peer, 9))));
        request
    };
    let here = [127, 0, 0, 1];
    pages.call(call("localhost:7070", here)).await.is(200);
    pages.call(call("evil.test:7070", here)).await.is(403).says("is not called that");
    pages.call(call("localhost:7070", [192, 168, 0, 7])).await.is(403).says("this machine only");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_forbids_foreign_and_inline_code() {
    let pages = Pages::new();
    let ada = pages.person("ada");
    for path in ["/", "/flows/access", "/nothing", "/assets/app.js", "/assets/style.css"] {
        let page = ada.get(path).await;
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        assert!(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"));
        assert_eq!(page.headers["x-content-type-options"], "nosniff");
        for inline in [" style=\"", " onclick=", "<style", "javascript:"] {
            page.says_not(inline);
        }
    }
}
