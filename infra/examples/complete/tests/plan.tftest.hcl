mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  zip      = "../../tests/fixtures/program.zip"
  manifest = "../../../examples/infra-access/tests/cli/manifest.json"
}

run "it_can_be_applied_with_the_example_programs_manifest" {
  assert {
    condition     = output.url == "https://access.acme.test"
    error_message = "the address"
  }
}
