//! What the macros write is silent under every lint that an author may turn on.

#![deny(
    warnings,
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
#![forbid(unsafe_code)]

use countersign::prelude::*;

flow!("pedantic", Access, fields = Ask, vars = Vars);

/// What is asked.
#[derive(Debug, Fields)]
struct Ask {
    #[field(default = "orders", choices = ["orders", "users"])]
    database: String,
    rows: Option<u32>,
    #[field(default = true)]
    urgent: bool,
}

/// What is set.
#[derive(Debug, countersign::serde::Deserialize)]
#[serde(crate = "countersign::serde")]
struct Vars {
    channel: String,
}

#[reducer]
fn get_approver(event: &Event) -> Result<Approvers> {
    let vars: Vars = event.vars()?;
    Ok(slack::channel(&vars.channel))
}

#[reducer(options = "database")]
async fn databases() -> Result<Vec<Choice>> {
    Ok(vec!["orders".into()])
}

#[reducer(change = "database")]
fn database_changed(form: &Form) -> Form {
    form.clone()
}

#[hook]
async fn on_request(event: &Event) -> Result<Option<Decision>> {
    let ask: Ask = event.fields()?;
    let many = ask.rows.is_some_and(|rows| rows > 100) && !ask.urgent;
    Ok((many && ask.database == "users").then(|| Decision::deny("too many")))
}

#[hook]
fn on_prompt() -> Result<Option<Decision>> {
    Ok(None)
}

#[action]
async fn after_approval() -> Result {
    Ok(())
}

mod listed {
    use countersign::prelude::*;

    flow!("listed", FollowUp);

    #[expect(clippy::redundant_pub_crate, reason = "`unreachable_pub` wants the opposite")]
    pub(super) mod deeper {
        use countersign::prelude::*;

        flow!("deeper", FollowUp);
    }
}

#[test]
fn the_flows_are_there() {
    let flows = countersign::flows![listed];
    assert_eq!((flows.len(), FLOW.fields.len()), (1, 3));
}

/// As a macro of the functions crate writes it.
macro_rules! main_of {
    (flows: [$($flow:path),* $(,)?]) => {
        countersign::flows![$($flow),*]
    };
}

#[test]
fn a_list_can_be_handed_on_by_another_macro() {
    assert_eq!(main_of!(flows: [listed, listed::deeper]).len(), 2);
}
