//! Arguments in the original's manner: one dash or two, values after `=` or as the next argument.

use std::time::Duration;

/// Options in the order given, and what is no option.
#[derive(Debug, Default)]
pub(super) struct Options {
    pub(super) options: Vec<(String, Option<String>)>,
    pub(super) rest: Vec<String>,
}

/// Reads arguments. `flags` take no value, or `true` and `false` after `=`; `valued` take one.
pub(super) fn parse(
    arguments: &[String],
    flags: &[&str],
    valued: &[&str],
) -> Result<Options, String> {
    let mut options = Options::default();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let Some(name) = argument.strip_prefix('-').filter(|name| !name.is_empty()) else {
            options.rest.push(argument.clone());
            continue;
        };
        let name = name.strip_prefix('-').unwrap_or(name);
        if name.is_empty() {
            options.rest.extend(arguments.cloned());
            break;
        }
        let (name, value) = match name.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (name, None),
        };
        if flags.contains(&name) {
            match value.as_deref() {
                None | Some("true") => options.options.push((name.to_owned(), None)),
                Some("false") => {}
                Some(other) => return Err(format!("-{name} is true or false, not `{other}`")),
            }
        } else if valued.contains(&name) {
            let value = value.or_else(|| arguments.next().cloned());
            let value = value.ok_or_else(|| format!("-{name} needs a value"))?;
            options.options.push((name.to_owned(), Some(value)));
        } else {
            return Err(format!("there is no option -{name}: `sentinel help` lists them"));
        }
    }
    Ok(options)
}

/// `5m`, `90s`, `1m30s`, `500ms`
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("-timeout: `{text}` is no time such as 90s or 5m");
    let time: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
    Duration::try_from(time).map_err(|_| wrong())
}

impl Options {
    pub(super) fn has(&self, name: &str) -> bool {
        self.options.iter().any(|(option, _)| option == name)
    }

    /// The last value given.
    pub(super) fn value(&self, name: &'static str) -> Option<&str> {
        self.values(name).last()
    }

    pub(super) fn values(&self, name: &'static str) -> impl Iterator<Item = &str> {
        let named = self.options.iter().filter(move |(option, _)| option == name);
        named.filter_map(|(_, value)| value.as_deref())
    }
}
