# Where the state lies is said at `terraform init`: `-backend-config=path=..`, outside the repository.
terraform {
  backend "local" {}
}
