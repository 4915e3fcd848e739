mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  zip      = "../../tests/fixtures/program.zip"
  manifest = "../../tests/fixtures/one_flow.json"
}

run "it_can_be_applied" {
  assert {
    condition     = output.url == "https://a1b2c3.execute-api.eu-central-1.amazonaws.com"
    error_message = "the address"
  }
}
