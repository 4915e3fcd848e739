test_employees_get_access {
  allow with data.user as { "groups": ["eng"] }
}

test_who_is_in_no_group_gets_access {
  allow with data.user as { "groups": [] }
}

test_contractors_get_none {
  not allow with data.user as { "groups": ["eng", "contractors"] }
}
