//! How [`#[derive(Fields)]`](derive@crate::Fields) puts a field together, at compile time.

use serde_json::Value;

use super::{Field, FieldKind, FieldType, Shape};

/// What the derive writes for each attribute of a field. Each is `track_caller`, so that what it
/// refuses is reported where the author wrote it.
#[doc(hidden)]
#[expect(clippy::panic, reason = "at compile time, with a message")]
impl Field {
    /// A field of the type that has this [`SHAPE`](FieldType::SHAPE).
    #[must_use]
    pub const fn new(name: &'static str, label: &'static str, shape: Shape) -> Self {
        Self {
            name,
            label,
            kind: shape.kind,
            required: shape.required,
            default: None,
            choices: &[],
            pattern: None,
            pattern_message: None,
            placeholder: None,
            help: None,
            least: shape.least,
            most: shape.most,
            may_be_absent: shape.may_be_absent,
        }
    }

    /// `required = ..`.
    #[must_use]
    #[track_caller]
    pub const fn with_required(mut self, required: bool) -> Self {
        assert!(
            required || self.may_be_absent,
            "what need not be answered is an `Option`: write it around the field's type"
        );
        self.required = required;
        self
    }

    /// `default = ".."`.
    #[must_use]
    #[track_caller]
    pub const fn with_default_text(mut self, default: &'static str) -> Self {
        match self.kind {
            FieldKind::Int => panic!("the default of a whole number is one, as in `default = 5`"),
            FieldKind::Bool => panic!("the default of a `bool` is one, as in `default = true`"),
            FieldKind::Duration => assert!(
                looks_like_a_duration(default),
                "the default of a `Duration` is one, as in `default = \"1h30m\"`"
            ),
            FieldKind::String
            | FieldKind::User
            | FieldKind::StringList
            | FieldKind::IntList
            | FieldKind::UserList => {}
        }
        self.default = Some(default);
        self.checked_default()
    }

    /// `default = 5`.
    #[must_use]
    #[track_caller]
    pub const fn with_default_number(mut self, default: i64, text: &'static str) -> Self {
        assert!(
            matches!(self.kind, FieldKind::Int | FieldKind::IntList),
            "this field is no whole number: write its default in quotes, as in `default = \"..\"`"
        );
        assert!(
            self.least <= default && default <= self.most,
            "the default does not fit into the field's type"
        );
        self.default = Some(text);
        self.checked_default()
    }

    /// `default = true`.
    #[must_use]
    #[track_caller]
    pub const fn with_default_bool(mut self, default: bool) -> Self {
        assert!(
            matches!(self.kind, FieldKind::Bool),
            "this field is no `bool`: write its default in quotes, or as a number"
        );
        self.default = Some(if default { "true" } else { "false" });
        self
    }

    /// `choices = ["a", "b"]`. Comes before the default.
    #[must_use]
    #[track_caller]
    pub const fn with_choices(mut self, choices: &'static [&'static str]) -> Self {
        assert!(
            !matches!(self.kind.item(), FieldKind::Bool),
            "a `bool` has no choices but `true` and `false`"
        );
        self.choices = choices;
        self
    }

    /// `pattern = ".."`.
    #[must_use]
    #[track_caller]
    pub const fn with_pattern(mut self, pattern: &'static str) -> Self {
        assert!(
            matches!(self.kind.item(), FieldKind::String),
            "only a text has a `pattern`: a `String`, or the items of a `Vec<String>`"
        );
        self.pattern = Some(pattern);
        self
    }

    /// `pattern_message = ".."`.
    #[must_use]
    pub const fn with_pattern_message(mut self, message: &'static str) -> Self {
        self.pattern_message = Some(message);
        self
    }

    /// `placeholder = ".."`.
    #[must_use]
    pub const fn with_placeholder(mut self, placeholder: &'static str) -> Self {
        self.placeholder = Some(placeholder);
        self
    }

    /// `help = ".."`.
    #[must_use]
    pub const fn with_help(mut self, help: &'static str) -> Self {
        self.help = Some(help);
        self
    }

    #[track_caller]
    const fn checked_default(self) -> Self {
        if let (Some(default), false, false) =
            (self.default, self.choices.is_empty(), self.kind.is_list())
        {
            assert!(contains(self.choices, default), "the default is not one of the `choices`");
        }
        self
    }
}

/// Where the field of this name stands. For a `const`, where its panic is a compile error.
///
/// # Panics
///
/// If there is none.
#[must_use]
#[track_caller]
#[expect(clippy::panic, reason = "at compile time, with a message")]
pub const fn index_of(fields: &[Field], name: &str, otherwise: &'static str) -> usize {
    let (mut rest, mut index) = (fields, 0);
    while let [field, tail @ ..] = rest {
        if same(field.name, name) {
            return index;
        }
        rest = tail;
        index += 1;
    }
    panic!("{}", otherwise)
}

/// The value of a field that was not answered; an error if it has to be.
pub(crate) fn absent<T: FieldType>(field: &Field) -> Result<T, String> {
    let default = field.default_value().and_then(|it: Value| serde_json::from_value(it).ok());
    let empty = || if field.required { None } else { T::absent() };
    default.or_else(empty).ok_or_else(|| format!("`{}` is missing", field.name))
}

/// Whether two names are the same.
pub(crate) const fn same(a: &str, b: &str) -> bool {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    while let ([x, a_rest @ ..], [y, b_rest @ ..]) = (a, b) {
        if *x != *y {
            return false;
        }
        (a, b) = (a_rest, b_rest);
    }
    a.is_empty() && b.is_empty()
}

const fn contains(mut all: &[&str], wanted: &str) -> bool {
    while let [one, rest @ ..] = all {
        if same(one, wanted) {
            return true;
        }
        all = rest;
    }
    false
}

/// Digits, then a unit, and so on. What passes here and is none all the same is found by
/// [`check_declaration`](super::check_declaration).
const fn looks_like_a_duration(text: &str) -> bool {
    let (mut rest, mut digits, mut units) = (text.as_bytes(), 0_u32, 0_u32);
    while let [byte, tail @ ..] = rest {
        match (byte, tail) {
            (b'0'..=b'9', _) => digits += 1,
            (b'm', [b'o', after @ ..]) if digits > 0 => {
                (digits, units, rest) = (0, units + 1, after);
                continue;
            }
            (b's' | b'm' | b'h' | b'd', _) if digits > 0 => (digits, units) = (0, units + 1),
            _ => return false,
        }
        rest = tail;
    }
    digits == 0 && units > 0
}
