//! Open incidents.

use countersign::context::{Incident, ServiceError};
use serde::Deserialize;

use super::client::{PagerDuty, SERVICE};

/// As `listIncidents` has it.
#[derive(Debug, Deserialize)]
struct Open {
    id: String,
    incident_number: u64,
    title: String,
    status: String,
    urgency: String,
    html_url: String,
    service: Reference,
}

#[derive(Debug, Deserialize)]
struct Reference {
    summary: String,
}

impl PagerDuty {
    /// The open incidents, however old: of a service by its name or id, of a user by their id, or all.
    ///
    /// # Errors
    ///
    /// If there is no such service, or `PagerDuty` cannot be asked.
    pub async fn incidents(
        &self,
        service: Option<&str>,
        user: Option<&str>,
    ) -> Result<Vec<Incident>, ServiceError> {
        let mut query = vec![
            ("statuses[]", "triggered"),
            ("statuses[]", "acknowledged"),
            ("date_range", "all"),
        ];
        let service = match service {
            Some(name) => Some(self.id_of(&SERVICE, name).await?),
            None => None,
        };
        query.extend(service.iter().map(|id| ("service_ids[]", id.as_str())));
        query.extend(user.map(|id| ("user_ids[]", id)));
        let open: Vec<Open> = self.list("listIncidents", "incidents", &query).await?;
        let incident = |open: Open| Incident {
            id: open.id,
            number: open.incident_number,
            title: open.title,
            status: open.status,
            urgency: open.urgency,
            service: open.service.summary,
            url: open.html_url,
        };
        Ok(open.into_iter().map(incident).collect())
    }
}
