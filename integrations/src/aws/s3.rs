//! A bucket, or a part of it: an inline policy of one's own for each grant, on the person's IAM user or
//! on a role that they act in. It is named after the target, so that giving it twice is giving it once,
//! and nothing that others wrote is read and written back, as a bucket's policy would have to be.
//! Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html>.

use async_trait::async_trait;
use aws_sdk_iam::Client;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use countersign::context::ServiceError;
use countersign::flow::HandlerError;
use countersign::model::{Target, User};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::iam::{self, Users};
use super::trouble::{Failed, failed, is_missing};
use crate::membership::{ByMembership, Membership, Seat};
use crate::setting::Reader;
use crate::strategies::{Right, StrategyKind};

/// `aws_s3`: a policy lets a person read or write a bucket.
pub(crate) const S3: StrategyKind = StrategyKind {
    kind: "aws_s3",
    integration: "aws",
    rights: &[Right {
        actions: &[
            "iam:DeleteRolePolicy",
            "iam:DeleteUserPolicy",
            "iam:GetRolePolicy",
            "iam:GetUser",
            "iam:GetUserPolicy",
            "iam:ListUserTags",
            "iam:ListUsers",
            "iam:PutRolePolicy",
            "iam:PutUserPolicy",
            "sts:AssumeRole",
        ],
    }],
    scopes: &[],
    open: |setup, secrets| {
        let settings = Reader::strategy(&setup.settings);
        let settings = settings.only(&[&iam::SETTINGS[..], &["principal"]].concat())?;
        let by_session = settings.word("principal", &["user", "session"])? == "session";
        let mut of_users = setup.settings.clone();
        of_users.remove("principal");
        let users = Users::open(&setup.integration, &of_users, secrets)?;
        Ok(std::sync::Arc::new(ByMembership(Buckets { users, by_session })))
    },
};

/// Buckets, for users, or for sessions of a role: sessions that are named after their person's mail
/// address, as single sign-on names them.
#[derive(Debug)]
struct Buckets {
    users: Users,
    by_session: bool,
}

/// What of a bucket, and what may be done with it.
#[derive(Debug, Serialize)]
struct Part {
    policy: String,
    bucket: String,
    prefix: String,
    access: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
}

/// Where a grant's policy is.
enum Holder<'a> {
    User(&'a str),
    Role(&'a str, String),
}

#[async_trait]
impl Membership for Buckets {
    type Place = Part;

    const SESSIONS: &'static str = "AWS looks at the policy at each call, so access ends within seconds, also in open sessions; addresses that were signed before work until they expire";

    fn place(&self, target: &Target) -> Result<Part, HandlerError> {
        let settings = Reader::target(target).only(&["bucket", "prefix", "access", "role"])?;
        let (bucket, prefix) =
            (settings.text("bucket")?, settings.optional("prefix")?.unwrap_or_default());
        let is_bucket =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
        if !bucket.bytes().all(is_bucket) {
            return Err(
                settings.wrong(&format!("has the bucket `{bucket}`, which is no bucket's name"))
            );
        }
        // In a policy these stand for any text, or for a variable.
        if prefix.contains(['*', '?', '$']) {
            return Err(settings.wrong(
                "has a `prefix` with `*`, `?` or `$`: write the beginning of the keys as it is",
            ));
        }
        let role = settings.optional("role")?.map(str::to_owned);
        if role.is_some() != self.by_session {
            return Err(settings.wrong(if self.by_session {
                "lacks the setting `role`: the name of the role that its people act in"
            } else {
                "has a `role`, and its strategy's `principal` is not \"session\""
            }));
        }
        Ok(Part {
            policy: format!("countersign-{}", target.name),
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            access: settings.word("access", &["read", "write", "read_write"])?,
            role,
        })
    }

    async fn find(&self, user: &User) -> Result<Option<String>, HandlerError> {
        if self.by_session {
            Ok(user.email().map(str::to_owned))
        } else {
            self.users.find(user).await
        }
    }

    async fn has(&self, seat: &Seat<'_, Part>) -> Result<bool, HandlerError> {
        let client = self.users.client(seat.run).await?;
        let found = match self.holder(seat)? {
            Holder::User(name) => {
                let asked = client
                    .get_user_policy()
                    .user_name(name)
                    .policy_name(&seat.place.policy)
                    .send()
                    .await;
                there("iam:GetUserPolicy", asked.map(drop))?
            }
            Holder::Role(role, policy) => {
                let asked =
                    client.get_role_policy().role_name(role).policy_name(policy).send().await;
                there("iam:GetRolePolicy", asked.map(drop))?
            }
        };
        Ok(found)
    }

    async fn add(&self, seat: &Seat<'_, Part>) -> Result<(), HandlerError> {
        let client = self.users.client(seat.run).await?;
        let document = seat.place.document(seat, self.by_session).to_string();
        let done = match self.holder(seat)? {
            Holder::User(name) => put_on_user(&client, name, &seat.place.policy, document).await,
            Holder::Role(role, policy) => put_on_role(&client, role, &policy, document).await,
        };
        Ok(done?)
    }

    async fn remove(&self, seat: &Seat<'_, Part>) -> Result<(), HandlerError> {
        let client = self.users.client(seat.run).await?;
        // The policy, or whoever had it, may be gone already.
        match self.holder(seat)? {
            Holder::User(name) => {
                let asked = client
                    .delete_user_policy()
                    .user_name(name)
                    .policy_name(&seat.place.policy)
                    .send()
                    .await;
                there("iam:DeleteUserPolicy", asked.map(drop))?
            }
            Holder::Role(role, policy) => {
                let asked =
                    client.delete_role_policy().role_name(role).policy_name(policy).send().await;
                there("iam:DeleteRolePolicy", asked.map(drop))?
            }
        };
        Ok(())
    }
}

/// Whether what was asked for is there: whoever had it may be gone, too.
fn there<E>(action: &'static str, asked: Result<(), Failed<E>>) -> Result<bool, ServiceError>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match asked {
        Ok(()) => Ok(true),
        Err(error) if is_missing(&error) => Ok(false),
        Err(error) => Err(failed(action, &error)),
    }
}

impl Buckets {
    fn holder<'a>(&self, seat: &Seat<'a, Part>) -> Result<Holder<'a>, HandlerError> {
        match &seat.place.role {
            None => Ok(Holder::User(self.users.name(seat.who)?)),
            Some(role) => {
                // A session's name has only these characters, and they stand for themselves in a policy
                // and in its name.
                let is_plain =
                    |byte: u8| byte.is_ascii_alphanumeric() || b"_=,.@+-".contains(&byte);
                if seat.who.len() < 2 || seat.who.len() > 64 || !seat.who.bytes().all(is_plain) {
                    let what = format!("`{}` cannot be the name of a role's session", seat.who);
                    return Err(HandlerError::new("Identity:WRONG", what)
                        .with_hint("write the session's name into the person's identities: 2 to 64 letters, digits or `_=,.@+-`")
                        .final_());
                }
                let policy = format!("{}@{}", seat.place.policy, seat.who);
                if policy.len() > 128 {
                    let what = format!("the policy's name `{policy}` has more than 128 characters");
                    return Err(HandlerError::new("Strategy:SETTINGS", what)
                        .with_hint("give the target a shorter name")
                        .final_());
                }
                Ok(Holder::Role(role, policy))
            }
        }
    }
}

impl Part {
    /// The smallest policy that lets its holder do it. The run is named in it, for whoever finds it.
    fn document(&self, seat: &Seat<'_, Self>, by_session: bool) -> Value {
        let Self { bucket, prefix, access, .. } = self;
        let actions: &[&str] = match *access {
            "write" => &["s3:PutObject", "s3:AbortMultipartUpload"],
            "read_write" => &["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"],
            _ => &["s3:GetObject"],
        };
        let mut condition = Map::new();
        if by_session {
            let session = json!({ "aws:userid": format!("*:{}", seat.who) });
            condition.insert("StringLike".to_owned(), session);
        }
        let objects = json!({
            "Sid": format!("Objects{}", seat.run),
            "Effect": "Allow",
            "Action": actions,
            "Resource": format!("arn:aws:s3:::{bucket}/{prefix}*"),
        });
        let mut statements = vec![on(objects, &condition)];
        if *access != "write" {
            if !prefix.is_empty() {
                let like = condition.entry("StringLike").or_insert_with(|| json!({}));
                if let Value::Object(like) = like {
                    like.insert("s3:prefix".to_owned(), json!(format!("{prefix}*")));
                }
            }
            let list = json!({
                "Sid": format!("List{}", seat.run),
                "Effect": "Allow",
                "Action": "s3:ListBucket",
                "Resource": format!("arn:aws:s3:::{bucket}"),
            });
            statements.push(on(list, &condition));
        }
        json!({ "Version": "2012-10-17", "Statement": statements })
    }
}

/// A statement that holds on a condition, where there is one.
fn on(mut statement: Value, condition: &Map<String, Value>) -> Value {
    if let (false, Some(statement)) = (condition.is_empty(), statement.as_object_mut()) {
        statement.insert("Condition".to_owned(), Value::Object(condition.clone()));
    }
    statement
}

async fn put_on_user(
    client: &Client,
    user: &str,
    policy: &str,
    document: String,
) -> Result<(), ServiceError> {
    let asked =
        client.put_user_policy().user_name(user).policy_name(policy).policy_document(document);
    asked.send().await.map(drop).map_err(|error| failed("iam:PutUserPolicy", &error))
}

async fn put_on_role(
    client: &Client,
    role: &str,
    policy: &str,
    document: String,
) -> Result<(), ServiceError> {
    let asked =
        client.put_role_policy().role_name(role).policy_name(policy).policy_document(document);
    asked.send().await.map(drop).map_err(|error| failed("iam:PutRolePolicy", &error))
}
