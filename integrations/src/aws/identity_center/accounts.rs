//! Accounts by what the organization calls them.
//! Source: <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html>.

use countersign::context::ServiceError;
use countersign::flow::HandlerError;

use super::Instance;
use crate::aws::trouble::{failed, wrong_shape};

const LIST: &str = "organizations:ListAccounts";

/// So many pages are looked through: a page holds twenty accounts, and each is a call.
const MOST_PAGES: u32 = 25;

/// Whether it is an account's number: 12 digits.
pub(super) fn is_number(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl Instance {
    /// The number of the account of this name, exactly as written. Names need not be unique.
    ///
    /// # Errors
    ///
    /// If there is none, or there are several, or the organization cannot be asked.
    pub(super) async fn account_called(
        &self,
        name: &str,
        run: &str,
    ) -> Result<String, HandlerError> {
        let client = aws_sdk_organizations::Client::new(&self.account.enter(run).await?);
        let mut pages = client.list_accounts().into_paginator().send();
        let (mut looked_at, mut found) = (0, Vec::new());
        while let Some(page) = pages.next().await {
            looked_at += 1;
            if looked_at > MOST_PAGES {
                let what =
                    format!("{LIST}: the organization has too many accounts to look for `{name}`");
                let hint = "write the 12 digits of the account into the target";
                return Err(ServiceError::lasting("aws", what, hint).into());
            }
            let page = page.map_err(|error| failed(LIST, &error))?;
            for account in page.accounts().iter().filter(|it| it.name() == Some(name)) {
                let number = account.id().filter(|id| is_number(id));
                let number = number.ok_or_else(|| wrong_shape(LIST, "an account has no `Id`"))?;
                found.push(number.to_owned());
            }
        }
        match &found[..] {
            [one] => Ok(one.clone()),
            [] => {
                let what = format!("{LIST}: the organization has no account called `{name}`");
                let hint = "look at the target's `account`, or write its 12 digits";
                Err(ServiceError::lasting("aws", what, hint).into())
            }
            several => {
                let what =
                    format!("{LIST}: the accounts {} are all called `{name}`", several.join(", "));
                let hint =
                    "write the 12 digits of the one that is meant into the target's `account`";
                Err(ServiceError::lasting("aws", what, hint).into())
            }
        }
    }
}
