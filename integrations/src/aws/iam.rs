//! AWS IAM: who is which user of an account, and membership in its groups.
//! Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/>.

#[cfg(feature = "aws-iam")]
mod group;

use aws_sdk_iam::Client;
use countersign::context::ServiceError;
use countersign::flow::HandlerError;
use countersign::model::{Integration, Object, User};

use super::account::Account;
use super::trouble::{failed, is_missing};
use crate::secret::Secrets;
use crate::setting::Reader;

#[cfg(feature = "aws-iam")]
#[cfg(all(test, feature = "aws-iam"))]
pub(super) use group::Groups;
#[cfg(feature = "aws-iam")]
pub(crate) use group::IAM_GROUP;

/// Users of an account are looked through for a tag up to this number: each costs a call.
const MOST_TAGGED: usize = 100;

/// The users of an account. An identity is a user's ARN.
#[derive(Debug)]
pub(super) struct Users {
    account: Account,
    /// The account's number, where the integration's `external_id` is one.
    number: String,
    found_by: FoundBy,
}

/// How somebody's user is found.
#[derive(Debug, Clone, PartialEq, Eq)]
enum FoundBy {
    /// Its name is their mail address.
    Mail,
    /// Its name is what their mail address has before the `@`; only for this domain.
    LocalPart(String),
    /// It has a tag of this name with their mail address.
    Tag(String),
}

/// The settings of a strategy that say how users are found.
pub(super) const SETTINGS: [&str; 3] = ["find_by", "domain", "tag"];

impl Users {
    pub(super) fn open(
        integration: &Integration,
        settings: &Object,
        secrets: &Secrets,
    ) -> Result<Self, HandlerError> {
        let number = &integration.external_id;
        if number.len() != 12 || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            let what = format!(
                "has the external_id `{number}`, which is no AWS account: write its 12 digits"
            );
            return Err(Reader::integration(integration).wrong(&what));
        }
        let settings = Reader::strategy(settings).only(&SETTINGS)?;
        let found_by = match settings.word("find_by", &["mail", "local_part", "tag"])? {
            "local_part" => FoundBy::LocalPart(settings.text("domain")?.to_lowercase()),
            "tag" => FoundBy::Tag(settings.text("tag")?.to_owned()),
            _ => FoundBy::Mail,
        };
        let account = Account::open(integration, secrets, &[])?;
        Ok(Self { account, number: number.clone(), found_by })
    }

    /// A client for one call of a strategy.
    pub(super) async fn client(&self, session: &str) -> Result<Client, HandlerError> {
        Ok(Client::new(&self.account.enter(session).await?))
    }

    /// The ARN of somebody's user; `None` if there is none.
    pub(super) async fn find(&self, user: &User) -> Result<Option<String>, HandlerError> {
        let Some(mail) = user.email() else { return Ok(None) };
        let client = self.client("countersign-identity").await?;
        let name = match &self.found_by {
            FoundBy::Mail => mail,
            FoundBy::LocalPart(domain) => match mail.rsplit_once('@') {
                Some((name, of)) if of == domain => name,
                Some(_) | None => return Ok(None),
            },
            FoundBy::Tag(tag) => return self.tagged(&client, tag, mail).await,
        };
        match client.get_user().user_name(name).send().await {
            Ok(answer) => match answer.user {
                Some(user) => self.checked(user.arn).map(Some),
                None => Err(super::trouble::wrong_shape("iam:GetUser", "it has no `User`").into()),
            },
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(failed("iam:GetUser", &error).into()),
        }
    }

    async fn tagged(
        &self,
        client: &Client,
        tag: &str,
        mail: &str,
    ) -> Result<Option<String>, HandlerError> {
        let mut users = client.list_users().into_paginator().items().send();
        let (mut looked_at, mut found) = (0, None);
        while let Some(user) = users.next().await {
            let user = user.map_err(|error| failed("iam:ListUsers", &error))?;
            looked_at += 1;
            if looked_at > MOST_TAGGED {
                return Err(ServiceError::lasting(
                    "aws",
                    format!("the account has more than {MOST_TAGGED} users, too many to look at the tags of each"),
                    "write the ARN of the person's user into their identities, or use `find_by = \"mail\"`",
                )
                .into());
            }
            let mut tags =
                client.list_user_tags().user_name(&user.user_name).into_paginator().items().send();
            while let Some(it) = tags.next().await {
                let it = it.map_err(|error| failed("iam:ListUserTags", &error))?;
                if it.key != tag || !it.value.eq_ignore_ascii_case(mail) {
                    continue;
                }
                if let Some(other) = found.replace(user.arn.clone()) {
                    return Err(HandlerError::new(
                        "Identity:AMBIGUOUS",
                        format!(
                            "`{other}` and `{}` both have the tag `{tag}` = `{mail}`",
                            user.arn
                        ),
                    )
                    .with_hint("take the tag from one of them")
                    .final_());
                }
            }
        }
        found.map(|arn| self.checked(arn)).transpose()
    }

    /// An identity of another account would be given access there, or nowhere.
    fn checked(&self, arn: String) -> Result<String, HandlerError> {
        self.name(&arn)?;
        Ok(arn)
    }

    /// The name of the user of this ARN.
    ///
    /// # Errors
    ///
    /// If it is no user of this account.
    pub(super) fn name<'a>(&self, arn: &'a str) -> Result<&'a str, HandlerError> {
        let mut parts = arn.splitn(6, ':');
        let resource = parts.nth(5).and_then(|resource| resource.strip_prefix("user/"));
        let is_here = arn.split(':').nth(4) == Some(self.number.as_str());
        let name =
            resource.and_then(|path| path.rsplit('/').next()).filter(|name| !name.is_empty());
        name.filter(|_| is_here && arn.starts_with("arn:")).ok_or_else(|| {
            HandlerError::new(
                "Identity:WRONG",
                format!("`{arn}` is not the ARN of a user of the account {}", self.number),
            )
            .with_hint("correct the person's identity in this integration, or the integration's role and `external_id`")
            .final_()
        })
    }
}
