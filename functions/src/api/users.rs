//! Users.

mod change;
mod list;
mod me;
mod show;

use super::operation::Operation;

pub(super) fn operations() -> Vec<Operation> {
    vec![list::operation(), show::operation(), change::operation(), me::operation()]
}
