use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_approver() -> Approvers {
    slack::channel("#ops")
}

#[action]
async fn after_approval(cx: &Context) -> Result {
    let word = std::rc::Rc::new("approved");
    cx.slack().reply("approved").await?;
    drop(word);
    Ok(())
}

fn main() {}
