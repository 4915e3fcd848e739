//! Who has what now.

mod list;
mod revoke;

use super::operation::Operation;

pub(super) fn operations() -> Vec<Operation> {
    vec![list::operation(), revoke::operation()]
}
