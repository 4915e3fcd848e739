//! Ways round the guard, each tried. The names resolve as the test says, and the only server listens
//! on this machine.

use std::collections::BTreeMap;
use std::sync::Mutex;

use axum::Router;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::any;

use super::*;

/// Names that resolve as a test wants it, perhaps to something else each time.
#[derive(Debug, Default)]
struct Told {
    known: Mutex<BTreeMap<String, Vec<Vec<IpAddr>>>>,
}

impl Names for Told {
    fn find(
        &self,
        name: String,
    ) -> futures_util::future::BoxFuture<'static, std::io::Result<Vec<SocketAddr>>> {
        let mut known = self.known.lock().unwrap();
        let answers = known.get_mut(&name);
        let found = answers.map(|all| if all.len() > 1 { all.remove(0) } else { all[0].clone() });
        Box::pin(async move {
            let found = found.ok_or_else(|| std::io::Error::other("no such name"))?;
            Ok(found.into_iter().map(|ip| SocketAddr::new(ip, 0)).collect())
        })
    }
}

fn names(of: &[(&str, &[&str])]) -> Arc<dyn Names> {
    let known = of.iter().map(|(name, ips)| {
        ((*name).to_owned(), vec![ips.iter().map(|ip| ip.parse().unwrap()).collect()])
    });
    Arc::new(Told { known: Mutex::new(known.collect()) })
}

fn get(url: &str) -> HttpRequest {
    HttpRequest { method: "GET".into(), url: url.into(), headers: Vec::new(), body: None }
}

fn public(hosts: &[&str]) -> Vec<Rule> {
    hosts.iter().map(|host| Rule::public(host).unwrap()).collect()
}

/// A server on this machine, and its port.
async fn serve(answer: fn(HeaderMap, String) -> Response) -> (u16, tokio::task::JoinHandle<()>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer = move |headers: HeaderMap, uri: axum::http::Uri| async move {
        answer(headers, uri.path().to_owned())
    };
    let router = Router::new().fallback(any(answer));
    (port, tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }))
}

fn here(port: u16) -> Guarded {
    let rule = Rule::private(&format!("localhost:{port}")).unwrap();
    Guarded::resolving([rule], &names(&[("localhost", &["127.0.0.1"])])).unwrap()
}

/// Every address that is not on the open network, however it is written.
const INSIDE: [&str; 74] = [
    "https://127.0.0.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://0177.1/",
    "https://2130706433/",
    "https://017700000001/",
    "https://127.0.0.1./",
    "https://１２７.0.0.1/",
    "https://127。0。0。1/",
    "https://①②⑦.0.0.1/",
    "https://%31%32%37.0.0.1/",
    "https://127.255.255.254/",
    "https://0.0.0.0/",
    "https://0/",
    "https://0.1.2.3/",
    "https://10.0.0.1/",
    "https://10.255.255.255/",
    "https://0xa.1/",
    "https://012.0.0.1/",
    "https://167772161/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.0.1/",
    "https://0xc0a80001/",
    "https://3232235521/",
    "https://169.254.169.254/",
    "https://0xa9fea9fe/",
    "https://2852039166/",
    "https://0251.0376.0251.0376/",
    "https://169.254.170.2/",
    "https://169.254.0.1/",
    "https://100.64.0.1/",
    "https://100.100.100.200/",
    "https://100.127.255.255/",
    "https://168.63.129.16/",
    "https://192.0.0.192/",
    "https://192.0.2.1/",
    "https://192.88.99.1/",
    "https://198.18.0.1/",
    "https://198.51.100.1/",
    "https://203.0.113.1/",
    "https://224.0.0.1/",
    "https://239.255.255.250/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    "https://[::1]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[::ffff:169.254.169.254]/",
    "https://[::ffff:a9fe:a9fe]/",
    "https://[::127.0.0.1]/",
    "https://[::10.0.0.1]/",
    "https://[::ffff:0:127.0.0.1]/",
    "https://[64:ff9b::127.0.0.1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[64:ff9b:1::a9fe:a9fe]/",
    "https://[2002:7f00:1::]/",
    "https://[2002:a9fe:a9fe::]/",
    "https://[2001::1]/",
    "https://[2001:db8::1]/",
    "https://[3fff::1]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/",
    "https://[fe80::1]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://[100::1]/",
    "https://[5f00::1]/",
];

#[tokio::test]
async fn no_spelling_of_an_inner_address_is_called_even_where_the_settings_name_it() {
    for url in INSIDE {
        let host = Url::parse(url).unwrap().host_str().unwrap().to_owned();
        let Ok(rule) = Rule::public(&host) else { panic!("{host} is a host") };
        let guarded = Guarded::resolving([rule], &names(&[])).unwrap();
        let error = guarded.send(get(url)).await.unwrap_err();
        assert!(error.what.contains("no public address"), "{url}: {error}");
        assert!(!error.retryable, "{url}");
    }
}

#[tokio::test]
async fn no_name_leads_inside() {
    for url in INSIDE {
        let ip = match Url::parse(url).unwrap().host().unwrap() {
            url::Host::Ipv4(ip) => ip.to_string(),
            url::Host::Ipv6(ip) => ip.to_string(),
            url::Host::Domain(name) => panic!("{name}"),
        };
        let names = names(&[("api.acme.com", &["93.184.216.34", &ip])]);
        let guarded = Guarded::resolving(public(&["api.acme.com"]), &names).unwrap();
        let error = guarded.send(get("https://api.acme.com/")).await.unwrap_err();
        assert!(error.what.contains("leads to"), "{ip}: {error}");
    }
}

#[tokio::test]
async fn a_host_that_the_settings_do_not_name_is_not_called() {
    let rules = public(&["api.acme.com", "*.acme.org", "ports.acme.com:8443", "acme.net"]);
    let guarded = Guarded::resolving(rules, &names(&[])).unwrap();
    for url in [
        "https://evil.com/",
        "https://api.acme.com.evil.com/",
        "https://api.acme.comevil.com/",
        "https://evil.com/api.acme.com",
        "https://evil.com?api.acme.com",
        "https://evil.com#api.acme.com",
        "https://evil.com\\@api.acme.com/",
        "https://xapi.acme.com/",
        "https://acme.com/",
        "https://acme.org/",
        "https://.acme.org/",
        "https://evilacme.org/",
        "https://api.acme.com:8443/",
        "https://ports.acme.com/",
        "https://www.acme.net/",
        "http://api.acme.com/",
        "ftp://api.acme.com/",
        "file:///etc/passwd",
        "gopher://api.acme.com/",
        "data:text/plain,hello",
        "unix:///var/run/docker.sock",
        "localhost",
        "//api.acme.com/",
        "",
    ] {
        let error = guarded.send(get(url)).await.unwrap_err();
        let is_known = ["do not allow", "no address"].iter().any(|what| error.what.contains(what));
        assert!(is_known, "{url}: {error}");
    }
    let error = guarded.send(get("https://user:pass@api.acme.com/")).await.unwrap_err();
    assert!(error.what.contains("names a user"), "{error}");
}

#[test]
fn a_rule_means_what_it_says() {
    let allows =
        |rule: &str, url: &str| Rule::public(rule).unwrap().allows(&Url::parse(url).unwrap());
    assert!(allows("api.acme.com", "https://API.acme.com./v1"));
    assert!(allows("*.acme.com", "https://a.b.acme.com/"));
    assert!(allows("api.acme.com:8443", "https://api.acme.com:8443/"));
    for wrong in [
        "",
        "*",
        "*.com",
        "https://acme.com",
        "acme.com/v1",
        "a b",
        "*.*.acme.com",
        "*.10.0.0.1",
        "u@acme.com",
    ] {
        assert!(Rule::public(wrong).is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn a_host_inside_is_called_if_the_settings_say_that_it_is_inside() {
    let (port, serving) = serve(|headers, path| {
        let who = headers["authorization"].to_str().unwrap().to_owned();
        format!("{path} {who}").into_response()
    })
    .await;
    let mut request = get(&format!("http://localhost:{port}/v1"));
    request.headers = vec![("authorization".into(), "Bearer hush".into())];
    assert!(!format!("{request:?}").contains("hush"));
    let answer = here(port).send(request).await.unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (200, b"/v1 Bearer hush".as_slice()));
    serving.abort();
}

#[tokio::test]
async fn even_a_host_inside_is_not_where_a_cloud_keeps_its_credentials() {
    for ip in [
        "169.254.169.254",
        "fd00:ec2::254",
        "::ffff:169.254.169.254",
        "100.100.100.200",
        "224.0.0.1",
        "0.0.0.0",
    ] {
        let rule = Rule::private("policy.internal").unwrap();
        let guarded = Guarded::resolving([rule], &names(&[("policy.internal", &[ip])])).unwrap();
        let error = guarded.send(get("https://policy.internal/")).await.unwrap_err();
        assert!(error.what.contains("leads to"), "{ip}: {error}");
    }
}

#[tokio::test]
async fn a_name_that_changes_after_it_was_looked_at_gains_nothing() {
    let known = BTreeMap::from([(
        "api.acme.com".to_owned(),
        // If it were looked up to be checked and again to connect, the second would be inside.
        vec![vec!["127.0.0.1".parse().unwrap()], vec!["93.184.216.34".parse().unwrap()]],
    )]);
    let names = Arc::new(Told { known: Mutex::new(known) });
    let shared: Arc<dyn Names> = names.clone();
    let guarded = Guarded::resolving(public(&["api.acme.com"]), &shared).unwrap();
    guarded.send(get("https://api.acme.com/")).await.unwrap_err();
    assert_eq!(names.known.lock().unwrap()["api.acme.com"].len(), 1, "it is looked up once");
}

#[tokio::test]
async fn a_redirect_is_checked_like_the_first_address() {
    let (port, serving) = serve(|_, path| {
        let location = match path.as_str() {
            "/inside" => "https://169.254.169.254/latest/meta-data/",
            "/elsewhere" => "https://evil.com/",
            "/file" => "file:///etc/passwd",
            "/user" => "http://u:p@localhost/",
            "/ring" => "/ring",
            "/here" => "/there",
            _ => return "done".into_response(),
        };
        (StatusCode::FOUND, [("location", location)]).into_response()
    })
    .await;
    let guarded = here(port);
    for (path, why) in [
        ("inside", "do not allow"),
        ("elsewhere", "do not allow"),
        ("file", "do not allow"),
        ("user", "names a user"),
        ("ring", "more than 5 times"),
    ] {
        let error =
            guarded.send(get(&format!("http://localhost:{port}/{path}"))).await.unwrap_err();
        assert!(error.what.contains(why), "{path}: {error}");
    }
    let answer = guarded.send(get(&format!("http://localhost:{port}/here"))).await.unwrap();
    assert_eq!(answer.body, b"done");
    serving.abort();
}

#[tokio::test]
async fn a_secret_for_one_host_does_not_go_to_the_next() {
    let (second, other) = serve(|headers, _| {
        let carried =
            ["authorization", "x-api-key", "cookie"].iter().any(|it| headers.contains_key(*it));
        format!("carried: {carried}").into_response()
    })
    .await;
    let (first, serving) = serve(|headers, path| {
        assert!(headers.contains_key("x-api-key"));
        let port = path.trim_start_matches('/').to_owned();
        (StatusCode::TEMPORARY_REDIRECT, [("location", format!("http://localhost:{port}/"))])
            .into_response()
    })
    .await;
    let rules = [first, second].map(|port| Rule::private(&format!("localhost:{port}")).unwrap());
    let guarded = Guarded::resolving(rules, &names(&[("localhost", &["127.0.0.1"])])).unwrap();
    let mut request = get(&format!("http://localhost:{first}/{second}"));
    request.headers = ["authorization", "x-api-key", "cookie"]
        .map(|name| (name.to_owned(), "hush".to_owned()))
        .into();
    let answer = guarded.send(request.clone()).await.unwrap();
    assert_eq!(answer.body, b"carried: false");
    request.method = "POST".into();
    request.body = Some(b"hush".to_vec());
    let error = guarded.send(request).await.unwrap_err();
    assert!(error.what.contains("a body that was not meant for it"), "{error}");
    serving.abort();
    other.abort();
}

#[tokio::test]
async fn headers_that_steer_a_request_cannot_be_set() {
    let guarded = Guarded::resolving(public(&["api.acme.com"]), &names(&[])).unwrap();
    for (name, value) in [
        ("host", "inside"),
        ("transfer-encoding", "chunked"),
        ("content-length", "1"),
        ("x-a\r\nhost", "inside"),
        ("x-a", "b\r\nhost: inside"),
    ] {
        let mut request = get("https://api.acme.com/");
        request.headers = vec![(name.into(), value.into())];
        let error = guarded.send(request).await.unwrap_err();
        assert!(error.what.contains("header"), "{name}: {error}");
    }
    let mut request = get("https://api.acme.com/");
    request.method = "CONNECT".into();
    assert!(guarded.send(request).await.is_err());
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_refused_and_not_cut() {
    let (port, serving) = serve(|_, _| vec![b'x'; LARGEST + 1].into_response()).await;
    let error = here(port).send(get(&format!("http://localhost:{port}/"))).await.unwrap_err();
    assert!(error.what.contains("more than"), "{error}");
    serving.abort();
}
