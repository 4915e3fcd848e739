//! What people are called elsewhere, as they are met there.

use serde_json::json;

use super::{Caller, Desk, Problem};
use crate::engine::records::{self, json};
use crate::engine::runner::stored_user;
use crate::model::{Identity, UserId};
use crate::store::{Expect, Write};

impl Desk {
    /// Whose name this is in an integration, as far as it is stored.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub async fn whose(&self, identity: &Identity) -> Result<Option<UserId>, Problem> {
        let key = records::identity(&identity.kind, &identity.external_id, &identity.value);
        let item = self.runner.store.get(&key).await?;
        Ok(item.as_ref().map(records::read).transpose()?)
    }

    /// Remembers what a caller is called elsewhere, if nothing is known yet.
    ///
    /// # Errors
    ///
    /// If they are called something else there, or somebody else is called so.
    pub async fn known_as(&self, caller: &Caller, identity: &Identity) -> Result<(), Problem> {
        let (id, Identity { kind, external_id, value }) = (&caller.user.id, identity);
        let ambiguous = |who: &UserId, name: &str| {
            let message = format!("`{name}` is {who} in {kind} already");
            Problem::new(409, "ambiguous_identity", message)
                .hint("an administrator has to correct the identities of that user")
        };
        match caller.user.identity(kind, external_id) {
            Some(known) if known == value => return Ok(()),
            Some(known) => return Err(ambiguous(id, known)),
            None => {}
        }
        if let Some(owner) = self.whose(identity).await?.filter(|owner| owner != id) {
            return Err(ambiguous(&owner, value));
        }
        let stored = stored_user(&*self.runner.store, id).await?;
        let expect =
            stored.as_ref().map_or(Expect::Absent, |(_, version)| Expect::Version(*version));
        let mut user = stored.map(|(user, _)| user).unwrap_or_default();
        user.identities.push(identity.clone());
        let key = records::identity(kind, external_id, value);
        let writes = vec![
            Write::Put { key: records::user(id), body: json(&user), expect },
            Write::Put { key, body: json(id), expect: Expect::Anything },
        ];
        let details = json!({ "user": id, "identity": identity, "discovered": true });
        self.noted(caller, "user", details, writes).await
    }
}
