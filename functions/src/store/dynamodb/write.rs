//! Writing: one request for a transaction, and again where it certainly was not done.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{ConsumedCapacity, ReturnConsumedCapacity, TransactWriteItem};
use countersign::store::{Commit, Transaction};

use super::outcome::{Attempt, judge};
use super::pause::Pauses;
use super::request::Request;
use super::trouble::Trouble;
use super::units::Meter;

/// Who writes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Writer<'a> {
    /// Makes one attempt: what became of a lost one is for the caller to find out, by repeating.
    pub(super) client: &'a Client,
    pub(super) trouble: Trouble<'a>,
    pub(super) meter: &'a Meter,
}

impl Writer<'_> {
    pub(super) async fn write(self, transaction: &Transaction) -> Commit {
        if let Err(why) = transaction.check() {
            return Commit::Invalid(why);
        }
        let request = match Request::of(transaction, self.trouble.tables) {
            Ok(request) => request,
            Err(why) => return Commit::Invalid(why),
        };
        let mut pauses = Pauses::new(self.trouble.patience);
        loop {
            match self.attempt(&request).await {
                Attempt::Over(commit) => return commit,
                Attempt::Again(commit) => {
                    if !pauses.wait().await {
                        return commit;
                    }
                }
            }
        }
    }

    async fn attempt(&self, request: &Request) -> Attempt {
        let mut actions = request.actions();
        match (actions.next(), actions.len()) {
            (None, _) => Attempt::Over(Commit::Committed),
            (Some(action), 0) if action.condition_check.is_none() => {
                self.meter.sends(request.units);
                self.alone(action.clone(), request).await
            }
            (Some(_), _) => {
                self.meter.sends(request.units);
                self.together(request).await
            }
        }
    }

    /// One action by itself costs half of what it does in a transaction.
    async fn alone(&self, action: TransactWriteItem, request: &Request) -> Attempt {
        let TransactWriteItem { put, update, delete, .. } = action;
        if let Some(put) = put {
            let sent =
                self.client.put_item().return_consumed_capacity(ReturnConsumedCapacity::Total);
            let sent = sent
                .set_table_name(Some(put.table_name))
                .set_item(Some(put.item))
                .set_condition_expression(put.condition_expression)
                .set_expression_attribute_values(put.expression_attribute_values)
                .set_return_values_on_condition_check_failure(
                    put.return_values_on_condition_check_failure,
                );
            match sent.send().await {
                Ok(done) => self.done(done.consumed_capacity),
                Err(error) => judge(error, request, &self.trouble),
            }
        } else if let Some(update) = update {
            let sent =
                self.client.update_item().return_consumed_capacity(ReturnConsumedCapacity::Total);
            let sent = sent
                .set_table_name(Some(update.table_name))
                .set_key(Some(update.key))
                .set_update_expression(Some(update.update_expression))
                .set_condition_expression(update.condition_expression)
                .set_expression_attribute_names(update.expression_attribute_names)
                .set_expression_attribute_values(update.expression_attribute_values)
                .set_return_values_on_condition_check_failure(
                    update.return_values_on_condition_check_failure,
                );
            match sent.send().await {
                Ok(done) => self.done(done.consumed_capacity),
                Err(error) => judge(error, request, &self.trouble),
            }
        } else if let Some(delete) = delete {
            let sent =
                self.client.delete_item().return_consumed_capacity(ReturnConsumedCapacity::Total);
            let sent = sent
                .set_table_name(Some(delete.table_name))
                .set_key(Some(delete.key))
                .set_condition_expression(delete.condition_expression)
                .set_expression_attribute_values(delete.expression_attribute_values)
                .set_return_values_on_condition_check_failure(
                    delete.return_values_on_condition_check_failure,
                );
            match sent.send().await {
                Ok(done) => self.done(done.consumed_capacity),
                Err(error) => judge(error, request, &self.trouble),
            }
        } else {
            Attempt::Over(Commit::Invalid("an action that is none".to_owned()))
        }
    }

    async fn together(&self, request: &Request) -> Attempt {
        let sent = self
            .client
            .transact_write_items()
            .client_request_token(&request.client_token)
            .set_transact_items(Some(request.actions().cloned().collect()))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match sent {
            Ok(done) => self.done(done.consumed_capacity.unwrap_or_default()),
            Err(error) => judge(error, request, &self.trouble),
        }
    }

    fn done(&self, consumed: impl IntoIterator<Item = ConsumedCapacity>) -> Attempt {
        let reported = consumed.into_iter().filter_map(|consumed| consumed.capacity_units).sum();
        self.meter.has_written(reported);
        Attempt::Over(Commit::Committed)
    }
}
