//! `import "http"` with hosts that are allowed, and without. The calls are made by a stand-in.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on panics"
)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use countersign_sentinel::{Http, HttpRequest, HttpResponse, Outcome, Policy, Setup, Verdict};
use jiff::Timestamp;

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> HttpResponse {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    HttpResponse {
        status,
        headers: headers.iter().map(owned).collect(),
        body: body.as_bytes().to_vec(),
    }
}

type Calls = Arc<Mutex<Vec<HttpRequest>>>;

/// Evaluates with a world in which each address answers as the function says.
fn run(text: &str, world: fn(&HttpRequest) -> Result<HttpResponse, String>) -> (Outcome, Calls) {
    let calls = Calls::default();
    let seen = calls.clone();
    let send = move |request: &HttpRequest| {
        seen.lock().unwrap().push(request.clone());
        world(request)
    };
    let hosts = ["api.acme.test", "*.parts.acme.test", "other.test:8443", "http://localhost:8080"];
    let mut setup = Setup::at(Timestamp::UNIX_EPOCH);
    setup.http = Some(Http::new(hosts, send).unwrap());
    setup.limits.time = Some(Duration::from_mins(10));
    let text = format!("import \"http\"\nimport \"json\"\n{text}");
    (Policy::parse("p.sentinel", &text).unwrap().evaluate(&setup), calls)
}

fn error_of(text: &str, world: fn(&HttpRequest) -> Result<HttpResponse, String>) -> String {
    match run(text, world).0.verdict {
        Verdict::Failed(failure) => failure.message,
        other => panic!("this should be stopped: {other:?}\n{text}"),
    }
}

fn nobody(request: &HttpRequest) -> Result<HttpResponse, String> {
    panic!("{} should not be called", request.url)
}

#[test]
fn an_answer_has_a_status_headers_and_a_body() {
    let (outcome, calls) = run(
        "req = http.request(\"https://api.acme.test/v1/users?name=ada\").\n\
         \twith_header(\"X-Token\", \"t\").with_header(\"x-token\", \"u\").with_basic_auth(\"ada\", \"pw\")\n\
         resp = http.with_timeout(5).accept_status_codes([200, 404]).get(req)\n\
         main = rule { resp.status_code is 404 and resp.headers[\"Content-Type\"] is \"application/json\" and\n\
         json.unmarshal(resp.body).ok and req.url contains \"users\" and req.headers[\"x-token\"] is \"u\" and\n\
         http.client.timeout is 10 and http.retries is 1 and http.methodGet is \"GET\" and\n\
         http.accepted_status_codes is [200] and http.with_retries(3).retries is 3 }",
        |_| Ok(answer(404, &[("Content-Type", "application/json")], "{\"ok\": true}")),
    );
    assert!(outcome.passed(), "{:?}", outcome.verdict);
    let calls = calls.lock().unwrap();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].method, "GET");
    assert_eq!(calls[0].timeout, Duration::from_secs(5));
    let headers = [("x-token", "u"), ("Authorization", "Basic YWRhOnB3")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(calls[0].headers, headers);
}

#[test]
fn a_body_is_posted() {
    let (outcome, calls) = run(
        "main = http.post(http.request(\"http://localhost:8080/\").with_body(\"{}\")).body is \"made\"",
        |_| Ok(answer(200, &[], "made")),
    );
    assert!(outcome.passed(), "{:?}", outcome.verdict);
    let calls = calls.lock().unwrap();
    assert_eq!((calls[0].method.as_str(), calls[0].body.as_deref()), ("POST", Some(&b"{}"[..])));
}

#[test]
fn only_the_hosts_of_the_list_are_called() {
    for url in [
        "https://acme.test/",
        "https://parts.acme.test/",
        "https://xparts.acme.test/",
        "https://api.acme.test.evil.test/",
        "https://api.acme.test:444/",
        "http://api.acme.test/",
        "http://localhost/",
        "https://localhost:8080/",
        "https://169.254.169.254/latest/meta-data",
    ] {
        let error = error_of(&format!("main = http.get(\"{url}\").body is \"\""), nobody);
        assert!(error.contains("is not among the hosts"), "{url}: {error}");
    }
    for url in [
        "api.acme.test",
        "ftp://api.acme.test/",
        "https://",
        "https://:443/",
        "https://user@api.acme.test/",
        "https://evil.test\\\\@api.acme.test/",
        "https://api.acme.test#@evil.test/",
        "https://api.acme.test:x/",
        "https://api.acme.test:0/",
        "https://api..acme.test/",
        "https://[::1]/",
        "https://api.acme.test/a b",
        "https://ápi.acme.test/",
    ] {
        let error = error_of(&format!("main = http.get(\"{url}\").body is \"\""), nobody);
        assert!(error.contains("cannot be called"), "{url}: {error}");
    }
    for url in
        ["https://a.parts.acme.test", "https://API.acme.test:443/x", "https://other.test:8443?q"]
    {
        let text = format!("main = http.get(\"{url}\").body is \"x\"");
        let (outcome, _) = run(&text, |_| Ok(answer(200, &[], "x")));
        assert!(outcome.passed(), "{url}: {:?}", outcome.verdict);
    }
}

#[test]
fn what_is_no_host_is_not_taken_into_the_list() {
    for host in
        ["", "*", "*.test", "https://acme.test/path", "user@acme.test", "acme.test:0", "a b"]
    {
        let error = Http::new([host], nobody).expect_err(host);
        assert!(error.contains("is no host"), "{error}");
    }
}

#[test]
fn a_redirect_leads_to_hosts_of_the_list_only_and_takes_no_secrets_to_another() {
    let (outcome, calls) = run(
        "main = http.get(http.request(\"https://api.acme.test/a\").with_header(\"X-Token\", \"t\")).body is \"there\"",
        |request| match request.url.as_str() {
            "https://api.acme.test/a" => Ok(answer(302, &[("location", "/b")], "")),
            "https://api.acme.test:443/b" => {
                Ok(answer(301, &[("Location", "https://x.parts.acme.test/c")], ""))
            }
            _ => Ok(answer(200, &[], "there")),
        },
    );
    assert!(outcome.passed(), "{:?}", outcome.verdict);
    let headers: Vec<_> = calls.lock().unwrap().iter().map(|call| call.headers.len()).collect();
    assert_eq!(headers, [1, 1, 0]);

    let away = |_: &HttpRequest| Ok(answer(302, &[("location", "https://evil.test/")], ""));
    let error = error_of("main = http.get(\"https://api.acme.test/\").body is \"\"", away);
    assert!(error.contains("`evil.test` is not among the hosts"), "{error}");

    let round = |_: &HttpRequest| Ok(answer(307, &[("location", "/")], ""));
    let error = error_of("main = http.get(\"https://api.acme.test/\").body is \"\"", round);
    assert!(error.contains("more than 10 times"), "{error}");

    let other = |_: &HttpRequest| Ok(answer(308, &[("location", "https://other.test:8443/")], ""));
    let error = error_of(
        "main = http.post(http.request(\"https://api.acme.test/\").with_body(\"x\")).body is \"\"",
        other,
    );
    assert!(error.contains("to another host, with a body"), "{error}");
}

#[test]
fn a_status_that_is_not_accepted_is_an_error() {
    let error = error_of("main = http.get(\"https://api.acme.test/\").body is \"\"", |_| {
        Ok(answer(404, &[], ""))
    });
    assert!(error.contains("answered 404"), "{error}");
}

#[test]
fn what_fails_is_tried_again_as_often_as_the_client_says() {
    let broken = |_: &HttpRequest| Ok(answer(503, &[], ""));
    for (client, times) in [("http", 2), ("http.with_retries(0)", 1), ("http.with_retries(4)", 5)] {
        let (outcome, calls) =
            run(&format!("main = {client}.get(\"https://api.acme.test/\").body is \"\""), broken);
        assert!(matches!(outcome.verdict, Verdict::Failed(_)));
        assert_eq!(calls.lock().unwrap().len(), times, "{client}");
    }
    let error = error_of("main = http.get(\"https://api.acme.test/\").body is \"\"", |_| {
        Err("the line is cut".to_owned())
    });
    assert!(error.contains("the line is cut"), "{error}");
}

#[test]
fn one_evaluation_makes_only_so_many_calls() {
    let (outcome, calls) = run(
        "for range(100) as i { x = http.get(\"https://api.acme.test/\") }\nmain = true",
        |_| Ok(answer(200, &[], "")),
    );
    assert!(matches!(outcome.verdict, Verdict::Failed(_)));
    assert_eq!(calls.lock().unwrap().len(), 20);
}

#[test]
fn what_is_too_large_or_wrongly_set_up_is_refused() {
    let large = |_: &HttpRequest| Ok(answer(200, &[], &"x".repeat(Http::LARGEST + 1)));
    let get = "main = http.get(\"https://api.acme.test/\").body is \"\"";
    assert!(error_of(get, large).contains("larger than 1024 KiB"));
    for (text, why) in [
        ("main = http.with_timeout(31).timeout is 1", "1 to 30"),
        ("main = http.with_retries(11).retries is 1", "0 to 10"),
        ("main = http.without_certificate_verification().retries is 1", "always verified"),
        ("main = http.request(\"x\").with_header(\"Host\", \"y\").url is \"x\"", "cannot be set"),
        (
            "main = http.request(\"x\").with_header(\"A\", \"y\\r\\nB: c\").url is \"x\"",
            "characters",
        ),
    ] {
        let error = error_of(text, nobody);
        assert!(error.contains(why), "{text}: {error}");
    }
}

#[test]
fn without_a_list_nothing_is_called() {
    let text = "import \"http\"\nreq = http.request(\"https://api.acme.test/\")\nmain = http.get(req).body is \"\"";
    let outcome =
        Policy::parse("p.sentinel", text).unwrap().evaluate(&Setup::at(Timestamp::UNIX_EPOCH));
    match outcome.verdict {
        Verdict::Failed(failure) => {
            assert!(failure.to_string().starts_with("p.sentinel:3:16: policies may not call HTTP"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_request_is_printed_without_what_it_holds() {
    let (outcome, _) = run(
        "print(http.request(\"https://api.acme.test/\").with_basic_auth(\"ada\", \"pw\"))\nmain = true",
        nobody,
    );
    assert_eq!(outcome.printed, "<request>\n");
}
