//! A form's fields, as the flow declares them by [`Fields`](derive@crate::Fields).
//!
//! One declaration serves all: the Slack form, the web form, command-line flags, the API's schema,
//! the check of what comes in, and `event.fields::<Ask>()`.

mod declare;
mod types;
mod validate;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::{Duration, Object, UserId};

pub(crate) use declare::absent;
pub use declare::index_of;
pub(crate) use declare::same;
pub use types::{FieldType, ListItem, Shape};
pub use validate::{FieldError, check_declaration, validate};

/// A struct that declares the fields of a form. Implemented by
/// [`#[derive(Fields)]`](derive@crate::Fields).
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not declare the fields of a form",
    label = "put `#[derive(Fields)]` on `{Self}`"
)]
pub trait Fields: serde::de::DeserializeOwned + Send + Sync + 'static {
    /// The fields, in order.
    const FIELDS: &'static [Field];

    /// Whether it can be read from these answers.
    ///
    /// # Errors
    ///
    /// Why not.
    fn check(answers: &Object) -> Result<(), String> {
        super::descriptor::check::<Self>(answers)
    }
}

/// One field of a form: plain data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Field {
    /// The key of its answer.
    pub name: &'static str,
    /// What people read.
    pub label: &'static str,
    /// What is answered.
    #[serde(rename = "type")]
    pub kind: FieldKind,
    /// Whether it has to be answered.
    pub required: bool,
    /// What is answered if nothing is: see [`default_value`](Self::default_value).
    pub default: Option<&'static str>,
    /// What may be answered; empty: anything. More may be offered by a
    /// `#[reducer(options = "..")]`.
    pub choices: &'static [&'static str],
    /// A regular expression that the whole answer has to match.
    pub pattern: Option<&'static str>,
    /// What is said to an answer that does not match.
    pub pattern_message: Option<&'static str>,
    /// An example, shown where nothing is typed yet.
    pub placeholder: Option<&'static str>,
    /// A sentence below the field.
    pub help: Option<&'static str>,
    /// The smallest number that fits.
    pub least: i64,
    /// The largest number that fits.
    pub most: i64,
    #[serde(skip)]
    may_be_absent: bool,
}

/// What is answered in a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// A text.
    String,
    /// A whole number.
    Int,
    /// Yes or no.
    Bool,
    /// A [`Duration`], written `1h30m`.
    Duration,
    /// A user, by mail address.
    User,
    /// Texts.
    StringList,
    /// Whole numbers.
    IntList,
    /// Users.
    UserList,
}

impl FieldKind {
    /// What one answer is where several are given; the kind itself where one is.
    #[must_use]
    pub const fn item(self) -> Self {
        match self {
            Self::StringList => Self::String,
            Self::IntList => Self::Int,
            Self::UserList => Self::User,
            Self::String | Self::Int | Self::Bool | Self::Duration | Self::User => self,
        }
    }

    /// Whether several answers are given.
    #[must_use]
    pub const fn is_list(self) -> bool {
        matches!(self, Self::StringList | Self::IntList | Self::UserList)
    }

    /// What an answer is, with its article.
    #[must_use]
    pub const fn what(self) -> &'static str {
        match self {
            Self::String => "a text",
            Self::Int => "a whole number",
            Self::Bool => "`true` or `false`",
            Self::Duration => "a duration, as in `30m` or `1h30m`",
            Self::User => "a user's mail address",
            Self::StringList => "a list of texts",
            Self::IntList => "a list of whole numbers",
            Self::UserList => "a list of mail addresses",
        }
    }

    /// Reads an answer that was written as text: on a command line, in a web form. The items of a
    /// list are separated by commas. `None` if it is no such answer.
    #[must_use]
    pub fn read(self, text: &str) -> Option<Value> {
        if self.is_list() {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            return items.map(|item| self.item().read(item)).collect();
        }
        match self {
            Self::Int => text.trim().parse::<i64>().ok().map(Value::from),
            Self::Bool => text.trim().parse::<bool>().ok().map(Value::from),
            Self::Duration => Duration::parse(text).ok().map(|it| it.to_string().into()),
            Self::User => UserId::of_mail(text).ok().map(|it| it.as_str().into()),
            Self::String | Self::StringList | Self::IntList | Self::UserList => Some(text.into()),
        }
    }
}

impl Field {
    /// What is answered if nothing is, as JSON.
    #[must_use]
    pub fn default_value(&self) -> Option<Value> {
        self.default.and_then(|text| self.kind.read(text))
    }
}
