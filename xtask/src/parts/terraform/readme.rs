//! The tables of inputs and outputs in the READMEs, made from the configuration.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::folders::Folder;

mod declarations;

use declarations::{Declaration, Kind};

/// What stands between these lines is ours; the rest is written by hand.
const BEGIN: &str = "<!-- made by `UPDATE_EXPECT=1 cargo xtask terraform` -->";
const END: &str = "<!-- end -->";

/// Whether every README is what its configuration says. With `UPDATE_EXPECT` set, as for the tests'
/// snapshots, they are written anew.
pub(super) fn check(folders: &[Folder]) -> Result<(), String> {
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    for folder in folders {
        // An example is its own description.
        if !folder.path.join("variables.tf").is_file() {
            continue;
        }
        let file = folder.path.join("README.md");
        let old = std::fs::read_to_string(&file).map_err(|error| {
            format!("{}: {error}; write one with the lines `{BEGIN}` and `{END}`", file.display())
        })?;
        let new = with_tables(&old, &tables(&declarations(&folder.path)?)).ok_or_else(|| {
            format!("{} lacks the lines `{BEGIN}` and `{END}`: add them", file.display())
        })?;
        if new == old {
            continue;
        }
        if !update {
            let file = file.display();
            return Err(format!("{file} is stale: run `UPDATE_EXPECT=1 cargo xtask terraform`"));
        }
        std::fs::write(&file, new).map_err(|error| format!("{}: {error}", file.display()))?;
        println!("    wrote {}", file.display());
    }
    Ok(())
}

/// What the files of a folder declare, in the order of the files' names.
fn declarations(folder: &Path) -> Result<Vec<Declaration>, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let entries = std::fs::read_dir(folder).map_err(failed)?;
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "tf"))
        .collect();
    files.sort();
    let mut found = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).map_err(failed)?;
        found.extend(declarations::read(&text));
    }
    Ok(found)
}

/// The README with these tables in place of its own.
fn with_tables(readme: &str, tables: &str) -> Option<String> {
    let (before, rest) = readme.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{tables}\n{END}{after}"))
}

fn tables(declarations: &[Declaration]) -> String {
    let mut text = String::from("\n## Inputs\n\n| name | type | default | |\n|---|---|---|---|\n");
    for it in declarations.iter().filter(|it| it.kind == Kind::Variable) {
        let default = it.default.as_ref().map_or("required".into(), |it| code(it));
        let row = [code(&it.name), code(&it.form), default, cell(&it.description)];
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
    text.push_str("\n## Outputs\n\n| name | |\n|---|---|\n");
    for it in declarations.iter().filter(|it| it.kind == Kind::Output) {
        let _ = writeln!(text, "| {} | {} |", code(&it.name), cell(&it.description));
    }
    text
}

fn code(text: &str) -> String {
    format!("`{}`", cell(text))
}

/// A bar would end the cell, even in code.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_lines_changes() {
        let readme = format!("# Tables\n\n{BEGIN}\nold\n{END}\nmore\n");
        let expected = format!("# Tables\n\n{BEGIN}\nnew\n{END}\nmore\n");
        assert_eq!(with_tables(&readme, "new"), Some(expected));
        assert_eq!(with_tables("# Tables\n", "new"), None);
    }

    #[test]
    fn tables_say_what_is_required() {
        let found = declarations::read(
            "variable \"name\" {\n  description = \"One of a|b.\"\n  type        = string\n}\n\n\
             variable \"size\" {\n  description = \"How big.\"\n  type        = number\n  default     = 3\n}\n\n\
             output \"arn\" {\n  description = \"The ARN.\"\n  value       = local.arn\n}\n",
        );
        assert_eq!(
            tables(&found),
            "
## Inputs

| name | type | default | |
|---|---|---|---|
| `name` | `string` | required | One of a\\|b. |
| `size` | `number` | `3` | How big. |

## Outputs

| name | |
|---|---|
| `arn` | The ARN. |
"
        );
    }
}
