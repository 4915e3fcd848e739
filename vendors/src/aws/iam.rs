//! IAM, and STS for the one operation `AssumeRole`. Lists have pages of one.

use std::collections::BTreeMap;

use super::{ACCOUNT, EXTERNAL_ID, Inner, No, change};

type Form = BTreeMap<String, String>;

fn missing(what: &str) -> No {
    No(404, "NoSuchEntity", format!("The {what} cannot be found."))
}

fn text<'a>(form: &'a Form, name: &str) -> Result<&'a str, No> {
    let found = form.get(name).map(String::as_str);
    found.ok_or_else(|| No(400, "ValidationError", format!("{name} must not be null")))
}

fn user(name: &str) -> String {
    format!(
        "<Path>/</Path><UserName>{name}</UserName><UserId>AIDA{}</UserId><Arn>arn:aws:iam::{ACCOUNT}:user/{name}</Arn><CreateDate>2024-01-01T00:00:00Z</CreateDate>",
        name.len()
    )
}

fn group(name: &str, id: &str) -> String {
    format!(
        "<Path>/</Path><GroupName>{name}</GroupName><GroupId>{id}</GroupId><Arn>arn:aws:iam::{ACCOUNT}:group/{name}</Arn><CreateDate>2024-01-01T00:00:00Z</CreateDate>"
    )
}

/// A page of one member.
fn page(form: &Form, list: &str, all: &[String]) -> String {
    let at: usize = form.get("Marker").map_or(0, |marker| marker.parse().unwrap());
    let members: String =
        all.get(at).map(|it| format!("<member>{it}</member>")).unwrap_or_default();
    let more = at + 1 < all.len();
    let marker = if more { format!("<Marker>{}</Marker>", at + 1) } else { String::new() };
    format!("<{list}>{members}</{list}><IsTruncated>{more}</IsTruncated>{marker}")
}

pub(super) fn query(inner: &mut Inner, action: &str, form: &Form) -> Result<String, No> {
    match action {
        "AssumeRole" => assume(inner, form),
        "GetUser" => {
            let name = text(form, "UserName")?;
            inner.iam_users.get(name).ok_or_else(|| missing("user"))?;
            Ok(format!("<User>{}</User>", user(name)))
        }
        "ListUsers" => {
            let all: Vec<_> = inner.iam_users.keys().map(|name| user(name)).collect();
            Ok(page(form, "Users", &all))
        }
        "ListUserTags" => {
            let tags =
                inner.iam_users.get(text(form, "UserName")?).ok_or_else(|| missing("user"))?;
            let all: Vec<_> = tags
                .iter()
                .map(|(key, value)| format!("<Key>{key}</Key><Value>{value}</Value>"))
                .collect();
            Ok(page(form, "Tags", &all))
        }
        "ListGroupsForUser" => {
            let name = text(form, "UserName")?;
            inner.iam_users.get(name).ok_or_else(|| missing("user"))?;
            let groups = inner.iam_members.iter().filter(|(_, user)| user == name);
            let known = groups.filter_map(|(group, _)| inner.iam_groups.get_key_value(group));
            let all: Vec<_> = known.map(|(name, id)| group(name, id)).collect();
            Ok(page(form, "Groups", &all))
        }
        "GetGroup" => {
            let name = text(form, "GroupName")?;
            let id = inner.iam_groups.get(name).ok_or_else(|| missing("group"))?;
            let users = inner.iam_members.iter().filter(|(of, _)| of == name);
            let users: Vec<_> = users.map(|(_, name)| user(name)).collect();
            Ok(format!("<Group>{}</Group>{}", group(name, id), page(form, "Users", &users)))
        }
        "AddUserToGroup" | "RemoveUserFromGroup" => {
            let pair = (text(form, "GroupName")?.to_owned(), text(form, "UserName")?.to_owned());
            change(inner, false, |inner| {
                if !inner.iam_groups.contains_key(&pair.0) {
                    return Err(missing("group"));
                }
                if !inner.iam_users.contains_key(&pair.1) {
                    return Err(missing("user"));
                }
                if action == "AddUserToGroup" {
                    inner.iam_members.insert(pair);
                } else if !inner.iam_members.remove(&pair) {
                    return Err(missing("user in the group"));
                }
                Ok(String::new())
            })
        }
        "PutUserPolicy" | "GetUserPolicy" | "DeleteUserPolicy" | "PutRolePolicy"
        | "GetRolePolicy" | "DeleteRolePolicy" => policy(inner, action, form),
        other => Err(No(400, "InvalidAction", format!("Could not find operation {other}"))),
    }
}

fn policy(inner: &mut Inner, action: &str, form: &Form) -> Result<String, No> {
    let kind = if action.ends_with("UserPolicy") { "User" } else { "Role" };
    let (holder, name) = (text(form, &format!("{kind}Name"))?, text(form, "PolicyName")?);
    let is_known = if kind == "User" {
        inner.iam_users.contains_key(holder)
    } else {
        inner.roles.contains(holder)
    };
    if !is_known {
        return Err(missing(kind));
    }
    if name.len() > 128
        || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b))
    {
        return Err(No(400, "ValidationError", "policyName".to_owned()));
    }
    let key = (format!("{}/{holder}", kind.to_lowercase()), name.to_owned());
    if action.starts_with("Get") {
        let document = inner.policies.get(&key).ok_or_else(|| missing("policy"))?;
        let document: String = form_urlencoded::byte_serialize(document.as_bytes()).collect();
        return Ok(format!(
            "<{kind}Name>{holder}</{kind}Name><PolicyName>{name}</PolicyName><PolicyDocument>{document}</PolicyDocument>"
        ));
    }
    let document = form.get("PolicyDocument").cloned();
    change(inner, false, |inner| {
        if action.starts_with("Delete") {
            return inner
                .policies
                .remove(&key)
                .map(|_| String::new())
                .ok_or_else(|| missing("policy"));
        }
        let document = document.unwrap_or_default();
        let parsed: serde_json::Value = serde_json::from_str(&document).map_err(|_| {
            No(400, "MalformedPolicyDocument", "Syntax errors in policy.".to_owned())
        })?;
        for statement in parsed["Statement"].as_array().unwrap() {
            let sid = statement["Sid"].as_str().unwrap();
            if !sid.bytes().all(|b| b.is_ascii_alphanumeric()) {
                return Err(No(
                    400,
                    "MalformedPolicyDocument",
                    format!("Statement IDs (SID) must be alpha-numeric: {sid}"),
                ));
            }
        }
        inner.policies.insert(key, document);
        Ok(String::new())
    })
}

fn assume(inner: &mut Inner, form: &Form) -> Result<String, No> {
    let (role, session) = (text(form, "RoleArn")?, text(form, "RoleSessionName")?);
    let known = role.rsplit('/').next().is_some_and(|name| inner.roles.contains(name));
    if !known || form.get("ExternalId").map(String::as_str) != Some(EXTERNAL_ID) {
        return Err(No(
            403,
            "AccessDenied",
            format!("User is not authorized to perform: sts:AssumeRole on resource: {role}"),
        ));
    }
    inner.sessions.push(session.to_owned());
    Ok(format!(
        "<Credentials><AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials><AssumedRoleUser><AssumedRoleId>AROA:{session}</AssumedRoleId><Arn>{role}/{session}</Arn></AssumedRoleUser>"
    ))
}
