//! The local system with the pages in front of it, on a free port.

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use countersign::context::Message;
use countersign_functions::app::App;
use countersign_functions::console::{ConsoleState, Outbox, router};
use countersign_functions::local::{Local, LocalDirectory};
use countersign_functions::settings::{Format, Settings};
use countersign_tests::issuer::{Client, Issuer};
use tempfile::TempDir;

mod infra_access {
    use countersign::prelude::*;

    flow!("infra_access", Access);

    #[reducer]
    fn get_approver(event: &Event) -> Approvers {
        match event.target().kind() {
            "s3" => okta::group("data-security"),
            _ => slack::channel("#ops"),
        }
    }

    #[hook]
    async fn on_request(event: &Event, cx: &Context) -> Result<Option<Decision>> {
        let is_on_call = cx.pagerduty().is_on_call(event.user()).await?;
        Ok(is_on_call.then(|| Decision::approve("on call")))
    }
}

const APP: App = App {
    flows: countersign::flows![infra_access],
    strategies: &[],
    name: "browser",
    version: "1",
};

const SETTINGS: &str = include_str!("settings.toml");

/// The running system.
pub(crate) struct Server {
    pub(crate) address: String,
    _data: TempDir,
}

#[derive(Debug)]
struct Kept(Arc<LocalDirectory>);

#[async_trait]
impl Outbox for Kept {
    async fn messages(&self, limit: usize) -> Vec<Message> {
        self.0.messages(false, limit).await.unwrap()
    }
}

impl Server {
    pub(crate) async fn start() -> Self {
        let data = TempDir::new().unwrap();
        let settings = Settings::parse(SETTINGS, Format::Toml, "settings.toml").unwrap();
        let local = Local::start(&APP, settings, data.path()).unwrap();
        let state = ConsoleState {
            desk: local.desk.clone(),
            people: local.directory.settings().known_users(),
            outbox: Some(Arc::new(Kept(local.directory.clone()))),
            sign_in: None,
            forms: Arc::new(local.desk.clone()),
            viewers: None,
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let pages = router(state).into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move {
            let _local = local;
            axum::serve(listener, pages).await.unwrap();
        });
        Self { address, _data: data }
    }

    /// One for many people, who sign in with this provider.
    pub(crate) async fn signing_in_with(issuer: &Issuer) -> Self {
        let data = TempDir::new().unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let address = format!("http://localhost:{}", at.port());
        issuer.register(Client {
            id: "pages".to_owned(),
            redirect_uris: vec![format!("{address}/signin/callback")],
            signed_out_uris: vec![format!("{address}/signout")],
            ..Client::default()
        });
        let sign_in = format!(
            "\n[sign_in]\nissuer = \"{}\"\nclient_id = \"pages\"\nurl = \"{address}\"\n",
            issuer.url()
        );
        let text = format!("{SETTINGS}{sign_in}");
        let settings = Settings::parse(&text, Format::Toml, "settings.toml").unwrap();
        let local = Local::start(&APP, settings, data.path()).unwrap();
        let pages = countersign_functions::local::router(&local, at);
        let pages = pages.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move {
            let _local = local;
            axum::serve(listener, pages).await.unwrap();
        });
        Self { address, _data: data }
    }

    pub(crate) fn page(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }
}
