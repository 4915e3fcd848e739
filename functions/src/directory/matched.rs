//! People of other systems as our users: by the identity that is stored, or by their mail address.

use std::collections::BTreeMap;

use countersign::context::ServiceError;
use countersign::engine::records;
use countersign::model::{Identity, Integration, Role, User, UserId};
use countersign::store::Key;
use countersign_integrations::Person;

use super::{LocalDirectory, unreadable};

impl LocalDirectory {
    /// These people as our users. Accounts that are out of use, programs, and people without a mail
    /// address whom nobody has named, are left out.
    ///
    /// # Errors
    ///
    /// If two accounts belong to one user, or the store cannot be read.
    pub(super) async fn users_of(
        &self,
        integration: &Integration,
        mut people: Vec<Person>,
    ) -> Result<Vec<User>, ServiceError> {
        people.retain(|person| person.is_active && !person.is_bot);
        let owners = self.owners(integration, &people).await?;
        let mut matched: BTreeMap<UserId, (Person, bool)> = BTreeMap::new();
        for (person, owner) in people.into_iter().zip(owners) {
            let is_stored = owner.is_some();
            let by_mail = || UserId::of_mail(person.email.as_deref()?).ok();
            let Some(id) = owner.or_else(by_mail).filter(|id| !id.is_bot()) else {
                tracing::debug!(account = person.id, "nobody here has the address of this account");
                continue;
            };
            match matched.get(&id) {
                // What somebody stored counts more than what an address suggests.
                Some((_, true)) if !is_stored => {}
                Some((_, false)) if is_stored => drop(matched.insert(id, (person, true))),
                Some((other, _)) if other.id != person.id => {
                    return Err(ambiguous(integration, &id, &other.id, &person.id));
                }
                Some(_) => {}
                None => drop(matched.insert(id, (person, is_stored))),
            }
        }
        let users = self.all(matched.keys().cloned().collect::<Vec<_>>()).await?;
        let with = |user: User| {
            let (person, is_stored) = matched.get(&user.id)?;
            merged(user, integration, person, *is_stored)
        };
        Ok(users.into_iter().filter_map(with).collect())
    }

    /// Whose these accounts are, where that is stored or written in the settings.
    async fn owners(
        &self,
        integration: &Integration,
        people: &[Person],
    ) -> Result<Vec<Option<UserId>>, ServiceError> {
        let Integration { kind, external_id, .. } = integration;
        let key = |person: &Person| records::identity(kind, external_id, &person.id);
        let keys: Vec<Key> = people.iter().map(key).collect();
        let items = self.store.get_many(&keys).await.map_err(|error| unreadable(&error))?;
        let written: BTreeMap<&str, &UserId> = self
            .people
            .values()
            .filter_map(|user| Some((user.identity(kind, external_id)?, &user.id)))
            .collect();
        let owner = |(person, item): (&Person, Option<countersign::store::Item>)| {
            let stored = item.as_ref().map(records::read::<UserId>).transpose();
            let stored = stored.map_err(|error| unreadable(&error))?;
            Ok(stored.or_else(|| written.get(person.id.as_str()).map(|id| (*id).clone())))
        };
        people.iter().zip(items).map(owner).collect()
    }
}

/// The user, with what the system knows of them; `None` if they are known as somebody else there.
fn merged(
    mut user: User,
    integration: &Integration,
    person: &Person,
    is_stored: bool,
) -> Option<User> {
    let Integration { kind, external_id, .. } = integration;
    match user.identity(kind, external_id) {
        Some(value) if value != person.id && !is_stored => return None,
        Some(_) => {}
        None => user.identities.push(Identity {
            kind: kind.clone(),
            external_id: external_id.clone(),
            value: person.id.clone(),
        }),
    }
    // Who is a guest there is no member here, whatever the domain of their address.
    if (person.is_guest || person.is_outsider) && user.role == Role::Member {
        user.role = Role::Guest;
    }
    let is_unnamed = user.name == user.id.as_str().split('@').next().unwrap_or_default();
    if let Some(name) = person.name.as_ref().filter(|_| is_unnamed) {
        user.name.clone_from(name);
    }
    Some(user)
}

fn ambiguous(integration: &Integration, id: &UserId, one: &str, other: &str) -> ServiceError {
    let Integration { name, kind, .. } = integration;
    ServiceError::lasting(
        kind,
        format!("two accounts of `{name}` belong to {id}: {one} and {other}"),
        format!("store the right one under the identities of {id}, or mend the other in {kind}"),
    )
}
