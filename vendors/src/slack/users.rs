//! `users.*`, `usergroups.*`, `bots.*` and `auth.test`.

use serde_json::{Value, json};

use super::api::{Answer, Arguments, paged};
use super::state::{Kind, State, User};

/// The id of the app's bot: not that of the user that it is.
pub(super) const BOT: &str = "B0BOT00001";

#[expect(clippy::unnecessary_wraps, reason = "as all methods")]
pub(super) fn auth_test(state: &mut State, _: &Arguments) -> Answer {
    Ok(json!({
        "url": "https://acme.slack.test/",
        "team": "Acme",
        "user": "countersign",
        "team_id": state.team,
        "user_id": state.bot,
        "bot_id": BOT,
        "is_enterprise_install": false,
    }))
}

pub(super) fn info(state: &mut State, arguments: &Arguments) -> Answer {
    let user = state.users.get(arguments.needed("user")?).ok_or("user_not_found")?;
    Ok(json!({ "user": told(state, user) }))
}

pub(super) fn list(state: &mut State, arguments: &Arguments) -> Answer {
    // People of other companies are not among everybody.
    let ours = state.users.values().filter(|user| user.kind != Kind::Outsider);
    let all: Vec<Value> = ours.map(|user| told(state, user)).collect();
    let (members, next) = paged(all, arguments.page()?);
    Ok(json!({ "members": members, "response_metadata": next }))
}

pub(super) fn lookup_by_email(state: &mut State, arguments: &Arguments) -> Answer {
    let mail = arguments.needed("email")?;
    let has = |user: &&User| {
        !user.deleted && user.email.as_ref().is_some_and(|it| it.eq_ignore_ascii_case(mail))
    };
    let user = state.users.values().find(has).ok_or("users_not_found")?;
    Ok(json!({ "user": told(state, user) }))
}

pub(super) fn bot_info(state: &mut State, arguments: &Arguments) -> Answer {
    if arguments.needed("bot")? != BOT {
        return Err("bot_not_found".into());
    }
    Ok(json!({ "bot": {
        "id": BOT,
        "deleted": false,
        "name": "countersign",
        "updated": 1_700_000_000,
        "app_id": state.app,
        "user_id": state.bot,
    } }))
}

#[expect(clippy::unnecessary_wraps, reason = "as all methods")]
pub(super) fn groups(state: &mut State, _: &Arguments) -> Answer {
    let told = |group: &super::state::Group| {
        json!({
            "id": group.id,
            "team_id": state.team,
            "is_usergroup": true,
            "name": group.handle,
            "handle": group.handle,
            "date_delete": 0,
        })
    };
    let groups: Vec<Value> = state.groups.values().map(told).collect();
    Ok(json!({ "usergroups": groups }))
}

pub(super) fn group_members(state: &mut State, arguments: &Arguments) -> Answer {
    let group = state.groups.get(arguments.needed("usergroup")?).ok_or("no_such_subteam")?;
    Ok(json!({ "users": group.users }))
}

fn told(state: &State, user: &User) -> Value {
    let is_outsider = user.kind == Kind::Outsider;
    let mut profile = json!({ "real_name": user.real_name, "display_name": user.real_name });
    if let (Some(email), true) = (&user.email, state.scopes.contains("users:read.email")) {
        profile["email"] = email.clone().into();
    }
    let mut told = json!({
        "id": user.id,
        "team_id": if is_outsider { "T0OTHER001" } else { &state.team },
        "name": user.name,
        "deleted": user.deleted,
        "profile": profile,
        "is_bot": user.kind == Kind::Bot,
        "is_app_user": false,
        "updated": 1_700_000_000,
    });
    if is_outsider {
        told["is_stranger"] = true.into();
    }
    // What was deactivated has fewer fields.
    if !user.deleted {
        told["is_restricted"] = matches!(user.kind, Kind::Guest | Kind::SingleChannelGuest).into();
        told["is_ultra_restricted"] = (user.kind == Kind::SingleChannelGuest).into();
        told["tz"] = "Europe/Berlin".into();
    }
    told
}
