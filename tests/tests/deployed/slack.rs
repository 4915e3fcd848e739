//! Somebody turns Slack on, and people type and press there what they want.

use std::time::Instant;

use countersign::engine::records;
use countersign::store::{Query, Store};
use countersign_vendors::slack::{Message, Workspace};
use serde_json::json;

use crate::people::holds;
use crate::place::{Place, eventually};
use crate::{chains, doctor};

/// People in front of Slack, which is in front of the deployment.
struct Office<'a> {
    place: &'a Place,
    workspace: Workspace,
    ada: String,
    ops: String,
}

pub(crate) async fn tell(place: &Place) {
    let office = Office::open(place).await;
    office.hears_nobody_else().await;
    let (ada, ops) = (office.workspace.someone(&office.ada), office.workspace.someone(&office.ops));
    ada.types("/access infra_access prod-database 1h INC-42").await;
    ada.is_told("Your request has been sent.").await;
    let card = office.card("waits for", |card| card.button("Approve").is_some()).await;
    assert!(card.seen().contains("INC-42"), "{}", card.seen());

    // Nobody knows yet that it is refused.
    ada.clicks_in(&card, "Approve").await;
    let refused = office.only_seen_by(&office.ada, "about their own request").await;
    assert!(refused.seen().starts_with(":no_entry:"), "{}", refused.seen());
    assert_eq!(office.workspace.ephemerals(&office.ops), []);

    ops.clicks_in(&card, "Approve").await;
    let card = office.card("is there", |card| card.button("End access").is_some()).await;
    assert!(card.first_line().starts_with("*Approved by"), "{}", card.first_line());
    let mut root = place.person("root@acme.test");
    let runs = root.get("/v1/runs?target=prod-database&status=active").await.json();
    let run = runs["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(holds(place, &run).await, Some(json!("ada@acme.test")));

    ada.clicks_in(&card, "End access").await;
    let card = office.card("is over", |card| card.first_line().contains("ended")).await;
    assert_eq!(card.buttons(), []);
    assert_eq!(root.until(&run, "closed").await["outcome"], "ended");
    assert_eq!(holds(place, &run).await, None);
    chains::entries(&mut root, &run).await;
    doctor::tell(place, &office.workspace).await;
}

impl<'a> Office<'a> {
    /// Turns Slack on by applying the module again.
    async fn open(place: &'a Place) -> Self {
        let workspace = Workspace::open().await;
        let (ada, ops) = (workspace.person("ada@acme.test"), workspace.person("ops@acme.test"));
        workspace.add_channel("#ops", &[&ada, &ops]);
        workspace.sends_to(&place.url);
        let slack = json!({
            "team_id": workspace.team(),
            "app_id": workspace.app(),
            "url": workspace.url(),
            "bot_token": workspace.bot_token(),
            "signing_secret": workspace.signing_secret(),
        });
        // Functions that are told to log otherwise begin anew, so that nobody waits until those that
        // are there read their settings again.
        let inputs = [("slack", slack.to_string()), ("log_level", "warn,countersign=info".into())];
        let began = Instant::now();
        tokio::task::block_in_place(|| place.deployment.change(&inputs)).unwrap();
        println!("  applied again in {:.1} s", began.elapsed().as_secs_f64());
        let office = Self { place, workspace, ada, ops };
        // Slack does not wait for a function that begins on a busy machine.
        let mut root = place.person("root@acme.test");
        let there = eventually(async || (root.get("/v1/me").await.status == 200).then_some(()));
        there.await.expect("the functions are there again");
        // As Slack asks when the app is made.
        let greeting = json!({ "type": "url_verification", "challenge": "c4a11e" }).to_string();
        let answer = office.workspace.send("/slack/events", "application/json", &greeting).await;
        assert_eq!((answer.0, answer.1.contains("c4a11e")), (200, true), "{answer:?}");
        office
    }

    /// What Slack did not sign, or not like this, leaves nothing behind.
    async fn hears_nobody_else(&self) {
        let line = |target: &str| {
            format!(
                "team_id={}&user_id={}&api_app_id={}&command=%2Faccess&text=infra_access+{target}+1h+INC-42",
                self.workspace.team(),
                self.ada,
                self.workspace.app()
            )
        };
        let signed = self.workspace.signed(&line("ci-deploy"));
        let (time, signature) = (&signed[0].1, &signed[1].1);
        let (runs, heard) = (self.runs().await, self.workspace.house().heard().len());
        let send = async |target: &str, time: &str, signature: &str| {
            let line = line(target);
            self.workspace.sends_signed("/slack/commands", &line, time, signature).await
        };
        assert_eq!(send("ci-deploy", time, &format!("v0={}", "0".repeat(64))).await, 401);
        assert_eq!(send("prod-database", time, signature).await, 401);
        assert_eq!(send("ci-deploy", "1700000000", signature).await, 401);
        assert_eq!(self.runs().await, runs);
        for shard in records::command_shards() {
            assert_eq!(self.place.store.query(&Query::of(shard)).await.unwrap().items, []);
        }
        assert_eq!(self.workspace.house().heard().len(), heard);
    }

    /// The newest run of all.
    async fn runs(&self) -> serde_json::Value {
        self.place.person("root@acme.test").get("/v1/runs?limit=1").await.json()
    }

    /// The message about the request in the channel, once this is true of it.
    async fn card(&self, what: &str, is: impl Fn(&Message) -> bool) -> Message {
        let seen = eventually(async || {
            let all = self.workspace.channel("#ops").messages();
            assert!(all.len() <= 1, "it is one message: {all:#?}");
            all.into_iter().find(&is)
        });
        let seen = seen.await;
        seen.unwrap_or_else(|| panic!("no message says that it {what}"))
    }

    /// What was told to somebody alone.
    async fn only_seen_by(&self, user: &str, text: &str) -> Message {
        let told = eventually(async || {
            let all = self.workspace.ephemerals(user);
            all.into_iter().find(|message| message.seen().contains(text))
        });
        told.await.unwrap_or_else(|| panic!("{user} is not told {text:?}"))
    }
}
