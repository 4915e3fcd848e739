default allow = false

allow {
  user_is_fulltime
}

user_is_fulltime {
  not user_is_contractor
}

user_is_contractor {
  some i
  data.user.groups[i] == "contractors"
}
