locals {
  flow_problems = flatten([for name, it in local.flows : concat(
    [for manifest in [keys(local.manifest_flows)] :
      "The manifest has no flow `${name}`: write one of ${join(", ", manifest)}, or list it in `main!(flows: [..])` and make the manifest again."
    if local.has_manifest && !contains(manifest, name)],
    [for target in try(it.targets, []) :
      "The flow `${name}` gives the target `${target}`, which is not there: ${local.known.targets}add `${target} = { .. }` to `targets`."
    if !contains(keys(local.targets), target)],
    [for template in try([local.manifest_flows[name].template], []) :
      "The flow `${name}` is a follow-up, which gives nothing: take its `targets` away."
    if template == "follow_up" && length(try(it.targets, [])) > 0],
    [for template in try([local.manifest_flows[name].template], []) :
      "The flow `${name}` has no target to give: write `targets = [..]`."
    if template != "follow_up" && length(try(it.targets, [])) == 0],
    [for source in try(it.allowed_sources, []) :
      "Requests do not come from `${source}`, as the flow `${name}` allows: write some of slack, web, cli, api."
    if !contains(["slack", "web", "cli", "api"], source)],
    [for fail in try([it.fail], []) :
      "The flow `${name}` cannot `${fail}` when its own code fails: write `ask` or `deny`."
    if !contains(["ask", "deny"], fail)],
    [for most in try([it.max_extensions], []) :
      "The flow `${name}` cannot allow ${most} extensions: write a whole number from 0 to 100."
    if !try(most >= 0 && most <= 100 && floor(most) == most, false)],
    [for key in ["admins_may_decide", "allow_guest_interaction", "allow_revoke", "include_decision_message", "schedule_deescalation"] :
      "`${key}` of the flow `${name}` is on or off: write `true` or `false`."
    if try(it[key], true) != true && try(it[key], false) != false],
    [for both in [[try(it.allow_revoke, true), try(it.schedule_deescalation, true)]] :
      "Access by the flow `${name}` would never end: set `allow_revoke` or `schedule_deescalation` to `true`."
    if both[0] == false && both[1] == false],
    [for key in setsubtract(try(keys(it.reason), []), ["message", "pattern", "required"]) :
    "The `reason` of the flow `${name}` has no `${key}`: it knows message, pattern, required."],
    [for reason in try([keys(it.reason)], []) :
      "The flow `${name}` has a `message` for reasons that do not match, and no `pattern` for them to match: add it, or take `message` away."
    if contains(reason, "message") && !contains(reason, "pattern")],
  )])

  # A flow without settings would answer nobody.
  missing_flows = [for name, flow in local.manifest_flows :
    "The flow `${name}` is in the manifest and has no settings: add `${name} = { targets = [..] }` to `flows`."
  if flow.template != "follow_up" && !contains(keys(local.flows), name)]

  missing_integrations = flatten([for name in keys(local.flows) : [
    for type in try(local.manifest_flows[name].integrations, []) :
    type == "slack" ?
    "The flow `${name}` asks Slack, which nobody configured: write `slack = { team_id, bot_token_arn, signing_secret_arn }`." :
    "The flow `${name}` asks an integration of the type `${type}`, which nobody configured: add `${type} = { type = \"${type}\", external_id = \"..\" }` to `integrations`."
    if !contains(local.configured_types, type)
  ]])
}
