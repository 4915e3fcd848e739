//! What people do: ask, decide about each other's requests, change their minds, press twice.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::ledger::Deed;
use super::settings::{self, ADMIN, TARGETS, approvers};
use super::world::{Order, World};
use crate::chance::Chance;
use crate::http::{Answer, Call, Client};

/// Somebody who asks for access again and again, with those who decide about it.
struct Person {
    world: Arc<World>,
    user: String,
    is_on_call: bool,
    chance: Chance,
    client: Option<Client>,
}

/// Asks for access again and again, until the stories end.
pub(super) async fn live(world: Arc<World>, number: usize, chance: Chance) {
    let mut person = Person {
        world,
        user: settings::person(number),
        is_on_call: settings::is_on_call(number),
        chance,
        client: None,
    };
    while !person.world.is_ending() {
        person.story().await;
        let pause = person.chance.within(0, 60);
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }
}

impl Person {
    async fn story(&mut self) {
        let Some((target, kind)) = self.chance.one_of(&TARGETS).copied() else { return };
        let duration = if self.chance.percent(60) {
            format!("{}s", self.chance.within(6, 9))
        } else {
            "1h".to_owned()
        };
        let key = self.world.new_key();
        // The reason names the key, so that runs can be counted by it.
        let body = json!({
            "flow": "infra_access", "target": target, "duration": duration, "reason": key,
        });
        let user = self.user.clone();
        let answer = self.give(Deed::Request, &user, "/v1/runs", &key, &body).await;
        let run = answer.text("id");
        if run.is_empty() {
            self.clear(&answer).await;
        } else if self.is_on_call {
            self.hold(&run, kind).await;
        } else {
            self.decided(&run, kind).await;
        }
    }

    /// Somebody decides, or nobody does.
    async fn decided(&mut self, run: &str, kind: &str) {
        let Some(approver) = self.chance.one_of(approvers(kind)).copied() else { return };
        let user = self.user.clone();
        match self.chance.within(0, 100) {
            0..65 => {
                if self.chance.percent(15) {
                    self.decide(Deed::Approve, &user, run).await;
                }
                self.decide(Deed::Approve, approver, run).await;
                self.hold(run, kind).await;
            }
            65..75 => self.at_the_same_time(run, kind).await,
            75..85 => self.decide(Deed::Deny, approver, run).await,
            85..95 => self.decide(Deed::Cancel, &user, run).await,
            // It is left lying.
            _ => {}
        }
    }

    /// Access is there, or comes.
    async fn hold(&mut self, run: &str, kind: &str) {
        let user = self.user.clone();
        let approver = self.chance.one_of(approvers(kind)).copied().unwrap_or(ADMIN);
        match self.chance.within(0, 100) {
            0..35 => {
                let who = [user.as_str(), approver, ADMIN];
                let who = self.chance.one_of(&who).copied().unwrap_or(ADMIN);
                self.decide(Deed::Revoke, who, run).await;
            }
            35..45 => self.extended(run, kind).await,
            45..55 => self.decide(Deed::Cancel, &user, run).await,
            // It ends by itself, or is left as it is.
            _ => {}
        }
    }

    async fn extended(&mut self, run: &str, kind: &str) {
        let key = self.world.new_key();
        let body = json!({ "duration": "10s", "reason": key });
        let (user, path) = (self.user.clone(), format!("/v1/runs/{run}/extend"));
        let answer = self.give(Deed::Extend, &user, &path, &key, &body).await;
        let longer = answer.text("id");
        if !longer.is_empty() && !self.is_on_call {
            let approver = self.chance.one_of(approvers(kind)).copied().unwrap_or(ADMIN);
            self.decide(Deed::Approve, approver, &longer).await;
        }
    }

    /// Two approvers press at the same time, one for yes and the other for either.
    async fn at_the_same_time(&mut self, run: &str, kind: &str) {
        let deed = if self.chance.percent(50) { Deed::Approve } else { Deed::Deny };
        let both: Vec<_> = [Deed::Approve, deed].into_iter().zip(approvers(kind)).collect();
        let mut presses = tokio::task::JoinSet::new();
        for (deed, who) in both {
            let mut other = Self {
                world: self.world.clone(),
                user: self.user.clone(),
                is_on_call: false,
                chance: self.chance.fork(),
                client: None,
            };
            let run = run.to_owned();
            presses.spawn(async move { other.decide(deed, who, &run).await });
        }
        presses.join_all().await;
    }

    async fn decide(&mut self, deed: Deed, who: &str, run: &str) {
        let (key, path) = (self.world.new_key(), format!("/v1/runs/{run}/{}", deed.as_str()));
        let body = json!({ "message": key });
        for _ in 0..200 {
            let answer = self.give(deed, who, &path, &key, &body).await;
            // What was asked for has been recorded; the run itself comes a moment later.
            if answer.status != 404 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        self.world.broke(format!("run {run} was accepted and is not there"));
    }

    /// Gives an order, and sometimes the same once more.
    async fn give(
        &mut self,
        deed: Deed,
        user: &str,
        path: &str,
        key: &str,
        body: &Value,
    ) -> Answer {
        let wait = self.chance.percent(60).then_some(2);
        let order = Order { deed, user, path, key, wait, body };
        let answer = self.world.order(&mut self.client, &order).await;
        if (200..300).contains(&answer.status) && self.chance.percent(10) {
            let again = Order { wait: None, ..order };
            return self.world.order(&mut self.client, &again).await;
        }
        answer
    }

    /// What stands in the way of a new request is ended.
    async fn clear(&mut self, answer: &Answer) {
        if answer.text("code") != "duplicate" {
            return;
        }
        let (user, run) = (self.user.clone(), answer.text("run"));
        let path = format!("/v1/runs/{run}");
        let found = self.world.call(&mut self.client, &Call::get(&path, &user)).await;
        match found.text("status").as_str() {
            "pending" => self.decide(Deed::Cancel, &user, &run).await,
            "active" if self.chance.percent(50) => self.decide(Deed::Revoke, &user, &run).await,
            _ => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}
