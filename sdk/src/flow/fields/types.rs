//! What the type of a field may be.

use super::FieldKind;
use crate::__private::Answers;
use crate::model::{Duration, UserId};

/// What the type of a field may be.
#[diagnostic::on_unimplemented(
    message = "a field of a form cannot be a `{Self}`",
    label = "not the type of a field",
    note = "it may be a `String`, a whole number such as `u32` or `i64`, a `bool`, a `Duration`, a `UserId`, a `Vec` of texts, numbers or users, or an `Option` of any of these"
)]
pub trait FieldType: serde::de::DeserializeOwned {
    /// What is answered.
    const KIND: FieldKind;
    /// Whether it has to be answered, if nothing else is said.
    const REQUIRED: bool = true;
    /// Whether the type has a value for "no answer".
    const MAY_BE_ABSENT: bool = false;
    /// The smallest number that fits.
    const LEAST: i64 = i64::MIN;
    /// The largest number that fits.
    const MOST: i64 = i64::MAX;

    /// What the derive declares a field of this type by.
    const SHAPE: Shape = Shape {
        kind: Self::KIND,
        required: Self::REQUIRED,
        may_be_absent: Self::MAY_BE_ABSENT,
        least: Self::LEAST,
        most: Self::MOST,
    };

    /// The value for "no answer".
    #[must_use]
    fn absent() -> Option<Self> {
        None
    }

    /// Takes the answer to the field with this index.
    #[doc(hidden)]
    fn take<E: serde::de::Error>(answers: &mut Answers, index: usize) -> Result<Self, E> {
        answers.take(index)
    }
}

/// What follows from the type of a field.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    pub(super) kind: FieldKind,
    pub(super) required: bool,
    pub(super) may_be_absent: bool,
    pub(super) least: i64,
    pub(super) most: i64,
}

/// What may be in the list of a field.
#[diagnostic::on_unimplemented(
    message = "a field of a form cannot be a list of `{Self}`",
    label = "not the type of a field",
    note = "it may be a `Vec` of `String`, of whole numbers such as `u32` or `i64`, or of `UserId`"
)]
pub trait ListItem: serde::de::DeserializeOwned {
    /// What is answered.
    const KIND: FieldKind;
    /// The smallest number that fits.
    const LEAST: i64 = i64::MIN;
    /// The largest number that fits.
    const MOST: i64 = i64::MAX;
}

#[diagnostic::do_not_recommend]
impl FieldType for String {
    const KIND: FieldKind = FieldKind::String;
    const MAY_BE_ABSENT: bool = true;

    fn absent() -> Option<Self> {
        Some(Self::new())
    }
}

#[diagnostic::do_not_recommend]
impl FieldType for bool {
    const KIND: FieldKind = FieldKind::Bool;
    const REQUIRED: bool = false;
    const MAY_BE_ABSENT: bool = true;

    fn absent() -> Option<Self> {
        Some(false)
    }
}

#[diagnostic::do_not_recommend]
impl FieldType for Duration {
    const KIND: FieldKind = FieldKind::Duration;
}

#[diagnostic::do_not_recommend]
impl FieldType for UserId {
    const KIND: FieldKind = FieldKind::User;
}

#[diagnostic::do_not_recommend]
impl<T: ListItem> FieldType for Vec<T> {
    const KIND: FieldKind = T::KIND;
    const MAY_BE_ABSENT: bool = true;
    const LEAST: i64 = T::LEAST;
    const MOST: i64 = T::MOST;

    fn absent() -> Option<Self> {
        Some(Self::new())
    }
}

#[diagnostic::do_not_recommend]
impl<T: FieldType> FieldType for Option<T> {
    const KIND: FieldKind = T::KIND;
    const REQUIRED: bool = false;
    const MAY_BE_ABSENT: bool = true;
    const LEAST: i64 = T::LEAST;
    const MOST: i64 = T::MOST;

    fn absent() -> Option<Self> {
        Some(None)
    }
}

#[diagnostic::do_not_recommend]
impl ListItem for String {
    const KIND: FieldKind = FieldKind::StringList;
}

#[diagnostic::do_not_recommend]
impl ListItem for UserId {
    const KIND: FieldKind = FieldKind::UserList;
}

/// Whole numbers, with the bounds that they have as an `i64`.
macro_rules! whole_numbers {
    ($($ty:ty: $least:expr, $most:expr;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl FieldType for $ty {
            const KIND: FieldKind = FieldKind::Int;
            const LEAST: i64 = $least;
            const MOST: i64 = $most;
        }

        #[diagnostic::do_not_recommend]
        impl ListItem for $ty {
            const KIND: FieldKind = FieldKind::IntList;
            const LEAST: i64 = $least;
            const MOST: i64 = $most;
        }
    )*};
}

whole_numbers! {
    i8: -128, 127;
    i16: -32_768, 32_767;
    i32: -2_147_483_648, 2_147_483_647;
    i64: i64::MIN, i64::MAX;
    u8: 0, 255;
    u16: 0, 65_535;
    u32: 0, 4_294_967_295;
    u64: 0, i64::MAX;
}
