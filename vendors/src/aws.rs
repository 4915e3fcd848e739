//! AWS: the operations of STS, IAM, IAM Identity Center, its identity store, Organizations and Lambda that are called.
//!
//! Written from the API references of these services and the models of AWS's own SDK (crates
//! `aws-sdk-sts` 1.124, `-iam` 1.133, `-ssoadmin` 1.125, `-identitystore` 1.122, `-organizations` 1.137, `-lambda` 1.156).
//! Requests have to be signed for the right service by a key that it knows; unknown operations and ids
//! are refused with AWS's own codes. Account assignments are made in the background: a request is
//! `IN_PROGRESS` for so many calls.

mod directory;
mod iam;
mod lambda;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::House;

/// The account that everything is in.
pub const ACCOUNT: &str = "123456789012";
/// The instance of Identity Center.
pub const INSTANCE: &str = "arn:aws:sso:::instance/ssoins-7223f02d9c4a5e61";
/// Its identity store.
pub const STORE: &str = "d-9067f4a2c1";
/// A permission set.
pub const PERMISSION_SET: &str =
    "arn:aws:sso:::permissionSet/ssoins-7223f02d9c4a5e61/ps-1a2b3c4d5e6f7a8b";
/// The key that it knows.
pub const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
/// The external id that the role asks for.
pub const EXTERNAL_ID: &str = "grants-of-acme";

/// A role that may be assumed.
#[must_use]
pub fn role() -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/countersign-grants")
}

/// What goes wrong at the next change, once each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    /// It is refused for want of a permission, and not done.
    Refused,
    /// It is done, and answered as if it were refused.
    DoneAndRefused,
    /// Too many requests: not done.
    Throttled,
    /// Another change of the same thing is under way: not done.
    Conflict,
    /// It begins, and fails in the background.
    FailsLater,
    /// It is not done, and nothing is answered, however often it is asked, until [`Cloud::mend`].
    Hangs,
}

/// The stand-in.
#[derive(Debug)]
pub struct Cloud {
    /// Where it listens, and what it heard.
    pub house: House,
    inner: Arc<Mutex<Inner>>,
}

/// All that there is.
#[derive(Debug, Default)]
pub struct Inner {
    /// Users of IAM: their name, and their tags.
    pub iam_users: BTreeMap<String, BTreeMap<String, String>>,
    /// Groups of IAM.
    /// By name, with the id that a group keeps when it is renamed.
    pub iam_groups: BTreeMap<String, String>,
    /// Who is in which: group, user.
    pub iam_members: BTreeSet<(String, String)>,
    /// Inline policies: `user/ada` or `role/reader`, and the policy's name.
    pub policies: BTreeMap<(String, String), String>,
    /// Roles of IAM.
    pub roles: BTreeSet<String>,
    /// Users of the identity store: id, user name, mail address, whether enabled.
    pub users: BTreeMap<String, (String, String, bool)>,
    /// Groups of the identity store: id, name.
    pub groups: BTreeMap<String, String>,
    /// Memberships of the identity store: id, group, user.
    pub members: BTreeMap<String, (String, String)>,
    /// Who has the permission set in which account: account, user.
    pub assignments: BTreeSet<(String, String)>,
    /// Accounts of the organization: number, name.
    pub accounts: BTreeMap<String, String>,
    /// Changes of assignments that are under way.
    pub requests: BTreeMap<String, Change>,
    /// After how many calls a change has ended.
    pub slowness: u32,
    /// The names of the sessions in which roles were assumed.
    pub sessions: Vec<String>,
    /// What the function answers, by the action it is asked for.
    pub function: BTreeMap<String, Value>,
    /// Who has access by the function; `None` if it keeps nobody.
    pub function_keeps: Option<BTreeSet<String>>,
    /// Users and targets of whom the function says that they are not there.
    pub function_refuses: BTreeSet<String>,
    /// What the function was asked.
    pub invoked: Vec<Value>,
    /// Whether what the function answers is an error of its own.
    pub function_fails: bool,
    mishaps: VecDeque<Mishap>,
    /// What is asked now is not answered.
    hangs: bool,
    next: u32,
}

/// A change of an assignment, in the background.
#[derive(Debug, Clone)]
pub struct Change {
    left: u32,
    creates: bool,
    fails: bool,
    pair: (String, String),
}

/// How an operation ends that is not done.
struct No(u16, &'static str, String);

impl Cloud {
    /// An account with nobody in it.
    #[must_use]
    pub fn open() -> Self {
        let inner = Arc::new(Mutex::new(Inner { slowness: 2, ..Inner::default() }));
        inner.lock().unwrap().roles.insert("countersign-grants".to_owned());
        let routes = Router::new().fallback(answer).with_state(inner.clone());
        Self { house: House::serve(routes), inner }
    }

    /// All that there is, to be looked at and changed.
    pub fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// Misbehaves at the next change.
    pub fn next(&self, mishap: Mishap) {
        self.inner().mishaps.push_back(mishap);
    }

    /// Behaves again, whatever it was told before.
    pub fn mend(&self) {
        self.inner().mishaps.clear();
    }
}

impl Inner {
    fn id(&mut self) -> String {
        self.next += 1;
        format!("9067642ac7-{:08x}-0000-4000-8000-000000000000", self.next)
    }

    /// Adds a user to the identity store.
    pub fn user(&mut self, name: &str, mail: &str) -> String {
        let id = self.id();
        self.users.insert(id.clone(), (name.to_owned(), mail.to_owned(), true));
        id
    }

    /// Adds a group to the identity store.
    pub fn group(&mut self, name: &str) -> String {
        let id = self.id();
        self.groups.insert(id.clone(), name.to_owned());
        id
    }
}

async fn answer(
    State(inner): State<Arc<Mutex<Inner>>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (answer, hangs) = {
        let inner = &mut *inner.lock().unwrap();
        (answered(inner, &uri, &headers, &body), std::mem::take(&mut inner.hangs))
    };
    if hangs { std::future::pending().await } else { answer }
}

fn answered(inner: &mut Inner, uri: &Uri, headers: &HeaderMap, body: &Bytes) -> Response {
    if let Some(target) = headers.get("x-amz-target") {
        let target = target.to_str().unwrap().to_owned();
        let answer = match target.split_once('.') {
            Some(("SWBExternalService", operation)) => signed(headers, "sso").and_then(|()| {
                directory::sso(inner, operation, &serde_json::from_slice(body).unwrap())
            }),
            Some(("AWSIdentityStore", operation)) => {
                signed(headers, "identitystore").and_then(|()| {
                    directory::store(inner, operation, &serde_json::from_slice(body).unwrap())
                })
            }
            Some(("AWSOrganizationsV20161128", "ListAccounts")) => signed(headers, "organizations")
                .and_then(|()| directory::accounts(inner, &serde_json::from_slice(body).unwrap())),
            _ => Err(No(400, "UnknownOperationException", target)),
        };
        return match answer {
            Ok(answer) => ([("content-type", "application/x-amz-json-1.1")], answer.to_string())
                .into_response(),
            Err(No(status, code, message)) => {
                let body = json!({ "__type": code, "Message": message });
                let headers = [("content-type", "application/x-amz-json-1.1")];
                (StatusCode::from_u16(status).unwrap(), headers, body.to_string()).into_response()
            }
        };
    }
    if let Some(name) = uri.path().strip_prefix("/2015-03-31/functions/") {
        return match signed(headers, "lambda") {
            Ok(()) => lambda::invoke(inner, name.trim_end_matches("/invocations"), body),
            Err(No(status, code, message)) => lambda::error(status, code, &message),
        };
    }
    let form: BTreeMap<String, String> = form_urlencoded::parse(body).into_owned().collect();
    let action = form.get("Action").cloned().unwrap_or_default();
    let service = if action == "AssumeRole" { "sts" } else { "iam" };
    let done = signed(headers, service).and_then(|()| iam::query(inner, &action, &form));
    match done {
        Ok(result) => {
            let body = format!(
                "<{action}Response><{action}Result>{result}</{action}Result><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></{action}Response>"
            );
            ([("content-type", "text/xml")], body).into_response()
        }
        Err(No(status, code, message)) => {
            let body = format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>r-1</RequestId></ErrorResponse>"
            );
            (StatusCode::from_u16(status).unwrap(), [("content-type", "text/xml")], body)
                .into_response()
        }
    }
}

/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>.
/// The scope is looked at, not the signature.
fn signed(headers: &HeaderMap, service: &str) -> Result<(), No> {
    let scope = headers.get("authorization").and_then(|it| it.to_str().ok()).unwrap_or_default();
    let scope =
        scope.strip_prefix("AWS4-HMAC-SHA256 Credential=").and_then(|it| it.split(',').next());
    let parts: Vec<_> = scope.unwrap_or_default().split('/').collect();
    match parts[..] {
        [key, _, "eu-central-1" | "us-east-1", of, "aws4_request"] if of == service => {
            if key == KEY
                || (key.starts_with("ASIA") && headers.contains_key("x-amz-security-token"))
            {
                return Ok(());
            }
            Err(No(
                403,
                "InvalidClientTokenId",
                "The security token included in the request is invalid.".to_owned(),
            ))
        }
        _ => Err(No(
            403,
            "SignatureDoesNotMatch",
            format!("Credential should be scoped to correct service: '{service}'."),
        )),
    }
}

/// Does a change, unless it is to go wrong.
fn change<T>(
    inner: &mut Inner,
    json: bool,
    deed: impl FnOnce(&mut Inner) -> Result<T, No>,
) -> Result<T, No> {
    let denied = || {
        let code = if json { "AccessDeniedException" } else { "AccessDenied" };
        Err(No(
            if json { 400 } else { 403 },
            code,
            "User is not authorized to perform this".to_owned(),
        ))
    };
    let throttled = if json { "ThrottlingException" } else { "Throttling" };
    if inner.mishaps.front() == Some(&Mishap::Hangs) {
        inner.hangs = true;
        return denied();
    }
    match inner.mishaps.pop_front() {
        None | Some(Mishap::Hangs) => deed(inner),
        Some(Mishap::Refused) => denied(),
        Some(Mishap::DoneAndRefused) => {
            deed(inner).map(drop).unwrap_or_default();
            denied()
        }
        Some(Mishap::Throttled) => Err(No(400, throttled, "Rate exceeded".to_owned())),
        Some(Mishap::Conflict) => {
            Err(No(400, "ConflictException", "a conflicting operation is in process".to_owned()))
        }
        Some(Mishap::FailsLater) => {
            let done = deed(inner);
            for request in inner.requests.values_mut() {
                request.fails = true;
            }
            done
        }
    }
}
