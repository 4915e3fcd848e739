// Three: `flow!` writes a type, its template and a table, and rustc reports each.
use countersign::prelude::*;

flow!("one", FollowUp);
flow!("two", FollowUp);

fn main() {}
