//! What a table would change.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use countersign::desk::UserView;
use countersign::model::{Identity, UserId};
use serde_json::{Value, json};

use super::sheet::{Column, Sheet};

/// All that changes.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) changes: Vec<Change>,
    /// Users who are not known so far.
    pub(super) new_users: Vec<UserId>,
    /// Integrations in which nobody had a name so far.
    pub(super) new_columns: Vec<String>,
    /// What some keep at first, so that others can be called as they were.
    pub(super) let_go: BTreeMap<UserId, Vec<Identity>>,
    /// What each who changes is called in the end.
    pub(super) becomes: BTreeMap<UserId, Vec<Identity>>,
}

/// What somebody is called in an integration changes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Change {
    user: UserId,
    column: Column,
    old: Option<String>,
    new: Option<String>,
}

impl Plan {
    /// How many identities are taken away.
    pub(super) fn deletions(&self) -> usize {
        self.changes.iter().filter(|change| change.new.is_none()).count()
    }
}

impl Change {
    pub(super) fn json(&self) -> Value {
        let Self { user, column: (kind, external_id), old, new } = self;
        json!({ "user": user, "type": kind, "external_id": external_id, "old": old, "new": new })
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user, column: (kind, external_id), old, new } = self;
        match (old, new) {
            (None, Some(new)) => write!(f, "+ {user} {kind}:{external_id} {new}"),
            (Some(old), Some(new)) => write!(f, "~ {user} {kind}:{external_id} {old} -> {new}"),
            (Some(old), None) => write!(f, "- {user} {kind}:{external_id} {old}"),
            (None, None) => Ok(()),
        }
    }
}

/// What this table would change for these users.
///
/// # Errors
///
/// If somebody would be called as one who is not in the table is called already.
pub(super) fn plan(sheet: &Sheet, users: &[UserView]) -> Result<Plan, String> {
    let known: BTreeMap<&UserId, &UserView> = users.iter().map(|user| (&user.id, user)).collect();
    let used: BTreeSet<Column> =
        users.iter().flat_map(|user| &user.identities).map(place).collect();
    let mut plan = Plan::default();
    for (user, cells) in &sheet.rows {
        let now: &[Identity] = known.get(user).map_or(&[], |user| &user.identities);
        let changes = changes(user, now, &sheet.columns, cells);
        if changes.is_empty() {
            continue;
        }
        if !known.contains_key(user) {
            plan.new_users.push(user.clone());
        }
        plan.becomes.insert(user.clone(), becomes(now, &changes));
        plan.changes.extend(changes);
    }
    let is_new = |column: &&Column| !used.contains(column);
    let name = |(kind, id): &Column| format!("{kind}:{id}");
    plan.new_columns = sheet.columns.iter().filter(is_new).map(name).collect();
    plan.let_go = let_go(&plan, users)?;
    Ok(plan)
}

fn changes(user: &UserId, now: &[Identity], columns: &[Column], cells: &[String]) -> Vec<Change> {
    let change = |(column, cell): (&Column, &String)| {
        let old = now.iter().find(|it| place(it) == *column).map(|it| it.value.clone());
        let new = (!cell.is_empty()).then(|| cell.clone());
        let change = Change { user: user.clone(), column: column.clone(), old, new };
        (change.old != change.new).then_some(change)
    };
    columns.iter().zip(cells).filter_map(change).collect()
}

fn becomes(now: &[Identity], changes: &[Change]) -> Vec<Identity> {
    let stays = |it: &&Identity| !changes.iter().any(|change| change.column == place(it));
    let kept = now.iter().filter(stays).cloned();
    let new = changes.iter().filter_map(|change| {
        let (kind, external_id) = change.column.clone();
        Some(Identity { kind, external_id, value: change.new.clone()? })
    });
    kept.chain(new).collect()
}

/// Whoever is called now as another is called then, lets go of it first.
fn let_go(plan: &Plan, users: &[UserView]) -> Result<BTreeMap<UserId, Vec<Identity>>, String> {
    let mut let_go = BTreeMap::new();
    for user in users {
        let new_owner = |identity: &Identity| {
            let others = plan.becomes.iter().filter(|(other, _)| **other != user.id);
            let mut others = others.filter(|(_, names)| names.contains(identity));
            others.next().map(|(other, _)| other)
        };
        let Some((taken, by)) = user.identities.iter().find_map(|it| Some((it, new_owner(it)?)))
        else {
            continue;
        };
        let after = plan.becomes.get(&user.id);
        if after.is_none_or(|after| after.contains(taken)) {
            let Identity { kind, external_id, value } = taken;
            return Err(format!(
                "{by} cannot be `{value}` in {kind}:{external_id}: {} is, and stays so by this table",
                user.id
            ));
        }
        let kept = user.identities.iter().filter(|it| new_owner(it).is_none()).cloned();
        let_go.insert(user.id.clone(), kept.collect());
    }
    Ok(let_go)
}

fn place(identity: &Identity) -> Column {
    (identity.kind.clone(), identity.external_id.clone())
}

#[cfg(test)]
mod tests {
    use countersign::model::User;

    use super::super::sheet;
    use super::*;

    fn user(mail: &str, names: &[(&str, &str)]) -> User {
        let mut user = User::new(UserId::of_mail(mail).unwrap());
        let name = |(kind, value): &(&str, &str)| Identity {
            kind: (*kind).to_owned(),
            external_id: "x".to_owned(),
            value: (*value).to_owned(),
        };
        user.identities = names.iter().map(name).collect();
        user
    }

    fn planned(text: &str, users: &[User]) -> Result<Plan, String> {
        plan(&sheet::read(text.as_bytes()).unwrap(), users)
    }

    fn lines(plan: &Plan) -> Vec<String> {
        plan.changes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn only_what_the_table_says_changes() {
        let users = [
            user("ada@acme.test", &[("slack", "U1"), ("okta", "00u1")]),
            user("bo@acme.test", &[("slack", "U2")]),
            user("cy@acme.test", &[("slack", "U3")]),
        ];
        let text = "user,slack:x,aws:x\nada@acme.test,U9,\nbo@acme.test,,arn\nnew@acme.test,U7,\n";
        let plan = planned(text, &users).unwrap();
        let expected = [
            "~ ada@acme.test slack:x U1 -> U9",
            "- bo@acme.test slack:x U2",
            "+ bo@acme.test aws:x arn",
            "+ new@acme.test slack:x U7",
        ];
        assert_eq!(lines(&plan), expected);
        assert_eq!(plan.deletions(), 1);
        assert_eq!(plan.new_users, [UserId::of_mail("new@acme.test").unwrap()]);
        assert_eq!(plan.new_columns, ["aws:x"]);
        let ada = &plan.becomes[&users[0].id];
        assert!(ada.contains(&users[0].identities[1]), "what the table does not have stays");
        assert!(!plan.becomes.contains_key(&users[2].id));
        assert!(plan.let_go.is_empty());
    }

    #[test]
    fn a_table_that_says_what_is_so_changes_nothing() {
        let users = [user("ada@acme.test", &[("slack", "U1")])];
        let text = sheet::write(&users).unwrap();
        assert!(planned(&text, &users).unwrap().changes.is_empty());
    }

    #[test]
    fn two_who_swap_names_let_go_of_them_first() {
        let users =
            [user("ada@acme.test", &[("slack", "U1")]), user("bo@acme.test", &[("slack", "U2")])];
        let plan = planned("user,slack:x\nada@acme.test,U2\nbo@acme.test,U1\n", &users).unwrap();
        assert_eq!(plan.let_go.len(), 2);
        assert!(plan.let_go.values().all(Vec::is_empty));
        assert_eq!(plan.deletions(), 0);
    }

    #[test]
    fn nobody_takes_the_name_of_one_who_is_not_in_the_table() {
        let users = [user("ada@acme.test", &[]), user("bo@acme.test", &[("slack", "U2")])];
        let error = planned("user,slack:x\nada@acme.test,U2\n", &users).unwrap_err();
        assert!(error.contains("bo@acme.test is, and stays so"), "{error}");
    }
}
