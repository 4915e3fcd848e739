//! `sentinel`: policies in the Sentinel language, tested and applied as its own program does it.

use std::io::{stderr, stdout};
use std::process::ExitCode;

use clap::Args;
use countersign::context;
use countersign_integrations::guarded::{Guarded, Rule};
use countersign_sentinel::{Http, HttpRequest, HttpResponse};
use tokio::runtime::{Builder, Runtime};

/// Test and apply policies in the Sentinel language.
///
/// Options, files, output and exit codes are those of `sentinel test` and `sentinel apply`, and not
/// those of the other commands; `sentinel help` tells them.
#[derive(Debug, Args)]
#[command(
    disable_help_flag = true,
    after_help = "Example:
  sentinel test -json business-hours.sentinel"
)]
pub(super) struct Sentinel {
    /// `test` or `apply`, and its arguments.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    arguments: Vec<String>,
}

impl Sentinel {
    pub(super) fn run(self) -> ExitCode {
        // Not locked: threads that evaluate may have something to say, too.
        let (mut out, mut errors) = (stdout(), stderr());
        let arguments = &self.arguments;
        let code = countersign_sentinel::cli::run_with(arguments, &connect, &mut out, &mut errors);
        ExitCode::from(code)
    }
}

/// Calls to these hosts, as the settings of flows allow them: at public addresses, or by plain HTTP on this
/// machine.
fn connect(hosts: &[&str]) -> Result<Http, String> {
    let told = |error: &dyn std::fmt::Display| format!("-allow-http: {error}");
    let rules: Result<Vec<_>, _> = hosts.iter().map(|host| rule(host)).collect();
    let guarded = Guarded::new(rules?).map_err(|error| told(&error))?;
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.map_err(|error| told(&error))?;
    Http::new(hosts.iter().copied(), move |request| call(&runtime, &guarded, request))
        .map_err(|error| told(&error))
}

fn rule(host: &str) -> Result<Rule, String> {
    let parsed = match host.strip_prefix("http://") {
        Some(here) if here.contains(':') => Rule::private(here),
        Some(here) => Rule::private(&format!("{here}:80")),
        None => Rule::public(host.strip_prefix("https://").unwrap_or(host)),
    };
    parsed.map_err(|error| format!("-allow-http: {error}"))
}

fn call(
    runtime: &Runtime,
    guarded: &Guarded,
    request: &HttpRequest,
) -> Result<HttpResponse, String> {
    let HttpRequest { method, url, headers, body, timeout } = request.clone();
    let request = context::HttpRequest { method, url, headers, body };
    let answered = runtime.block_on(guarded.send_once(&request, timeout));
    let context::HttpResponse { status, headers, body } =
        answered.map_err(|error| error.to_string())?;
    Ok(HttpResponse { status, headers, body })
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::get;
    use countersign_sentinel::{Policy, Setup, Verdict};
    use countersign_vendors::House;

    use super::*;

    /// What a policy that calls this address says, where these hosts are allowed.
    async fn asked(url: String, hosts: Vec<String>) -> Verdict {
        let evaluate = move || {
            let hosts: Vec<_> = hosts.iter().map(String::as_str).collect();
            let mut setup = Setup::at(countersign::model::Timestamp::now());
            setup.http = Some(connect(&hosts).unwrap());
            setup.limits.time = Some(std::time::Duration::from_mins(1));
            let text = format!("import \"http\"\nmain = http.get(\"{url}/yes\").body is \"yes\"\n");
            Policy::parse("calls.sentinel", &text).unwrap().evaluate(&setup).verdict
        };
        tokio::task::spawn_blocking(evaluate).await.unwrap()
    }

    #[tokio::test]
    async fn a_policy_calls_hosts_that_are_allowed_and_no_others() {
        let house = House::open(Router::new().route("/yes", get(|| async { "yes" }))).await;
        let url = house.url.trim_end_matches('/').to_owned();
        assert!(matches!(asked(url.clone(), vec![url.clone()]).await, Verdict::Passed));
        let Verdict::Failed(failure) = asked(url, vec!["api.acme.test".to_owned()]).await else {
            panic!("it was called");
        };
        assert!(failure.message.contains("not among the hosts"), "{failure:?}");
    }

    #[tokio::test]
    async fn what_is_inside_is_not_called_by_https() {
        let hosts = vec!["127.0.0.1:4443".to_owned()];
        let Verdict::Failed(failure) = asked("https://127.0.0.1:4443".to_owned(), hosts).await
        else {
            panic!("it was called");
        };
        assert!(failure.message.contains("no public address"), "{failure:?}");
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for host in ["", "*.com", "https://", "a b"] {
            let refused = connect(&[host]).unwrap_err();
            assert!(refused.starts_with("-allow-http:"), "{host}: {refused}");
        }
    }
}
