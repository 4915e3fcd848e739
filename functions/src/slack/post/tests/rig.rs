//! A local server in memory, and a workspace that it posts in.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use countersign::desk::{Ask, Caller};
use countersign::engine::{Actor, Auth, CommandKind, Run};
use countersign::model::{Channel, FlowName, RunId, Source, User, UserId};
use countersign::store::{Commit, Item, Key, Page, Query, ReadError, Store, Transaction};
use countersign::testing::MemoryStore;
use countersign_vendors::House;
use countersign_vendors::slack::{Message, Workspace};
use tokio::sync::Notify;

use crate::app::App;
use crate::local::Local;
use crate::settings::Settings;

mod access {
    //! Who is asked is what the reason says.
    use countersign::prelude::*;

    flow!("access", Access);

    #[reducer]
    fn get_approver(event: &Event) -> Approvers {
        match event.reason() {
            "group" => okta::group("security"),
            "user group" => slack::group("@on-call").notify(slack::channel("#ops")),
            "elsewhere" => okta::group("security").notify(slack::channel("#ops")),
            "many" => okta::group("everybody"),
            "nowhere" => slack::channel("#nowhere").or_else(slack::channel("#ops")),
            "nowhere at all" => slack::channel("#nowhere"),
            "without account" => okta::group("strangers").or_else(slack::channel("#ops")),
            "two stages" => slack::channel("#ops").then(slack::channel("#ops")).distinct(),
            _ => slack::channel("#ops"),
        }
    }

    #[action]
    async fn after_request(event: &Event, cx: &Context) -> Result {
        if event.reason() == "say" {
            cx.slack().reply("a reply of the flow's").await?;
            cx.slack().send("#ops", "<!channel> an announcement").await?;
            cx.slack().tell(event.user(), "a word").await?;
        }
        Ok(())
    }
}

const APP: App = App { flows: &[&access::FLOW], strategies: &[], name: "test", version: "1" };

fn settings(url: &str, team: &str) -> String {
    format!(
        r##"
[environment]
name = "test"
org = "acme"
domains = ["acme.test"]

[[integrations]]
name = "slack"
type = "slack"
external_id = "{team}"
settings = {{ bot_token = {{ file = "token" }}, url = "{url}", error_channel = "#errors" }}

[[integrations]]
name = "directory"
type = "directory"
external_id = "local"

[[strategies]]
name = "groups"
type = "directory_group"
integration = "directory"

[[targets]]
name = "orders"
kind = "database"
label = "Orders & <bills>"
strategy = "groups"

[[flows]]
name = "access"
targets = ["orders"]

[[users]]
email = "root@acme.test"
role = "admin"

[[directory.groups]]
name = "security"
members = ["bo@acme.test", "cy@acme.test"]

[[directory.groups]]
name = "everybody"
members = ["p0@acme.test", "p1@acme.test", "p2@acme.test", "p3@acme.test", "p4@acme.test", "p5@acme.test", "p6@acme.test", "p7@acme.test"]

[[directory.groups]]
name = "strangers"
members = ["eve@acme.test"]

[[directory.channels]]
name = "#ops"
members = ["bo@acme.test", "cy@acme.test"]

[[directory.channels]]
name = "#nowhere"
members = ["bo@acme.test"]
"##
    )
}

/// A server and a workspace with Ada, who asks, Bo and Cy, who are asked in #ops, and #errors.
pub(super) struct Rig {
    pub(super) workspace: Workspace,
    pub(super) local: Local,
    pub(super) ada: String,
    pub(super) bo: String,
    pub(super) cy: String,
    /// The id of #ops.
    pub(super) ops: String,
    store: Arc<Telling>,
    settings: Settings,
    // Deleted when it is dropped.
    _folder: tempfile::TempDir,
}

impl Rig {
    pub(super) async fn new() -> Self {
        let workspace = Workspace::open().await;
        workspace.with_second(Duration::from_millis(8));
        let ada = workspace.person("ada@acme.test");
        let bo = workspace.person("bo@acme.test");
        let cy = workspace.person("cy@acme.test");
        let ops = workspace.add_channel("#ops", &[&ada, &bo, &cy]);
        workspace.add_channel("#errors", &[]);
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("token"), workspace.bot_token()).unwrap();
        let text = settings(&workspace.url(), &workspace.team());
        let file = folder.path().join("settings.toml");
        std::fs::write(&file, &text).unwrap();
        let settings = Settings::read(&file).unwrap();
        let store = Arc::new(Telling::default());
        let local = Self::start(&settings, &store);
        Self { workspace, local, ada, bo, cy, ops, store, settings, _folder: folder }
    }

    fn start(settings: &Settings, store: &Arc<Telling>) -> Local {
        let local = Local::over(&APP, settings.clone(), store.clone()).unwrap();
        let post = local.courier.as_ref().unwrap().post().unwrap();
        post.0.pacer.set_second(Duration::from_millis(8));
        post.pages_at("https://countersign.acme.test/");
        local
    }

    /// The server is killed, and started again.
    pub(super) async fn restart(&mut self) {
        self.local.stop().await;
        self.local = Self::start(&self.settings, &self.store);
    }

    pub(super) fn house(&self) -> &House {
        self.workspace.house()
    }

    /// Ada asks for an hour.
    pub(super) async fn asks(&self, reason: &str) -> RunId {
        self.asks_as("ada", reason).await
    }

    pub(super) async fn asks_as(&self, name: &str, reason: &str) -> RunId {
        let mut ask = Ask::new(FlowName::parse("access").unwrap());
        ask.duration = Some(countersign::model::Duration::HOUR);
        reason.clone_into(&mut ask.reason);
        let (caller, desk) = (caller(name), &self.local.desk);
        let accepted = desk.request(&caller, &ask, None).await.unwrap();
        desk.settled(&caller, &accepted, PATIENCE).await.unwrap();
        accepted.id
    }

    /// Somebody does something, elsewhere than in Slack.
    pub(super) async fn does(&self, name: &str, run: &RunId, kind: CommandKind) {
        let (caller, desk) = (caller(name), &self.local.desk);
        let accepted = desk.command(&caller, run, kind, None).await.unwrap();
        desk.settled(&caller, &accepted, PATIENCE).await.unwrap();
    }

    /// Somebody does something in Slack, in a channel.
    pub(super) async fn clicks(
        &self,
        account: &str,
        channel: &str,
        run: &RunId,
        kind: CommandKind,
    ) {
        let name = if account == self.ada { "ada" } else { "bo" };
        let caller = Caller {
            auth: Auth::Slack { team: self.workspace.team(), user: account.to_owned() },
            channel: Channel { source: Source::Slack, identifier: Some(channel.to_owned()) },
            ..caller(name)
        };
        let accepted = self.local.desk.command(&caller, run, kind, None).await.unwrap();
        // Whether it is refused is for the messages to say.
        let _ = self.local.desk.settled(&caller, &accepted, PATIENCE).await;
    }

    pub(super) async fn approves(&self, name: &str, run: &RunId) {
        self.does(name, run, CommandKind::Approve { message: None, shown: None }).await;
    }

    pub(super) async fn denies(&self, name: &str, run: &RunId, why: &str) {
        self.does(name, run, CommandKind::Deny { message: Some(why.to_owned()) }).await;
    }

    pub(super) async fn ends(&self, name: &str, run: &RunId) {
        self.does(name, run, CommandKind::Revoke { message: None }).await;
    }

    pub(super) async fn run(&self, run: &RunId) -> Run {
        self.local.desk.runner.run(run).await.unwrap().unwrap()
    }

    /// Nothing is left to be said, of anything.
    pub(super) async fn all_is_said(&self) {
        let courier = self.local.courier.as_ref().unwrap();
        let waiting = async {
            loop {
                let written = self.store.written.notified();
                tokio::pin!(written);
                written.as_mut().enable();
                if courier.left().await.unwrap().is_empty() {
                    return;
                }
                written.await;
            }
        };
        let said = tokio::time::timeout(PATIENCE, waiting).await;
        said.expect("not all is said");
    }

    /// Something is so in the workspace, in the end.
    pub(super) async fn in_the_end<T>(&self, is_so: impl Fn(&Self) -> Option<T>) -> T {
        self.house().until("what the story goes on with", || is_so(self)).await
    }

    /// All cards in a channel.
    pub(super) fn cards(&self, channel: &str) -> Vec<Message> {
        self.workspace.channel(channel).messages()
    }

    /// The only card in #ops.
    pub(super) fn card(&self) -> Message {
        let mut cards = self.cards("#ops");
        assert_eq!(cards.len(), 1, "{cards:?}");
        cards.remove(0)
    }

    /// What is in the thread of a message.
    pub(super) fn thread(&self, of: &Message) -> Vec<String> {
        let all = self.workspace.channel("#ops").replies(of);
        all.iter().map(Message::seen).collect()
    }

    /// What somebody read in their direct messages.
    pub(super) fn read_by(&self, user: &str) -> Vec<String> {
        self.workspace.direct(user).all().iter().map(Message::seen).collect()
    }
}

/// Far longer than anything takes.
pub(super) const PATIENCE: Duration = Duration::from_mins(5);

/// A store that tells of every write.
#[derive(Debug, Default)]
struct Telling {
    store: MemoryStore,
    written: Notify,
}

#[async_trait]
impl Store for Telling {
    async fn get(&self, key: &Key) -> Result<Option<Item>, ReadError> {
        self.store.get(key).await
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, ReadError> {
        self.store.get_many(keys).await
    }

    async fn query(&self, query: &Query) -> Result<Page, ReadError> {
        self.store.query(query).await
    }

    async fn write(&self, transaction: &Transaction) -> Commit {
        let outcome = self.store.write(transaction).await;
        self.written.notify_waiters();
        outcome
    }
}

pub(super) fn caller(name: &str) -> Caller {
    let user = User::new(UserId::of_mail(&format!("{name}@acme.test")).unwrap());
    let auth = Actor::local(user.id.clone()).auth;
    Caller { user, auth, channel: Channel::from(Source::Api), scopes: None }
}
