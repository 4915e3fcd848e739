locals {
  roles = ["auditor", "guest", "member", "admin"]

  user_problems = flatten([for email, it in local.users : concat(
    [for role in try([it.role], []) :
      "The user `${email}` cannot be `${role}`: write one of ${join(", ", local.roles)}."
    if !contains(local.roles, role)],
    [for deactivated in try([it.deactivated], []) :
      "Whether the user `${email}` has left is a yes or no: write `deactivated = true` or leave it away."
    if !can(tobool(deactivated))],
    [for identity in try(it.identities, []) :
      "An identity of the user `${email}` lacks `type`, `external_id` or `value`, or has more than these: write exactly them."
    if try(sort(keys(identity)) != tolist(["external_id", "type", "value"]), true)],
    [for identity in try(it.identities, []) :
      "The user `${email}` has an identity of ${identity.type} `${identity.external_id}`, which is no integration: add it to `integrations`, or correct `type` and `external_id`."
      if can(identity.external_id) && can(identity.type) && !contains(
        [for integration in values(local.integrations) : "${try(integration.type, "")} ${try(integration.external_id, "")}"],
        try("${identity.type} ${identity.external_id}", ""),
    )],
  )])
}
