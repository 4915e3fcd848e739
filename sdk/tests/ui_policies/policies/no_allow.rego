package p

deny contains "no" if input.x
