//! IAM Identity Center and its identity store.

use serde_json::{Value, json};

use super::{Change, INSTANCE, Inner, No, PERMISSION_SET, STORE, change};

type Answer = Result<Value, No>;

fn invalid(what: &str) -> No {
    No(400, "ValidationException", what.to_owned())
}

fn missing(what: &str) -> No {
    No(400, "ResourceNotFoundException", format!("{what} not found"))
}

fn text<'a>(input: &'a Value, name: &str) -> Result<&'a str, No> {
    input[name].as_str().ok_or_else(|| invalid(&format!("{name} must not be null")))
}

/// Refuses members that the operation does not have.
fn only(input: &Value, known: &[&str]) -> Result<(), No> {
    match input.as_object().unwrap().keys().find(|key| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => Err(invalid(&format!("unknown member {key}"))),
    }
}

pub(super) fn sso(inner: &mut Inner, operation: &str, input: &Value) -> Answer {
    if text(input, "InstanceArn")? != INSTANCE {
        return Err(missing("instance"));
    }
    tick(inner);
    match operation {
        "DescribeInstance" => Ok(json!({
            "InstanceArn": INSTANCE, "IdentityStoreId": STORE, "OwnerAccountId": super::ACCOUNT,
            "CreatedDate": 1_700_000_000.0, "Status": "ACTIVE",
        })),
        "CreateAccountAssignment" | "DeleteAccountAssignment" => {
            let creates = operation.starts_with("Create");
            let pair = pair(inner, input)?;
            let is_busy = inner.requests.values().any(|it| it.pair == pair && it.left > 0);
            change(inner, true, |inner| {
                if is_busy {
                    let what = "There is a conflicting operation in process";
                    return Err(No(400, "ConflictException", what.to_owned()));
                }
                if !creates && !inner.assignments.contains(&pair) {
                    return Err(missing("assignment"));
                }
                let (id, left) = (inner.id(), inner.slowness);
                inner.requests.insert(id.clone(), Change { left, creates, fails: false, pair });
                Ok(status(inner, &id))
            })
        }
        "DescribeAccountAssignmentCreationStatus" | "DescribeAccountAssignmentDeletionStatus" => {
            let creates = operation.contains("Creation");
            let member = format!(
                "AccountAssignment{}RequestId",
                if creates { "Creation" } else { "Deletion" }
            );
            let id = text(input, &member)?.to_owned();
            let known = inner.requests.get(&id).filter(|it| it.creates == creates);
            known.ok_or_else(|| missing("request"))?;
            Ok(status(inner, &id))
        }
        "ListAccountAssignments" => {
            only(
                input,
                &["InstanceArn", "AccountId", "PermissionSetArn", "MaxResults", "NextToken"],
            )?;
            if text(input, "PermissionSetArn")? != PERMISSION_SET {
                return Err(missing("permission set"));
            }
            let account = text(input, "AccountId")?;
            if !inner.accounts.contains_key(account) {
                return Err(missing("account"));
            }
            let all: Vec<_> = inner.assignments.iter().filter(|(of, _)| of == account).collect();
            // A page holds one, so that nobody can do without the others.
            let at: usize = input["NextToken"].as_str().map_or(0, |token| token.parse().unwrap());
            let page: Vec<_> = all.iter().skip(at).take(1).map(|(account, user)| json!({
                "AccountId": account, "PermissionSetArn": PERMISSION_SET, "PrincipalType": "USER", "PrincipalId": user,
            })).collect();
            let mut answer = json!({ "AccountAssignments": page });
            if at + 1 < all.len() {
                answer["NextToken"] = json!((at + 1).to_string());
            }
            Ok(answer)
        }
        other => Err(No(400, "UnknownOperationException", other.to_owned())),
    }
}

fn pair(inner: &Inner, input: &Value) -> Result<(String, String), No> {
    only(
        input,
        &[
            "InstanceArn",
            "TargetId",
            "TargetType",
            "PermissionSetArn",
            "PrincipalType",
            "PrincipalId",
        ],
    )?;
    if text(input, "TargetType")? != "AWS_ACCOUNT" || text(input, "PrincipalType")? != "USER" {
        return Err(invalid("the type is none"));
    }
    if text(input, "PermissionSetArn")? != PERMISSION_SET {
        return Err(missing("permission set"));
    }
    let (account, user) = (text(input, "TargetId")?, text(input, "PrincipalId")?);
    if account.len() != 12 {
        return Err(invalid("TargetId must match [0-9]{12}"));
    }
    let pair = (account.to_owned(), user.to_owned());
    if !inner.accounts.contains_key(account) {
        return Err(missing("account"));
    }
    // What somebody had who is gone can still be ended.
    if !inner.users.contains_key(user) && !inner.assignments.contains(&pair) {
        return Err(missing("principal"));
    }
    Ok(pair)
}

/// Time passes with each call, and what is under way lands in its time.
fn tick(inner: &mut Inner) {
    for request in inner.requests.values_mut().filter(|it| it.left > 0) {
        request.left -= 1;
        match (request.left, request.fails, request.creates) {
            (0, false, true) => drop(inner.assignments.insert(request.pair.clone())),
            (0, false, false) => drop(inner.assignments.remove(&request.pair)),
            _ => {}
        }
    }
}

/// How a change stands.
fn status(inner: &Inner, id: &str) -> Value {
    let Change { left, creates, fails, pair } = inner.requests[id].clone();
    let word = match (left, fails) {
        (0, true) => "FAILED",
        (0, false) => "SUCCEEDED",
        _ => "IN_PROGRESS",
    };
    let mut now = json!({
        "Status": word, "RequestId": id, "TargetId": pair.0, "TargetType": "AWS_ACCOUNT",
        "PermissionSetArn": PERMISSION_SET, "PrincipalType": "USER", "PrincipalId": pair.1, "CreatedDate": 1_700_000_000.0,
    });
    if word == "FAILED" {
        now["FailureReason"] = json!("Received a 404 status error: Not supported.");
    }
    json!({ format!("AccountAssignment{}Status", if creates { "Creation" } else { "Deletion" }): now })
}

pub(super) fn store(inner: &mut Inner, operation: &str, input: &Value) -> Answer {
    if text(input, "IdentityStoreId")? != STORE {
        return Err(missing("identity store"));
    }
    match operation {
        "GetUserId" => {
            let (path, value) = attribute(input)?;
            let is = |(name, mail, _): &(String, String, bool)| match path {
                "userName" => Ok(name == value),
                "emails.value" => Ok(mail == value),
                _ => Err(invalid("AttributePath")),
            };
            for (id, user) in &inner.users {
                if is(user)? {
                    return Ok(json!({ "UserId": id, "IdentityStoreId": STORE }));
                }
            }
            Err(missing("USER"))
        }
        "DescribeUser" => {
            let id = text(input, "UserId")?;
            let (name, mail, is_enabled) = inner.users.get(id).ok_or_else(|| missing("USER"))?;
            Ok(json!({
                "UserId": id, "IdentityStoreId": STORE, "UserName": name, "UserArn": "arn:aws:identitystore:::user/x",
                "Revision": "1", "Emails": [{ "Value": mail, "Primary": true }],
                "UserStatus": if *is_enabled { "ENABLED" } else { "DISABLED" },
            }))
        }
        "GetGroupId" => {
            let (path, value) = attribute(input)?;
            let found =
                inner.groups.iter().find(|(_, name)| path == "displayName" && *name == value);
            let (id, _) = found.ok_or_else(|| missing("GROUP"))?;
            Ok(json!({ "GroupId": id, "IdentityStoreId": STORE }))
        }
        "GetGroupMembershipId" => {
            let seat = seat(inner, input)?;
            let found = inner.members.iter().find(|(_, it)| **it == seat);
            let (id, _) = found.ok_or_else(|| missing("GROUP_MEMBERSHIP"))?;
            Ok(json!({ "MembershipId": id, "IdentityStoreId": STORE }))
        }
        "CreateGroupMembership" => {
            let seat = seat(inner, input)?;
            if !inner.users.contains_key(&seat.1) {
                return Err(missing("USER"));
            }
            change(inner, true, |inner| {
                if inner.members.values().any(|it| *it == seat) {
                    let what = "Member and Group relationship already exists";
                    return Err(No(400, "ConflictException", what.to_owned()));
                }
                let id = inner.id();
                inner.members.insert(id.clone(), seat);
                Ok(json!({ "MembershipId": id, "IdentityStoreId": STORE }))
            })
        }
        "DeleteGroupMembership" => {
            let id = text(input, "MembershipId")?.to_owned();
            change(inner, true, |inner| {
                inner
                    .members
                    .remove(&id)
                    .map(|_| json!({}))
                    .ok_or_else(|| missing("GROUP_MEMBERSHIP"))
            })
        }
        other => Err(No(400, "UnknownOperationException", other.to_owned())),
    }
}

/// The accounts of the organization. A page holds one.
pub(super) fn accounts(inner: &Inner, input: &Value) -> Answer {
    only(input, &["MaxResults", "NextToken"])?;
    let at: usize = input["NextToken"].as_str().map_or(0, |token| token.parse().unwrap());
    let account = |(id, name): (&String, &String)| {
        json!({
            "Id": id, "Name": name, "Status": "ACTIVE", "JoinedMethod": "CREATED", "JoinedTimestamp": 1_700_000_000.0,
            "Arn": format!("arn:aws:organizations::{}:account/o-a1b2c3d4e5/{id}", super::ACCOUNT),
            "Email": format!("{name}@acme.test"),
        })
    };
    let page: Vec<_> = inner.accounts.iter().skip(at).take(1).map(account).collect();
    let mut answer = json!({ "Accounts": page });
    if at + 1 < inner.accounts.len() {
        answer["NextToken"] = json!((at + 1).to_string());
    }
    Ok(answer)
}

fn attribute(input: &Value) -> Result<(&str, &str), No> {
    let attribute = &input["AlternateIdentifier"]["UniqueAttribute"];
    Ok((text(attribute, "AttributePath")?, text(attribute, "AttributeValue")?))
}

fn seat(inner: &Inner, input: &Value) -> Result<(String, String), No> {
    let (group, user) = (text(input, "GroupId")?, text(&input["MemberId"], "UserId")?);
    if !inner.groups.contains_key(group) {
        return Err(missing("GROUP"));
    }
    Ok((group.to_owned(), user.to_owned()))
}
