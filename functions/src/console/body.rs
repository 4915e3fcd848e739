//! What a form sends: pairs of texts, some names several times.

use axum::Form;
use axum::extract::{FromRequest, Request};
use countersign::desk::Problem;

use super::page::Failed;

/// The pairs, in the order of the form.
#[derive(Debug, Clone, Default)]
pub(super) struct Body(Vec<(String, String)>);

impl Body {
    /// The first value of this name, or nothing.
    pub(super) fn text(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// All values of this name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether there is a value of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }

    /// Gives a name this value and no other.
    pub(super) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.retain(|(key, _)| key != name);
        self.0.push((name.to_owned(), value.into()));
    }
}

impl From<Vec<(String, String)>> for Body {
    fn from(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }
}

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Failed;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failed> {
        match Form::<Vec<(String, String)>>::from_request(request, state).await {
            // Browsers write a new line as two characters.
            Ok(Form(pairs)) => Ok(Self(
                pairs.into_iter().map(|(key, text)| (key, text.replace("\r\n", "\n"))).collect(),
            )),
            Err(rejection) => {
                let status = rejection.status().as_u16();
                let problem = Problem::new(status, "unreadable_form", rejection.body_text());
                Err(problem.hint("open the page again, and send its form").into())
            }
        }
    }
}
