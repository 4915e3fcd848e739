//! The HTTP client: which server, who asks, and what it answers.

use std::time::Duration as Budget;

use clap::Args;
use countersign::desk::Problem;
use reqwest::{Method, RequestBuilder, Url, header};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::exit::Failure;

const USER: &str = "COUNTERSIGN_USER";
const TOKEN: &str = "COUNTERSIGN_TOKEN";

/// Longer than the longest wait that a server grants.
const PATIENCE: Budget = Budget::from_mins(1);
const CONNECT: Budget = Budget::from_secs(5);

/// Which server, as whom, and in which form.
#[derive(Debug, Clone, Args)]
pub(super) struct Server {
    /// Where the server is.
    #[arg(
        long,
        value_name = "URL",
        default_value = "http://127.0.0.1:7070",
        env = "COUNTERSIGN_URL"
    )]
    pub(super) url: String,
    // A text of its own, since the names of variables are not marked up on a terminal.
    #[arg(
        long = "as",
        value_name = "EMAIL",
        help = "Who you are, on the local server [env: COUNTERSIGN_USER]. Programs have a token \
                instead, in COUNTERSIGN_TOKEN and never as an argument"
    )]
    myself: Option<String>,
    /// Print what the API answers, as JSON, and nothing else.
    #[arg(long)]
    pub(super) json: bool,
}

impl Server {
    /// The client that they describe.
    pub(super) fn client(&self) -> Result<Client, Failure> {
        let url = Url::parse(&self.url)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or_else(|| {
                Failure::Usage(format!(
                    "`{}` is no address of a server: write one as in http://127.0.0.1:7070",
                    self.url
                ))
            })?;
        let identity = self.identity()?;
        let is_near = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        if matches!(identity, Identity::Token(_)) && url.scheme() == "http" && !is_near {
            eprintln!("warning: the token goes to {url} unencrypted; use https");
        }
        let client = Client { http: http(is_near)?, url, identity, json: self.json };
        Ok(client)
    }

    fn identity(&self) -> Result<Identity, Failure> {
        let named = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
        match (self.myself.clone(), named(USER), named(TOKEN)) {
            (Some(user), ..) | (None, Some(user), None) => Ok(Identity::Person(user)),
            (None, None, Some(token)) => Ok(Identity::Token(token)),
            (None, Some(_), Some(_)) => Err(Failure::Usage(format!(
                "{USER} and {TOKEN} both say who you are: unset one of them, or name somebody with \
                 --as"
            ))),
            (None, None, None) => Err(Failure::Usage(format!(
                "nobody says who you are: name yourself with --as EMAIL or in {USER}; a program \
                 has its token in {TOKEN}"
            ))),
        }
    }
}

#[derive(Clone)]
enum Identity {
    Person(String),
    Token(String),
}

/// A server, and who asks it.
pub(super) struct Client {
    http: reqwest::Client,
    url: Url,
    identity: Identity,
    /// Whether answers are printed as they came.
    pub(super) json: bool,
}

/// What a server answered.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) body: String,
    url: String,
}

/// How a command is to be carried out.
#[derive(Debug, Clone, Default)]
pub(super) struct Wish<'a> {
    /// So many seconds it may take to settle.
    pub(super) wait: Option<u64>,
    /// What makes it happen once.
    pub(super) key: Option<&'a str>,
}

impl Client {
    /// Asks for what is there.
    pub(super) async fn get(&self, path: &str, query: &[(&str, String)]) -> Result<Reply, Failure> {
        let mut url = self.address(path)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.send(self.http.request(Method::GET, url)).await
    }

    /// Asks for a change.
    pub(super) async fn change(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
        wish: Wish<'_>,
    ) -> Result<Reply, Failure> {
        let mut request = self.http.request(method, self.address(path)?);
        if let Some(body) = body {
            request = request.json(body);
        }
        if let Some(seconds) = wish.wait {
            request = request.header("Prefer", format!("wait={seconds}"));
        }
        if let Some(key) = wish.key {
            request = request.header("Idempotency-Key", key);
        }
        self.send(request).await
    }

    fn address(&self, path: &str) -> Result<Url, Failure> {
        let base = self.url.as_str().trim_end_matches('/');
        Url::parse(&format!("{base}{path}"))
            .map_err(|error| Failure::Usage(format!("`{path}` is no path: {error}")))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Reply, Failure> {
        let request = match &self.identity {
            Identity::Person(user) => {
                request.header("X-Countersign-User", user).header("X-Countersign-Source", "cli")
            }
            Identity::Token(token) => {
                request.header(header::AUTHORIZATION, format!("Bearer {token}"))
            }
        };
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        let body = response.text().await.map_err(|error| self.unreachable(&error))?;
        if status.is_success() {
            return Ok(Reply { body, url: self.url.to_string() });
        }
        match serde_json::from_str::<Problem>(&body) {
            Ok(problem) => {
                Err(Failure::Problem { problem: Box::new(problem), body, json: self.json })
            }
            Err(_) => Err(Failure::Error(format!(
                "{} answers {status}, and not as Countersign does: is it the right address?",
                self.url
            ))),
        }
    }

    fn unreachable(&self, error: &reqwest::Error) -> Failure {
        let url = self.url.as_str().trim_end_matches('/');
        Failure::Error(if error.is_connect() {
            format!("no server answers at {url}: start one with `dev`, or name another with --url")
        } else if error.is_timeout() {
            format!("the server at {url} did not answer in time: try again")
        } else if error.is_builder() {
            format!("this cannot be sent: {}", super::exit::chain(error))
        } else {
            format!("the server at {url} broke off: {}", super::exit::chain(error))
        })
    }
}

impl Reply {
    /// The answer as what it should be.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_str(&self.body).map_err(|error| {
            Failure::Error(format!(
                "{} does not answer as this version of Countersign does: {error}",
                self.url
            ))
        })
    }
}

fn http(is_near: bool) -> Result<reqwest::Client, Failure> {
    countersign_integrations::install_tls();
    // A redirect could lead a token elsewhere.
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT)
        .timeout(PATIENCE);
    if is_near {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| Failure::error(&error))
}

/// A text as one part of a path.
pub(super) fn segment(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~@:".contains(&byte);
    let one = |byte: u8| {
        if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    text.bytes().map(one).collect()
}
