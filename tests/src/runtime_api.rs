//! A Lambda Runtime API: it gives invocations to a `bootstrap` that it starts, and takes the
//! answers, as Lambda itself does. Nothing stands between but loopback, so that times are the
//! function's own.

mod serve;

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

use serve::{Event, Heard};

/// The trace that every invocation is part of.
pub const TRACE: &str = serve::TRACE;

/// What does not answer by then never will.
const PATIENCE: Duration = Duration::from_secs(30);

/// A function that runs, and waits for an invocation. It ends with the value.
#[derive(Debug)]
pub struct Runtime {
    child: Child,
    address: SocketAddr,
    hears: Receiver<Heard>,
    /// Who polls for the next invocation.
    polls: Option<Sender<Event>>,
    invocations: u64,
    ends: Arc<AtomicBool>,
    serves: Option<JoinHandle<()>>,
    /// How long it took from the start of the process to its first poll.
    pub ready: Duration,
}

/// What a function made of an invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Its answer, or its error.
    pub answer: Result<Value, Value>,
    /// How long it took.
    pub took: Duration,
}

impl Runtime {
    /// Starts a `bootstrap` with these variables besides those of this process, and waits for its
    /// first poll. What it logs goes to a file.
    ///
    /// # Errors
    ///
    /// If it does not start, or ends before it polls.
    pub fn start(bootstrap: &Path, env: &[(&str, String)], log: &Path) -> Result<Self, String> {
        let told = |error: std::io::Error| format!("`{}`: {error}", bootstrap.display());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(told)?;
        let address = listener.local_addr().map_err(told)?;
        let (says, hears) = mpsc::channel();
        let ends = Arc::new(AtomicBool::new(false));
        let ended = ends.clone();
        let serves = std::thread::spawn(move || serve::serve(&listener, &says, &ended));
        let output = File::options().create(true).append(true).open(log).map_err(told)?;
        let mut command = Command::new(bootstrap);
        command
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", "test")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/test")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "test")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .envs(env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(output.try_clone().map_err(told)?)
            .stderr(output);
        let began = Instant::now();
        let child = command.spawn().map_err(told)?;
        let mut runtime = Self {
            child,
            address,
            hears,
            polls: None,
            invocations: 0,
            ends,
            serves: Some(serves),
            ready: Duration::ZERO,
        };
        runtime.hear(began)?;
        Ok(runtime)
    }

    /// Until it polls for the first time.
    fn hear(&mut self, began: Instant) -> Result<(), String> {
        match self.hears.recv_timeout(PATIENCE) {
            Ok(Heard::Polls { at, next }) => {
                self.ready = at.saturating_duration_since(began);
                self.polls = Some(next);
                Ok(())
            }
            Ok(Heard::Answers { body, .. }) => {
                Err(format!("it cannot begin: {}", String::from_utf8_lossy(&body)))
            }
            Err(_) => Err("it does not poll".to_owned()),
        }
    }

    /// Invokes it, and waits for the answer and until it polls again.
    ///
    /// # Errors
    ///
    /// If it gives none.
    pub fn invoke(&mut self, event: &Value) -> Result<Answered, String> {
        self.invocations += 1;
        let id = format!("00000000-0000-4000-8000-{:012}", self.invocations);
        let polls = self.polls.take().ok_or("it does not poll")?;
        let event = Event { id: id.clone(), body: event.to_string() };
        let began = Instant::now();
        polls.send(event).map_err(|_| "it has gone")?;
        let mut answered = None;
        loop {
            match self.hears.recv_timeout(PATIENCE) {
                Ok(Heard::Polls { next, .. }) => {
                    self.polls = Some(next);
                    if let Some(answered) = answered {
                        return Ok(answered);
                    }
                }
                Ok(Heard::Answers { at, id: of, is_error, body }) => {
                    if of != id {
                        return Err(format!("it answers {of}, and was asked {id}"));
                    }
                    let took = at.saturating_duration_since(began);
                    let text = || Value::String(String::from_utf8_lossy(&body).into_owned());
                    let body = serde_json::from_slice(&body).unwrap_or_else(|_| text());
                    let answer = if is_error { Err(body) } else { Ok(body) };
                    answered = Some(Answered { answer, took });
                }
                Err(_) => return Err("it does not answer".to_owned()),
            }
        }
    }

    /// The memory that it holds, in bytes; `None` where nobody can tell.
    #[must_use]
    pub fn resident(&self) -> Option<u64> {
        crate::server::resident(self.child.id())
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.ends.store(true, Ordering::Release);
        // It looks when somebody comes.
        let _ = TcpStream::connect(self.address);
        if let Some(serves) = self.serves.take() {
            let _ = serves.join();
        }
    }
}
