//! `import "http"`: refused unless the caller allows hosts. A policy that can call any address is a
//! way into the network that it is evaluated in.

use std::time::Duration;

use ::base64::Engine;
use ::base64::engine::general_purpose::STANDARD;

use super::{Library, int, list, text};
use crate::builtins::{Native, UNDEFINED, argument};
use crate::failure::{Run, fail};
use crate::http::{Address, HttpRequest, HttpResponse};
use crate::machine::Machine;
use crate::object::Object;
use crate::value::Value;

/// How many calls one evaluation may make, redirects and retries included.
const MOST_CALLS: u32 = 20;
const MOST_REDIRECTS: usize = 10;
/// What a call costs in steps.
const STEPS: u64 = 1_000;

/// How requests are made.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    accepted: Vec<i64>,
    retries: i64,
    seconds: i64,
}

impl Default for Client {
    fn default() -> Self {
        Self { accepted: vec![200], retries: 1, seconds: 10 }
    }
}

/// A request that is not made yet.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    url: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
}

pub(super) static LIBRARY: Library = Library {
    path: "http",
    functions: &[
        Native::new("http.get", 1, 1, |machine, given| {
            call(machine, &Client::default(), "GET", given, 0)
        }),
        Native::new("http.post", 1, 1, |machine, given| {
            call(machine, &Client::default(), "POST", given, 0)
        }),
        Native::new("http.send", 1, 1, |machine, given| {
            call(machine, &Client::default(), "GET", given, 0)
        }),
        Native::new("http.request", 1, 1, |machine, given| {
            let url = text(machine, given, 0, "http.request")?;
            new_request(machine, Request { url, headers: Vec::new(), body: None })
        }),
        Native::new("http.accept_status_codes", 1, 1, |machine, given| {
            accept(machine, &Client::default(), given, 0)
        }),
        Native::new("http.with_retries", 1, 1, |machine, given| {
            with_retries(machine, &Client::default(), given, 0)
        }),
        Native::new("http.with_timeout", 1, 1, |machine, given| {
            with_timeout(machine, &Client::default(), given, 0)
        }),
        Native::new("http.without_certificate_verification", 0, 0, |_, _| unverified()),
    ],
    constant: |machine, name| match name {
        "client" => new_client(machine, Client::default()).map(Some),
        "methodGet" => machine.heap.new_text(*b"GET").map(Some),
        "methodPost" => machine.heap.new_text(*b"POST").map(Some),
        name => match client_value(machine, &Client::default(), name)? {
            Value::Undefined(_) => Ok(None),
            value => Ok(Some(value)),
        },
    },
};

static OF_CLIENT: [Native; 7] = [
    Native::method("http.get", 1, 1, |machine, given| {
        call(machine, &client(machine, given)?, "GET", given, 1)
    }),
    Native::method("http.post", 1, 1, |machine, given| {
        call(machine, &client(machine, given)?, "POST", given, 1)
    }),
    Native::method("http.send", 1, 1, |machine, given| {
        call(machine, &client(machine, given)?, "GET", given, 1)
    }),
    Native::method("http.accept_status_codes", 1, 1, |machine, given| {
        accept(machine, &client(machine, given)?, given, 1)
    }),
    Native::method("http.with_retries", 1, 1, |machine, given| {
        with_retries(machine, &client(machine, given)?, given, 1)
    }),
    Native::method("http.with_timeout", 1, 1, |machine, given| {
        with_timeout(machine, &client(machine, given)?, given, 1)
    }),
    Native::method("http.without_certificate_verification", 0, 0, |_, _| unverified()),
];

static OF_REQUEST: [Native; 3] = [
    Native::method("http.with_header", 2, 2, |machine, given| {
        let name = text(machine, given, 1, "with_header")?;
        let value = text(machine, given, 2, "with_header")?;
        with_header(machine, given, &name, value)
    }),
    Native::method("http.with_basic_auth", 2, 2, |machine, given| {
        let user = text(machine, given, 1, "with_basic_auth")?;
        let password = text(machine, given, 2, "with_basic_auth")?;
        let encoded = STANDARD.encode(format!("{user}:{password}"));
        with_header(machine, given, "Authorization", format!("Basic {encoded}"))
    }),
    Native::method("http.with_body", 1, 1, |machine, given| {
        let body = Some(text(machine, given, 1, "with_body")?);
        let request = request(machine, given, 0)?;
        new_request(machine, Request { body, ..request })
    }),
];

impl Request {
    pub(crate) fn size(&self) -> usize {
        let headers = self.headers.iter().map(|(name, value)| name.len() + value.len() + 48);
        128 + self.url.len() + headers.sum::<usize>() + self.body.as_ref().map_or(0, String::len)
    }
}

fn new_client(machine: &mut Machine<'_>, client: Client) -> Run<Value> {
    machine.heap.new_object(Object::Client(Box::new(client)))
}

fn new_request(machine: &mut Machine<'_>, request: Request) -> Run<Value> {
    machine.heap.meter.walk(request.size())?;
    machine.heap.new_object(Object::Request(Box::new(request)))
}

fn client(machine: &Machine<'_>, given: &[Value]) -> Run<Client> {
    match argument(given, 0) {
        Value::Object(id) => match machine.heap.object(id) {
            Some(Object::Client(client)) => Ok((**client).clone()),
            _ => fail("this is no client"),
        },
        _ => fail("this is no client"),
    }
}

/// A request among arguments, or an address that is to be one.
fn request(machine: &Machine<'_>, given: &[Value], at: usize) -> Run<Request> {
    if let Value::Object(id) = argument(given, at)
        && let Some(Object::Request(request)) = machine.heap.object(id)
    {
        return Ok((**request).clone());
    }
    let url = text(machine, given, at, "http")?;
    Ok(Request { url, headers: Vec::new(), body: None })
}

fn accept(machine: &mut Machine<'_>, client: &Client, given: &[Value], at: usize) -> Run<Value> {
    let codes = list(given, at, "accept_status_codes")?;
    machine.heap.reserve(machine.heap.list(codes).len())?;
    let codes = machine.heap.list(codes).to_vec();
    let accepted: Run<Vec<_>> =
        (0..codes.len()).map(|at| int(&codes, at, "accept_status_codes")).collect();
    new_client(machine, Client { accepted: accepted?, ..*client })
}

fn with_retries(
    machine: &mut Machine<'_>,
    client: &Client,
    given: &[Value],
    at: usize,
) -> Run<Value> {
    match int(given, at, "with_retries")? {
        retries @ 0..=10 => new_client(machine, Client { retries, ..client.clone() }),
        _ => fail("`with_retries` takes 0 to 10"),
    }
}

fn with_timeout(
    machine: &mut Machine<'_>,
    client: &Client,
    given: &[Value],
    at: usize,
) -> Run<Value> {
    match int(given, at, "with_timeout")? {
        seconds @ 1..=30 => new_client(machine, Client { seconds, ..client.clone() }),
        _ => fail("`with_timeout` takes 1 to 30 seconds"),
    }
}

fn unverified() -> Run<Value> {
    fail("certificates are always verified here")
}

fn with_header(
    machine: &mut Machine<'_>,
    given: &[Value],
    name: &str,
    value: String,
) -> Run<Value> {
    let ours = ["host", "content-length", "transfer-encoding", "connection", "upgrade"];
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.is_empty() || !name.chars().all(is_name) || ours.contains(&name.to_lowercase().as_str())
    {
        return fail(format!("the header `{name}` cannot be set"));
    }
    if !value.chars().all(|c| c == ' ' || c.is_ascii_graphic()) {
        return fail(format!(
            "the value of the header `{name}` has characters that headers have not"
        ));
    }
    let mut request = request(machine, given, 0)?;
    request.headers.retain(|(found, _)| !found.eq_ignore_ascii_case(name));
    request.headers.push((name.to_owned(), value));
    new_request(machine, request)
}

/// Makes a request, and what its redirects lead to.
fn call(
    machine: &mut Machine<'_>,
    client: &Client,
    method: &str,
    given: &[Value],
    at: usize,
) -> Run<Value> {
    let Request { url, headers, body } = request(machine, given, at)?;
    let body = body.map(String::into_bytes);
    let timeout = Duration::from_secs(client.seconds.unsigned_abs());
    let mut request = HttpRequest { method: method.to_owned(), url, headers, body, timeout };
    for _ in 0..=MOST_REDIRECTS {
        let response = attempt(machine, client, &mut request)?;
        let location =
            response.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("location"));
        let Some((_, location)) = location.filter(|_| is_redirect(response.status)) else {
            return answer(machine, client, &request.url, response);
        };
        redirect(&mut request, response.status, location).or_else(fail)?;
    }
    fail(format!("`{}`: it is redirected more than {MOST_REDIRECTS} times", request.url))
}

fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

fn redirect(request: &mut HttpRequest, status: u16, location: &str) -> Result<(), String> {
    let here = Address::parse(&request.url)?;
    let url = here.join(location);
    let there = Address::parse(&url)?;
    if !matches!(status, 307 | 308) {
        "GET".clone_into(&mut request.method);
        request.body = None;
    }
    // What was meant for one host, secrets among it, is not for another.
    if !here.is_origin_of(&there) {
        request.headers.clear();
        if request.body.is_some() {
            return Err(format!("`{}` is redirected to another host, with a body", request.url));
        }
    }
    request.url = url;
    Ok(())
}

/// Calls until there is an answer, as often as the client says, without a pause between.
fn attempt(
    machine: &mut Machine<'_>,
    client: &Client,
    request: &mut HttpRequest,
) -> Run<HttpResponse> {
    let Some(http) = machine.setup.http.as_ref() else {
        return fail(
            "policies may not call HTTP here. Give the policy the data that it needs, or mock the \
             import",
        );
    };
    let mut left = client.retries;
    loop {
        machine.calls += 1;
        if machine.calls > MOST_CALLS {
            return crate::limits::over(&format!("makes more than {MOST_CALLS} calls by HTTP"));
        }
        machine.heap.meter.step(STEPS)?;
        if let Some(time) = machine.heap.meter.time_left()? {
            request.timeout = request.timeout.min(time);
        }
        let result = http.call(request);
        let failed = match &result {
            Ok(response) => response.status >= 500 && response.status != 501,
            Err(_) => true,
        };
        if !failed || left == 0 {
            return result.or_else(|error| fail(format!("`http`: {error}")));
        }
        left -= 1;
    }
}

/// The answer as a map, if its status is accepted.
fn answer(
    machine: &mut Machine<'_>,
    client: &Client,
    url: &str,
    response: HttpResponse,
) -> Run<Value> {
    let status = i64::from(response.status);
    if !client.accepted.contains(&status) {
        return fail(format!("`{url}` answered {status}, which is not accepted"));
    }
    machine.heap.meter.time_left()?;
    let headers = map_of(machine, &response.headers)?;
    let body = machine.heap.new_text(response.body)?;
    let answer = machine.heap.new_map()?;
    for (name, value) in [("status_code", Value::Int(status)), ("headers", headers), ("body", body)]
    {
        let name = machine.heap.new_text(name.as_bytes())?;
        machine.heap.set(answer, name, value)?;
    }
    Ok(Value::Map(answer))
}

fn map_of(machine: &mut Machine<'_>, headers: &[(String, String)]) -> Run<Value> {
    let map = machine.heap.new_map()?;
    for (name, value) in headers {
        let name = machine.heap.new_text(name.as_bytes())?;
        let value = machine.heap.new_text(value.as_bytes())?;
        machine.heap.set(map, name, value)?;
    }
    Ok(Value::Map(map))
}

fn client_value(machine: &mut Machine<'_>, client: &Client, name: &str) -> Run<Value> {
    match name {
        "retries" => Ok(Value::Int(client.retries)),
        "timeout" => Ok(Value::Int(client.seconds)),
        "certificate_verification" => Ok(Value::Bool(true)),
        "accepted_status_codes" => {
            machine.heap.new_list(client.accepted.iter().copied().map(Value::Int).collect())
        }
        _ => Ok(UNDEFINED),
    }
}

/// A member of a client.
pub(crate) fn client_member(
    machine: &mut Machine<'_>,
    id: u32,
    client: &Client,
    name: &str,
) -> Run<Value> {
    let is = |native: &&Native| native.name.strip_prefix("http.") == Some(name);
    match OF_CLIENT.iter().find(is) {
        Some(native) => Ok(Value::Method { object: id, builtin: native }),
        None => client_value(machine, client, name),
    }
}

/// A member of a request.
pub(crate) fn request_member(
    machine: &mut Machine<'_>,
    id: u32,
    request: &Request,
    name: &str,
) -> Run<Value> {
    let is = |native: &&Native| native.name.strip_prefix("http.") == Some(name);
    if let Some(native) = OF_REQUEST.iter().find(is) {
        return Ok(Value::Method { object: id, builtin: native });
    }
    match name {
        "url" => machine.heap.new_text(request.url.as_bytes()),
        "headers" => map_of(machine, &request.headers),
        "body" => machine.heap.new_text(request.body.clone().unwrap_or_default().into_bytes()),
        _ => Ok(UNDEFINED),
    }
}
