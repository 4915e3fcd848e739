//! Access to production infrastructure, as a program: the flows that it lists.

mod infra_access;

countersign_functions::main!(flows: [infra_access], strategies: []);
