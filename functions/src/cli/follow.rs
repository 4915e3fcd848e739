//! What a command to a run is answered with, and waiting for how it goes on.

use std::time::Duration as Pause;

use countersign::desk::RunView;
use countersign::model::{Duration, RunId, Status};
use serde::Deserialize;
use tokio::time::{Instant, sleep};

use super::client::{Client, Reply, segment};
use super::exit::{Exit, Failure};
use super::print::{self, Clock};
use super::words;

/// So long a command may take to settle before it counts as merely recorded, in seconds.
pub(super) const SETTLE: u64 = 20;

/// While waiting, the run is looked at so often at first, and so often in the end.
const FIRST_PAUSE: Pause = Pause::from_millis(250);
const LONGEST_PAUSE: Pause = Pause::from_secs(3);

/// A server that restarts is given so many looks.
const PATIENCE: u32 = 20;

/// For how long to wait; without a number, until it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wait(Option<Pause>);

impl Wait {
    /// Without an end.
    pub(super) const FOREVER: &'static str = "forever";

    /// Reads `forever`, seconds, or a duration.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text == Self::FOREVER {
            return Ok(Self(None));
        }
        if let Ok(seconds) = text.parse() {
            return Ok(Self(Some(Pause::from_secs(seconds))));
        }
        let duration = Duration::parse(text).map_err(|error| error.to_string())?;
        Ok(Self(Some(Pause::from_secs(duration.as_seconds().into()))))
    }
}

/// A command that was recorded and has not been handled yet.
#[derive(Debug, Deserialize)]
struct Recorded {
    id: RunId,
    url: String,
}

/// A run as it was answered, if it was handled in time.
pub(super) enum Answered {
    Settled(Box<RunView>),
    Recorded { id: RunId, url: String },
}

/// What a command was answered with.
pub(super) fn answered(reply: &Reply) -> Result<Answered, Failure> {
    if let Ok(run) = serde_json::from_str::<RunView>(&reply.body) {
        return Ok(Answered::Settled(Box::new(run)));
    }
    let Recorded { id, url } = reply.read()?;
    Ok(Answered::Recorded { id, url })
}

/// A request was answered: says how it stands, and waits for how it goes on where that is wanted.
pub(super) async fn request(
    client: &Client,
    reply: Reply,
    wait: Option<Wait>,
    program: &str,
) -> Result<Exit, Failure> {
    match (answered(&reply)?, wait) {
        (Answered::Settled(run), None) => {
            let text = if client.json { reply.body } else { words::outcome(&run, program) };
            print::out(&text)?;
            Ok(Exit::of_request(&run))
        }
        (Answered::Recorded { id, url }, None) => recorded(client, &reply, &id, &url),
        (Answered::Settled(run), Some(wait)) => {
            follow(client, &run.id, Some((*run).clone()), wait, program).await
        }
        (Answered::Recorded { id, .. }, Some(wait)) => {
            follow(client, &id, None, wait, program).await
        }
    }
}

/// A command to a run was answered: says what came of it.
pub(super) fn command(client: &Client, reply: &Reply, program: &str) -> Result<Exit, Failure> {
    match answered(reply)? {
        Answered::Settled(run) => {
            let text = if client.json { reply.body.clone() } else { words::outcome(&run, program) };
            print::out(&text)?;
            Ok(Exit::of_command(&run))
        }
        Answered::Recorded { id, url } => recorded(client, reply, &id, &url),
    }
}

fn recorded(client: &Client, reply: &Reply, id: &RunId, url: &str) -> Result<Exit, Failure> {
    if client.json {
        print::out(&reply.body)?;
    } else {
        print::out(&format!(
            "RECORDED: it will be handled\n  run       {id}\n  page      {}",
            print::plain(url)
        ))?;
    }
    Ok(Exit::Pending)
}

/// Waits until access is there or the run is over, and says whenever its standing changes.
pub(super) async fn follow(
    client: &Client,
    id: &RunId,
    seen: Option<RunView>,
    wait: Wait,
    program: &str,
) -> Result<Exit, Failure> {
    let deadline = wait.0.and_then(|wait| Instant::now().checked_add(wait));
    let (mut pause, mut failures, mut told) = (FIRST_PAUSE, 0_u32, String::new());
    let mut run = seen;
    let mut reply = None;
    loop {
        if let Some(run) = &run {
            if told != run.explain.standing {
                told.clone_from(&run.explain.standing);
                let now = Clock::local();
                eprintln!("{}  {}", now.exactly(now.now()), print::plain(&told));
            }
            if matches!(run.status, Status::Active | Status::Closed) {
                break;
            }
        }
        let is_over = deadline.is_some_and(|deadline| Instant::now() >= deadline);
        if is_over && run.is_some() {
            break;
        }
        let left = deadline.map(|deadline| deadline.duration_since(Instant::now()));
        sleep(left.map_or(pause, |left| left.min(pause))).await;
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
        match client.get(&format!("/v1/runs/{}", segment(id.as_str())), &[]).await {
            Ok(answer) => {
                (run, failures) = (Some(answer.read()?), 0);
                reply = Some(answer);
            }
            Err(failure) if failures >= PATIENCE || !may_pass(&failure) => return Err(failure),
            Err(_) => failures += 1,
        }
    }
    let Some(run) = run else { return Ok(Exit::Pending) };
    let json = match reply {
        Some(reply) => reply.body,
        None => serde_json::to_string(&run).unwrap_or_default(),
    };
    let text = if client.json { json } else { words::outcome(&run, program) };
    print::out(&text)?;
    Ok(Exit::of_request(&run))
}

/// A run may be too young to be seen, and a server may be starting.
fn may_pass(failure: &Failure) -> bool {
    match failure {
        Failure::Error(_) => true,
        Failure::Problem { problem, .. } => problem.status >= 500 || problem.code == "no_such_run",
        Failure::Usage(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_in_seconds_or_a_duration() {
        let seconds = |text| Wait::parse(text).map(|wait| wait.0.map(|wait| wait.as_secs()));
        assert_eq!(seconds("90"), Ok(Some(90)));
        assert_eq!(seconds("0"), Ok(Some(0)));
        assert_eq!(seconds("10m"), Ok(Some(600)));
        assert_eq!(seconds(Wait::FOREVER), Ok(None));
        assert!(seconds("soon").is_err());
    }
}
