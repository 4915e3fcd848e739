//! What would have gone to Slack, and what goes there.

use countersign::context::{Message, ServiceError};
use countersign::engine::records;
use countersign::store::{Commit, Query, ReadError, Write};

use super::LocalDirectory;

impl LocalDirectory {
    /// What would have gone to Slack, newest first; with `errors`, what went to the error channel.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub async fn messages(&self, errors: bool, limit: usize) -> Result<Vec<Message>, ReadError> {
        let list = if errors { records::ERRORS } else { records::MESSAGES };
        let page = self.store.query(&Query::of(list).descending().limit(limit)).await?;
        page.items.iter().map(records::read).collect()
    }

    /// What is written so that these messages are delivered, and can be looked at.
    pub(super) fn kept(&self, messages: &[Message]) -> Vec<Write> {
        let mut writes = Vec::new();
        if let Some(Message { run: Some(run), .. }) = messages.first() {
            let now = crate::machine::now();
            if self.delivers {
                writes.extend(records::outgoing(run, messages, now));
            }
            writes.extend(self.addressees.keeping(run, messages, now));
        }
        for message in messages {
            if self.keeps_messages {
                writes.push(records::message(message));
            } else if !self.delivers {
                tracing::info!(key = message.key, to = ?message.to, "{}", message.text);
            }
        }
        writes
    }

    pub(super) async fn keep(&self, message: &Message) -> Result<(), ServiceError> {
        let writes = self.kept(std::slice::from_ref(message));
        if writes.is_empty() {
            return Ok(());
        }
        // Whoever notes that it was sent writes after it.
        match self.store.write_ahead(&records::transaction(writes)).await {
            Commit::Committed | Commit::Conflict(_) => Ok(()),
            other => Err(ServiceError::passing("store", format!("it was not kept: {other:?}"))),
        }
    }
}
