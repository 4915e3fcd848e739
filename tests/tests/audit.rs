//! The audit tree on AWS: a key of KMS signs it, and a bucket with object lock keeps it.
//!
//! It is tried on an emulator of its own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on panics"
)]

#[path = "dynamodb/place.rs"]
#[allow(dead_code, reason = "the tests of the store look into its tables, too")]
mod place;

use std::sync::Arc;

use countersign::audit::{
    Parcel, SignedHead, Signer, Sink, TreeCheck, Vault, batch_name, head_name, log,
};
use countersign::desk::{Account, account_id, account_key};
use countersign::engine::records::{self, Listed, json as text};
use countersign::engine::{Actor, Cause, Entry, SCHEMA, SealedEntry, What, genesis, seal};
use countersign::model::{Channel, CommandId, Source, Timestamp, UserId};
use countersign::store::{Commit, Expect, Key, Store, Write};
use countersign_functions::audit::{Auditor, Fingerprint, Objects, Places, verify};
use countersign_functions::aws::Patience;
use countersign_functions::aws::audit::{Bucket, KmsKey};
use countersign_functions::aws::signed::{CallError, Signed};
use countersign_functions::aws::sinks::{Bus, Firehose};
use serde_json::json;

const BUCKET: &str = "acme-audit";

struct Place {
    aws: place::Place,
    signed: Signed,
}

impl Place {
    /// `None` where there is no emulator.
    async fn find() -> Option<Self> {
        let aws = place::Place::find().await?;
        let signed = Signed::new(aws.clients.config(Patience::Working)).unwrap();
        signed.put(BUCKET, "", "text/plain", b"").await.unwrap();
        Some(Self { aws, signed })
    }

    async fn key(&self) -> KmsKey {
        let wanted = json!({ "KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY" });
        let answer = self.signed.json("kms", "TrentService.CreateKey", &wanted).await.unwrap();
        KmsKey::new(self.signed.clone(), answer["KeyMetadata"]["KeyId"].as_str().unwrap())
    }

    fn bucket(&self) -> Bucket {
        Bucket::new(self.signed.clone(), BUCKET, "prod")
    }
}

/// What is recorded when somebody was refused something.
fn refusal(user: &UserId, at: Timestamp) -> SealedEntry {
    let id = account_id(user);
    let entry = Entry {
        v: SCHEMA,
        run: id.clone(),
        seq: 1,
        at,
        actor: Actor::local(user.clone()),
        channel: Channel::from(Source::Api),
        cause: Cause::Command { id: CommandId::parse("c1").unwrap(), recorded: at },
        what: What::Noted { about: "test".to_owned(), details: json!({}) },
        effects: Vec::new(),
        notes: Vec::new(),
    };
    seal(entry, genesis(&id))
}

async fn refuse(store: &dyn Store, user: &str, at: Timestamp) {
    let user = UserId::parse(user).unwrap();
    let (id, sealed) = (account_id(&user), refusal(&user, at));
    let account = Account { user: user.clone(), seq: 1, chain: sealed.hash.clone() };
    let put = |key, body| Write::Put { key, body, expect: Expect::Absent };
    let writes = vec![
        put(account_key(&user), text(&account)),
        put(records::entries(&id, 1), text(&[&sealed])),
        put(
            Key::new(records::NOTED, user.as_str()),
            text(&Listed { account: user.clone(), after: 0 }),
        ),
    ];
    assert_eq!(store.write(&records::transaction(writes)).await, Commit::Committed);
}

#[tokio::test]
async fn entries_in_dynamodb_come_under_a_head_of_kms_that_the_bucket_keeps() {
    let Some(place) = Place::find().await else { return };
    let store = Arc::new(place.aws.store());
    let (key, bucket) = (Arc::new(place.key().await), Arc::new(place.bucket()));
    let entries: Arc<dyn Sink> = Arc::new(Objects::new(bucket.clone()));
    let places = Places { signer: Some(key), vault: Some(bucket), sinks: vec![entries] };
    let auditor = Auditor::new(store.clone(), "prod", places);
    let now: Timestamp = "2026-03-02T09:00:00Z".parse().unwrap();
    for (number, user) in (1..).zip(["ada@acme.test", "bo@acme.test"]) {
        refuse(&*store, user, now).await;
        let worked = auditor.finish(now).await;
        assert_eq!((worked.heads, worked.exported, worked.failures), (1, 1, 0));
        assert_eq!(auditor.finish(now).await, countersign_functions::audit::Worked::default());

        let read = async |name: String| {
            let body = place.signed.get(BUCKET, &format!("prod/{name}")).await.unwrap();
            String::from_utf8(body).unwrap()
        };
        let kept: SignedHead = serde_json::from_str(&read(head_name(number)).await).unwrap();
        assert_eq!((kept.head.number, kept.head.size), (number, number));
        let mut check = TreeCheck::default();
        for number in 1..=number {
            let batch = read(batch_name(number)).await;
            check.batch(&serde_json::from_str(&batch).unwrap()).unwrap();
        }
        for head in log::heads(&*store, 0, 10).await.unwrap() {
            check.head(&head, &verify).unwrap();
        }
        assert_eq!(check.kept(&kept), Ok(()));
    }
}

#[tokio::test]
async fn what_kms_signs_anybody_can_verify() {
    let Some(place) = Place::find().await else { return };
    let (key, other) = (place.key().await, place.key().await);
    let signature = key.sign(b"a head").await.unwrap();
    assert_eq!(verify(&signature, b"a head"), Ok(()));
    assert!(verify(&signature, b"another").is_err());
    let again = key.sign(b"another").await.unwrap();
    assert_eq!(Fingerprint::of(&again), Fingerprint::of(&signature));
    let of_other = other.sign(b"a head").await.unwrap();
    assert_ne!(Fingerprint::of(&of_other), Fingerprint::of(&signature));
    let none = KmsKey::new(place.signed.clone(), "00000000-0000-0000-0000-000000000000");
    let refused = none.sign(b"a head").await.unwrap_err();
    assert!(refused.contains("kms answers 4"), "{refused}");
}

#[tokio::test]
async fn what_the_bucket_keeps_is_not_replaced() {
    let Some(place) = Place::find().await else { return };
    let bucket = place.bucket();
    for _ in 0..2 {
        bucket.keep("heads/1.json", "{}").await.unwrap();
    }
    let refused = bucket.keep("heads/1.json", "[]").await.unwrap_err();
    assert!(refused.contains("another `prod/heads/1.json`"), "{refused}");
    assert_eq!(place.signed.get(BUCKET, "prod/heads/1.json").await.unwrap(), b"{}");
    let missing = place.signed.get(BUCKET, "prod/heads/2.json").await.unwrap_err();
    assert!(matches!(missing, CallError::Refused { status, .. } if status == 404), "{missing}");
    let gone = Bucket::new(place.signed.clone(), "no-such-bucket", "prod");
    assert!(gone.keep("heads/1.json", "{}").await.is_err());
}

#[tokio::test]
async fn a_firehose_and_a_bus_take_entries_and_one_that_is_not_there_does_not() {
    let Some(place) = Place::find().await else { return };
    let now: Timestamp = "2026-03-02T09:00:00Z".parse().unwrap();
    let users = (0..23).map(|number| UserId::parse(format!("u{number}@acme.test")).unwrap());
    let entries: Vec<_> = users.map(|user| refusal(&user, now)).collect();
    let parcel = Parcel { id: "1-0-0".to_owned(), entries };

    let make = json!({
        "DeliveryStreamName": "entries",
        "ExtendedS3DestinationConfiguration": {
            "BucketARN": format!("arn:aws:s3:::{BUCKET}"),
            "RoleARN": "arn:aws:iam::000000000000:role/firehose",
        },
    });
    let create = "Firehose_20150804.CreateDeliveryStream";
    place.signed.json("firehose", create, &make).await.unwrap();
    Firehose::new(place.signed.clone(), "entries").send(&parcel).await.unwrap();
    let none = Firehose::new(place.signed.clone(), "none").send(&parcel).await.unwrap_err();
    assert!(none.contains("firehose answers"), "{none}");

    let make = json!({ "Name": "entries" });
    place.signed.json("events", "AWSEvents.CreateEventBus", &make).await.unwrap();
    Bus::new(place.signed.clone(), "prod", "entries").send(&parcel).await.unwrap();
}
