use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_approver() -> String {
    "#ops".to_owned()
}

fn main() {}
