# Durations of targets and flows alike: `90s`, `30m`, `1h30m`, `2d`.
locals {
  duration_problems = { for section in ["targets", "flows"] : section => flatten([
    for name, it in local.shapes[section].given : concat(
      [for text in concat(try(it.durations, []), try([it.max_duration], [])) :
        "`${text}`, in the ${local.shapes[section].what} `${name}`, is not a duration: write one like `30m`, `1h30m` or `2d`."
      if !contains(keys(local.seconds), text)],
      [for text in try(it.durations, []) :
        "The ${local.shapes[section].what} `${name}` offers ${text}, which is longer than its `max_duration`: take it away, or make that longer."
      if try(local.seconds[text] > local.seconds[it.max_duration], false)],
      [for choices in [try(it.durations, [])] :
        "The ${local.shapes[section].what} `${name}` offers ${length(choices)} durations: write at most 8, each once."
      if length(choices) > 8 || length(distinct(choices)) < length(choices)],
    )
  ]) }

  seconds = { for text in distinct(flatten([
    for section in ["targets", "flows"] : [
      for it in values(local.shapes[section].given) : concat(try(it.durations, []), try([it.max_duration], []))
    ]
    ])) : text => sum([
    for index, number in regex(local.duration_form, text) : (number == null ? 0 : tonumber(number)) * [2592000, 86400, 3600, 60, 1][index]
  ]) if text != "" && can(regex(local.duration_form, text)) }
}
