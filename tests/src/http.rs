//! A client for one connection at a time, kept open: small enough that measurements are of the
//! server, and that it is known what was sent when a connection breaks.

use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// A connection to a server, opened when it is needed.
#[derive(Debug)]
pub struct Client {
    address: SocketAddr,
    /// What stands before every path.
    prefix: String,
    stream: Option<BufReader<TcpStream>>,
}

/// What is asked of the server.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// The path, with its query.
    pub path: &'a str,
    /// Who calls, as the local server takes it.
    pub user: &'a str,
    /// Who calls, as a deployment takes it.
    pub token: Option<&'a str>,
    /// `Idempotency-Key`.
    pub key: Option<&'a str>,
    /// `Prefer: wait=` so many seconds.
    pub wait: Option<u32>,
    /// JSON.
    pub body: Option<&'a Value>,
}

impl<'a> Call<'a> {
    /// Reads something.
    #[must_use]
    pub const fn get(path: &'a str, user: &'a str) -> Self {
        Self { method: "GET", path, user, token: None, key: None, wait: None, body: None }
    }

    /// Makes something happen.
    #[must_use]
    pub const fn post(path: &'a str, user: &'a str, body: &'a Value) -> Self {
        Self { method: "POST", path, user, token: None, key: None, wait: None, body: Some(body) }
    }

    /// As soon as the run rests.
    #[must_use]
    pub const fn wait(self, seconds: u32) -> Self {
        Self { wait: Some(seconds), ..self }
    }

    /// Whoever this token speaks for.
    #[must_use]
    pub const fn token(self, token: &'a str) -> Self {
        Self { token: Some(token), ..self }
    }

    fn text(&self, address: SocketAddr, prefix: &str) -> String {
        let Self { method, path, user, token, key, wait, body } = self;
        let mut text = format!("{method} {prefix}{path} HTTP/1.1\r\nhost: {address}\r\n");
        if !user.is_empty() {
            let _ = write!(text, "x-countersign-user: {user}\r\n");
        }
        if let Some(token) = token {
            let _ = write!(text, "authorization: Bearer {token}\r\n");
        }
        if let Some(key) = key {
            let _ = write!(text, "idempotency-key: {key}\r\n");
        }
        if let Some(wait) = wait {
            let _ = write!(text, "prefer: wait={wait}\r\n");
        }
        let body = body.map(ToString::to_string).unwrap_or_default();
        if !body.is_empty() {
            text.push_str("content-type: application/json\r\n");
        }
        let _ = write!(text, "content-length: {}\r\n\r\n{body}", body.len());
        text
    }
}

/// What the server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: String,
}

impl Answer {
    /// The body as JSON; `null` if it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// A member of the body that is a text; empty if there is none.
    #[must_use]
    pub fn text(&self, name: &str) -> String {
        self.json().get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    }
}

impl Client {
    /// A client of the server at this address.
    #[must_use]
    pub const fn new(address: SocketAddr) -> Self {
        Self::under(address, String::new())
    }

    /// A client of what the server has below a path.
    #[must_use]
    pub const fn under(address: SocketAddr, prefix: String) -> Self {
        Self { address, prefix, stream: None }
    }

    /// Talks to another server from now on.
    pub fn turn_to(&mut self, address: SocketAddr) {
        if self.address != address {
            *self = Self::under(address, std::mem::take(&mut self.prefix));
        }
    }

    /// Closes the connection: what was sent on it may still be answered to nobody.
    pub fn forget(&mut self) {
        self.stream = None;
    }

    /// Sends a call, once.
    ///
    /// # Errors
    ///
    /// If the connection breaks: the server may have done it or not.
    pub async fn send(&mut self, call: &Call<'_>) -> io::Result<Answer> {
        // Taken out, so that it is kept only after a whole answer.
        let mut stream = if let Some(stream) = self.stream.take() {
            stream
        } else {
            let stream = TcpStream::connect(self.address).await?;
            stream.set_nodelay(true)?;
            BufReader::new(stream)
        };
        stream.get_mut().write_all(call.text(self.address, &self.prefix).as_bytes()).await?;
        let (answer, stays_open) = receive(&mut stream).await?;
        self.stream = stays_open.then_some(stream);
        Ok(answer)
    }
}

async fn receive(stream: &mut BufReader<TcpStream>) -> io::Result<(Answer, bool)> {
    let broken = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| broken("there is no status line"))?;
    let (mut length, mut stays_open) = (None, true);
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse::<usize>().ok(),
            "connection" => stays_open = !value.trim().eq_ignore_ascii_case("close"),
            _ => {}
        }
    }
    let length = length.ok_or_else(|| broken("the answer has no length"))?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    let body = String::from_utf8(body).map_err(|_| broken("the body is no text"))?;
    Ok((Answer { status, body }, stays_open))
}
