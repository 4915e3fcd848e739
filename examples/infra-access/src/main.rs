//! Access to production infrastructure, as a program: the flows that it lists.

mod infra_access;
#[cfg(test)]
mod stories;

countersign_functions::main!(flows: [infra_access], strategies: []);
