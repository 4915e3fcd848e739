//! What a function is told by its environment variables, which the Terraform module sets.

use std::fmt;

use crate::store::dynamodb::{NoTable, Tables};

/// The variable that says which function this is.
pub const ROLE: &str = "COUNTERSIGN_ROLE";

/// The variable that names the environment.
pub(super) const ENVIRONMENT: &str = "COUNTERSIGN_ENVIRONMENT";

/// Which of the functions this is. They are one program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Takes requests and answers them. It runs no user code and reaches no target.
    Api,
    /// Runs the user code that forms and previews need. It only reads.
    Form,
    /// Handles what was recorded, fed by the table's stream.
    Worker,
    /// Wakes a run whose time has come, for `EventBridge` Scheduler.
    Timer,
    /// Every minute, wakes whatever was not woken.
    Sweep,
}

impl Role {
    pub(super) const ALL: [Self; 5] =
        [Self::Api, Self::Form, Self::Worker, Self::Timer, Self::Sweep];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Form => "form",
            Self::Worker => "worker",
            Self::Timer => "timer",
            Self::Sweep => "sweep",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a function is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Which function this is.
    pub role: Role,
    /// The name of the environment.
    pub environment: String,
    /// The tables.
    pub tables: Tables,
    /// Where the API is reached from outside, if that is known; the API's, and the form's.
    pub url: Option<String>,
    /// The name of the function that runs user code for forms; the API's.
    pub form: Option<String>,
    /// How schedules are made; the worker's.
    pub schedules: Option<Schedules>,
    /// What becomes of the audit tree; the sweep's.
    pub audit: AuditPlaces,
}

/// What becomes of the audit tree, as far as it is configured.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditPlaces {
    /// The KMS key that signs its heads.
    pub signing_key: Option<String>,
    /// The bucket that keeps them, and takes entries.
    pub bucket: Option<String>,
    /// The folder in it, if it is not named as the environment. A new one begins anew, as has to be
    /// after tables were restored to an earlier time.
    pub folder: Option<String>,
    /// The name of a Firehose stream that takes entries.
    pub firehose: Option<String>,
    /// The name or ARN of an event bus that takes entries.
    pub bus: Option<String>,
    /// An endpoint that takes entries, and the ARN of the secret that signs them.
    pub endpoint: Option<(String, String)>,
}

/// How schedules are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedules {
    /// The group that they are in.
    pub group: String,
    /// The role by which Scheduler invokes.
    pub role_arn: String,
    /// The function that it invokes.
    pub timer_arn: String,
    /// The queue for what could not be delivered.
    pub dead_letters_arn: Option<String>,
}

/// The environment variables are not those of a function: everything that is wrong with them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}; the Terraform module sets them all", .0.join("; "))]
pub struct BadConfig(pub Vec<String>);

impl Config {
    /// As the environment says.
    ///
    /// # Errors
    ///
    /// Everything that is missing.
    pub fn from_environment() -> Result<Self, BadConfig> {
        Self::named(|variable| std::env::var(variable).ok())
    }

    /// As these variables say.
    ///
    /// # Errors
    ///
    /// Everything that is missing.
    pub(super) fn named(variable: impl Fn(&str) -> Option<String>) -> Result<Self, BadConfig> {
        let mut wrong = Vec::new();
        let optional = |name: &str| variable(name).filter(|value| !value.is_empty());
        let role = optional(ROLE).unwrap_or_default();
        let Some(role) = Role::ALL.into_iter().find(|known| known.as_str() == role) else {
            let known = Role::ALL.map(Role::as_str).join("`, `");
            return Err(BadConfig(vec![format!("{ROLE} is `{role}`, and not `{known}`")]));
        };
        let mut needed = |name: &str| {
            optional(name).unwrap_or_else(|| {
                wrong.push(format!("{name} is not set"));
                String::new()
            })
        };
        let environment = needed(ENVIRONMENT);
        let form = (role == Role::Api).then(|| needed("COUNTERSIGN_FORM_FUNCTION"));
        let schedules = (role == Role::Worker).then(|| Schedules {
            group: needed("COUNTERSIGN_SCHEDULE_GROUP"),
            role_arn: needed("COUNTERSIGN_SCHEDULE_ROLE_ARN"),
            timer_arn: needed("COUNTERSIGN_TIMER_ARN"),
            dead_letters_arn: optional("COUNTERSIGN_SCHEDULE_DLQ_ARN"),
        });
        let answers = matches!(role, Role::Api | Role::Form);
        let url = answers.then(|| optional("COUNTERSIGN_URL")).flatten();
        let audit = match role {
            Role::Sweep => AuditPlaces {
                signing_key: optional("COUNTERSIGN_SIGNING_KEY"),
                bucket: optional("COUNTERSIGN_AUDIT_BUCKET"),
                folder: optional("COUNTERSIGN_AUDIT_FOLDER"),
                firehose: optional("COUNTERSIGN_EXPORT_FIREHOSE"),
                bus: optional("COUNTERSIGN_EXPORT_BUS"),
                // Nobody takes what nobody signed.
                endpoint: optional("COUNTERSIGN_EXPORT_URL")
                    .map(|url| (url, needed("COUNTERSIGN_EXPORT_SECRET"))),
            },
            Role::Api | Role::Form | Role::Worker | Role::Timer => AuditPlaces::default(),
        };
        let tables =
            Tables::named(optional).map_err(|error: NoTable| wrong.push(error.to_string()));
        match tables {
            Ok(tables) if wrong.is_empty() => {
                Ok(Self { role, environment, tables, url, form, schedules, audit })
            }
            Ok(_) | Err(()) => Err(BadConfig(wrong)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeSet;

    use super::*;
    use crate::oidc::OidcSettings;
    use crate::sign_in;

    fn set(name: &str) -> String {
        if name == ROLE { "worker".to_owned() } else { name.to_lowercase() }
    }

    #[test]
    fn a_function_is_told_which_one_it_is_and_what_it_works_with() {
        let config = Config::named(|name| Some(set(name))).unwrap();
        assert_eq!(config.role, Role::Worker);
        assert_eq!(config.environment, "countersign_environment");
        assert_eq!(config.form, None);
        assert_eq!(config.schedules.unwrap().group, "countersign_schedule_group");
    }

    #[test]
    fn everything_that_is_missing_is_said_at_once() {
        let error = Config::named(|name| (name == ROLE).then(|| set(name))).unwrap_err();
        for name in [
            "COUNTERSIGN_ENVIRONMENT",
            "COUNTERSIGN_SCHEDULE_GROUP",
            "COUNTERSIGN_SCHEDULE_ROLE_ARN",
            "COUNTERSIGN_TIMER_ARN",
            "COUNTERSIGN_TABLE",
        ] {
            assert!(error.to_string().contains(name), "{error}");
        }
        let error = Config::named(|_| None).unwrap_err();
        assert!(error.to_string().starts_with("COUNTERSIGN_ROLE is ``, and not `api`"), "{error}");
    }
    #[test]
    fn whoever_posts_entries_signs_them() {
        let without = |name: &str| match name {
            ROLE => Some("sweep".to_owned()),
            "COUNTERSIGN_EXPORT_SECRET" => None,
            _ => Some(set(name)),
        };
        let error = Config::named(without).unwrap_err();
        assert!(error.to_string().contains("COUNTERSIGN_EXPORT_SECRET is not set"), "{error}");
    }

    /// The variables that a function asks for.
    fn read(role: Role) -> BTreeSet<String> {
        let read = RefCell::new(BTreeSet::new());
        let variable = |name: &str| {
            read.borrow_mut().insert(name.to_owned());
            Some(if name == ROLE { role.to_string() } else { set(name) })
        };
        Config::named(variable).unwrap();
        if role == Role::Api {
            OidcSettings::from_vars(variable).unwrap();
            let length = |name: &str| {
                let value = variable(name);
                if name.starts_with("COUNTERSIGN_SESSION") { Some("8h".to_owned()) } else { value }
            };
            sign_in::Setup::from_vars(length, "").unwrap().unwrap();
        }
        read.into_inner()
    }

    /// The variables that files of the Terraform module name.
    fn named(files: &[&str]) -> BTreeSet<String> {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra");
        let text = files.iter().map(|file| std::fs::read_to_string(folder.join(file)).unwrap());
        let text: Vec<_> = text.collect();
        let words =
            text.iter().flat_map(|text| text.split(|c: char| !c.is_ascii_uppercase() && c != '_'));
        words.filter(|word| word.starts_with("COUNTERSIGN_")).map(str::to_owned).collect()
    }

    #[test]
    fn a_function_reads_what_the_terraform_module_sets_for_it_and_nothing_else() {
        for role in Role::ALL {
            let file = format!("{role}.tf");
            assert_eq!(read(role), named(&["functions.tf", &file]), "{role}");
        }
    }
}
