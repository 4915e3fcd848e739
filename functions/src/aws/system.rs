//! What a function works with: the store, and what the settings make of this program.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use countersign::desk::Desk;
use countersign::engine::{Budgets, Runner};
use countersign::store::Store;
use countersign_integrations::Secrets;
use tokio::sync::Mutex;
use tokio::time::Instant;
use tower::ServiceExt;

use super::clients::Clients;
use super::config::{Config, Role};
use super::forms::FormFunction;
use super::host::LambdaHost;
use super::metrics::{self, Metric};
use super::schedule::Scheduler;
use super::settings::{self, NoSettings};
use super::signed::Signed;
use super::{Patience, audit, secrets};
use crate::api::{self, ApiState};
use crate::app::App;
use crate::audit::Auditor;
use crate::console::{self, ConsoleState};
use crate::courier::Courier;
use crate::directory::{Leavers, LocalDirectory};
use crate::machine;
use crate::oidc::{OidcSettings, Verifier};
use crate::settings::Settings;
use crate::sign_in::{self, SignIn};
use crate::slack::door::Door;
use crate::slack::{Later, Setup, Workspace};
use crate::store::dynamodb::DynamoStore;

/// What belongs to an answer to Slack is done within this time, since nothing is after the answer: Slack
/// waits for three seconds, the way included.
const BEFORE: Duration = Duration::from_millis(2_400);

/// The settings are read anew after this time.
const FRESH: Duration = Duration::from_mins(1);

/// A function of a deployment, whatever its settings say right now.
#[derive(Debug)]
pub struct Function {
    /// The program.
    pub app: &'static App,
    /// What its environment says.
    pub config: Config,
    /// The clients of AWS.
    pub clients: Clients,
    /// The store.
    pub store: Arc<DynamoStore>,
    /// Who vouches for people. It keeps the issuer's keys, whatever becomes of the settings.
    oidc: Result<Option<Arc<Verifier>>, String>,
    /// How people sign in to the pages.
    sign_in: Result<Option<sign_in::Setup>, String>,
    system: Mutex<Option<Kept>>,
    auditor: OnceLock<Auditor>,
}

/// The program with its settings.
#[derive(Debug)]
pub struct System {
    /// The entrance, and behind it what drives runs.
    pub desk: Desk,
    /// What delivers messages, where any go anywhere.
    pub courier: Option<Courier>,
    /// Ends what people hold who have left.
    pub leavers: Leavers,
    oidc: Option<Arc<Verifier>>,
    url: String,
    router: OnceLock<Router>,
    slack: Door,
    /// The pages, where people can sign in.
    pages: Option<Router>,
}

impl System {
    /// The API over it, and the pages beside it.
    pub fn router(&self) -> Router {
        let build = || match self.pages.clone() {
            Some(pages) => beside(self.api(), pages),
            None => self.api(),
        };
        self.router.get_or_init(build).clone()
    }

    fn api(&self) -> Router {
        api::router(ApiState {
            desk: self.desk.clone(),
            local: false,
            oidc: self.oidc.clone(),
            base_url: self.url.clone(),
        })
    }

    /// Where Slack's requests come in: only at the function that faces the internet.
    pub(super) const fn slack(&self) -> &Door {
        &self.slack
    }

    /// Whether a flow says itself who may see its runs.
    #[must_use]
    pub fn has_viewers(&self) -> bool {
        has_viewers(&self.desk)
    }
}

fn has_viewers(desk: &Desk) -> bool {
    let flows = &desk.runner.environment.flows;
    flows.values().any(|flow| flow.table.reducers.get_viewer.is_some())
}

fn beside(api: Router, pages: Router) -> Router {
    let by_path = move |request: Request| {
        let is_api = api::takes(request.uri().path());
        if is_api { api.clone().oneshot(request) } else { pages.clone().oneshot(request) }
    };
    Router::new().fallback(by_path)
}

#[derive(Debug)]
struct Kept {
    read: Instant,
    document: String,
    system: Result<Arc<System>, Unusable>,
}

/// The settings cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the settings of this deployment cannot be used: {0}")]
pub struct Unusable(pub String);

impl Function {
    /// A function of this program. Nothing is asked of AWS yet.
    #[must_use]
    pub fn new(app: &'static App, config: Config, clients: Clients) -> Self {
        let patience = match config.role {
            Role::Api | Role::Form => Patience::Waiting,
            Role::Worker | Role::Timer | Role::Sweep => Patience::Working,
        };
        let store = Arc::new(DynamoStore::new(&clients, config.tables.clone(), patience));
        let variable = |name: &str| std::env::var(name).ok();
        let is_entrance = config.role == Role::Api;
        let oidc = is_entrance.then(|| OidcSettings::from_vars(variable)).flatten();
        let oidc = oidc.map(Verifier::new).transpose();
        let oidc = oidc.map(|it| it.map(Arc::new)).map_err(|error| error.to_string());
        let url = config.url.as_deref().unwrap_or_default();
        let sign_in = if is_entrance { sign_in::Setup::from_vars(variable, url) } else { Ok(None) };
        let (system, auditor) = (Mutex::new(None), OnceLock::new());
        Self { app, config, clients, store, oidc, sign_in, system, auditor }
    }

    /// The program with its settings, which are at most a minute old.
    ///
    /// # Errors
    ///
    /// If they cannot be read, or cannot be used. It is alarmed.
    pub async fn system(&self) -> Result<Arc<System>, Unusable> {
        let mut kept = self.system.lock().await;
        if let Some(kept) = &*kept
            && kept.read.elapsed() < FRESH
        {
            return kept.system.clone();
        }
        let document = match settings::document(&*self.store).await {
            Ok(document) => document,
            // What was read before still holds while the table does not answer.
            Err(NoSettings::Read(error)) if kept.as_ref().is_some_and(|it| it.system.is_ok()) => {
                tracing::warn!("the settings cannot be read again now: {error}");
                kept.as_ref().map(|kept| kept.document.clone()).unwrap_or_default()
            }
            // Whoever calls has not been recognised yet, and need not know where it lies.
            Err(NoSettings::Read(error)) => {
                tracing::error!("the settings cannot be read: {error}");
                return Err(self.unusable("they cannot be read now"));
            }
            Err(error) => return Err(self.unusable(&error.to_string())),
        };
        let system = match &*kept {
            // As long as they cannot be used, it is alarmed.
            Some(kept) if kept.document == document => {
                kept.system.clone().map_err(|unusable| self.unusable(&unusable.0))
            }
            Some(_) | None => {
                let read = settings::read(&document).map_err(|error| error.to_string());
                let opened = read.and_then(|settings| self.open(settings));
                opened.map(Arc::new).map_err(|why| self.unusable(&why))
            }
        };
        *kept = Some(Kept { read: Instant::now(), document, system: system.clone() });
        system
    }

    /// What works on the audit tree.
    ///
    /// # Errors
    ///
    /// If AWS cannot be called, or a receiver of entries is none.
    pub fn auditor(&self) -> Result<&Auditor, String> {
        if let Some(auditor) = self.auditor.get() {
            return Ok(auditor);
        }
        let auditor = audit::auditor(&self.clients, &self.config, self.store.clone())?;
        Ok(self.auditor.get_or_init(|| auditor))
    }

    const fn runs_user_code(&self) -> bool {
        matches!(self.config.role, Role::Worker | Role::Form)
    }

    fn unusable(&self, why: &str) -> Unusable {
        let environment = &self.config.environment;
        metrics::note(environment, machine::now(), &[(Metric::SettingsRefused, 1)]);
        let unusable = Unusable(why.to_owned());
        tracing::error!("{unusable}");
        unusable
    }

    fn open(&self, settings: Settings) -> Result<System, String> {
        let store: Arc<dyn Store> = self.store.clone();
        let signed = Signed::new(self.clients.config(Patience::Working));
        let secrets = secrets::of(signed.map_err(|error| error.to_string())?);
        let directory = LocalDirectory::without_outbox(settings, store.clone(), secrets);
        let directory = Arc::new(directory);
        let tools = directory.tools();
        let environment =
            self.app.environment(directory.settings(), &tools).map_err(|wrong| wrong.join("; "))?;
        let scheduler = self.config.schedules.clone().map(|place| {
            let config = self.clients.config(Patience::Working);
            Scheduler::new(aws_sdk_scheduler::Client::new(&config), place)
        });
        let runs_user_code = self.runs_user_code();
        let leavers = Leavers::new(directory.clone());
        let runner = Runner {
            store,
            services: directory.clone(),
            environment: Arc::new(environment),
            host: Arc::new(LambdaHost { runs_user_code, scheduler }),
            budgets: Budgets::default(),
        };
        let url = self.config.url.clone().unwrap_or_default();
        let oidc = self.oidc.clone()?;
        let speaks = self.config.role == Role::Worker;
        let open = || Courier::open(&runner, directory.settings(), &tools.secrets, false);
        let courier = speaks.then(open).transpose()?.flatten();
        if let Some(courier) = &courier {
            courier.pages_at(&url);
        }
        let desk = Desk { runner };
        let slack = self.door(&desk, directory.settings(), &tools.secrets, &url)?;
        let pages = self.pages(&desk, directory.settings(), tools.secrets, oidc.as_ref())?;
        Ok(System { desk, courier, leavers, oidc, url, router: OnceLock::new(), slack, pages })
    }

    /// The pages, where people can sign in.
    fn pages(
        &self,
        desk: &Desk,
        settings: &Settings,
        secrets: Secrets,
        oidc: Option<&Arc<Verifier>>,
    ) -> Result<Option<Router>, String> {
        let (Some(setup), Some(verifier)) = (self.sign_in.clone()?, oidc) else { return Ok(None) };
        let sign_in = SignIn::new(verifier.clone(), setup, secrets);
        let sign_in = sign_in.map_err(|error| error.to_string())?;
        let form = Arc::new(self.form());
        let has_viewers = has_viewers(desk);
        Ok(Some(console::router(ConsoleState {
            desk: desk.clone(),
            people: settings.known_users(),
            outbox: None,
            sign_in: Some(Arc::new(sign_in)),
            forms: form.clone(),
            viewers: if has_viewers { Some(form) } else { None },
        })))
    }

    /// What runs user code for those who only look.
    fn form(&self) -> FormFunction {
        let name = self.config.form.clone().unwrap_or_default();
        FormFunction { lambda: self.clients.form(), name }
    }

    /// Where Slack's requests come in.
    fn door(
        &self,
        desk: &Desk,
        settings: &Settings,
        secrets: &Secrets,
        url: &str,
    ) -> Result<Door, String> {
        let mut workspaces = Vec::new();
        if self.config.role == Role::Api {
            for integration in settings.integrations_of("slack") {
                let setup = Setup {
                    desk: desk.clone(),
                    forms: Arc::new(self.form()),
                    secrets: secrets.clone(),
                    people: settings.known_users(),
                    url: url.to_owned(),
                    later: Later::Before(BEFORE),
                };
                workspaces.extend(Workspace::open(&integration, setup)?);
            }
        }
        Ok(Door::new(workspaces))
    }
}
