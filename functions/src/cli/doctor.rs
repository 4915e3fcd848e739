//! `doctor`: what is missing, and how to mend it.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::exit::{Exit, Failure};
use super::print;
use crate::app::App;
use crate::doctor;
use crate::finding::Finding;

/// Look at what is set up, and say what is missing and how to mend it.
#[derive(Debug, Args)]
#[command(
    after_help = "It changes nothing, and ends with 1 where anything is wrong. With the name of an environment
it looks at that deployment on AWS, with the credentials and the region of your AWS profile; without, at
what the settings of this machine name. Either way each system is asked for something that changes nothing.
A system whose secret you may not read is not asked: that is told by a `?`, and is nothing wrong.

Examples:
  doctor
  doctor prod"
)]
pub(super) struct Examine {
    /// The name of the environment on AWS, as the Terraform module was given it.
    environment: Option<String>,
    /// The settings of this machine, as TOML or JSON. Left out: `settings.toml` here, or beside the
    /// program's `Cargo.toml` under `cargo run`.
    #[arg(long, value_name = "FILE", env = "COUNTERSIGN_SETTINGS", conflicts_with = "environment")]
    settings: Option<PathBuf>,
    /// Print what was found as JSON.
    #[arg(long)]
    json: bool,
}

impl Examine {
    pub(super) async fn run(self, app: &'static App) -> Result<Exit, Failure> {
        countersign_integrations::install_tls();
        let findings = match &self.environment {
            Some(environment) => deployment(app, environment).await?,
            None => self.machine().await?,
        };
        if self.json {
            print::out(&json!(findings).to_string())?;
        } else {
            for finding in &findings {
                let sign = match finding.good {
                    Some(true) => "ok ",
                    Some(false) => "BAD",
                    None => "?  ",
                };
                let (about, seen) = (print::plain(&finding.about), print::lines(&finding.seen));
                print::out(&format!("{sign}  {about}: {seen}"))?;
                if let Some(mend) = &finding.mend {
                    print::out(&format!("     -> {}", print::plain(mend)))?;
                }
            }
        }
        let is_well = !findings.iter().any(Finding::is_bad);
        Ok(if is_well { Exit::Done } else { Exit::Error })
    }

    async fn machine(&self) -> Result<Vec<Finding>, Failure> {
        let settings =
            super::dev::read_settings(self.settings.as_deref()).map_err(Failure::Error)?;
        let now = countersign::model::Timestamp::now();
        Ok(doctor::look(&settings, &settings.secrets(), now).await)
    }
}

#[cfg(feature = "aws")]
async fn deployment(app: &'static App, environment: &str) -> Result<Vec<Finding>, Failure> {
    use crate::aws::Clients;
    use crate::aws::doctor::Doctor;

    let clients = Clients::from_environment().await.map_err(|error| Failure::error(&error))?;
    Ok(Doctor::new(app, clients, environment).look(countersign::model::Timestamp::now()).await)
}

#[cfg(not(feature = "aws"))]
async fn deployment(_: &'static App, _: &str) -> Result<Vec<Finding>, Failure> {
    let why = "this program was built without AWS; build it with the feature `aws`";
    std::future::ready(Err(Failure::Usage(why.to_owned()))).await
}
