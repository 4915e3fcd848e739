//! Flows: what may be asked for, and the forms.

mod choices;
mod form;
mod list;

use super::operation::Operation;

pub(super) fn operations() -> Vec<Operation> {
    vec![list::operation(), form::operation(), choices::operation()]
}
