package p

allow if {
  input.user.groups[_] ==
}
