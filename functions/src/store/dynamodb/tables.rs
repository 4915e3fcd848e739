//! The two tables, and which item is in which.

use std::fmt;

use countersign::store::{Key, Query};

/// The variable that names the core table.
pub const TABLE: &str = "COUNTERSIGN_TABLE";

/// The variable that names the audit table.
pub const AUDIT_TABLE: &str = "COUNTERSIGN_AUDIT_TABLE";

/// The tables of a deployment. Both have `pk` and `sk`, both texts, as their keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tables {
    /// Everything but entries.
    pub core: String,
    /// Entries, which are put once: nobody may change or delete anything in it.
    pub audit: String,
}

/// A variable that must name a table does not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{variable} names no table: set it to the name of {what}, which the Terraform module gives to \
     every function that it makes"
)]
pub struct NoTable {
    /// Its name.
    pub variable: &'static str,
    what: &'static str,
}

impl Tables {
    /// Those that [`TABLE`] and [`AUDIT_TABLE`] name.
    ///
    /// # Errors
    ///
    /// One of them is missing or empty.
    pub fn from_environment() -> Result<Self, NoTable> {
        Self::named(|variable| std::env::var(variable).ok())
    }

    pub(crate) fn named(variable: impl Fn(&str) -> Option<String>) -> Result<Self, NoTable> {
        let named = |name, what| {
            let value = variable(name).filter(|value| !value.is_empty());
            value.ok_or(NoTable { variable: name, what })
        };
        Ok(Self {
            core: named(TABLE, "the core table")?,
            audit: named(AUDIT_TABLE, "the audit table")?,
        })
    }

    /// Where an item is.
    pub(super) fn of(&self, key: &Key) -> &str {
        if is_entry(key) { &self.audit } else { &self.core }
    }

    /// Where the items of a query may be.
    pub(super) fn of_query(&self, query: &Query) -> Vec<&str> {
        if !query.pk.starts_with(RUN) {
            vec![&self.core]
        } else if query.prefix.starts_with(ENTRY) {
            vec![&self.audit]
        } else if ENTRY.starts_with(&query.prefix) {
            vec![&self.core, &self.audit]
        } else {
            vec![&self.core]
        }
    }
}

impl fmt::Display for Tables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { core, audit } = self;
        write!(f, "`{core}` ({TABLE}) and `{audit}` ({AUDIT_TABLE})")
    }
}

const RUN: &str = "R#";
const ENTRY: &str = "E#";

/// Whether an item belongs into the audit table.
pub(super) fn is_entry(key: &Key) -> bool {
    key.pk.starts_with(RUN) && key.sk.starts_with(ENTRY)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables() -> Tables {
        Tables { core: "core".to_owned(), audit: "audit".to_owned() }
    }

    #[test]
    fn entries_of_runs_are_audited_and_nothing_else_is() {
        let of = |pk: &str, sk: &str| tables().of(&Key::new(pk, sk)).to_owned();
        assert_eq!(of("R#1", "E#0000000001"), "audit");
        for (pk, sk) in [("R#1", "#"), ("R#1", "C#1#2"), ("R#1", "E"), ("p", "E#1"), ("R", "E#1")] {
            assert_eq!(of(pk, sk), "core", "{pk} / {sk}");
        }
    }

    #[test]
    fn a_listing_asks_no_table_that_cannot_have_it() {
        let of = |pk: &str, prefix: &str| {
            let query = Query::of(pk).prefix(prefix);
            tables().of_query(&query).join(" ")
        };
        assert_eq!(of("R#1", "E#"), "audit");
        assert_eq!(of("R#1", "E#00"), "audit");
        assert_eq!(of("R#1", "C#"), "core");
        assert_eq!(of("R#1", "EF"), "core");
        assert_eq!(of("N#all", ""), "core");
        assert_eq!(of("N#all", "E#"), "core");
        assert_eq!(of("R#1", ""), "core audit");
        assert_eq!(of("R#1", "E"), "core audit");
    }

    #[test]
    fn a_table_without_a_name_is_asked_for_by_its_variable() {
        let both = |name: &str| Some(name.to_lowercase());
        assert_eq!(
            Tables::named(both).map(|tables| tables.to_string()),
            Ok("`countersign_table` (COUNTERSIGN_TABLE) and `countersign_audit_table` \
                (COUNTERSIGN_AUDIT_TABLE)"
                .to_owned())
        );
        for missing in [TABLE, AUDIT_TABLE] {
            for none in [None, Some(String::new())] {
                let named = |name: &str| if name == missing { none.clone() } else { both(name) };
                let error = Tables::named(named).unwrap_err();
                assert_eq!(error.variable, missing);
                assert!(error.to_string().starts_with(missing), "{error}");
            }
        }
    }
}
