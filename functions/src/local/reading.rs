//! A front desk over a store that is only read, also beside a running server.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use countersign::desk::{Caller, Desk};
use countersign::engine::{Budgets, Environment, Runner};
use countersign::model::{Role, Source, User, UserId};
use countersign::store::Store;

use super::LocalDirectory;
use super::dispatch::Dispatcher;
use super::host::LocalHost;
use crate::settings::Settings;
use crate::store::sqlite::{OpenError, SqliteStore};

/// Whoever may read the files of a store reads all that is in it.
#[derive(Debug, Clone)]
pub struct Reader {
    /// The desk; what it is asked to change fails.
    pub desk: Desk,
    /// Somebody who reads everything.
    pub caller: Caller,
}

impl Reader {
    /// Opens the store in `data` for reading. The settings name people; no flow is called.
    ///
    /// # Errors
    ///
    /// If there is none, or it is not a sound store of this version.
    pub fn open(settings: Settings, data: &Path) -> Result<Self, OpenError> {
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open_read_only(data)?);
        let environment = Environment {
            org: settings.environment.org.clone(),
            name: settings.environment.name.clone(),
            version: String::new(),
            zone: settings.time_zone(),
            flows: BTreeMap::new(),
            targets: BTreeMap::new(),
            strategies: BTreeMap::new(),
        };
        let runner = Runner {
            store: store.clone(),
            services: Arc::new(LocalDirectory::new(settings, store)),
            environment: Arc::new(environment),
            host: Arc::new(LocalHost::new(Dispatcher::default())),
            budgets: Budgets::default(),
        };
        let reader = match UserId::parse("bot:reader") {
            Ok(id) => User { role: Role::Auditor, ..User::new(id) },
            Err(_) => unreachable!("`bot:` and a name"),
        };
        let caller = Caller::local(reader, Source::Cli);
        Ok(Self { desk: Desk { runner }, caller })
    }
}
