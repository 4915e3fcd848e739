//! Against moto, which is written by others from AWS's models: the shapes of requests and answers.
//! `cargo xtask rig` installs it; without it the tests here skip themselves, and say so.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use aws_config::SdkConfig;
use aws_sdk_identitystore::types::Email;
use countersign::model::Integration;
use countersign::testing::StrategyKit;
use serde_json::{Value, json};

use super::super::account::Account;
use super::super::identity_center::{Assignments, Instance};
use crate::membership::{Membership, Seat};
use crate::testing::{integration, open, secret, secrets, user};

/// moto's own account.
const ACCOUNT: &str = "123456789012";

/// An emulator that runs until it is dropped.
struct Moto {
    child: Child,
    url: String,
}

impl Drop for Moto {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Moto {
    /// Starts one on a port that it picks; `None` where none is installed.
    fn start() -> Option<Self> {
        let Some(program) = std::env::var_os("COUNTERSIGN_MOTO").filter(|it| !it.is_empty()) else {
            println!("skipped: COUNTERSIGN_MOTO names no moto; `cargo xtask rig` installs it");
            return None;
        };
        let mut child = Command::new(program)
            .args(["--host", "127.0.0.1", "--port", "0"])
            .env("PYTHONUNBUFFERED", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let is_address = |line: &String| line.contains("http://127.0.0.1:");
        let line =
            lines.by_ref().map(Result::unwrap).find(is_address).expect("moto says where it is");
        // It goes on talking, and would stop if nobody listened.
        std::thread::spawn(move || lines.for_each(drop));
        let url = line.split_whitespace().find(|word| word.starts_with("http://")).unwrap();
        Some(Self { child, url: url.to_owned() })
    }

    fn settings(&self) -> Value {
        json!({
            "url": self.url,
            "region": "us-east-1",
            "access_key_id": "AKIAIOSFODNN7EXAMPLE",
            "secret_access_key": secret("hush"),
        })
    }

    fn account(&self) -> Integration {
        integration("aws", ACCOUNT, self.settings())
    }

    async fn config(&self) -> SdkConfig {
        let account = Account::open(&self.account(), &secrets(), &[]).unwrap();
        account.enter("test").await.unwrap()
    }
}

#[tokio::test]
async fn iam_as_moto_knows_it_takes_users_into_groups_and_policies_on_users_and_roles() {
    let Some(moto) = Moto::start() else { return };
    let client = aws_sdk_iam::Client::new(&moto.config().await);
    for name in ["ada@acme.test", "bo@acme.test"] {
        client.create_user().user_name(name).send().await.unwrap();
    }
    client.create_group().group_name("admins").send().await.unwrap();
    let trust = json!({ "Version": "2012-10-17", "Statement": [] }).to_string();
    client
        .create_role()
        .role_name("reader")
        .assume_role_policy_document(trust)
        .send()
        .await
        .unwrap();
    let kit = |kind: &'static str, settings: Value, target: Value, unknown: bool| {
        let moto = &moto;
        let fresh = move || (open(kind, &moto.account(), settings.clone()), ());
        let kit = StrategyKit::new(fresh).target_settings(&target);
        if unknown { kit.unknown("stranger@acme.test") } else { kit }
    };
    kit("aws_iam_group", json!({}), json!({ "group": "admins" }), true).run().await;
    kit("aws_s3", json!({}), json!({ "bucket": "data", "prefix": "2026/" }), true).run().await;
    let role = json!({ "bucket": "data", "access": "read_write", "role": "reader" });
    kit("aws_s3", json!({ "principal": "session" }), role, false).run().await;
}

#[tokio::test]
async fn a_role_is_assumed_as_moto_knows_it() {
    let Some(moto) = Moto::start() else { return };
    let mut settings = moto.settings();
    settings["role_arn"] = json!(format!("arn:aws:iam::{ACCOUNT}:role/grants"));
    settings["role_external_id"] = json!("acme");
    let account = Account::open(&integration("aws", ACCOUNT, settings), &secrets(), &[]).unwrap();
    account.enter(super::RUN).await.unwrap();
}

#[tokio::test]
async fn identity_center_as_moto_knows_it_assigns_permission_sets_and_has_groups() {
    let Some(moto) = Moto::start() else { return };
    let config = moto.config().await;
    let admin = aws_sdk_ssoadmin::Client::new(&config);
    let instances = admin.list_instances().send().await.unwrap();
    let instance = instances.instances().first().unwrap().clone();
    let (arn, store) = (instance.instance_arn.unwrap(), instance.identity_store_id.unwrap());
    // moto invents a duration that is no text where it is given none.
    let permissions = admin.create_permission_set().instance_arn(&arn).name("Admin");
    let permissions = permissions.session_duration("PT1H").send().await.unwrap();
    let permissions = permissions.permission_set.unwrap().permission_set_arn.unwrap();
    let people = aws_sdk_identitystore::Client::new(&config);
    for mail in ["ada@acme.test", "bo@acme.test"] {
        let email = Email::builder().value(mail).primary(true).build();
        let name =
            aws_sdk_identitystore::types::Name::builder().given_name("A").family_name("B").build();
        let user = people.create_user().identity_store_id(&store).user_name(mail).emails(email);
        user.display_name(mail).name(name).send().await.unwrap();
    }
    people.create_group().identity_store_id(&store).display_name("Admins").send().await.unwrap();
    let mut settings = moto.settings();
    settings["identity_store_id"] = json!(store);
    let center = integration("aws_identity_center", &arn, settings);
    let target = json!({ "account": "210987654321", "permission_set_arn": permissions });
    // moto makes an assignment twice that is asked for twice, and AWS does not: so no kit here.
    let instance = Instance::open(&center, &secrets()).unwrap();
    let strategy = Assignments { instance, patience: super::HASTY };
    let who = strategy.find(&user("ada@acme.test")).await.unwrap().unwrap();
    assert_eq!(strategy.find(&user("stranger@acme.test")).await.unwrap(), None);
    let place = strategy.place(&crate::testing::target(target)).unwrap();
    let seat = Seat { place: &place, who: &who, run: super::RUN };
    for _ in 0..2 {
        assert!(!strategy.has(&seat).await.unwrap());
        strategy.add(&seat).await.unwrap();
        assert!(strategy.has(&seat).await.unwrap());
        strategy.remove(&seat).await.unwrap();
    }
    StrategyKit::new(|| (open("aws_identity_center_group", &center, json!({})), ()))
        .target_settings(&json!({ "group": "Admins" }))
        .unknown("stranger@acme.test")
        .run()
        .await;
}
