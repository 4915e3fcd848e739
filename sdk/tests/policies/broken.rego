allow if to_number(input.user.name) == 1
