//! `doctor`: what is missing in a deployment on AWS, and how to mend it.

use clap::Args;
use countersign::model::Timestamp;

use super::exit::{Exit, Failure};
use super::print;
use crate::app::App;
use crate::aws::Clients;
use crate::aws::doctor::{self, Doctor};

/// Look at a deployment on AWS, and say what is missing and how to mend it.
#[derive(Debug, Args)]
#[command(
    after_help = "It changes nothing. It takes the credentials and the region of your AWS profile, and ends
with 1 where anything is wrong.

Example:
  doctor prod"
)]
pub(super) struct Examine {
    /// The name of the environment, as the Terraform module was given it.
    environment: String,
    /// Print what was found as JSON.
    #[arg(long)]
    json: bool,
}

impl Examine {
    pub(super) async fn run(self, app: &'static App) -> Result<Exit, Failure> {
        countersign_integrations::install_tls();
        let clients = Clients::from_environment().await.map_err(|error| Failure::error(&error))?;
        let findings = Doctor::new(app, clients, &self.environment).look(Timestamp::now()).await;
        if self.json {
            print::out(&doctor::as_json(&findings).to_string())?;
        } else {
            for finding in &findings {
                let sign = if finding.good { "ok " } else { "BAD" };
                let (about, seen) = (print::plain(&finding.about), print::lines(&finding.seen));
                print::out(&format!("{sign}  {about}: {seen}"))?;
                if let Some(mend) = &finding.mend {
                    print::out(&format!("     -> {mend}"))?;
                }
            }
        }
        let is_well = findings.iter().all(|finding| finding.good);
        Ok(if is_well { Exit::Done } else { Exit::Error })
    }
}
