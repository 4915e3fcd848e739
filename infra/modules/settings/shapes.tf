# What each part of the settings may hold. A test holds it against functions/settings.schema.json.
locals {
  name_form     = "^[a-z][a-z0-9_-]{0,63}$"
  duration_form = "^(?:([0-9]+)mo)?(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?$"
  secret_arn    = "^arn:[a-z-]+:(secretsmanager:[a-z0-9-]+:[0-9]*:secret:.+|ssm:[a-z0-9-]+:[0-9]*:parameter/.+)$"

  shapes = {
    integrations = {
      what    = "integration"
      given   = local.own_integrations
      form    = local.name_form
      known   = ["external_id", "settings", "type"]
      also    = ["secrets"]
      needed  = ["external_id", "type"]
      example = "a small letter with small letters, digits, `-` or `_` behind it"
    }
    strategies = {
      what    = "strategy"
      given   = local.strategies
      form    = local.name_form
      known   = ["integration", "settings", "type"]
      also    = ["resources", "secrets"]
      needed  = ["type"]
      example = "a small letter with small letters, digits, `-` or `_` behind it"
    }
    targets = {
      what    = "target"
      given   = local.targets
      form    = local.name_form
      known   = ["durations", "kind", "label", "max_duration", "settings", "strategy"]
      also    = []
      needed  = []
      example = "a small letter with small letters, digits, `-` or `_` behind it"
    }
    flows = {
      what  = "flow"
      given = local.flows
      form  = local.name_form
      known = [
        "admins_may_decide", "allow_guest_interaction", "allow_revoke", "allowed_sources", "durations", "fail",
        "include_decision_message", "max_duration", "max_extensions", "reason", "schedule_deescalation", "targets",
        "vars",
      ]
      also    = []
      needed  = []
      example = "the name in `flow!(\"..\", Access)`"
    }
    users = {
      what    = "user"
      given   = local.users
      form    = "^[^@A-Z ]+@[^@A-Z ]+$"
      known   = ["deactivated", "groups", "identities", "name", "role"]
      also    = []
      needed  = []
      example = "a mail address in small letters, like `ada@acme.com`"
    }
  }

  # The keys that hold a secret, by their names; those that only sound so.
  telling  = "(secret|token|password|passphrase|credential|api_?key|(^|_)keys?(_|$))"
  harmless = "(_id|_arn|_url|_uri|_name|_alias|_file|_header)$"

  # How well-known secrets begin.
  secret_beginning = "^(xox[bpa]-|xapp-|gh[pos]_|github_pat_|glpat-|sk_live_|-----BEGIN)"
}
