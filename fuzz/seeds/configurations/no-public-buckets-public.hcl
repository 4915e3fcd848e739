mock "tfplan/v2" {
  module {
    source = "../../mocks/plan.sentinel"
  }
}

import "module" "plans" {
  source = "../../modules/plans.sentinel"
}

test {
  rules = {
    main         = false
    private_only = false
  }
}
