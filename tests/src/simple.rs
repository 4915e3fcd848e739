//! As little as a deployment can have: one flow, one target, one person who decides.

use countersign::store::{Commit, Expect, Key, Store, Token, Transaction, Write};

/// The partition of the settings' items.
const PARTITION: &str = "S#settings";

/// The flow.
pub mod access {
    use countersign::prelude::*;

    flow!("access", Access);

    #[reducer]
    fn get_approver() -> Approvers {
        okta::group("security")
    }
}

/// The settings, as the items that Terraform makes of them.
pub const SETTINGS: [(&str, &str); 6] = [
    ("environment", r#"{"name": "test", "org": "acme", "domains": ["acme.test"]}"#),
    (
        "integration#directory",
        r#"{"name": "directory", "type": "directory", "external_id": "local"}"#,
    ),
    (
        "strategy#groups",
        r#"{"name": "groups", "type": "directory_group", "integration": "directory"}"#,
    ),
    ("target#orders", r#"{"name": "orders", "strategy": "groups"}"#),
    ("flow#access", r#"{"name": "access", "targets": ["orders"], "max_duration": "8h"}"#),
    ("directory", r#"{"groups": [{"name": "security", "members": ["bo@acme.test"]}]}"#),
];

/// Puts settings in the place of those that are there.
///
/// # Errors
///
/// If they cannot be written.
pub async fn put(store: &dyn Store, token: &str, settings: &[(&str, &str)]) -> Result<(), String> {
    let put = |(sk, body): &(&str, &str)| Write::Put {
        key: Key::new(PARTITION, *sk),
        body: (*body).to_owned(),
        expect: Expect::Anything,
    };
    let writes = settings.iter().map(put).collect();
    match store.write(&Transaction { token: Token(token.to_owned()), writes }).await {
        Commit::Committed => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

/// The variables of a function on these tables.
#[must_use]
pub fn variables(role: &str, tables: [&str; 2], issuer: &str) -> Vec<(&'static str, String)> {
    let [core, audit] = tables;
    let arn = |what: &str| format!("arn:aws:{what}");
    vec![
        ("COUNTERSIGN_ROLE", role.to_owned()),
        ("COUNTERSIGN_ENVIRONMENT", "test".to_owned()),
        ("COUNTERSIGN_TABLE", core.to_owned()),
        ("COUNTERSIGN_AUDIT_TABLE", audit.to_owned()),
        ("COUNTERSIGN_FORM_FUNCTION", "form".to_owned()),
        ("COUNTERSIGN_SCHEDULE_GROUP", "test".to_owned()),
        ("COUNTERSIGN_SCHEDULE_ROLE_ARN", arn("iam::000000000000:role/schedules")),
        ("COUNTERSIGN_TIMER_ARN", arn("lambda:us-east-1:000000000000:function:timer")),
        ("COUNTERSIGN_OIDC_ISSUER", issuer.to_owned()),
        ("COUNTERSIGN_OIDC_AUDIENCE", crate::issuer::AUDIENCE.to_owned()),
    ]
}
