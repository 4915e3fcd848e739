//! Receivers of audit entries on AWS: a Firehose stream, an event bus.

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign::audit::{Parcel, Sink};
use countersign::engine::{SealedEntry, records};
use serde_json::{Value, json};

use super::signed::Signed;

/// A Firehose stream: an entry a record, and a line.
#[derive(Debug, Clone)]
pub struct Firehose {
    signed: Signed,
    stream: String,
}

impl Firehose {
    /// The stream of this name.
    pub fn new(signed: Signed, stream: impl Into<String>) -> Self {
        Self { signed, stream: stream.into() }
    }
}

#[async_trait]
impl Sink for Firehose {
    fn name(&self) -> &'static str {
        "firehose"
    }

    async fn send(&self, parcel: &Parcel) -> Result<(), String> {
        let data = |sealed: &SealedEntry| STANDARD.encode(records::json(sealed) + "\n");
        let records: Vec<_> =
            parcel.entries.iter().map(|sealed| json!({ "Data": data(sealed) })).collect();
        let body = json!({ "DeliveryStreamName": self.stream, "Records": records });
        let operation = "Firehose_20150804.PutRecordBatch";
        let answer = self.signed.json("firehose", operation, &body).await;
        let answer = answer.map_err(|error| error.to_string())?;
        // Some may be taken and others not: all come again, so that their order holds.
        all_taken(&answer, "FailedPutCount", "RequestResponses")
    }
}

/// An `EventBridge` bus: an entry an event.
#[derive(Debug, Clone)]
pub struct Bus {
    signed: Signed,
    environment: String,
    name: String,
}

/// So many events are taken at once, with so many bytes together.
const MOST_EVENTS: usize = 10;
const MOST_BYTES: usize = 240 * 1024;

impl Bus {
    /// The bus with this name or ARN.
    pub fn new(signed: Signed, environment: impl Into<String>, bus: impl Into<String>) -> Self {
        Self { signed, environment: environment.into(), name: bus.into() }
    }

    fn event(&self, sealed: &SealedEntry) -> Value {
        let mut detail = json!({ "environment": self.environment, "entry": sealed }).to_string();
        if detail.len() > MOST_BYTES {
            // No event holds it: whoever wants all of it finds it by this.
            let SealedEntry { entry, previous, hash } = sealed;
            let (run, seq) = (&entry.run, entry.seq);
            let named = json!({ "run": run, "seq": seq, "previous": previous, "hash": hash });
            let environment = &self.environment;
            detail = json!({ "environment": environment, "entry": named, "cut": true }).to_string();
        }
        json!({
            "EventBusName": self.name,
            "Source": "countersign",
            "DetailType": "Countersign Audit Entry",
            "Time": sealed.entry.at.as_second(),
            "Detail": detail,
        })
    }
}

#[async_trait]
impl Sink for Bus {
    fn name(&self) -> &'static str {
        "bus"
    }

    async fn send(&self, parcel: &Parcel) -> Result<(), String> {
        let events: Vec<_> = parcel.entries.iter().map(|sealed| self.event(sealed)).collect();
        for some in portions(&events) {
            let body = json!({ "Entries": some });
            let answer = self.signed.json("events", "AWSEvents.PutEvents", &body).await;
            let answer = answer.map_err(|error| error.to_string())?;
            all_taken(&answer, "FailedEntryCount", "Entries")?;
        }
        Ok(())
    }
}

/// As many events as go together, again and again.
fn portions(mut events: &[Value]) -> Vec<&[Value]> {
    let mut portions = Vec::new();
    while !events.is_empty() {
        let (mut number, mut bytes) = (0, 0_usize);
        for event in events.iter().take(MOST_EVENTS) {
            bytes = bytes.saturating_add(event.to_string().len());
            if number > 0 && bytes > MOST_BYTES {
                break;
            }
            number += 1;
        }
        let (some, rest) = events.split_at_checked(number).unwrap_or((events, &[]));
        portions.push(some);
        events = rest;
    }
    portions
}

/// Whether a service says that it took everything.
fn all_taken(answer: &Value, count: &str, list: &str) -> Result<(), String> {
    match answer.get(count).and_then(Value::as_u64) {
        Some(0) => Ok(()),
        Some(failed) => {
            let answers = answer.get(list).and_then(Value::as_array);
            let code = |answer: &Value| answer.get("ErrorCode")?.as_str().map(str::to_owned);
            let first = answers.and_then(|answers| answers.iter().find_map(code));
            Err(format!("{failed} were not taken: {}", first.unwrap_or_default()))
        }
        None => Err(format!("the service answers without `{count}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_go_in_portions_that_the_bus_takes_and_in_their_order() {
        let event = |size: usize| json!({ "Detail": "x".repeat(size) });
        let sizes = |events: &[Value]| {
            let portions = portions(events);
            assert_eq!(portions.concat(), events);
            portions.iter().map(|portion| portion.len()).collect::<Vec<_>>()
        };
        assert_eq!(sizes(&[]), [0_usize; 0]);
        assert_eq!(sizes(&vec![event(10); 23]), [10, 10, 3]);
        assert_eq!(sizes(&vec![event(100 * 1024); 5]), [2, 2, 1]);
        assert_eq!(sizes(&vec![event(MOST_BYTES); 2]), [1, 1]);
    }

    #[test]
    fn what_was_taken_in_part_was_not_taken() {
        let taken = |answer: Value| all_taken(&answer, "FailedPutCount", "RequestResponses");
        assert_eq!(taken(json!({ "FailedPutCount": 0 })), Ok(()));
        let part = json!({
            "FailedPutCount": 1,
            "RequestResponses": [{ "RecordId": "1" }, { "ErrorCode": "ServiceUnavailable" }],
        });
        assert_eq!(taken(part), Err("1 were not taken: ServiceUnavailable".to_owned()));
        assert!(taken(json!({})).is_err());
    }
}
