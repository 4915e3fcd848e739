//! Not public API: named by the code that the macros write.

use std::marker::PhantomData;

pub use std::boxed::Box;

pub use countersign_policy::Language;
pub use serde;

pub use crate::context::FollowUp;
pub use crate::flow::descriptor::{
    Actions, FlowDescriptor, Hooks, MOST_FIELDS, Nothing, Reducers, Vars, assert_new_name,
};
pub use crate::flow::fields::{Field, FieldType, Fields, index_of};
pub use crate::flow::slot::*;
pub use crate::flow::template::{Access, Template};
pub use crate::model::Object;

/// Asks whether the flow `F` fills the slot `S`, without requiring that it does.
///
/// `Probe::<F, S>::ENTRY` names the inherent constant below where its bound holds. Where it does
/// not, the path falls through to the constant of [`Unfilled`], which every `Probe` has.
#[derive(Debug)]
pub struct Probe<F, S>(PhantomData<(F, S)>);

impl<F: Fills<S>, S: Slot> Probe<F, S> {
    pub const ENTRY: Option<SlotEntry<S>> = Some(F::ENTRY);
}

/// What an optional slot holds when no function fills it. Must be in scope where [`Probe`] is
/// asked.
pub trait Unfilled<S: Slot> {
    const ENTRY: Option<SlotEntry<S>> = None;
}

impl<F, S: Slot> Unfilled<S> for Probe<F, S> {}

/// A flow that has the mandatory reducers of its template.
#[diagnostic::on_unimplemented(
    message = "this flow has no `#[reducer] fn get_approver`",
    label = "a flow must say who may approve",
    note = "write it in this flow's module:\n\n    #[reducer]\n    fn get_approver(event: &Event) -> Approvers {{ slack::channel(\"#ops\") }}\n"
)]
pub trait Complete<T> {
    const GET_APPROVER: Option<SlotEntry<GetApprover>>;
}

#[diagnostic::do_not_recommend]
impl<F: Fills<GetApprover>> Complete<Access> for F {
    const GET_APPROVER: Option<SlotEntry<GetApprover>> = Some(F::ENTRY);
}

#[diagnostic::do_not_recommend]
impl<F> Complete<FollowUp> for F {
    const GET_APPROVER: Option<SlotEntry<GetApprover>> = None;
}

/// Stands in a program that does not compile for a value that there cannot be.
#[must_use]
pub fn placeholder<T>() -> T {
    unreachable!("this program does not compile")
}

/// The answers to a form, while they are read as a struct.
#[derive(Debug)]
pub struct Answers {
    answers: Object,
    fields: &'static [Field],
}

impl Answers {
    /// All of them, to the form that `F` declares.
    pub fn of<'de, F: Fields, D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Self, D::Error> {
        let answers = <Object as serde::Deserialize>::deserialize(deserializer)?;
        Ok(Self { answers, fields: F::FIELDS })
    }

    /// Takes out the answer to the field with this index.
    pub(crate) fn take<T: FieldType, E: serde::de::Error>(&mut self, index: usize) -> Result<T, E> {
        let field = self.fields.get(index).ok_or_else(|| E::custom("there is no such field"))?;
        match self.answers.remove(field.name) {
            None | Some(serde_json::Value::Null) => {
                crate::flow::fields::absent(field).map_err(E::custom)
            }
            Some(answer) => serde_json::from_value(answer)
                .map_err(|error| E::custom(format_args!("`{}`: {error}", field.name))),
        }
    }

    /// Refuses answers that were not taken.
    pub fn finish<E: serde::de::Error>(self) -> Result<(), E> {
        match self.answers.keys().next() {
            None => Ok(()),
            Some(name) => Err(E::custom(format_args!("there is no field `{name}`"))),
        }
    }
}
