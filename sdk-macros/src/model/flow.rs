//! What `flow!` is given.

use syn::{Ident, LitStr, Path, Result};

use super::Errors;
use crate::nearest::nearest;
use crate::parse::FlowSyntax;

const OPTIONS: [&str; 2] = ["fields", "vars"];

/// A flow's name, template and types.
pub(crate) struct Flow<'a> {
    pub(crate) name: &'a LitStr,
    pub(crate) template: &'a Path,
    pub(crate) fields: Option<&'a Path>,
    pub(crate) vars: Option<&'a Path>,
}

impl<'a> Flow<'a> {
    pub(crate) fn check(syntax: &'a FlowSyntax) -> Result<Self> {
        let FlowSyntax { name, template, options } = syntax;
        let mut errors = Errors::default();
        if !is_name(&name.value()) {
            errors.push(
                name,
                "a flow's name is 1 to 64 lowercase letters, digits, `-` or `_`, a letter first",
            );
        }
        for (option, _) in options {
            let word = option.to_string();
            if !OPTIONS.contains(&word.as_str()) {
                errors.push(option, unknown_option(&word));
            } else if options.iter().filter(|(other, _)| other == option).count() > 1 {
                errors.push(option, format!("`{word}` is given twice"));
            }
        }
        let Some(template) = template else {
            let message = format!("say which template: `flow!({}, Access)`", quoted(name));
            errors.push(name, message);
            errors.finish()?;
            unreachable!("a missing template is an error");
        };
        errors.finish()?;
        let option = |wanted: &str| {
            options.iter().find(|(option, _): &&(Ident, Path)| option == wanted).map(|(_, ty)| ty)
        };
        Ok(Self { name, template, fields: option("fields"), vars: option("vars") })
    }
}

fn unknown_option(word: &str) -> String {
    nearest(OPTIONS, word).map_or_else(
        || {
            format!(
                "there is no `{word}`: write `fields = Type` (the form) or `vars = Type` (the variables)"
            )
        },
        |near| format!("there is no `{word}`: did you mean `{near}`?"),
    )
}

fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    (1..=64).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(plain)
}

fn quoted(name: &LitStr) -> String {
    format!("{:?}", name.value())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_it_is_to_the_rest_of_the_system() {
        for good in ["a", "infra_access", "four-eyes2"] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", "2a", "_a", "Infra", "a b", "ä"] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
