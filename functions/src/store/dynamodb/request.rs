//! A transaction as `DynamoDB` is asked for it.

use std::fmt::Write as _;

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{
    ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use countersign::store::{Expect, Item, Key, Token, Transaction, Write};
use sha2::{Digest, Sha256};

use super::item::{self, Attributes, BODY, PK, TOKEN, VERSION};
use super::tables::{Tables, is_entry};
use super::units;

/// The actions of a transaction.
#[derive(Debug)]
pub(super) struct Request {
    /// Each action, and the place of its write: what asks for nothing is left out.
    actions: Vec<(usize, TransactWriteItem)>,
    /// So many writes has the transaction.
    writes: usize,
    /// Whose it is.
    pub(super) token: Token,
    /// By which `DynamoDB` recognises, for ten minutes, that it was asked before.
    pub(super) client_token: String,
    /// What it costs at least. The size of an item that is deleted is not known.
    pub(super) units: u64,
}

impl Request {
    /// The actions of a transaction that was checked.
    pub(super) fn of(transaction: &Transaction, tables: &Tables) -> Result<Self, String> {
        let token = &transaction.token;
        let mut actions = Vec::new();
        let mut units = 0_u64;
        for (place, write) in transaction.writes.iter().enumerate() {
            if is_entry(write.key()) && !keeps(write) {
                return Err(format!(
                    "`{}` is an entry: it is put where there is none, and never changed or taken \
                     away",
                    write.key()
                ));
            }
            if matches!(write, Write::Check { expect: Expect::Anything, .. }) {
                continue;
            }
            let table = tables.of(write.key());
            actions.push((place, action(table, write, token).map_err(|error| error.to_string())?));
            units = units.saturating_add(units_of(write, token));
        }
        let is_alone =
            matches!(actions.as_slice(), [(_, action)] if action.condition_check.is_none());
        Ok(Self {
            actions,
            writes: transaction.writes.len(),
            token: token.clone(),
            client_token: client_token(transaction, tables),
            units: if is_alone { units } else { units.saturating_mul(2) },
        })
    }

    /// What is asked for.
    pub(super) fn actions(&self) -> impl ExactSizeIterator<Item = &TransactWriteItem> {
        self.actions.iter().map(|(_, action)| action)
    }

    /// The table of an action, and its key for messages.
    pub(super) fn table(&self, action: usize) -> &str {
        let Some((_, item)) = self.actions.get(action) else { return "?" };
        let TransactWriteItem { put, update, delete, condition_check, .. } = item;
        let put = put.as_ref().map(Put::table_name);
        let update = update.as_ref().map(Update::table_name);
        let delete = delete.as_ref().map(Delete::table_name);
        let check = condition_check.as_ref().map(ConditionCheck::table_name);
        put.or(update).or(delete).or(check).unwrap_or("?")
    }

    /// What stood in the way of each write, from what stood in the way of each action.
    pub(super) fn in_places(
        &self,
        found: impl IntoIterator<Item = Option<Item>>,
    ) -> Vec<Option<Item>> {
        let mut places = vec![None; self.writes];
        for ((place, _), item) in self.actions.iter().zip(found) {
            if let Some(slot) = places.get_mut(*place) {
                *slot = item;
            }
        }
        places
    }
}

/// Whether a write may be made of an entry: no function has the permission for any other.
fn keeps(write: &Write) -> bool {
    match write {
        Write::Put { expect, .. } => *expect == Expect::Absent,
        Write::Check { .. } => true,
        Write::Delete { .. } => false,
    }
}

fn action(table: &str, write: &Write, token: &Token) -> Result<TransactWriteItem, BuildError> {
    const OLD: ReturnValuesOnConditionCheckFailure = ReturnValuesOnConditionCheckFailure::AllOld;
    let action = TransactWriteItem::builder();
    let (condition, values) = condition(write.expect());
    let key = Some(item::key_attributes(write.key()));
    let action = match write {
        Write::Put { key, body, expect: expect @ (Expect::Absent | Expect::Version(_)) } => {
            let version = match expect {
                Expect::Version(version) => version.saturating_add(1),
                Expect::Anything | Expect::Absent | Expect::Present => 1,
            };
            let put = Put::builder()
                .table_name(table)
                .set_item(Some(item::attributes(key, body, version, token)))
                .set_condition_expression(condition)
                .set_expression_attribute_values(values)
                .return_values_on_condition_check_failure(OLD);
            action.put(put.build()?)
        }
        // Which version it has is known to the table alone.
        Write::Put { body, expect: Expect::Anything | Expect::Present, .. } => {
            let mut values = values.unwrap_or_default();
            values.insert(":body".to_owned(), item::text(body));
            values.insert(":token".to_owned(), item::text(&token.0));
            values.insert(":one".to_owned(), item::number(1));
            let update = Update::builder()
                .table_name(table)
                .set_key(key)
                .update_expression(format!(
                    "SET {BODY} = :body, #token = :token ADD {VERSION} :one"
                ))
                .expression_attribute_names("#token", TOKEN)
                .set_condition_expression(condition)
                .set_expression_attribute_values(Some(values))
                .return_values_on_condition_check_failure(OLD);
            action.update(update.build()?)
        }
        Write::Delete { .. } => {
            let delete = Delete::builder()
                .table_name(table)
                .set_key(key)
                .set_condition_expression(condition)
                .set_expression_attribute_values(values)
                .return_values_on_condition_check_failure(OLD);
            action.delete(delete.build()?)
        }
        Write::Check { .. } => {
            let check = ConditionCheck::builder()
                .table_name(table)
                .set_key(key)
                .set_condition_expression(condition)
                .set_expression_attribute_values(values)
                .return_values_on_condition_check_failure(OLD);
            action.condition_check(check.build()?)
        }
    };
    Ok(action.build())
}

fn condition(expect: Expect) -> (Option<String>, Option<Attributes>) {
    match expect {
        Expect::Anything => (None, None),
        Expect::Absent => (Some(format!("attribute_not_exists({PK})")), None),
        Expect::Present => (Some(format!("attribute_exists({PK})")), None),
        Expect::Version(version) => {
            let values = [(":version".to_owned(), item::number(version))];
            (Some(format!("{VERSION} = :version")), Some(values.into()))
        }
    }
}

fn units_of(write: &Write, token: &Token) -> u64 {
    match write {
        Write::Put { key, body, .. } => units::of_write(item::size(key, body, token)),
        Write::Delete { .. } | Write::Check { .. } => units::of_write(0),
    }
}

/// The same for the same writes to the same tables, and for no others: so a repetition is
/// recognised, and whoever uses a token twice is judged by the conditions alone.
fn client_token(transaction: &Transaction, tables: &Tables) -> String {
    /// In bytes: as digits they are as long as may be.
    const LENGTH: usize = 18;
    let mut hash = Sha256::new();
    let mut add = |text: &str| {
        hash.update(text.len().to_be_bytes());
        hash.update(text);
    };
    for text in [&tables.core, &tables.audit, &transaction.token.0] {
        add(text);
    }
    for write in &transaction.writes {
        let (what, body) = match write {
            Write::Put { body, .. } => ("put", body.as_str()),
            Write::Delete { .. } => ("delete", ""),
            Write::Check { .. } => ("check", ""),
        };
        let Key { pk, sk } = write.key();
        for text in [what, pk, sk, body, &format!("{:?}", write.expect())] {
            add(text);
        }
    }
    hash.finalize().iter().take(LENGTH).fold(String::new(), |mut digits, byte| {
        // Writing to memory does not fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}
