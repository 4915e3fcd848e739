//! What flows ask `PagerDuty` besides who is in a set.

use countersign::approvers::People;
use countersign::context::{Incident, IncidentQuery, ServiceError};
use countersign::model::{Integration, User};
use countersign_integrations::pagerduty::{Duty, PagerDuty};

use super::{LocalDirectory, named, systems};

impl LocalDirectory {
    /// Whether somebody is on call: by a schedule, or by anything.
    pub(super) async fn on_call(
        &self,
        user: &User,
        schedule: Option<&str>,
    ) -> Result<bool, ServiceError> {
        if let Some(name) = schedule {
            return self.is_in(&People::PagerDutySchedule(name.to_owned()), &user.id).await;
        }
        let mut is_asked = false;
        for (integration, pagerduty) in systems::real(&self.systems.pagerduty)? {
            is_asked = true;
            if let Some(id) = id_there(user, integration, pagerduty).await?
                && pagerduty.is_on_call(&id, Duty::Any).await?
            {
                return Ok(true);
            }
        }
        Ok(!is_asked && named::is_on_call(&self.settings.directory, &user.id))
    }

    /// The open incidents of all accounts. Where there is none, there are none.
    pub(super) async fn open_incidents(
        &self,
        query: &IncidentQuery,
    ) -> Result<Vec<Incident>, ServiceError> {
        let user = match &query.user {
            Some(id) => Some(self.known(id).await?),
            None => None,
        };
        let mut incidents = Vec::new();
        let mut is_asked = false;
        for (integration, pagerduty) in systems::real(&self.systems.pagerduty)? {
            is_asked = true;
            let id = match &user {
                Some(user) => match id_there(user, integration, pagerduty).await? {
                    Some(id) => Some(id),
                    // Nothing is assigned to whoever is not there.
                    None => continue,
                },
                None => None,
            };
            incidents.extend(pagerduty.incidents(query.service.as_deref(), id.as_deref()).await?);
        }
        if is_asked {
            return Ok(incidents);
        }
        let hint = "give an integration of type `pagerduty` its `token`";
        Err(ServiceError::lasting("pagerduty", "nobody is there to be asked about incidents", hint))
    }
}

/// What somebody is called at `PagerDuty`: by the identity that is stored, or by their mail address.
async fn id_there(
    user: &User,
    integration: &Integration,
    pagerduty: &PagerDuty,
) -> Result<Option<String>, ServiceError> {
    match (user.identity(&integration.kind, &integration.external_id), user.email()) {
        (Some(id), _) => Ok(Some(id.to_owned())),
        (None, Some(mail)) => Ok(pagerduty.user_by_mail(mail).await?.map(|person| person.id)),
        (None, None) => Ok(None),
    }
}
