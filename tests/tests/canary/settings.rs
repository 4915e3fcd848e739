//! The settings of a company with all systems.

/// `NAME` in capitals is put in: addresses of systems, ids of theirs.
pub(crate) const SETTINGS: &str = r#"
[environment]
name = "test"
org = "acme"
domains = ["acme.test"]

[[webhooks]]
name = "siem"
url = "ENDPOINT/hook"
secret = { file = "secrets/hook" }

[export.http]
url = "ENDPOINT/audit"
secret = { file = "secrets/export" }

[[integrations]]
name = "slack"
type = "slack"
external_id = "TEAM"
[integrations.settings]
url = "SLACK"
bot_token = { file = "secrets/slack-bot" }
signing_secret = { file = "secrets/slack-signing" }
app_token = { file = "secrets/slack-app" }

[[integrations]]
name = "okta"
type = "okta"
external_id = "acme.okta.com"
settings = { url = "OKTA", token = { file = "secrets/okta" } }

[[integrations]]
name = "okta-app"
type = "okta"
external_id = "app.okta.com"
settings = { url = "OKTA", client_id = "0oa1", private_key = { file = "secrets/okta-key" } }

[[integrations]]
name = "pagerduty"
type = "pagerduty"
external_id = "acme"
settings = { url = "PAGERDUTY", token = { file = "secrets/pagerduty" } }

[[integrations]]
name = "github"
type = "github"
external_id = "acme"
settings = { url = "GITHUB", app_id = "4711", private_key = { file = "secrets/github" } }

[[integrations]]
name = "google"
type = "google"
external_id = "acme.test"
settings = { url = "GOOGLE", client_email = "grants@acme.iam.gserviceaccount.com", subject = "admin@acme.test", private_key = { file = "secrets/google" } }

[[integrations]]
name = "onelogin"
type = "onelogin"
external_id = "acme.onelogin.com"
settings = { url = "ONELOGIN", client_id = "client-1", client_secret = { file = "secrets/onelogin" } }

[[integrations]]
name = "tailscale"
type = "tailscale"
external_id = "acme.test"
settings = { url = "TAILSCALE", token = { file = "secrets/tailscale" } }

[[integrations]]
name = "aptible"
type = "aptible"
external_id = "2253ae98-d65a-4180-aceb-8419b7416677"
settings = { url = "APTIBLE", username = "robot@acme.test", password = { file = "secrets/aptible" } }

[[integrations]]
name = "boundary"
type = "boundary"
external_id = "https://boundary.acme.test"
settings = { url = "BOUNDARY", auth_method_id = "ampw_1234567890", login_name = "countersign", password = { file = "secrets/boundary" } }

[[integrations]]
name = "aws"
type = "aws"
external_id = "123456789012"
settings = { url = "AWS", region = "eu-central-1", access_key_id = "AKIAIOSFODNN7EXAMPLE", secret_access_key = { file = "secrets/aws" }, role_arn = "arn:aws:iam::123456789012:role/countersign-grants", role_external_id = "grants-of-acme" }

[[integrations]]
name = "sso"
type = "aws_identity_center"
external_id = "arn:aws:sso:::instance/ssoins-7223f02d9c4a5e61"
settings = { url = "AWS", region = "eu-central-1", access_key_id = "AKIAIOSFODNN7EXAMPLE", secret_access_key = { file = "secrets/aws" } }

[[integrations]]
name = "jira"
type = "jira"
external_id = "acme.atlassian.net"
settings = { url = "JIRA", email = "countersign@acme.test", token = { file = "secrets/jira" } }

[[integrations]]
name = "knowbe4"
type = "knowbe4"
external_id = "acme"
settings = { url = "KNOWBE4", token = { file = "secrets/knowbe4" } }

[[integrations]]
name = "mail"
type = "smtp"
external_id = "127.0.0.1"
settings = { from = "access@acme.test", port = SMTP, security = "none", username = "access", password = { file = "secrets/smtp" }, errors_to = "root@acme.test" }
STRATEGIES
[[strategies]]
name = "endpoint"
type = "http"
settings = { url = "ENDPOINT/strategy", secret = { file = "secrets/http" }, allow_insecure = true }

[[targets]]
name = "endpoint"
strategy = "endpoint"

[[flows]]
name = "access"
targets = [TARGETS]

[[users]]
email = "root@acme.test"
role = "admin"
"#;

/// What can be asked for: the strategy's type, its integration, the target's settings.
pub(crate) const TARGETS: [(&str, &str, &str); 13] = [
    ("okta_group", "okta", r#"{ group = "granted" }"#),
    ("okta_group", "okta-app", r#"{ group = "granted-by-app" }"#),
    ("github_repository", "github", r#"{ repository = "acme/billing", permission = "write" }"#),
    ("github_team", "github", r#"{ team = "ops" }"#),
    ("google_group", "google", r#"{ group = "admins@acme.test" }"#),
    ("onelogin_role", "onelogin", r#"{ role_id = "5" }"#),
    ("tailscale_group", "tailscale", r#"{ group = "sre" }"#),
    ("aptible_role", "aptible", r#"{ role_id = "r-1" }"#),
    ("boundary_group", "boundary", r#"{ group_id = "g_1" }"#),
    ("aws_iam_group", "aws", r#"{ group = "admins" }"#),
    ("aws_s3", "aws", r#"{ bucket = "acme-orders", access = "read" }"#),
    ("aws_lambda", "aws", r#"{ function = "grants" }"#),
    ("aws_identity_center_group", "sso", r#"{ group = "Admins" }"#),
];

/// The name of the target of a strategy's type in an integration.
pub(crate) fn name((kind, integration, _): (&str, &str, &str)) -> String {
    format!("{kind}_{integration}").replace('_', "-")
}

/// Strategies and targets, as settings.
pub(crate) fn strategies() -> String {
    let one = |target: (&str, &str, &str)| {
        let ((kind, integration, settings), name) = (target, name(target));
        format!(
            "[[strategies]]\nname = '{name}'\ntype = '{kind}'\nintegration = '{integration}'\n\n\
             [[targets]]\nname = '{name}'\nstrategy = '{name}'\nsettings = {settings}\n"
        )
    };
    TARGETS.map(one).join("\n")
}

/// The names of all targets.
pub(crate) fn targets() -> [String; 14] {
    let mut names = TARGETS.map(name).into_iter();
    std::array::from_fn(|_| names.next().unwrap_or_else(|| "endpoint".to_owned()))
}
