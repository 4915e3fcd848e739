# What was given, without what is null: as everywhere in Terraform, that is the same as left away.
locals {
  own_integrations = { for name, it in var.integrations : name => { for key, value in it : key => value if value != null } }
  strategies       = { for name, it in var.strategies : name => { for key, value in it : key => value if value != null } }
  targets          = { for name, it in var.targets : name => { for key, value in it : key => value if value != null } }
  flows            = { for name, it in var.flows : name => { for key, value in it : key => value if value != null } }
  users            = { for email, it in var.users : email => { for key, value in it : key => value if value != null } }
}
