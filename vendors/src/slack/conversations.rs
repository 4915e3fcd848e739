//! `conversations.*`.

use serde_json::{Value, json};

use super::api::{Answer, Arguments, No, paged};
use super::read::Message;
use super::state::{Channel, Sort, State};

pub(super) fn open(state: &mut State, arguments: &Arguments) -> Answer {
    let users: Vec<&str> =
        arguments.text("users").ok_or("users_list_not_supplied")?.split(',').collect();
    if users.len() > 8 {
        return Err("too_many_users".into());
    }
    state.needs(if users.len() == 1 { "im:write" } else { "mpim:write" })?;
    for user in &users {
        let user = state.users.get(*user).ok_or("user_not_found")?;
        if user.deleted {
            return Err("user_disabled".into());
        }
    }
    if users == [state.bot.as_str()] {
        return Err("cannot_dm_bot".into());
    }
    let id = state.direct(&users);
    Ok(json!({ "channel": { "id": id } }))
}

pub(super) fn list(state: &mut State, arguments: &Arguments) -> Answer {
    let types = arguments.text("types").unwrap_or("public_channel");
    let mut sorts = Vec::new();
    for name in types.split(',') {
        let sort = match name {
            "public_channel" => Sort::Public,
            "private_channel" => Sort::Private,
            "im" => Sort::Direct,
            "mpim" => Sort::Group,
            _ => return Err("invalid_types".into()),
        };
        state.needs(&format!("{}:read", sort.word()))?;
        sorts.push(sort);
    }
    let without_archived = arguments.flag("exclude_archived");
    let visible = |it: &&Channel| {
        sorts.contains(&it.sort)
            && (it.sort == Sort::Public || it.members.contains(&state.bot))
            && !(without_archived && it.is_archived)
    };
    let all = state.channels.values().filter(visible).map(|it| told(it, &state.bot)).collect();
    let (channels, next) = paged::<Value>(all, arguments.page()?);
    Ok(json!({ "channels": channels, "response_metadata": next }))
}

pub(super) fn info(state: &mut State, arguments: &Arguments) -> Answer {
    let channel = readable(state, arguments, "read")?;
    Ok(json!({ "channel": told(channel, &state.bot) }))
}

pub(super) fn join(state: &mut State, arguments: &Arguments) -> Answer {
    let id = arguments.needed("channel")?.to_owned();
    let channel = state.seen(&id)?;
    if channel.sort != Sort::Public {
        return Err("method_not_supported_for_channel_type".into());
    }
    if channel.is_archived {
        return Err("is_archived".into());
    }
    let bot = state.bot.clone();
    let channel = state.channels.get_mut(&id).unwrap();
    if !channel.members.contains(&bot) {
        channel.members.push(bot.clone());
    }
    Ok(json!({ "channel": told(channel, &bot) }))
}

pub(super) fn members(state: &mut State, arguments: &Arguments) -> Answer {
    let channel = readable(state, arguments, "read")?;
    let (members, next) = paged(channel.members.clone(), arguments.page()?);
    Ok(json!({ "members": members, "response_metadata": next }))
}

pub(super) fn history(state: &mut State, arguments: &Arguments) -> Answer {
    let channel = readable(state, arguments, "history")?;
    if !channel.members.contains(&state.bot) {
        return Err("not_in_channel".into());
    }
    let mut found: Vec<&Message> =
        channel.messages.iter().filter(|it| it.thread.is_none()).collect();
    found.reverse();
    messages(&found, arguments)
}

pub(super) fn replies(state: &mut State, arguments: &Arguments) -> Answer {
    let channel = readable(state, arguments, "history")?;
    if !channel.members.contains(&state.bot) {
        return Err("not_in_channel".into());
    }
    let ts = arguments.needed("ts")?;
    let is_in = |it: &&Message| it.ts == ts || it.thread.as_deref() == Some(ts);
    let found: Vec<&Message> = channel.messages.iter().filter(is_in).collect();
    if !found.iter().any(|it| it.ts == ts) {
        return Err("thread_not_found".into());
    }
    messages(&found, arguments)
}

fn messages(found: &[&Message], arguments: &Arguments) -> Answer {
    let (oldest, latest) = (arguments.text("oldest"), arguments.text("latest"));
    for (bound, code) in [(oldest, "invalid_ts_oldest"), (latest, "invalid_ts_latest")] {
        if bound.is_some_and(|bound| bound.parse::<f64>().is_err()) {
            return Err(code.into());
        }
    }
    let inclusive = arguments.flag("inclusive");
    let in_time = |it: &&&Message| {
        let after = oldest.is_none_or(|oldest| later(&it.ts, oldest, inclusive));
        after && latest.is_none_or(|latest| later(latest, &it.ts, inclusive))
    };
    let with_metadata = arguments.flag("include_all_metadata");
    let told: Vec<Value> =
        found.iter().filter(in_time).map(|it| State::told(it, with_metadata)).collect();
    let (page, next) = paged(told, arguments.page()?);
    let has_more = next["next_cursor"] != "";
    Ok(json!({ "messages": page, "has_more": has_more, "response_metadata": next }))
}

/// Whether a time is later than another, to the microsecond.
fn later(ts: &str, than: &str, or_same: bool) -> bool {
    let (ts, than) = (micros(ts), micros(than));
    ts > than || (or_same && ts == than)
}

fn micros(ts: &str) -> u64 {
    let (seconds, rest) = ts.split_once('.').unwrap_or((ts, "0"));
    let rest = format!("{rest:0<6}");
    seconds.parse::<u64>().unwrap_or_default() * 1_000_000 + rest[..6].parse::<u64>().unwrap()
}

/// A conversation that the app sees and may read this of.
fn readable<'a>(state: &'a State, arguments: &Arguments, what: &str) -> Result<&'a Channel, No> {
    let channel = state.seen(arguments.needed("channel")?)?;
    state.needs(&format!("{}:{what}", channel.sort.word()))?;
    Ok(channel)
}

fn told(channel: &Channel, bot: &str) -> Value {
    json!({
        "id": channel.id,
        "name": channel.name,
        "is_channel": channel.sort == Sort::Public,
        "is_group": channel.sort == Sort::Private,
        "is_im": channel.sort == Sort::Direct,
        "is_mpim": channel.sort == Sort::Group,
        "is_private": channel.sort != Sort::Public,
        "is_archived": channel.is_archived,
        "is_member": channel.members.iter().any(|member| member == bot),
    })
}
