//! Access to production infrastructure.

use countersign::prelude::*;

flow!("infra_access", Access);

/// The data security team decides about S3, the operators about everything else.
#[reducer]
fn get_approver(event: &Event) -> Approvers {
    match event.target().kind() {
        "s3" => okta::group("data-security"),
        _ => slack::channel("#ops"),
    }
}

/// Contractors get nothing. Whoever is on call gets it at once, and writes down later why.
#[hook]
async fn on_request(event: &Event, cx: &Context) -> Result<Option<Decision>> {
    if !rego!("requesters.rego").allows(cx, json!({ "user": event.user() }))? {
        return Ok(Some(Decision::deny("contractors do not get access")));
    }
    if cx.pagerduty().is_on_call(event.user()).await? {
        cx.schedule("tomorrow", FollowUp::incident())?;
        return Ok(Some(Decision::approve("on call")));
    }
    Ok(None)
}

#[action]
async fn after_request(event: &Event, cx: &Context) -> Result {
    let message = format!("{} asked for {}", event.requester().name, event.target().label);
    Ok(cx.slack().reply(message).await?)
}

#[action]
async fn after_approval(cx: &Context) -> Result {
    Ok(cx.slack().reply("approved").await?)
}

#[action]
async fn after_escalate(event: &Event, cx: &Context) -> Result {
    Ok(cx.slack().reply(format!("{} is open", event.target().label)).await?)
}

#[action]
async fn after_deescalate(event: &Event, cx: &Context) -> Result {
    Ok(cx.slack().reply(format!("{} is closed again", event.target().label)).await?)
}
