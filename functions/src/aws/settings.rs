//! The settings of a deployment: items that Terraform wrote, one for each part of the document,
//! all in one partition.

use countersign::store::{Query, ReadError, Store};
use serde_json::{Map, Value};

use crate::settings::{Format, Settings, SettingsErrors};

/// The partition of the items.
pub const PARTITION: &str = "S#settings";

/// The parts of the document that are lists, and what their items' keys start with.
const LISTS: [(&str, &str); 6] = [
    ("integration#", "integrations"),
    ("strategy#", "strategies"),
    ("target#", "targets"),
    ("flow#", "flows"),
    ("user#", "users"),
    ("webhook#", "webhooks"),
];

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoSettings {
    /// The table cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// An item is not a part of the settings.
    #[error(
        "the item `{PARTITION}` / `{key}` is no part of the settings: {why}; apply the Terraform module again"
    )]
    Part {
        /// Its sort key.
        key: String,
        /// What is wrong with it.
        why: String,
    },
    /// What is written there cannot work.
    #[error("{0}")]
    Wrong(SettingsErrors),
}

/// The text of the settings document that the items make up: the same items, the same text.
///
/// # Errors
///
/// If they cannot be read, or one is no part of such a document.
pub async fn document(store: &dyn Store) -> Result<String, NoSettings> {
    let mut document = Map::new();
    let mut query = Query::of(PARTITION).limit(1_000);
    loop {
        let page = store.query(&query).await?;
        for item in &page.items {
            let part = |why: String| NoSettings::Part { key: item.key.sk.clone(), why };
            let body: Value =
                serde_json::from_str(&item.body).map_err(|error| part(error.to_string()))?;
            add(&mut document, &item.key.sk, body).map_err(part)?;
        }
        match page.items.last() {
            Some(last) if page.more => query.after = Some(last.key.sk.clone()),
            Some(_) | None => break,
        }
    }
    Ok(Value::Object(document).to_string())
}

fn add(document: &mut Map<String, Value>, key: &str, body: Value) -> Result<(), String> {
    if let Some((_, list)) = LISTS.iter().find(|(start, _)| key.starts_with(start)) {
        let list = document.entry(*list).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(list) = list {
            list.push(body);
        }
    } else if let Some(name) = key.strip_prefix("secret#") {
        let secrets = document.entry("secrets").or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(secrets) = secrets {
            secrets.insert(name.to_owned(), body);
        }
    } else if matches!(key, "environment" | "directory" | "http") {
        document.insert(key.to_owned(), body);
    } else {
        return Err("no part has such a key".to_owned());
    }
    Ok(())
}

/// The settings in a document of the table.
///
/// # Errors
///
/// Everything that is wrong with them.
pub fn read(document: &str) -> Result<Settings, NoSettings> {
    Settings::parse(document, Format::Json, PARTITION).map_err(NoSettings::Wrong)
}

#[cfg(test)]
mod tests {
    use countersign::store::{Commit, Expect, Key, Token, Transaction, Write};
    use countersign::testing::MemoryStore;

    use super::*;

    async fn store(items: &[(&str, &str)]) -> MemoryStore {
        let store = MemoryStore::default();
        let put = |(sk, body): &(&str, &str)| Write::Put {
            key: Key::new(PARTITION, *sk),
            body: (*body).to_owned(),
            expect: Expect::Absent,
        };
        let writes = items.iter().map(put).collect();
        let written = store.write(&Transaction { token: Token("t".to_owned()), writes }).await;
        assert_eq!(written, Commit::Committed);
        store
    }

    #[tokio::test]
    async fn the_items_are_one_document() {
        let store = store(&[
            ("environment", r#"{"name": "prod", "org": "acme"}"#),
            ("target#db", r#"{"name": "db"}"#),
            ("target#ci", r#"{"name": "ci"}"#),
            ("flow#access", r#"{"name": "access", "targets": ["db", "ci"]}"#),
            ("secret#token", r#"{"env": "TOKEN"}"#),
        ])
        .await;
        let settings = read(&document(&store).await.unwrap()).unwrap();
        assert_eq!(settings.environment.name, "prod");
        let targets: Vec<_> = settings.targets.iter().map(|target| target.name.as_str()).collect();
        assert_eq!(targets, ["ci", "db"]);
    }

    #[tokio::test]
    async fn what_is_no_part_of_the_settings_is_named() {
        let error = document(&store(&[("flaw#x", "{}")]).await).await.unwrap_err();
        assert!(error.to_string().contains("`flaw#x` is no part of the settings"), "{error}");
        let error = document(&store(&[("environment", "{")]).await).await.unwrap_err();
        assert!(error.to_string().contains("apply the Terraform module again"), "{error}");
        let nothing = document(&MemoryStore::default()).await.unwrap();
        let error = read(&nothing).unwrap_err();
        assert!(error.to_string().contains("environment"), "{error}");
    }
}
