// Two: `flow!` writes two items, a type and a table, and rustc reports each.
use countersign::prelude::*;

flow!("one", FollowUp);
flow!("two", FollowUp);

fn main() {}
