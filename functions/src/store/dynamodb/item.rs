//! Items as `DynamoDB` keeps them: `pk`, `sk`, `body`, `version` and `token`.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use countersign::store::{Item, Key, ReadError, Token};

pub(super) type Attributes = HashMap<String, AttributeValue>;

pub(super) const PK: &str = "pk";
pub(super) const SK: &str = "sk";
pub(super) const BODY: &str = "body";
pub(super) const VERSION: &str = "version";
pub(super) const TOKEN: &str = "token";

pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(super) fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(super) fn key_attributes(key: &Key) -> Attributes {
    [(PK.to_owned(), text(&key.pk)), (SK.to_owned(), text(&key.sk))].into()
}

/// An item that is put where none is, or where it is known which one is.
pub(super) fn attributes(key: &Key, body: &str, version: u64, token: &Token) -> Attributes {
    let mut attributes = key_attributes(key);
    attributes.insert(BODY.to_owned(), text(body));
    attributes.insert(VERSION.to_owned(), number(version));
    attributes.insert(TOKEN.to_owned(), text(&token.0));
    attributes
}

/// What an item counts towards its units: the names and the values of its attributes.
pub(super) fn size(key: &Key, body: &str, token: &Token) -> usize {
    const NAMES: usize = PK.len() + SK.len() + BODY.len() + VERSION.len() + TOKEN.len();
    /// A number of up to twenty digits has two of them in a byte, and one byte more.
    const NUMBER: usize = 11;
    [NAMES, NUMBER, key.pk.len(), key.sk.len(), body.len(), token.0.len()]
        .into_iter()
        .fold(0, usize::saturating_add)
}

/// What an item that was read counts.
pub(super) fn size_of(item: &Item) -> usize {
    size(&item.key, &item.body, &item.token)
}

/// Reads an item.
pub(super) fn read(table: &str, mut attributes: Attributes) -> Result<Item, ReadError> {
    let item = parse(&mut attributes);
    item.map_err(|what| {
        let name = |part: &str| match attributes.get(part) {
            Some(AttributeValue::S(text)) => text.clone(),
            Some(_) | None => "?".to_owned(),
        };
        let (pk, sk) = (name(PK), name(SK));
        ReadError::Damaged(format!(
            "in table `{table}`, the item `{pk} / {sk}` {what}: somebody else wrote it; correct or \
             delete it, or restore it from the table's point-in-time backup"
        ))
    })
}

fn parse(attributes: &mut Attributes) -> Result<Item, String> {
    let version = match attributes.get(VERSION) {
        Some(AttributeValue::N(digits)) => digits.parse().map_err(|_| {
            format!("has `{digits}` as its `{VERSION}`, which must be a whole number")
        })?,
        Some(_) | None => return Err(format!("has no number `{VERSION}`")),
    };
    for name in [PK, SK, BODY, TOKEN] {
        if !matches!(attributes.get(name), Some(AttributeValue::S(_))) {
            return Err(format!("has no text `{name}`"));
        }
    }
    let mut take = |name: &str| match attributes.remove(name) {
        Some(AttributeValue::S(text)) => text,
        Some(_) | None => String::new(),
    };
    Ok(Item {
        key: Key { pk: take(PK), sk: take(SK) },
        version,
        body: take(BODY),
        token: Token(take(TOKEN)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_comes_back_as_it_was_put() {
        let (key, token) = (Key::new("R#1", "#"), Token("t".to_owned()));
        let found = read("core", attributes(&key, "{}", 7, &token)).unwrap();
        assert_eq!(found, Item { key, version: 7, body: "{}".to_owned(), token });
    }

    #[test]
    fn an_item_that_somebody_else_wrote_is_damage_and_is_named() {
        let whole = attributes(&Key::new("S#settings", "flow#x"), "{}", 1, &Token("t".to_owned()));
        let without = |name: &str| {
            let mut attributes = whole.clone();
            attributes.remove(name);
            attributes
        };
        let with = |name: &str, value| {
            let mut attributes = whole.clone();
            attributes.insert(name.to_owned(), value);
            attributes
        };
        for (attributes, said) in [
            (without(BODY), "has no text `body`"),
            (without(TOKEN), "has no text `token`"),
            (without(VERSION), "has no number `version`"),
            (with(BODY, AttributeValue::Bool(true)), "has no text `body`"),
            (with(VERSION, text("1")), "has no number `version`"),
            (with(VERSION, AttributeValue::N("1.5".to_owned())), "has `1.5` as its `version`"),
            (with(VERSION, AttributeValue::N("-1".to_owned())), "has `-1` as its `version`"),
        ] {
            let error = read("core", attributes).unwrap_err().to_string();
            for said in [said, "in table `core`", "`S#settings / flow#x`", "correct or delete it"] {
                assert!(error.contains(said), "{error}");
            }
        }
    }
}
