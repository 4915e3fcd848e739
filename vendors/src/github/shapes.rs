//! What GitHub answers, with all the members that it always has.

use serde_json::{Map, Value, json};

use super::ORGANIZATION;

const TIME: &str = "2026-01-05T08:00:00Z";

/// An account, as lists and other objects show it.
pub(super) fn account(id: u64, login: &str) -> Value {
    let at = format!("https://api.github.com/users/{login}");
    let mut account = object(&json!({
        "id": id, "login": login, "type": "User", "node_id": format!("U_{id}"), "gravatar_id": "",
        "avatar_url": format!("https://avatars.githubusercontent.com/u/{id}?v=4"),
        "html_url": format!("https://github.com/{login}"), "url": at, "site_admin": false,
    }));
    addresses(
        &mut account,
        &at,
        "events followers following gists organizations received_events repos starred subscriptions",
    );
    account.into()
}

/// An account as it shows itself to anybody.
pub(super) fn profile(id: u64, login: &str) -> Value {
    let mut profile = object(&account(id, login));
    profile.extend(object(&json!({
        "name": null, "company": null, "blog": "", "location": null, "email": null, "hireable": null,
        "bio": null, "public_repos": 0, "public_gists": 0, "followers": 0, "following": 0,
        "created_at": TIME, "updated_at": TIME, "user_view_type": "public",
    })));
    profile.into()
}

/// A collaborator of a repository.
pub(super) fn collaborator(id: u64, login: &str, role: &str) -> Value {
    let mut collaborator = object(&account(id, login));
    collaborator.insert("role_name".to_owned(), role.into());
    collaborator.into()
}

/// An invitation to a repository.
pub(super) fn invitation(id: u64, repository: &str, whom: (u64, &str), role: &str) -> Value {
    let at = format!("https://api.github.com/user/repository_invitations/{id}");
    json!({
        "id": id, "node_id": format!("RI_{id}"), "permissions": role, "created_at": TIME, "url": at,
        "html_url": format!("https://github.com/{ORGANIZATION}/{repository}/invitations"),
        "inviter": account(1, "countersign"), "invitee": account(whom.0, whom.1),
        "repository": self::repository(repository),
    })
}

/// Where the app is installed.
pub(super) fn installation() -> Value {
    json!({
        "id": 77, "app_id": 4711, "app_slug": "countersign", "target_id": 2,
        "target_type": "Organization", "account": account(2, ORGANIZATION), "single_file_name": null,
        "repository_selection": "all", "permissions": { "members": "write", "administration": "write" },
        "events": [], "access_tokens_url": "https://api.github.com/app/installations/77/access_tokens",
        "html_url": "https://github.com/organizations/acme/settings/installations/77",
        "repositories_url": "https://api.github.com/installation/repositories",
        "created_at": TIME, "updated_at": TIME, "suspended_by": null, "suspended_at": null,
    })
}

/// A membership in the organization.
pub(super) fn membership(id: u64, login: &str) -> Value {
    let at = format!("https://api.github.com/orgs/{ORGANIZATION}");
    let mut organization = object(&json!({
        "id": 2, "login": ORGANIZATION, "node_id": "O_2", "url": at, "description": null,
        "avatar_url": "https://avatars.githubusercontent.com/u/2?v=4",
    }));
    addresses(&mut organization, &at, "repos events hooks issues members public_members");
    json!({
        "state": "active", "role": "member", "url": format!("{at}/memberships/{login}"),
        "organization_url": at, "organization": organization, "user": account(id, login),
    })
}

/// A membership in a team.
pub(super) fn in_team(team: &str, login: &str, state: &str, role: &str) -> Value {
    let url =
        format!("https://api.github.com/orgs/{ORGANIZATION}/teams/{team}/memberships/{login}");
    json!({ "state": state, "role": role, "url": url })
}

fn repository(name: &str) -> Value {
    let at = format!("https://api.github.com/repos/{ORGANIZATION}/{name}");
    let mut repository = object(&json!({
        "id": 3, "node_id": "R_3", "name": name, "full_name": format!("{ORGANIZATION}/{name}"),
        "owner": account(2, ORGANIZATION), "private": true, "fork": false, "description": null,
        "html_url": format!("https://github.com/{ORGANIZATION}/{name}"), "url": at,
    }));
    addresses(
        &mut repository,
        &at,
        "archive assignees blobs branches collaborators comments commits compare contents contributors \
         deployments downloads events forks git_commits git_refs git_tags hooks issue_comment issue_events \
         issues keys labels languages merges milestones notifications pulls releases stargazers statuses \
         subscribers subscription tags teams trees",
    );
    repository.into()
}

fn addresses(of: &mut Map<String, Value>, at: &str, names: &str) {
    of.extend(
        names.split_whitespace().map(|name| (format!("{name}_url"), format!("{at}/{name}").into())),
    );
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}
