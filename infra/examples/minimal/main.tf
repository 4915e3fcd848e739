# The least that one deploys: one flow that only asks for approval, signed in to by OIDC.

provider "aws" {
  region = "eu-central-1"
}

module "countersign" {
  source = "../.."

  name         = "prod"
  organization = "acme"
  domains      = ["acme.com"]

  # cargo xtask package
  zip = var.zip
  # cargo run -- manifest > manifest.json
  manifest = var.manifest

  oidc = {
    issuer    = "https://login.acme.com"
    audiences = ["countersign"]
  }

  targets = {
    prod-database = { kind = "database", label = "Production database" }
  }

  flows = {
    infra_access = { targets = ["prod-database"], max_duration = "4h" }
  }
}

variable "zip" {
  description = "The path of the zip with the program."
  type        = string
}

variable "manifest" {
  description = "The path of the program's manifest."
  type        = string
}

output "url" {
  description = "Where Countersign answers."
  value       = module.countersign.url
}
