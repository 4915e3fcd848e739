//! How a function is served: it keeps its connections, and speaks on any of them.

use std::io::{self, BufReader};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::message::Message;

/// For how long an invocation may go on.
const LIMIT: Duration = Duration::from_secs(30);

/// What every invocation is part of.
pub(super) const TRACE: &str =
    "Root=1-5e6722a7-cc561be4d1b4e2f0a1b2c3d4;Parent=53995c3f42cd8ad8;Sampled=1";

/// An invocation.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) id: String,
    pub(super) body: String,
}

/// What a function says.
#[derive(Debug)]
pub(super) enum Heard {
    /// That it is ready for the next invocation, which is to be sent there.
    Polls { at: Instant, next: Sender<Event> },
    /// What it made of one.
    Answers { at: Instant, id: String, is_error: bool, body: Vec<u8> },
}

/// Serves whoever comes, each on a thread of its own, until it is over.
pub(super) fn serve(listener: &TcpListener, says: &Sender<Heard>, ended: &AtomicBool) {
    for stream in listener.incoming() {
        if ended.load(Ordering::Acquire) {
            break;
        }
        let Ok(stream) = stream else { continue };
        let says = says.clone();
        // It ends with the function, which takes its connections along.
        std::thread::spawn(move || talk(&stream, &says));
    }
}

/// Until the function hangs up, or nobody invokes it any more.
fn talk(stream: &TcpStream, says: &Sender<Heard>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut reads, mut writes) = (BufReader::new(stream), stream);
    while let Some(request) = Message::read(&mut reads)? {
        let at = Instant::now();
        let answer = match request.asks() {
            ("GET", path) if path.ends_with("/runtime/invocation/next") => {
                let (next, invocations) = mpsc::channel();
                let is_heard = says.send(Heard::Polls { at, next }).is_ok();
                let Some(event) = is_heard.then(|| invocations.recv().ok()).flatten() else {
                    return Ok(());
                };
                invocation(event)
            }
            ("POST", path) => {
                let (id, is_error) = of(path);
                let said = Heard::Answers { at, id, is_error, body: request.body };
                if says.send(said).is_err() {
                    return Ok(());
                }
                Message::answer("202 Accepted", "application/json", "{}")
            }
            _ => Message::answer("404 Not Found", "text/plain", ""),
        };
        answer.write(&mut writes)?;
    }
    Ok(())
}

fn invocation(event: Event) -> Message {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut answer = Message::answer("200 OK", "application/json", event.body);
    let arn = "arn:aws:lambda:us-east-1:000000000000:function:test";
    for (name, value) in [
        ("lambda-runtime-aws-request-id", event.id),
        ("lambda-runtime-deadline-ms", (now + LIMIT).as_millis().to_string()),
        ("lambda-runtime-invoked-function-arn", arn.to_owned()),
        ("lambda-runtime-trace-id", TRACE.to_owned()),
    ] {
        answer.headers.push((name.to_owned(), value));
    }
    answer
}

/// Which invocation a `POST` is about, and whether it failed.
fn of(path: &str) -> (String, bool) {
    let mut parts = path.rsplit('/');
    let what = parts.next().unwrap_or_default();
    (parts.next().unwrap_or_default().to_owned(), what != "response")
}
