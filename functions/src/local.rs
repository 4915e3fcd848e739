//! The whole system in one process: an embedded store, timers that survive a restart, and a
//! directory that answers for the systems that are not there.

mod audit;
mod dispatch;
mod host;
mod leavers;
mod outbox;
mod reading;
mod serve;
mod timers;

use std::path::Path;
use std::sync::Arc;

use countersign::desk::Desk;
use countersign::engine::{Budgets, Host, Runner};
use countersign::store::Store;

use crate::app::App;
use crate::audit::{Auditor, Folder, LocalKey, Places};
use crate::courier::Courier;
use crate::directory::Leavers;
use crate::settings::Settings;
use crate::sign_in::SignIn;
use crate::store::sqlite::{OpenError, SqliteStore};

pub use crate::directory::LocalDirectory;
pub use reading::Reader;
#[cfg(feature = "local")]
pub use serve::listen;
pub use serve::{ServeError, router, serve};

use dispatch::Dispatcher;
use host::LocalHost;

/// The file of the key that signs the audit tree, beside the store.
const SIGNING_KEY: &str = "signing-key";

/// The whole system, running.
#[derive(Debug, Clone)]
pub struct Local {
    /// The one entrance.
    pub desk: Desk,
    /// People, groups, messages.
    pub directory: Arc<LocalDirectory>,
    /// What delivers messages, where any go anywhere.
    pub courier: Option<Courier>,
    dispatcher: Dispatcher,
    host: Arc<LocalHost>,
    auditor: Arc<Auditor>,
    /// How people sign in; `None`: whoever comes from this machine says who they are.
    sign_in: Option<Arc<SignIn>>,
}

/// Why the system does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// The settings do not fit the program.
    #[error("{}", .0.join("\n"))]
    Settings(Vec<String>),
    /// There is no key to sign the audit tree with.
    #[error("the audit tree cannot be signed: {0}")]
    Key(String),
}

impl Local {
    /// Opens the store in `data` and starts working off what is due in it. Belongs inside a Tokio
    /// runtime of several threads.
    ///
    /// # Errors
    ///
    /// If the store or the key beside it cannot be opened, or the settings do not fit the program.
    pub fn start(app: &App, settings: Settings, data: &Path) -> Result<Self, StartError> {
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(data)?);
        let key = LocalKey::open(&data.join(SIGNING_KEY)).map_err(StartError::Key)?;
        let places = Places {
            signer: Some(Arc::new(key)),
            vault: Some(Arc::new(Folder::new(data))),
            sinks: audit::sinks(&settings).map_err(|wrong| StartError::Settings(vec![wrong]))?,
        };
        let auditor = Auditor::new(store.clone(), &settings.environment.name, places);
        Self::with(app, settings, store, auditor)
    }

    /// Over a store that is open already. Its audit tree is not signed, and passed on to nobody.
    ///
    /// # Errors
    ///
    /// If the settings do not fit the program.
    pub fn over(app: &App, settings: Settings, store: Arc<dyn Store>) -> Result<Self, StartError> {
        let auditor = Auditor::new(store.clone(), &settings.environment.name, Places::default());
        Self::with(app, settings, store, auditor)
    }

    fn with(
        app: &App,
        settings: Settings,
        store: Arc<dyn Store>,
        auditor: Auditor,
    ) -> Result<Self, StartError> {
        let directory = Arc::new(LocalDirectory::new(settings, store.clone()));
        let environment = app
            .environment(directory.settings(), &directory.tools())
            .map_err(StartError::Settings)?;
        let sign_in = directory.settings().sign_in.as_ref();
        let sign_in = sign_in.map(|settings| SignIn::of(settings, directory.tools().secrets));
        let wrong = |why| StartError::Settings(vec![format!("sign_in: {why}")]);
        let sign_in = sign_in.transpose().map_err(wrong)?.map(Arc::new);
        let dispatcher = Dispatcher::default();
        let host = Arc::new(LocalHost::new(dispatcher.clone()));
        let runner = Runner {
            store,
            services: directory.clone(),
            environment: Arc::new(environment),
            host: host.clone(),
            budgets: Budgets::default(),
        };
        let courier =
            Courier::open(&runner, directory.settings(), &directory.tools().secrets, true)
                .map_err(|wrong| StartError::Settings(vec![wrong]))?;
        if let Some(courier) = &courier {
            outbox::start(courier.clone(), dispatcher.said(), host.clone());
        }
        dispatcher.start(runner.clone());
        timers::start(runner.clone(), dispatcher.clone(), host.clone());
        let leavers = Leavers::new(directory.clone());
        tokio::spawn(leavers::run(leavers, runner.clone(), host.clone()));
        let auditor = Arc::new(auditor);
        tokio::spawn(audit::run(auditor.clone(), host.clone()));
        let desk = Desk { runner };
        Ok(Self { desk, directory, courier, dispatcher, host, auditor, sign_in })
    }

    /// Ends the timers, lets what is under way come to its end, and signs the audit tree.
    pub async fn stop(&self) {
        self.host.stop();
        self.dispatcher.drain().await;
        self.auditor.finish(self.host.now()).await;
    }
}
