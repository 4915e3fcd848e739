//! Doors that open for a badge: a flow with a strategy of one's own.

mod badge;
mod controller;
mod door_access;

countersign_functions::main!(flows: [door_access], strategies: [badge::Badge]);
