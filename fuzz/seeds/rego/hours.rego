package hours

# Nobody at night, by the clock of the office.
allow if {
	clock := time.clock([time.now_ns(), "Europe/Berlin"])
	clock[0] >= 8
	day := time.weekday([time.now_ns(), "Europe/Berlin", "ignored"])
	not day in {"Saturday", "Sunday"}
}

reason contains sprintf("it is %s", [time.format([time.now_ns(), "Europe/Berlin", "Mon _2 Jan 15:04:05.999 Z07:00"])]) if {
	time.parse_ns("2006-01-02", "2026-03-08") < time.add_date(time.now_ns(), 0, -1, 31)
	time.diff(0, time.now_ns())[0] > 50
	time.parse_duration_ns("1h30m") > 0
}
