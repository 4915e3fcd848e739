//! What cannot be handled is set aside with its content, so that it holds up nothing and is not
//! lost.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use serde_json::json;
use tracing::Instrument as _;

use super::super::apply::{Illegal, refuse};
use super::super::chain::sha256_text;
use super::super::command::Command;
use super::super::question::Answers;
use super::super::records::{self, ASIDE};
use super::{DriveError, Runner, Stored};
use crate::model::{RunId, Timestamp};
use crate::store::{Expect, Item, Key, Write};

/// A command that brings its handling down so often is set aside.
const ATTEMPTS: usize = 2;

/// What keeps something that cannot be handled, once however often it comes.
#[must_use]
pub fn aside(from: &str, why: &str, content: &str, now: Timestamp) -> Write {
    let body = json!({ "at": now, "from": from, "why": why, "content": content });
    let name = sha256_text(content);
    let key = Key::new(ASIDE, format!("{from}#{}", name.as_str()));
    Write::Put { key, body: body.to_string(), expect: Expect::Anything }
}

impl Runner {
    /// Handles a command. One that brings that down each time is set aside, and refused in the
    /// run's own chain.
    pub(super) async fn handle_or_set_aside(
        &self,
        stored: Option<Stored>,
        command: &Command,
    ) -> Result<Option<Stored>, DriveError> {
        let mut why = String::new();
        for _ in 0..ATTEMPTS {
            let span = tracing::error_span!("handle", run = %command.run, event = %command.id);
            let handling = self.handle(stored.clone(), command).instrument(span);
            match AssertUnwindSafe(handling).catch_unwind().await {
                Ok(handled) => return handled,
                Err(panic) => why = words(&*panic),
            }
        }
        tracing::error!(run.id = %command.run, command = %command.id, why, "a command was set aside");
        let now = self.host.now();
        let illegal = Illegal::new("set_aside", "it cannot be handled, and was set aside");
        let run = stored.as_ref().map(|(run, _)| run);
        let transition = run.map(|run| refuse(run, command, &illegal, &Answers::default(), now));
        let aside = aside("command", &why, &records::json(command), now);
        let writes = vec![records::handled(command), aside];
        self.commit(&command.run, stored, transition, writes).await
    }

    /// The commands in these items; those that cannot be read are set aside.
    pub(super) async fn read_commands(
        &self,
        run: &RunId,
        items: &[Item],
    ) -> Result<Vec<Command>, DriveError> {
        let mut commands = Vec::new();
        for item in items {
            match records::read(item) {
                Ok(command) => commands.push(command),
                Err(error) => {
                    tracing::error!(run.id = %run, "a command was set aside: {error}");
                    let (key, expect) = (item.key.clone(), Expect::Version(item.version));
                    let now = self.host.now();
                    let writes = vec![
                        Write::Delete { key, expect },
                        aside("command", &error.to_string(), &item.body, now),
                    ];
                    self.commit(run, None, None, writes).await?;
                }
            }
        }
        Ok(commands)
    }
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&'static str>().copied());
    text.unwrap_or("it panicked").to_owned()
}
