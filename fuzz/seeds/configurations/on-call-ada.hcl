import "static" "rota" {
  source = "../../mocks/rota.json"
  format = "json"
}

global "request" {
  value = { user = "ada@acme.test", team = "db" }
}
