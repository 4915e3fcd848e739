//! How it is asked: one request for each connection.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::Signer;

/// Whoever says nothing holds up the others no longer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Answers whoever has come. If they are gone by then, so be it.
pub(super) fn answer(stream: &TcpStream, signer: &Signer) {
    let Some(path) = asked(stream) else { return };
    let (status, body) = match path.as_str() {
        "/.well-known/openid-configuration" => ("200 OK", signer.discovery().to_string()),
        "/jwks" => ("200 OK", signer.keys().to_string()),
        path => match path.strip_prefix("/token/") {
            Some(email) => ("200 OK", signer.sign(&signer.claims(&email.replace("%40", "@")))),
            None => ("404 Not Found", String::new()),
        },
    };
    let kind = if body.starts_with('{') { "application/json" } else { "text/plain" };
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n{body}"
    );
    let mut stream = stream;
    let _ = stream.write_all(answer.as_bytes());
}

/// The path of a `GET`, after all of the request was read.
fn asked(stream: &TcpStream) -> Option<String> {
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next()?.ok()?;
    for line in lines {
        if line.ok()?.is_empty() {
            break;
        }
    }
    let path = first.strip_prefix("GET ")?.split(' ').next()?;
    Some(path.to_owned())
}
