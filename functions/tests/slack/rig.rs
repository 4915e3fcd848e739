//! The local server in memory, and a workspace in which people use it.

use std::net::SocketAddr;

use countersign::context::Directory;
use countersign::desk::{Ask, Caller};
use countersign::engine::What;
use countersign::model::{Object, RunId, Source, Status, UserId};
use countersign::testing::MemoryStore;
use countersign_functions::app::App;
use countersign_functions::local::{Local, router};
use countersign_functions::settings::{Format, Settings};
use countersign_functions::slack::door::Door;
use countersign_functions::slack::{Later, Setup, Workspace as Entrance};
use countersign_vendors::slack::{Message, Workspace};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// Lets go what hangs until a test says so.
pub(crate) static GO: Notify = Notify::const_new();

mod access {
    //! Access by name, with fields of every sort.
    use countersign::prelude::*;

    flow!("access", Access, fields = Answers);

    #[derive(Fields)]
    #[expect(dead_code, reason = "only the form reads it")]
    struct Answers {
        /// Ticket
        #[field(pattern = "[A-Z]+-[0-9]+", placeholder = "OPS-1")]
        ticket: Option<String>,
        /// Region
        #[field(choices = ["eu", "us"])]
        region: Option<String>,
        /// Cluster
        cluster: Option<String>,
        /// Number of rows
        rows: Option<u8>,
        /// Read only
        is_read_only: Option<bool>,
        /// Tables
        #[field(choices = ["orders", "bills", "people"])]
        tables: Option<Vec<String>>,
        /// Watched by
        watched_by: Option<UserId>,
    }

    #[reducer]
    fn get_approver() -> Approvers {
        okta::group("security")
    }

    #[reducer(change = "region")]
    fn region_changed(form: &Form) -> Form {
        let mut form = form.clone();
        let is_us = form.field("region").is_some_and(|field| field.value == "us");
        if let Some(ticket) = form.field_mut("ticket") {
            ticket.required = is_us;
            ticket.label = if is_us { "Ticket of the US team".into() } else { "Ticket".into() };
        }
        form
    }

    #[reducer(options = "cluster")]
    fn clusters(query: &Query) -> Vec<Choice> {
        let all =
            (1..=500).map(|number| Choice::new(format!("c{number}"), format!("Cluster {number}")));
        all.filter(|choice| query.matches(&choice.label)).collect()
    }

    #[hook]
    async fn on_request(event: &Event) -> Option<Decision> {
        match event.reason() {
            "deny me" => Some(Decision::deny("as you wish")),
            "approve me" => Some(Decision::approve("as you wish")),
            "take your time" => {
                super::GO.notified().await;
                None
            }
            _ => None,
        }
    }
}

mod slow {
    //! A form that takes its time.
    use countersign::prelude::*;

    flow!("slow", Access, fields = Answers);

    #[derive(Fields)]
    #[expect(dead_code, reason = "only the form reads it")]
    struct Answers {
        /// Cluster
        cluster: Option<String>,
    }

    #[reducer]
    fn get_approver() -> Approvers {
        okta::group("security")
    }

    #[reducer(options = "cluster")]
    async fn clusters() -> Vec<Choice> {
        super::GO.notified().await;
        vec![Choice::new("c1", "Cluster 1")]
    }
}

mod nagging {
    //! Whoever is asked is reminded, and whoever asked is asked how it went.
    use countersign::prelude::*;

    flow!("nagging", Access);

    #[reducer]
    fn get_approver() -> Approvers {
        okta::group("security").remind_every(Duration::seconds(1))
    }

    #[hook]
    fn on_approval(cx: &Context) -> Result<Option<Objection>> {
        cx.schedule("in 1 second", FollowUp::incident())?;
        Ok(None)
    }
}

mod plain {
    //! An approval and nothing else.
    use countersign::prelude::*;

    flow!("plain", Access);

    #[reducer]
    fn get_approver() -> Approvers {
        okta::group("security")
    }
}

mod broken {
    //! A form that cannot be computed.
    use countersign::prelude::*;

    flow!("broken", Access, fields = Answers);

    #[derive(Fields)]
    #[expect(dead_code, reason = "only the form reads it")]
    struct Answers {
        /// Cluster
        cluster: Option<String>,
    }

    #[reducer]
    fn get_approver() -> Approvers {
        okta::group("security")
    }

    #[reducer(options = "cluster")]
    fn clusters() -> Result<Vec<Choice>> {
        Err(HandlerError::new("Test:BROKEN", "nobody knows the clusters"))
    }
}

mod elsewhere {
    //! Not asked for in Slack.
    use countersign::prelude::*;

    flow!("elsewhere", Access);

    #[reducer]
    fn get_approver() -> Approvers {
        admins()
    }
}

const APP: App = App {
    flows: &[
        &access::FLOW,
        &slow::FLOW,
        &nagging::FLOW,
        &plain::FLOW,
        &broken::FLOW,
        &elsewhere::FLOW,
    ],
    strategies: &[],
    name: "test",
    version: "1",
};

const SETTINGS: &str = r#"
[environment]
name = "test"
org = "acme"
domains = ["acme.test"]

[[strategies]]
name = "groups"
type = "directory_group"

[[targets]]
name = "orders"
label = "Orders"
strategy = "groups"

[[targets]]
name = "bills"
label = "Bills & <more>"
strategy = "groups"
durations = ["15m", "1h"]
max_duration = "1h"

[[targets]]
name = "release"
label = "Release"

[[flows]]
name = "access"
targets = ["orders", "bills"]

[[flows]]
name = "slow"
targets = ["orders"]

[[flows]]
name = "nagging"
targets = ["orders"]

[[flows]]
name = "plain"
targets = ["release"]
include_decision_message = false

[[flows]]
name = "broken"
targets = ["orders"]
allow_guest_interaction = true

[[flows]]
name = "elsewhere"
targets = ["orders"]
allowed_sources = ["web"]

[[directory.groups]]
name = "security"
members = ["bo@acme.test", "cy@acme.test", "gil@partner.test"]
"#;

/// The local server, and the workspace.
pub(crate) struct Office {
    pub(crate) workspace: Workspace,
    pub(crate) local: Local,
    pub(crate) ada: String,
    pub(crate) bo: String,
    _serving: Serving,
    _secrets: tempfile::TempDir,
}

/// Somebody listens until it is dropped.
pub(crate) struct Serving(tokio::task::JoinHandle<()>);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Office {
    pub(crate) async fn open() -> Self {
        Self::with("", "").await
    }

    /// One in which the signing secret is just being changed.
    pub(crate) async fn rotating() -> Self {
        Self::signing("", "", "[{ file = 'FOLDER/signing' }, { file = 'FOLDER/next' }]").await
    }

    /// With more in the integration's settings, and more settings.
    pub(crate) async fn with(integration: &str, settings: &str) -> Self {
        Self::signing(integration, settings, "{ file = 'FOLDER/signing' }").await
    }

    async fn signing(integration: &str, settings: &str, signing: &str) -> Self {
        let workspace = Workspace::open().await;
        let secrets = tempfile::tempdir().unwrap();
        for (name, value) in [
            ("bot", workspace.bot_token()),
            ("signing", workspace.signing_secret()),
            ("app", workspace.app_token()),
            ("next", "next-canary".to_owned()),
        ] {
            std::fs::write(secrets.path().join(name), value).unwrap();
        }
        let text = format!(
            "{SETTINGS}\n{settings}\n[[integrations]]\nname = 'slack'\ntype = 'slack'\nexternal_id = '{}'\n\
             [integrations.settings]\nurl = '{}'\nbot_token = {{ file = 'FOLDER/bot' }}\n\
             signing_secret = {signing}\n{integration}",
            workspace.team(),
            workspace.url(),
        );
        let text = text.replace("FOLDER", &secrets.path().display().to_string());
        let settings = Settings::parse(&text, Format::Toml, "settings.toml");
        let settings = settings.unwrap_or_else(|error| panic!("{error}\n{text}"));
        let local = Local::over(&APP, settings, Arc::new(MemoryStore::new())).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = router(&local, address).into_make_service_with_connect_info::<SocketAddr>();
        let serving = tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        workspace.sends_to(&format!("http://{address}"));
        let (ada, bo) = (workspace.person("ada@acme.test"), workspace.person("bo@acme.test"));
        Self { workspace, local, ada, bo, _serving: Serving(serving), _secrets: secrets }
    }

    /// From now on what people do comes in where nothing is after an answer, as in a function.
    pub(crate) async fn as_a_function(&self) -> Serving {
        let settings = self.local.directory.settings();
        let setup = Setup {
            desk: self.local.desk.clone(),
            forms: Arc::new(self.local.desk.clone()),
            secrets: settings.secrets(),
            people: settings.known_users(),
            url: "https://countersign.acme.test".to_owned(),
            later: Later::Before(Duration::from_secs(2)),
        };
        let integration = settings.integrations_of("slack").remove(0);
        let entrance = Entrance::open(&integration, setup).unwrap().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Door::new(vec![entrance]).router();
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        self.workspace.sends_to(&format!("http://{address}"));
        Serving(serving)
    }

    pub(crate) fn ada(&self) -> countersign_vendors::slack::Someone<'_> {
        self.workspace.someone(&self.ada)
    }

    pub(crate) fn bo(&self) -> countersign_vendors::slack::Someone<'_> {
        self.workspace.someone(&self.bo)
    }

    async fn caller(&self, mail: &str) -> Caller {
        let id = UserId::parse(mail).unwrap();
        let user = self.local.directory.user(&id).await.unwrap().unwrap();
        Caller::local(user, Source::Web)
    }

    /// A request on the pages, which then waits for somebody.
    pub(crate) async fn asked(&self, mail: &str, flow: &str) -> RunId {
        let ask = json!({ "flow": flow, "reason": "r", "duration": "1h" });
        let mut ask: Ask = serde_json::from_value(ask).unwrap();
        if flow == "plain" {
            ask.duration = None;
        }
        if flow == "access" {
            ask.target = Some("orders".to_owned().try_into().unwrap());
            ask.fields = serde_json::from_value::<Object>(json!({ "is_read_only": true })).unwrap();
        }
        let caller = self.caller(mail).await;
        let accepted = self.local.desk.request(&caller, &ask, None).await.unwrap();
        let run = self.local.desk.settled(&caller, &accepted, Duration::from_secs(10)).await;
        assert_eq!(run.unwrap().unwrap().status, Status::Pending);
        accepted.id
    }

    /// Waits until a run stands so.
    pub(crate) async fn comes_to(&self, run: &RunId, status: Status) {
        let host = self.local.desk.runner.host.clone();
        let waiting = async {
            while self.local.desk.runner.run(run).await.unwrap().unwrap().status() != status {
                host.changed(run, Duration::from_secs(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), waiting).await.unwrap();
    }

    pub(crate) async fn status(&self, run: &RunId) -> Status {
        self.local.desk.runner.run(run).await.unwrap().unwrap().status()
    }

    /// The runs that somebody asked for, newest first.
    pub(crate) async fn runs_of(&self, mail: &str) -> Vec<countersign::desk::RunView> {
        let caller = self.caller(mail).await;
        let filter = countersign::desk::Filter {
            requester: Some(caller.user.id.clone()),
            ..countersign::desk::Filter::default()
        };
        self.local.desk.runs(&caller, &filter).await.unwrap().items
    }

    /// Waits until somebody has asked so often.
    pub(crate) async fn has_runs(&self, mail: &str, number: usize) {
        let waiting = async {
            while self.runs_of(mail).await.len() < number {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), waiting).await.unwrap();
    }

    /// What was recorded about a run.
    pub(crate) async fn entries(&self, run: &RunId) -> Vec<countersign::desk::EntryView> {
        let caller = self.caller("root@acme.test").await;
        let caller = Caller {
            user: countersign::model::User { role: countersign::model::Role::Admin, ..caller.user },
            ..caller
        };
        self.local.desk.entries(&caller, run, None, 200).await.unwrap().0
    }

    pub(crate) async fn approvals(&self, run: &RunId) -> usize {
        let is_one = |entry: &&countersign::desk::EntryView| {
            matches!(entry.entry.what, What::Approved { .. })
        };
        self.entries(run).await.iter().filter(is_one).count()
    }

    /// A message with buttons about a run, as it stands in somebody's direct messages.
    pub(crate) fn card(&self, user: &str, run: &RunId) -> Message {
        let button = |label: &str, action: &str| {
            json!({
                "type": "button",
                "text": { "type": "plain_text", "text": label },
                "action_id": action,
                "value": run,
            })
        };
        let buttons = [
            button("Approve", "cs_approve"),
            button("Deny", "cs_deny"),
            button("Cancel", "cs_cancel"),
            button("End now", "cs_end"),
            button("Extend", "cs_extend"),
            button("Answer", "cs_answer"),
        ];
        Message {
            channel: self.workspace.direct(user).id().to_owned(),
            ts: "1.000001".to_owned(),
            user: self.workspace.bot(),
            text: "a request".to_owned(),
            blocks: vec![json!({ "type": "actions", "block_id": "b", "elements": buttons })],
            thread: None,
            metadata: None,
            edits: 0,
        }
    }
}
