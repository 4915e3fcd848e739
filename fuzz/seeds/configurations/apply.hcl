sentinel {
  features = { terraform = true }
}
policy "p" {
  source            = "./p.sentinel"
  enforcement_level = "soft-mandatory"
  params = { limit = 1.5, names = ["a", <<EOT
b
EOT
  ] }
}
import "plugin" "x" { source = "./x" }
import "static" "s" { data = { a = null } }
module "old" { source = "old.sentinel" }
mock "time" { data = { now = { hour = -1 } } }
