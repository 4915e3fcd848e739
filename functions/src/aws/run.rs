//! One program, five functions: the environment says which one this is.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::Body;
use lambda_http::RequestExt as _;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;
use tokio::time::Instant;
use tracing::Instrument as _;

use super::config::{self, BadConfig, Config, Role};
use super::metrics::{self, Metric};
use super::system::{Function, Unusable};
use super::worker::Batch;
use super::{Clients, api, audit, form, log, sweep, timer, worker};
use crate::app::App;

/// So long before its deadline the sweep stops working on the audit tree.
const SPARE: Duration = Duration::from_secs(3);

/// Whether this process is a function on AWS Lambda.
#[must_use]
pub fn is_function() -> bool {
    std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some()
}

/// Serves as the function that the environment says, until it is stopped.
#[must_use]
pub fn run(app: &'static App) -> ExitCode {
    log::begin(&std::env::var(config::ROLE).unwrap_or_default());
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let served = match runtime {
        Ok(runtime) => runtime.block_on(serve(app)),
        Err(error) => Err(error.into()),
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("the function cannot serve: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(app: &'static App) -> Result<(), Error> {
    countersign_integrations::install_tls();
    let config = match Config::from_environment() {
        Ok(config) => config,
        Err(bad) => return refuse(bad).await,
    };
    let role = config.role;
    let clients = Clients::from_environment().await?;
    let function = Arc::new(Function::new(app, config, clients));
    match role {
        Role::Api => {
            let lambda = function.clients.form();
            lambda_http::run(service_fn(move |request: lambda_http::Request| {
                let (function, lambda) = (function.clone(), lambda.clone());
                log::request(&request.lambda_context().request_id);
                async move {
                    let request = request.map(Body::new);
                    Ok::<_, Error>(api::answer(&function, &lambda, request).await)
                }
            }))
            .await
        }
        Role::Form => {
            each(function, |function, payload, _| async move {
                let answer = form::handle(&function, serde_json::from_value(payload)?).await?;
                Ok(serde_json::to_value(answer)?)
            })
            .await
        }
        Role::Worker => {
            each(function, |function, payload, deadline| async move {
                let batch: Batch = serde_json::from_value(payload)?;
                Ok(serde_json::to_value(worker::handle(&function, batch, deadline).await?)?)
            })
            .await
        }
        Role::Timer => {
            each(function, |function, payload, _| async move {
                let text = |name| payload.get(name).and_then(Value::as_str);
                let span = tracing::error_span!("timer", run = text("run"), due = text("due"));
                timer::handle(&function, payload).instrument(span).await?;
                Ok(Value::Null)
            })
            .await
        }
        Role::Sweep => {
            each(function, |function, _, deadline| async move {
                let swept = sweep::handle(&function).await;
                // Settings that cannot be used are alarmed whether or not anybody asks for anything.
                let _ = function.system().await;
                let stop = deadline.checked_sub(SPARE).unwrap_or(deadline);
                audit::work(&function, stop).await;
                let found = swept?;
                tracing::info!(?found, "swept");
                Ok(Value::Null)
            })
            .await
        }
    }
}

/// Answers every invocation that this is no function as it should be.
async fn refuse(bad: BadConfig) -> Result<(), Error> {
    tracing::error!("{bad}");
    let unusable = move || {
        let environment = std::env::var(config::ENVIRONMENT).unwrap_or_default();
        metrics::note(&environment, crate::machine::now(), &[(Metric::SettingsRefused, 1)]);
        Unusable(bad.to_string())
    };
    if std::env::var(config::ROLE).is_ok_and(|role| role == Role::Api.as_str()) {
        let answer =
            |_: lambda_http::Request| std::future::ready(Ok::<_, Error>(api::refuse(&unusable())));
        return lambda_http::run(service_fn(answer)).await;
    }
    let answer = |_: LambdaEvent<Value>| std::future::ready(Err::<Value, Error>(unusable().into()));
    lambda_runtime::run(service_fn(answer)).await
}

/// Handles one invocation after the other.
async fn each<F, Fut>(function: Arc<Function>, handle: F) -> Result<(), Error>
where
    F: Fn(Arc<Function>, Value, Instant) -> Fut,
    Fut: Future<Output = Result<Value, Error>>,
{
    lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| {
        log::request(&event.context.request_id);
        let deadline = at(event.context.deadline);
        handle(function.clone(), event.payload, deadline)
    }))
    .await
}

/// A time in milliseconds since the Unix epoch, on this machine's own clock.
fn at(millis: u64) -> Instant {
    let then = UNIX_EPOCH.checked_add(Duration::from_millis(millis));
    let left = then.and_then(|then| then.duration_since(SystemTime::now()).ok());
    let now = Instant::now();
    now.checked_add(left.unwrap_or_default()).unwrap_or(now)
}
