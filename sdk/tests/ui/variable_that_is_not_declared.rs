use countersign::prelude::*;

flow!("prod", Access, vars = Vars);

#[derive(serde::Deserialize)]
struct Vars {
    channel: String,
}

#[reducer]
fn get_approver(event: &Event) -> Result<Approvers> {
    let vars: Vars = event.vars()?;
    Ok(slack::channel(&vars.chanel))
}

fn main() {}
