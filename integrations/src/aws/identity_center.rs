//! AWS IAM Identity Center: permission sets in accounts, and groups of its identity store.
//! Source: <https://docs.aws.amazon.com/singlesignon/latest/APIReference/> and
//! <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/>.

mod accounts;
mod assignment;
mod group;

use aws_config::SdkConfig;
use aws_sdk_identitystore::types::{AlternateIdentifier, UniqueAttribute, UserStatus};
use aws_smithy_types::Document;
use countersign::context::ServiceError;
use countersign::flow::HandlerError;
use countersign::model::{Integration, User};
use tokio::sync::OnceCell;

use super::account::Account;
use super::trouble::{failed, is_missing, wrong_shape};
use crate::secret::Secrets;
use crate::setting::Reader;

pub(crate) use assignment::IDENTITY_CENTER;
#[cfg(test)]
pub(super) use assignment::{Assignments, Patience};
pub(crate) use group::IDENTITY_CENTER_GROUP;

/// What the session is called in which an identity is looked up.
const IDENTITY: &str = "countersign-identity";

/// An instance of Identity Center. Its ARN is the integration's `external_id`; an identity is the id
/// of a user in its identity store.
#[derive(Debug)]
pub(super) struct Instance {
    account: Account,
    arn: String,
    store: OnceCell<String>,
}

impl Instance {
    pub(super) fn open(integration: &Integration, secrets: &Secrets) -> Result<Self, HandlerError> {
        let settings = Reader::integration(integration);
        let arn = integration.external_id.clone();
        if !arn.starts_with("arn:") || !arn.contains(":instance/") {
            let what = format!(
                "has the external_id `{arn}`, which is no instance of IAM Identity Center: write its ARN, `arn:aws:sso:::instance/ssoins-..`"
            );
            return Err(settings.wrong(&what));
        }
        let store = settings.optional("identity_store_id")?.map(str::to_owned);
        let account = Account::open(integration, secrets, &["identity_store_id"])?;
        Ok(Self { account, arn, store: OnceCell::new_with(store) })
    }

    /// The id of the identity store, asked once.
    async fn store(&self, config: &SdkConfig) -> Result<&str, HandlerError> {
        let ask = async || {
            let admin = aws_sdk_ssoadmin::Client::new(config);
            let answer = admin.describe_instance().instance_arn(&self.arn).send().await;
            let answer = answer.map_err(|error| failed("sso:DescribeInstance", &error))?;
            let store = answer.identity_store_id;
            store.ok_or_else(|| wrong_shape("sso:DescribeInstance", "it has no `IdentityStoreId`"))
        };
        let store = self.store.get_or_try_init(ask).await;
        Ok(store.map_err(HandlerError::from)?)
    }

    /// The id of somebody's user: the one with their mail address, or named by it.
    pub(super) async fn find(&self, user: &User) -> Result<Option<String>, HandlerError> {
        let Some(mail) = user.email() else { return Ok(None) };
        let config = self.account.enter(IDENTITY).await?;
        let client = aws_sdk_identitystore::Client::new(&config);
        let store = self.store(&config).await?;
        let by_mail = id_by(&client, store, "emails.value", mail).await?;
        let by_name = id_by(&client, store, "userName", mail).await?;
        let id = match (by_mail, by_name) {
            (Some(one), Some(other)) if one != other => {
                let what = format!(
                    "`{mail}` is the mail address of the user `{one}` and the name of the user `{other}`"
                );
                return Err(HandlerError::new("Identity:AMBIGUOUS", what)
                    .with_hint("write the id of the right one into the person's identities")
                    .final_());
            }
            (Some(id), _) | (None, Some(id)) => id,
            (None, None) => return Ok(None),
        };
        let found = client.describe_user().identity_store_id(store).user_id(&id).send().await;
        let found = found.map_err(|error| failed("identitystore:DescribeUser", &error))?;
        if found.user_status == Some(UserStatus::Disabled) {
            let what = format!("the user `{id}` of {mail} is disabled in IAM Identity Center");
            return Err(ServiceError::lasting("aws", what, "enable the user, and ask again").into());
        }
        Ok(Some(id))
    }
}

async fn id_by(
    client: &aws_sdk_identitystore::Client,
    store: &str,
    attribute: &str,
    value: &str,
) -> Result<Option<String>, HandlerError> {
    let attribute = UniqueAttribute::builder()
        .attribute_path(attribute)
        .attribute_value(Document::String(value.to_owned()))
        .build()?;
    let asked = client
        .get_user_id()
        .identity_store_id(store)
        .alternate_identifier(AlternateIdentifier::UniqueAttribute(attribute))
        .send()
        .await;
    match asked {
        Ok(answer) => Ok(Some(answer.user_id)),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(failed("identitystore:GetUserId", &error).into()),
    }
}
