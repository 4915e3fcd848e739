//! Tokens of bots.

mod create;
mod list;
mod revoke;

use super::operation::Operation;

pub(super) fn operations() -> Vec<Operation> {
    vec![list::operation(), create::operation(), revoke::operation()]
}
