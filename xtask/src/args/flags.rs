//! What stands behind a command.

use std::collections::VecDeque;

/// Flags, each with its value or without one: `--only fmt`, `--only=fmt`, `--fail-fast`.
pub(crate) struct Flags {
    command: String,
    args: VecDeque<String>,
    /// What stands behind the `=` of the flag at hand.
    inline: Option<String>,
}

impl Flags {
    /// The arguments behind this command.
    pub(crate) fn new(command: &str, args: impl IntoIterator<Item = String>) -> Self {
        Self { command: command.to_owned(), args: args.into_iter().collect(), inline: None }
    }

    /// The next flag, without its value.
    pub(crate) fn next_flag(&mut self) -> Option<String> {
        let arg = self.args.pop_front()?;
        self.inline = None;
        Some(match arg.split_once('=') {
            Some((flag, value)) => {
                self.inline = Some(value.to_owned());
                flag.to_owned()
            }
            None => arg,
        })
    }

    /// The value of the flag at hand.
    pub(crate) fn value(&mut self, flag: &str) -> Result<String, String> {
        let value = self.inline.take().or_else(|| self.args.pop_front());
        value.ok_or_else(|| format!("`{flag}` needs a value"))
    }

    /// The flag at hand stands for itself: it is given.
    pub(crate) fn given(&mut self, flag: &str) -> Result<bool, String> {
        match self.inline {
            Some(_) => Err(format!("`{flag}` takes no value")),
            None => Ok(true),
        }
    }

    /// That the command has no such flag.
    pub(crate) fn unknown(&self, flag: &str) -> String {
        format!("`{}` does not take `{flag}`", self.command)
    }
}
