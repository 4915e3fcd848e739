package p
import data.teams
allow if teams.has(input.team)
