mock "time" {
  data = {
    now = { weekday = 3, hour = 22 }
  }
}

param "last_hour" {
  value = 23
}
