//! What an organization holds.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

#[derive(Debug, Clone)]
pub(super) struct User {
    pub(super) id: String,
    pub(super) status: String,
    pub(super) profile: Map<String, Value>,
}

#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) kind: String,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) url: String,
    pub(super) token: String,
    pub(super) users: Vec<User>,
    pub(super) groups: Vec<Group>,
    pub(super) members: BTreeSet<(String, String)>,
    pub(super) ended_sessions: Vec<String>,
    /// The scopes of service apps, by `client_id`.
    pub(super) apps: BTreeMap<String, BTreeSet<String>>,
    /// What was given to service apps, with its scopes.
    pub(super) passes: BTreeMap<String, BTreeSet<String>>,
    /// Statements that were used.
    pub(super) used: BTreeSet<String>,
    /// What `search` finds, where it lags.
    pub(super) index: Option<Vec<User>>,
    /// So many calls are refused, until so many seconds from then.
    pub(super) limited: Option<(u32, i64)>,
    pub(super) exhausted: Option<i64>,
    next: u32,
}

impl Default for State {
    fn default() -> Self {
        Self {
            url: String::new(),
            token: "00abcDEFghiJKLmnoPQRstuVWXyz0123456789ABCD".to_owned(),
            users: Vec::new(),
            groups: Vec::new(),
            members: BTreeSet::new(),
            ended_sessions: Vec::new(),
            apps: BTreeMap::new(),
            passes: BTreeMap::new(),
            used: BTreeSet::new(),
            index: None,
            limited: None,
            exhausted: None,
            next: 0,
        }
    }
}

impl State {
    /// Okta's ids have twenty letters and digits, of which the first three say of what.
    pub(super) fn id(&mut self, begins: &str) -> String {
        self.next += 1;
        format!("{begins}ub0oNGTSW{:08}", self.next)
    }

    pub(super) fn add_user(&mut self, mail: &str, login: &str) -> String {
        let id = self.id("00u");
        let name = mail.split('@').next().unwrap();
        let profile = json!({
            "firstName": name, "lastName": "Test", "mobilePhone": null, "secondEmail": null,
            "login": login, "email": mail,
        });
        let profile = profile.as_object().unwrap().clone();
        self.users.push(User { id: id.clone(), status: "ACTIVE".to_owned(), profile });
        id
    }

    pub(super) fn add_group(&mut self, name: &str, kind: &str) -> String {
        let id = self.id("00g");
        self.groups.push(Group { id: id.clone(), name: name.to_owned(), kind: kind.to_owned() });
        id
    }

    pub(super) fn user(&mut self, id: &str) -> &mut User {
        self.users.iter_mut().find(|user| user.id == id).expect("there is such a user")
    }

    /// By id or login.
    pub(super) fn find_user(&self, name: &str) -> Option<&User> {
        self.users.iter().find(|user| user.id == name || user.is(&["login"], name))
    }
}

impl User {
    /// Whether one of these fields of the profile is this text, however it is capitalised.
    pub(super) fn is(&self, fields: &[&str], text: &str) -> bool {
        let value = |field: &&str| self.profile.get(*field).and_then(Value::as_str);
        fields.iter().filter_map(value).any(|value| value.eq_ignore_ascii_case(text))
    }

    pub(super) fn json(&self, url: &str) -> Value {
        json!({
            "id": self.id,
            "status": self.status,
            "created": "2026-01-05T16:39:18.000Z",
            "activated": "2026-01-05T16:39:19.000Z",
            "statusChanged": "2026-01-05T16:39:19.000Z",
            "lastLogin": null,
            "lastUpdated": "2026-02-01T00:00:00.000Z",
            "passwordChanged": null,
            "type": { "id": "otyfnjfba4ye7pgjB0g4" },
            "profile": self.profile,
            "credentials": { "provider": { "type": "OKTA", "name": "OKTA" } },
            "_links": { "self": { "href": format!("{url}/api/v1/users/{}", self.id) } },
        })
    }
}

impl Group {
    pub(super) fn json(&self, url: &str) -> Value {
        json!({
            "id": self.id,
            "created": "2026-01-05T16:39:18.000Z",
            "lastUpdated": "2026-01-05T16:39:18.000Z",
            "lastMembershipUpdated": "2026-02-01T00:00:00.000Z",
            "objectClass": ["okta:user_group"],
            "type": self.kind,
            "profile": { "name": self.name, "description": null },
            "_links": { "users": { "href": format!("{url}/api/v1/groups/{}/users", self.id) } },
        })
    }
}
