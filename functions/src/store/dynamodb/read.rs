//! Reading: always consistently, since what is read is what decisions are made of.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{KeysAndAttributes, ReturnConsumedCapacity};
use countersign::store::{Item, Key, Page, Query, ReadError};
use futures_util::future::try_join_all;

use super::item::{self, Attributes, PK, SK};
use super::merge::merge;
use super::pause::Pauses;
use super::span::Span;
use super::trouble::Trouble;
use super::units::Meter;

/// The most items that `DynamoDB` gives at once by their keys.
const MOST_KEYS: usize = 100;

/// A page is not filled further when it holds so many bytes. `DynamoDB` ends its own after 1 MB.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// Who reads.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) client: &'a Client,
    pub(super) trouble: Trouble<'a>,
    pub(super) meter: &'a Meter,
}

impl Reader<'_> {
    pub(super) async fn get(self, key: &Key) -> Result<Option<Item>, ReadError> {
        if !is_key(key) {
            return Ok(None);
        }
        let table = self.trouble.tables.of(key);
        let answer = self
            .client
            .get_item()
            .table_name(table)
            .set_key(Some(item::key_attributes(key)))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(|error| self.trouble.read(&error))?;
        let item = answer.item.map(|attributes| item::read(table, attributes)).transpose()?;
        let reported = answer.consumed_capacity.and_then(|consumed| consumed.capacity_units);
        self.meter.has_read(item.as_ref().map_or(0, item::size_of), reported.unwrap_or_default());
        Ok(item)
    }

    pub(super) async fn get_many(self, keys: &[Key]) -> Result<Vec<Option<Item>>, ReadError> {
        let mut wanted: Vec<_> = keys.iter().filter(|key| is_key(key)).collect();
        wanted.sort();
        wanted.dedup();
        let mut found = HashMap::new();
        for some in wanted.chunks(MOST_KEYS) {
            self.get_some(some, &mut found).await?;
        }
        Ok(keys.iter().map(|key| found.get(key).cloned()).collect())
    }

    async fn get_some(
        &self,
        keys: &[&Key],
        found: &mut HashMap<Key, Item>,
    ) -> Result<(), ReadError> {
        let mut missing: HashSet<&Key> = keys.iter().copied().collect();
        let mut request = self.batch(keys).map_err(ReadError::Unavailable)?;
        let mut pauses = Pauses::new(self.trouble.patience);
        loop {
            let answer = self
                .client
                .batch_get_item()
                .set_request_items(Some(request))
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await
                .map_err(|error| self.trouble.read(&error))?;
            let before = missing.len();
            for (table, items) in answer.responses.unwrap_or_default() {
                for attributes in items {
                    let item = item::read(&table, attributes)?;
                    self.meter.has_read(item::size_of(&item), 0.0);
                    missing.remove(&item.key);
                    found.insert(item.key.clone(), item);
                }
            }
            let consumed = answer.consumed_capacity.unwrap_or_default();
            let units = consumed.into_iter().filter_map(|consumed| consumed.capacity_units).sum();
            self.meter.has_reported(units);
            request = answer.unprocessed_keys.unwrap_or_default();
            request.retain(|_, rest| !rest.keys.is_empty());
            if request.is_empty() {
                // Whoever finds nothing pays for the least there is.
                for _ in &missing {
                    self.meter.has_read(0, 0.0);
                }
                return Ok(());
            }
            // An answer that is full says so at once; only one without anything is throttled.
            if missing.len() == before && !pauses.wait().await {
                return Err(ReadError::Unavailable(format!(
                    "DynamoDB is throttled and left out {} of {} items of the tables {}",
                    missing.len(),
                    keys.len(),
                    self.trouble.tables
                )));
            }
        }
    }

    fn batch(&self, keys: &[&Key]) -> Result<HashMap<String, KeysAndAttributes>, String> {
        let mut by_table: HashMap<String, Vec<Attributes>> = HashMap::new();
        for key in keys {
            let table = self.trouble.tables.of(key).to_owned();
            by_table.entry(table).or_default().push(item::key_attributes(key));
        }
        let batch = by_table.into_iter().map(|(table, keys)| {
            let keys = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true);
            Ok((table, keys.build().map_err(|error| error.to_string())?))
        });
        batch.collect()
    }

    pub(super) async fn query(self, query: &Query) -> Result<Page, ReadError> {
        let Some(span) = Span::of(query) else { return Ok(Page::default()) };
        let tables = self.trouble.tables.of_query(query);
        let pages = tables.into_iter().map(|table| self.page(table, query, &span));
        Ok(merge(try_join_all(pages).await?, query))
    }

    /// The items of one table: as many as are asked for, if there are so many, unless they are
    /// very large.
    async fn page(&self, table: &str, query: &Query, span: &Span) -> Result<Page, ReadError> {
        let limit = query.limit.max(1);
        let (condition, values) = span.keys.condition();
        let at = |sk: &str| {
            Attributes::from([
                (PK.to_owned(), item::text(&query.pk)),
                (SK.to_owned(), item::text(sk)),
            ])
        };
        let mut start = span.after.as_deref().map(at);
        let mut page = Page::default();
        let mut held = 0_usize;
        loop {
            let mut request = self
                .client
                .query()
                .table_name(table)
                .key_condition_expression(format!("{PK} = :pk{condition}"))
                .expression_attribute_values(":pk", item::text(&query.pk))
                .consistent_read(true)
                .scan_index_forward(!query.descending)
                .limit(i32::try_from(limit.saturating_sub(page.items.len())).unwrap_or(i32::MAX))
                .set_exclusive_start_key(start.take())
                .return_consumed_capacity(ReturnConsumedCapacity::Total);
            for (name, value) in &values {
                request = request.expression_attribute_values(*name, item::text(*value));
            }
            let answer = request.send().await.map_err(|error| self.trouble.read(&error))?;
            let mut bytes = 0_usize;
            for attributes in answer.items.unwrap_or_default() {
                let item = item::read(table, attributes)?;
                bytes = bytes.saturating_add(item::size_of(&item));
                page.items.push(item);
            }
            let reported = answer.consumed_capacity.and_then(|consumed| consumed.capacity_units);
            self.meter.has_read(bytes, reported.unwrap_or_default());
            held = held.saturating_add(bytes);
            start = answer.last_evaluated_key;
            page.more = start.is_some();
            let is_full = page.items.len() >= limit || held >= MOST_BYTES;
            if !page.more || is_full {
                return Ok(page);
            }
        }
    }
}

/// Whether anything can be under it: `DynamoDB` refuses to look for what cannot.
fn is_key(key: &Key) -> bool {
    let fits = |part: &str| (1..=1024).contains(&part.len());
    fits(&key.pk) && fits(&key.sk)
}
