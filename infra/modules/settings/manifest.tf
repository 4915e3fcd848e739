# What the program is made of, as its command `manifest` prints it.
locals {
  manifest_read       = try(jsondecode(file(var.manifest)), null)
  has_manifest        = try(local.manifest_read.manifest == 1, false)
  manifest_flows      = { for flow in try(local.manifest_read.flows, []) : flow.name => flow }
  manifest_strategies = { for strategy in try(local.manifest_read.strategies, []) : strategy.type => strategy }
}
