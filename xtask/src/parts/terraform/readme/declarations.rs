//! The variables and outputs that a file declares. It is read by lines, which is enough: `terraform
//! fmt` has been over it, so that a block begins at the margin and its arguments two spaces further.

/// A variable or an output.
pub(super) struct Declaration {
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) description: String,
    /// The type, in one line.
    pub(super) form: String,
    pub(super) default: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Variable,
    Output,
}

/// All of them, in their order.
pub(super) fn read(text: &str) -> Vec<Declaration> {
    let mut lines = text.lines();
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        let Some((kind, name)) = begins(line) else { continue };
        let mut it = Declaration {
            kind,
            name: name.to_owned(),
            description: String::new(),
            form: "any".to_owned(),
            default: None,
        };
        while let Some(line) = lines.next().filter(|line| *line != "}") {
            let Some((key, first)) = argument(line) else { continue };
            let mut value = vec![first];
            while is_open(&value) {
                let Some(line) = lines.next() else { break };
                value.push(line.trim());
            }
            match key {
                "description" => it.description = unquoted(first),
                "type" => it.form = in_one_line(&value),
                "default" => it.default = Some(in_one_line(&value)),
                _ => {}
            }
        }
        found.push(it);
    }
    found
}

/// The first line of a block that we are after.
fn begins(line: &str) -> Option<(Kind, &str)> {
    let (kind, rest) = line.strip_suffix("\" {")?.split_once(" \"")?;
    match kind {
        "variable" => Some((Kind::Variable, rest)),
        "output" => Some((Kind::Output, rest)),
        _ => None,
    }
}

/// An argument of the block itself, not of one inside it.
fn argument(line: &str) -> Option<(&str, &str)> {
    let line = line.strip_prefix("  ").filter(|line| !line.starts_with([' ', '#']))?;
    let (key, value) = line.split_once('=')?;
    Some((key.trim(), value.trim()))
}

/// Whether a bracket is open behind these lines.
fn is_open(lines: &[&str]) -> bool {
    let mut depth = 0_i32;
    for line in lines {
        let mut in_text = false;
        let mut chars = line.chars();
        while let Some(c) = chars.next() {
            match c {
                '"' => in_text = !in_text,
                '\\' if in_text => drop(chars.next()),
                '(' | '[' | '{' if !in_text => depth = depth.saturating_add(1),
                ')' | ']' | '}' if !in_text => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
    }
    depth > 0
}

/// Lines that are one value, as if it had been written in one.
fn in_one_line(lines: &[&str]) -> String {
    let mut text = String::new();
    for line in lines {
        if !text.is_empty() {
            let is_inside =
                !text.ends_with(['(', '[', '{', ',']) && !line.starts_with([')', ']', '}']);
            text.push_str(if is_inside { ", " } else { " " });
        }
        // Arguments are aligned with spaces.
        text.push_str(&line.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    text
}

/// What stands in quotes.
fn unquoted(text: &str) -> String {
    text.trim_matches('"').replace("\\\"", "\"").replace("\\\\", "\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
# Not a block.
variable "oidc" {
  description = "Who signs \"people\" in."
  type = object({
    issuer    = string
    audiences = list(string)
    claims    = optional(map(string), {})
  })
  default  = null
  nullable = false

  validation {
    condition     = can(regex("^{", var.oidc.issuer))
    error_message = "default = 7"
  }
}

locals {
  default = 3
}

output "url" {
  description = "The address."
  value       = local.url
}
"#;

    #[test]
    fn blocks_are_read_and_those_inside_them_are_not() {
        let found = read(FILE);
        let names: Vec<_> = found.iter().map(|it| (it.kind, it.name.as_str())).collect();
        assert_eq!(names, [(Kind::Variable, "oidc"), (Kind::Output, "url")]);
        assert_eq!(found[0].description, "Who signs \"people\" in.");
        assert_eq!(found[0].default.as_deref(), Some("null"));
        assert_eq!(found[1].description, "The address.");
        assert_eq!(found[1].default, None);
    }

    #[test]
    fn a_type_of_many_lines_becomes_one() {
        assert_eq!(
            read(FILE)[0].form,
            "object({ issuer = string, audiences = list(string), \
             claims = optional(map(string), {}) })"
        );
    }
}
