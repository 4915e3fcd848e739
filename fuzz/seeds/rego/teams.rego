package teams
has(team) if {
