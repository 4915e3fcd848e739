//! What the Terraform module allows a role to do with the tables, read from its text: statements of
//! its own, and those of `permissions.tf` that it names, perhaps with keys.

use std::path::Path;

/// A statement about a table.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    allows: bool,
    actions: Vec<String>,
    /// Whether it is about the audit table, and not the core table.
    audit: bool,
    /// Which partitions; `None`: all.
    keys: Option<Vec<String>>,
}

/// The statements of a role.
pub(crate) fn statements(role: &str) -> Vec<Statement> {
    let (own, shared) = (text(&format!("{role}.tf")), text("permissions.tf"));
    let named = own.split("local.may.").skip(1).map(|rest| {
        let name = rest.split(|c: char| !c.is_ascii_lowercase() && c != '_').next().unwrap();
        let begin = shared.find(&format!(" {name} = {{")).unwrap_or_else(|| panic!("{name}?"));
        let shared = shared[begin..].split("\n    }").next().unwrap();
        // `merge(local.may.write_core, { Condition = .. })` adds keys.
        let more = rest
            .strip_prefix(&format!("{name}, {{"))
            .map_or("", |it| it.split("} })").next().unwrap());
        format!("{shared} {more}")
    });
    let own = own.split("Sid ").skip(1).map(str::to_owned);
    named.chain(own).filter_map(|text| statement(&text)).collect()
}

/// The text of a file, without comments.
fn text(file: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra");
    let text = std::fs::read_to_string(folder.join(file)).unwrap();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("# "));
    lines.map(|line| line.split(" # ").next().unwrap()).collect::<Vec<_>>().join("\n")
}

fn statement(text: &str) -> Option<Statement> {
    let audit = text.contains("module.tables.audit_arn");
    if !audit && !text.contains("module.tables.core_arn") {
        return None;
    }
    let (before, keys) = match text.split_once("\"dynamodb:LeadingKeys\"") {
        Some((before, keys)) => (before, Some(quoted(keys.split(']').next().unwrap()))),
        None => (text, None),
    };
    let actions = quoted(before).into_iter().filter(|it| it.starts_with("dynamodb:")).collect();
    Some(Statement { allows: !text.contains("\"Deny\""), actions, audit, keys })
}

fn quoted(text: &str) -> Vec<String> {
    text.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

impl Statement {
    fn is_about(&self, action: &str, audit: bool, pk: Option<&str>) -> bool {
        let keys = self.keys.as_ref();
        let fits = |key: &String| {
            let pk = pk.unwrap_or_default();
            key.strip_suffix('*').map_or(pk == key, |start| pk.starts_with(start))
        };
        self.audit == audit
            && self.actions.iter().any(|it| it == action)
            && keys.is_none_or(|keys| keys.iter().any(fits))
    }
}

/// Whether IAM would let this happen. Reads need no partition: no statement has keys for them.
pub(crate) fn allow(all: &[Statement], action: &str, audit: bool, pk: Option<&str>) -> bool {
    let mut about = all.iter().filter(|it| it.is_about(action, audit, pk)).peekable();
    about.peek().is_some() && about.all(|it| it.allows)
}
