#![forbid(unsafe_code)]
#![deny(warnings)]

use countersign::prelude::*;

flow!("prod", Access, vars = Vars);

#[derive(countersign::serde::Deserialize)]
#[serde(crate = "countersign::serde")]
struct Vars {
    channel: String,
}

type Answer = std::result::Result<Option<Decision>, std::num::ParseIntError>;

#[reducer]
async fn get_approver(event: &Event) -> Result<Approvers> {
    let vars: Vars = event.vars()?;
    Ok(slack::channel(&vars.channel))
}

#[reducer]
fn get_requester() -> std::result::Result<Approvers, impl_free::Invalid> {
    users(["ada@acme.test"])
}

mod impl_free {
    pub use countersign::model::InvalidName as Invalid;
}

#[hook]
fn on_prompt() -> Decision {
    Decision::ignore("closed")
}

#[hook(on_request)]
async fn look_at_the_reason(cx: &Context, event: &Event) -> Answer {
    let _ = cx.now();
    let _: u32 = event.reason().parse()?;
    Ok(None)
}

#[hook]
fn on_escalate(event: &countersign::model::Event) -> Result {
    if event.duration().is_none() {
        return Err("for how long?".into());
    }
    Ok(())
}

#[action]
async fn after_approval() -> std::io::Result<()> {
    Ok(())
}

#[action]
async fn after_denial(_: &Event, cx: &Context) -> Result {
    Ok(cx.slack().reply("denied").await?)
}

fn main() {
    assert!(FLOW.hooks.on_request.is_some());
}
