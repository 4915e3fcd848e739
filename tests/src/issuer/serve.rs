//! How it is asked: one request for each connection.

use std::io::BufReader;
use std::net::TcpStream;
use std::time::Duration;

use super::Signer;
use crate::message::Message;

/// Whoever says nothing holds up the others no longer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Answers whoever has come. If they are gone by then, so be it.
pub(super) fn answer(stream: &TcpStream, signer: &Signer) {
    // Without a limit it is read with none.
    let _ = stream.set_read_timeout(Some(PATIENCE));
    let Ok(Some(request)) = Message::read(&mut BufReader::new(stream)) else { return };
    let json =
        |body: serde_json::Value| Message::answer("200 OK", "application/json", body.to_string());
    let mut answer = match request.asks() {
        ("GET", "/.well-known/openid-configuration") => json(signer.discovery()),
        ("GET", "/jwks") => json(signer.keys()),
        ("GET", path) if path.starts_with("/authorize?") => {
            signer.authorize(path.trim_start_matches("/authorize?"))
        }
        ("GET", path) if path.starts_with("/end_session?") => {
            signer.end_session(path.trim_start_matches("/end_session?"))
        }
        ("POST", "/token") => signer.exchange(&request),
        ("GET", "/userinfo") => signer.user_info(&request),
        ("GET", path) if path.starts_with("/token/") => {
            let email = path.trim_start_matches("/token/").replace("%40", "@");
            Message::answer("200 OK", "text/plain", signer.sign(&signer.claims(&email)))
        }
        _ => Message::answer("404 Not Found", "text/plain", ""),
    };
    answer.headers.push(("connection".to_owned(), "close".to_owned()));
    let mut stream = stream;
    let _ = answer.write(&mut stream);
}
