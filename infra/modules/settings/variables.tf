variable "table_name" {
  description = "The core table's name."
  type        = string
  nullable    = false
}

variable "items" {
  description = "The parts of the settings: their sort keys, such as `flow#infra_access`, and their JSON."
  type        = map(string)
  nullable    = false

  validation {
    condition     = alltrue([for key in keys(var.items) : can(regex("^(environment|directory|(integration|strategy|target|flow|user|secret)#.+)$", key))])
    error_message = "The reader of the settings knows `environment`, `directory`, and `integration#`, `strategy#`, `target#`, `flow#`, `user#`, `secret#` with a name behind it: write such a key."
  }

  validation {
    condition     = alltrue([for body in values(var.items) : can(keys(jsondecode(body)))])
    error_message = "The parts of the settings are JSON objects: make each by `jsonencode({ .. })`."
  }
}
