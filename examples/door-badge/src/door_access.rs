//! Doors: who may open which one, for how long, and who goes along.

use countersign::prelude::*;
use countersign::serde::Deserialize;

flow!("door_access", Access, fields = Visit, vars = Vars);

/// The form.
#[derive(Fields)]
struct Visit {
    /// What for?
    #[field(choices = ["maintenance", "inspection", "delivery"])]
    purpose: String,
    /// Who goes along?
    #[field(help = "Visitors never go alone.")]
    escort: Option<String>,
}

/// The variables, from the settings.
#[derive(Deserialize)]
#[serde(crate = "countersign::serde")]
struct Vars {
    /// Where the guards are.
    gate: String,
    /// Who goes along with visitors.
    escorts: Vec<String>,
}

/// Any guard lets somebody into an office; for the machine room, two of security decide, and the
/// guards if these do not answer.
#[reducer]
fn get_approver(event: &Event) -> Result<Approvers> {
    let Vars { gate, .. } = event.vars()?;
    let guards = slack::channel(&gate);
    Ok(match event.target().kind() {
        "machine-room" => {
            okta::group("security").quorum(2).timeout(Duration::minutes(15)).or_else(guards)
        }
        _ => guards,
    })
}

/// A visitor's address is made at the reception, from the badge that is handed out there.
/// All others' badges the strategy looks up.
#[reducer]
fn get_identity(query: &IdentityQuery) -> Option<String> {
    let is_ours = query.external_id == "doors";
    let badge = query.user().email()?.strip_suffix("@visitors.acme.test")?;
    is_ours.then(|| badge.to_owned())
}

#[reducer(options = "escort")]
fn escorts(event: &Event, query: &Query) -> Result<Vec<Choice>> {
    let Vars { escorts, .. } = event.vars()?;
    Ok(escorts.into_iter().filter(|name| query.matches(name)).map(Choice::from).collect())
}

#[hook]
fn on_request(event: &Event) -> Result<Option<Decision>> {
    let Visit { escort, purpose } = event.fields()?;
    let is_visitor =
        event.requester().email().is_some_and(|mail| mail.ends_with("@visitors.acme.test"));
    if is_visitor && escort.is_none() {
        return Ok(Some(Decision::deny("visitors do not go alone: say who goes along")));
    }
    if purpose == "delivery" && event.target().kind() == "machine-room" {
        return Ok(Some(Decision::deny("deliveries are left at the gate")));
    }
    Ok(None)
}

#[action]
async fn after_escalate(event: &Event, cx: &Context) -> Result {
    let Visit { escort, .. } = event.fields()?;
    let company = escort.map(|escort| format!(", with {escort}")).unwrap_or_default();
    Ok(cx.slack().reply(format!("{} is open{company}", event.target().label)).await?)
}

#[cfg(test)]
mod tests;
