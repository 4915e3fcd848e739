//! Who somebody is at GitHub: by single sign-on, or by a mail address of a domain that the organization
//! has verified. An address that an account merely shows in its profile is not believed.

use std::collections::BTreeMap;

use countersign::context::ServiceError;
use countersign::model::User;
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::GitHub;
use crate::Person;

/// So many pages of a hundred members are read.
const MOST_PAGES: usize = 50;

const BY_SIGN_ON: &str = "query($org: String!, $name: String!) { organization(login: $org) { samlIdentityProvider { \
     externalIdentities(first: 10, userName: $name) { nodes { samlIdentity { nameId } user { databaseId } } } } } }";

const SIGNED_ON: &str = "query($org: String!, $after: String) { organization(login: $org) { samlIdentityProvider { \
     externalIdentities(first: 100, after: $after) { nodes { samlIdentity { nameId } user { databaseId } } \
     pageInfo { hasNextPage endCursor } } } } }";

const MEMBERS: &str = "query($org: String!, $after: String) { organization(login: $org) { membersWithRole(first: 100, after: $after) { \
     nodes { databaseId organizationVerifiedDomainEmails(login: $org) } pageInfo { hasNextPage endCursor } } } }";

#[derive(Debug, Deserialize)]
struct Found {
    organization: Option<Organization>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Organization {
    #[serde(default)]
    saml_identity_provider: Option<Provider>,
    #[serde(default)]
    members_with_role: Option<Page<Member>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Provider {
    external_identities: Page<External>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page<T> {
    nodes: Vec<Option<T>>,
    #[serde(default)]
    page_info: Option<PageInfo>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_next_page: bool,
    end_cursor: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct External {
    saml_identity: Option<SamlIdentity>,
    user: Option<Linked>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SamlIdentity {
    name_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Linked {
    database_id: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Member {
    database_id: Option<u64>,
    organization_verified_domain_emails: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Collaborator {
    id: u64,
    login: String,
    role_name: String,
    #[serde(rename = "type")]
    kind: String,
}

impl GitHub {
    /// The id of somebody's account; `None` if nobody is known by their mail address.
    pub(super) async fn find(&self, user: &User) -> Result<Option<String>, ServiceError> {
        let Some(mail) = user.email() else { return Ok(None) };
        let variables = json!({ "org": self.organization(), "name": mail });
        let organization =
            self.organization_of("externalIdentities", BY_SIGN_ON, &variables).await?;
        let mut ids: Vec<u64> = if let Some(provider) = organization.saml_identity_provider {
            let all = provider.external_identities.nodes.into_iter().flatten();
            all.filter(|it| it.name().is_some_and(|name| name.eq_ignore_ascii_case(mail)))
                .filter_map(|it| it.user.and_then(|user| user.database_id))
                .collect()
        } else {
            // Without single sign-on.
            let has = |mails: &[String]| mails.iter().any(|it| it.eq_ignore_ascii_case(mail));
            let members = self.members().await?.into_iter();
            members.filter(|(_, mails)| has(mails)).map(|(id, _)| id).collect()
        };
        ids.sort_unstable();
        ids.dedup();
        match ids[..] {
            [] => Ok(None),
            [id] => Ok(Some(id.to_string())),
            [..] => Err(ServiceError::lasting(
                "github",
                format!("{} accounts belong to `{mail}`", ids.len()),
                "write the id of the right one into the person's identities",
            )),
        }
    }

    /// The collaborators of a repository who have exactly this role: `read`, `triage`, `write`,
    /// `maintain`, `admin` or one of the organization's own. Whoever's mail address GitHub does not know
    /// is there without one.
    ///
    /// # Errors
    ///
    /// If GitHub cannot be asked, or there is no such repository.
    pub async fn collaborators(
        &self,
        repository: &str,
        role: &str,
    ) -> Result<Vec<Person>, ServiceError> {
        let own = format!("{}/", self.organization());
        let name = repository.strip_prefix(&own).unwrap_or(repository);
        let path = ["repos", self.organization(), name, "collaborators"];
        let all: Option<Vec<Collaborator>> =
            self.list("repos/list-collaborators", &path, &[]).await?;
        let all = all.ok_or_else(|| {
            let what = format!("there is no repository `{repository}`, or the app may not see it");
            ServiceError::lasting(
                "github",
                what,
                "look at its name, and which repositories the app is installed for",
            )
        })?;
        let mails = self.mails().await?;
        let with_role = all.into_iter().filter(|it| it.role_name == role);
        Ok(with_role
            .map(|it| Person {
                id: it.id.to_string(),
                email: mails.get(&it.id).cloned(),
                name: Some(it.login),
                is_active: true,
                is_guest: false,
                is_outsider: false,
                is_bot: it.kind != "User",
                manager: None,
            })
            .collect())
    }

    /// The mail address of each account, where there is exactly one.
    async fn mails(&self) -> Result<BTreeMap<u64, String>, ServiceError> {
        let mut after = Value::Null;
        let mut mails = BTreeMap::new();
        for _ in 0..MOST_PAGES {
            let variables = json!({ "org": self.organization(), "after": after });
            let organization =
                self.organization_of("externalIdentities", SIGNED_ON, &variables).await?;
            let Some(provider) = organization.saml_identity_provider else {
                let members = self.members().await?.into_iter();
                let one = |(id, mails): (u64, Vec<String>)| match <[String; 1]>::try_from(mails) {
                    Ok([mail]) => Some((id, mail.to_lowercase())),
                    Err(_) => None,
                };
                return Ok(members.filter_map(one).collect());
            };
            let page = provider.external_identities;
            for it in page.nodes.into_iter().flatten() {
                let id = it.user.as_ref().and_then(|user| user.database_id);
                if let (Some(id), Some(name)) = (id, it.name()) {
                    mails.insert(id, name.to_lowercase());
                }
            }
            match page.page_info {
                Some(PageInfo { has_next_page: true, end_cursor: Some(cursor) }) => {
                    after = json!(cursor);
                }
                _ => return Ok(mails),
            }
        }
        Err(too_many())
    }

    /// All members, with their mail addresses of verified domains.
    async fn members(&self) -> Result<Vec<(u64, Vec<String>)>, ServiceError> {
        let mut after = Value::Null;
        let mut all = Vec::new();
        for _ in 0..MOST_PAGES {
            let variables = json!({ "org": self.organization(), "after": after });
            let organization = self.organization_of("membersWithRole", MEMBERS, &variables).await?;
            let page = organization.members_with_role;
            let page =
                page.ok_or_else(|| self.wrong_shape("membersWithRole", "it has no members"))?;
            all.extend(
                page.nodes.into_iter().flatten().filter_map(|it| {
                    Some((it.database_id?, it.organization_verified_domain_emails))
                }),
            );
            match page.page_info {
                Some(PageInfo { has_next_page: true, end_cursor: Some(cursor) }) => {
                    after = json!(cursor);
                }
                _ => return Ok(all),
            }
        }
        Err(too_many())
    }

    async fn organization_of(
        &self,
        name: &'static str,
        query: &str,
        variables: &Value,
    ) -> Result<Organization, ServiceError> {
        let found: Found = self.ask(name, query, variables).await?;
        found.organization.ok_or_else(|| {
            let what = format!("there is no organization `{}`", self.organization());
            ServiceError::lasting("github", what, "look at the integration's `external_id`")
        })
    }
}

impl External {
    fn name(&self) -> Option<&str> {
        self.saml_identity.as_ref().and_then(|it| it.name_id.as_deref())
    }
}

fn too_many() -> ServiceError {
    let what = format!("the organization has more than {} members", MOST_PAGES * 100);
    ServiceError::lasting(
        "github",
        what,
        "write the ids of their accounts into people's identities",
    )
}
