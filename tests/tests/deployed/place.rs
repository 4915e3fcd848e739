//! The deployment, and how one talks to it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::primitives::Blob;
use countersign_functions::aws::{Clients, Patience};
use countersign_functions::store::DynamoStore;
use countersign_functions::store::dynamodb::Tables;
use countersign_tests::deployment::{Deployment, Package};
use countersign_tests::http::{Answer, Call, Client};
use serde_json::{Value, json};

/// What has not happened by then never will.
const PATIENCE: Duration = Duration::from_secs(100);

/// How often it is looked whether it has.
const LOOK: Duration = Duration::from_millis(200);

pub(crate) struct Place {
    pub(crate) deployment: Deployment,
    pub(crate) store: DynamoStore,
    /// Where its API is.
    pub(crate) url: String,
    address: SocketAddr,
    prefix: String,
    lambda: aws_sdk_lambda::Client,
}

impl Place {
    /// Deploys. `None` where something for it is not there.
    pub(crate) async fn find() -> Option<Self> {
        let package = Package::from_environment()?;
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("deployed");
        let deploying = tokio::task::spawn_blocking(move || {
            Deployment::start(&package, &folder, &AtomicBool::new(false))
        });
        let deployment = deploying.await.unwrap().unwrap()?;
        let url = deployment.text("url").unwrap();
        let (address, prefix) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
        let clients = Clients::of_emulator(&deployment.ministack.endpoint());
        let core = deployment.text("table").unwrap();
        let audit = deployment.text("audit_table").unwrap();
        let place = Self {
            store: DynamoStore::new(&clients, Tables { core, audit }, Patience::Working),
            address: address.parse().unwrap(),
            prefix: format!("/{prefix}"),
            url: url.clone(),
            lambda: lambda(&clients),
            deployment,
        };
        Some(place)
    }

    /// Tells one part of the story.
    pub(crate) async fn tell(&self, what: &str, story: impl AsyncFnOnce(&Self)) {
        let began = Instant::now();
        println!("- {what}");
        story(self).await;
        println!("  {:.1} s", began.elapsed().as_secs_f64());
    }

    /// Somebody with a token of the issuer.
    pub(crate) fn person(&self, email: &str) -> Person {
        self.bearer(self.deployment.issuer.token(email))
    }

    /// Whoever has this token.
    pub(crate) fn bearer(&self, token: String) -> Person {
        Person { client: Client::under(self.address, self.prefix.clone()), token }
    }

    /// Sends a call as it is.
    pub(crate) async fn call(&self, call: &Call<'_>) -> Answer {
        Client::under(self.address, self.prefix.clone()).send(call).await.unwrap()
    }

    /// Invokes a function by its role, and returns what it answers.
    pub(crate) async fn invoke(&self, role: &str, payload: &Value) -> Result<Value, String> {
        let function = self.deployment.function(role).unwrap();
        let payload = Blob::new(payload.to_string());
        let answered = self.lambda.invoke().function_name(function).payload(payload).send().await;
        let answered = answered.unwrap();
        let answer = answered.payload.map(Blob::into_inner).unwrap_or_default();
        match answered.function_error {
            Some(error) => Err(format!("{error}: {}", String::from_utf8_lossy(&answer))),
            None => Ok(serde_json::from_slice(&answer).unwrap_or_default()),
        }
    }

    /// Lets nobody invoke a function any more, as if it were broken.
    pub(crate) async fn stop(&self, role: &str) {
        let function = self.deployment.function(role).unwrap();
        let stop = self.lambda.put_function_concurrency().function_name(function);
        stop.reserved_concurrent_executions(0).send().await.unwrap();
    }

    /// Lets everybody invoke it again.
    pub(crate) async fn mend(&self, role: &str) {
        let function = self.deployment.function(role).unwrap();
        self.lambda.delete_function_concurrency().function_name(function).send().await.unwrap();
    }
}

/// Somebody who calls the API.
pub(crate) struct Person {
    client: Client,
    token: String,
}

impl Person {
    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.client.send(&Call::get(path, "").token(&self.token)).await.unwrap()
    }

    /// Makes something happen, and waits until it has.
    pub(crate) async fn post(&mut self, path: &str, body: &Value) -> Answer {
        let call = Call::post(path, "", body).token(&self.token).wait(8);
        self.client.send(&call).await.unwrap()
    }

    /// Has something recorded.
    pub(crate) async fn record(&mut self, path: &str, body: &Value) -> Answer {
        self.client.send(&Call::post(path, "", body).token(&self.token)).await.unwrap()
    }

    /// Does something to a run, and waits until it is done.
    pub(crate) async fn act(&mut self, run: &str, what: &str) -> Answer {
        self.post(&format!("/v1/runs/{run}/{what}"), &json!({})).await
    }

    /// Has recorded that something is to be done to a run.
    pub(crate) async fn order(&mut self, run: &str, what: &str) -> Answer {
        self.record(&format!("/v1/runs/{run}/{what}"), &json!({})).await
    }

    /// Asks for access, which somebody has to approve. Returns the run.
    pub(crate) async fn ask(&mut self, target: &str, duration: &str) -> String {
        let asked = self.post("/v1/runs", &wish(target, duration)).await;
        assert!(matches!(asked.status, 201 | 202), "{asked:?}");
        let run = asked.text("id");
        self.until(&run, "pending").await;
        run
    }

    /// Approves, and waits until there is access.
    pub(crate) async fn approve(&mut self, run: &str) {
        let approved = self.act(run, "approve").await;
        assert!(matches!(approved.status, 200 | 202), "{approved:?}");
        self.until(run, "active").await;
    }

    /// Looks at a run until it has this status, and returns it.
    pub(crate) async fn until(&mut self, run: &str, status: &str) -> Value {
        let path = format!("/v1/runs/{run}");
        let mut last = Value::Null;
        let seen = eventually(async || {
            let seen = self.get(&path).await;
            last = seen.json();
            (seen.status == 200 && seen.text("status") == status).then(|| seen.json())
        });
        let seen = seen.await;
        seen.unwrap_or_else(|| panic!("run {run} does not become {status}: {last}"))
    }
}

/// A client that waits as long as a function runs, and asks once.
fn lambda(clients: &Clients) -> aws_sdk_lambda::Client {
    let config = aws_sdk_lambda::config::Builder::from(&clients.config(Patience::Working))
        .timeout_config(TimeoutConfig::disabled())
        .retry_config(RetryConfig::disabled());
    aws_sdk_lambda::Client::from_conf(config.build())
}

/// What somebody asks for.
pub(crate) fn wish(target: &str, duration: &str) -> Value {
    json!({ "flow": "infra_access", "target": target, "duration": duration, "reason": "INC-42" })
}

/// Looks again and again until there is something to see, or it is too late.
pub(crate) async fn eventually<T>(mut look: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        if let Some(seen) = look().await {
            return Some(seen);
        }
        tokio::time::sleep(LOOK).await;
    }
    None
}
