//! What was kept to be said is delivered, wherever it goes: in Slack, to endpoints, by mail.

use std::time::Duration;

use countersign::engine::Runner;
use countersign::model::RunId;
use countersign::store::ReadError;
use countersign_integrations::Secrets;
use tokio::time::Instant;

use crate::notices::Notices;
use crate::settings::Settings;
use crate::slack::post::Post;

/// What is left to be said about a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// Nothing.
    Nothing,
    /// Something, which can be tried again after this time.
    Later(Duration),
    /// Something that did not work, and may the next time.
    Again,
}

impl Left {
    /// When to look again, if either is left.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nothing, left) | (left, Self::Nothing) => left,
            (Self::Again, Self::Again | Self::Later(_)) | (Self::Later(_), Self::Again) => {
                Self::Again
            }
            (Self::Later(one), Self::Later(other)) => Self::Later(one.min(other)),
        }
    }
}

/// Delivers what was kept to be said.
#[derive(Debug, Clone)]
pub struct Courier {
    post: Option<Post>,
    notices: Option<Notices>,
}

impl Courier {
    /// What delivers to the places of these settings; `None` if they name none. `is_alone`: nobody
    /// else delivers from this store.
    ///
    /// # Errors
    ///
    /// If a place's settings are wrong.
    pub fn open(
        runner: &Runner,
        settings: &Settings,
        secrets: &Secrets,
        is_alone: bool,
    ) -> Result<Option<Self>, String> {
        let post = Post::open(runner, settings, secrets, is_alone)?;
        let notices = Notices::open(runner, settings, secrets, is_alone)?;
        Ok((post.is_some() || notices.is_some()).then_some(Self { post, notices }))
    }

    /// What posts in Slack.
    #[cfg(test)]
    pub(crate) const fn post(&self) -> Option<&Post> {
        self.post.as_ref()
    }

    /// Says where the pages are, so that messages can name them. Only the first call counts.
    pub fn pages_at(&self, url: &str) {
        if let Some(post) = &self.post {
            post.pages_at(url);
        }
        if let Some(notices) = &self.notices {
            notices.pages_at(url);
        }
    }

    /// The runs that something is to be said about.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub async fn left(&self) -> Result<Vec<RunId>, ReadError> {
        let mut runs = match &self.post {
            Some(post) => post.left().await?,
            None => Vec::new(),
        };
        if let Some(notices) = &self.notices {
            runs.extend(notices.left().await?);
        }
        runs.sort();
        runs.dedup();
        Ok(runs)
    }

    /// Delivers what is to be said about a run, in its order, until then. One at a time per run.
    ///
    /// # Errors
    ///
    /// If the store fails. Nothing is lost: it is found again.
    pub async fn deliver(&self, run: &RunId, stop: Instant) -> Result<Left, String> {
        let posting = async {
            match &self.post {
                Some(post) => post.deliver(run, stop).await,
                None => Ok(Left::Nothing),
            }
        };
        let telling = async {
            match &self.notices {
                Some(notices) => notices.deliver(run, stop).await,
                None => Ok(Left::Nothing),
            }
        };
        // None of them waits for another.
        let (posted, told) = tokio::join!(posting, telling);
        Ok(posted?.or(told?))
    }
}
