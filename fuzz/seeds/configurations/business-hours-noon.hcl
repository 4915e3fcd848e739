mock "time" {
  data = {
    now = { weekday = 3, hour = 12 }
  }
}

test {
  rules = {
    main    = true
    workday = true
  }
}
