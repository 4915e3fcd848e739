//! A mail server, by RFC 5321 and RFC 4954: it wants to know who sends, and keeps what it takes.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A mail server on this machine, until it is dropped.
#[derive(Debug)]
pub struct Postbox {
    port: u16,
    inner: Arc<Inner>,
    serving: tokio::task::JoinHandle<()>,
}

/// A mail that it took.
#[derive(Debug, Clone)]
pub struct Letter {
    /// Whom it came from.
    pub from: String,
    /// Whom it is for.
    pub to: Vec<String>,
    /// Headers and body.
    pub text: String,
}

/// What the next recipient is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refuses {
    /// This code.
    For(u16),
}

#[derive(Debug)]
struct Inner {
    user: String,
    password: String,
    letters: Mutex<Vec<Letter>>,
    refuses: Mutex<Option<Refuses>>,
}

impl Letter {
    /// A header, by its name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let head = self.text.split("\r\n\r\n").next()?;
        head.split("\r\n")
            .filter_map(|line| line.split_once(": "))
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    /// The body, as it was sent.
    #[must_use]
    pub fn body(&self) -> &str {
        self.text.split_once("\r\n\r\n").map(|(_, body)| body).unwrap_or_default()
    }
}

impl Postbox {
    /// Takes mail from whoever has this name and password.
    pub async fn open(user: &str, password: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let inner = Arc::new(Inner {
            user: user.to_owned(),
            password: password.to_owned(),
            letters: Mutex::default(),
            refuses: Mutex::default(),
        });
        let shared = inner.clone();
        let serving = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(talk(stream, shared.clone()));
            }
        });
        Self { port, inner, serving }
    }

    /// Where it listens.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// What it took, oldest first.
    #[must_use]
    pub fn letters(&self) -> Vec<Letter> {
        self.inner.letters.lock().unwrap().clone()
    }

    /// Refuses the next recipient.
    pub fn refuses(&self, how: Refuses) {
        *self.inner.refuses.lock().unwrap() = Some(how);
    }
}

impl Drop for Postbox {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn talk(stream: TcpStream, inner: Arc<Inner>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 postbox\r\n").await?;
    let (mut known, mut from, mut to) = (false, None, Vec::new());
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let said = line.trim_end();
        let verb = said.split(' ').next().unwrap_or_default().to_uppercase();
        let answer = match verb.as_str() {
            "EHLO" => "250-postbox\r\n250 AUTH PLAIN".to_owned(),
            "AUTH" => {
                let wanted = STANDARD.encode(format!("\0{}\0{}", inner.user, inner.password));
                known = said.strip_prefix("AUTH PLAIN ") == Some(&wanted);
                if known { "235 welcome" } else { "535 authentication failed" }.to_owned()
            }
            "MAIL" if !known => "530 authentication required".to_owned(),
            "MAIL" => {
                from = address(said);
                if from.is_some() { "250 ok" } else { "501 no address" }.to_owned()
            }
            "RCPT" if from.is_none() => "503 who sends it?".to_owned(),
            "RCPT" => match (inner.refuses.lock().unwrap().take(), address(said)) {
                (Some(Refuses::For(code)), _) => format!("{code} not now"),
                (None, None) => "501 no address".to_owned(),
                (None, Some(address)) => {
                    to.push(address);
                    "250 ok".to_owned()
                }
            },
            "DATA" if to.is_empty() => "503 for whom?".to_owned(),
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await?;
                let text = data(&mut stream).await?;
                let from = from.take().unwrap_or_default();
                inner.letters.lock().unwrap().push(Letter {
                    from,
                    to: std::mem::take(&mut to),
                    text,
                });
                "250 taken".to_owned()
            }
            "RSET" | "NOOP" => "250 ok".to_owned(),
            "QUIT" => {
                stream.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "502 what?".to_owned(),
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
}

/// Up to the line with nothing but a dot.
async fn data(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut text = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 || line == ".\r\n" {
            return Ok(text);
        }
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}

fn address(said: &str) -> Option<String> {
    let (_, rest) = said.split_once('<')?;
    let (address, _) = rest.split_once('>')?;
    address.contains('@').then(|| address.to_owned())
}
