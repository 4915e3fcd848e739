package team

default allow := false

allow if "sre" in input.user.groups

reason := sprintf("%s is not in the team", [input.user.name]) if not allow
