//! `views.*` and `apps.connections.open`.

use serde_json::{Value, json};

use super::api::{Answer, Arguments, No};
use super::blocks;
use super::state::{State, View};

/// So many modals lie on each other at most.
const MOST_PUSHED: usize = 3;

/// A view has at most so many bytes.
const LARGEST: usize = 250 * 1024;

pub(super) fn open(state: &mut State, arguments: &Arguments) -> Answer {
    let view = checked(arguments, "modal")?;
    let user = state.exchange(arguments.needed("trigger_id")?)?;
    let view = state.new_view(&user, view, None)?;
    let told = state.told_view(&view);
    state.stacks.insert(user, vec![view]);
    Ok(json!({ "view": told }))
}

pub(super) fn push(state: &mut State, arguments: &Arguments) -> Answer {
    let view = checked(arguments, "modal")?;
    let user = state.exchange(arguments.needed("trigger_id")?)?;
    let below = state.stacks.get(&user).and_then(|stack| stack.last()).ok_or("not_found")?;
    let below = below.id.clone();
    if state.stacks[&user].len() >= MOST_PUSHED {
        return Err("push_limit_reached".into());
    }
    let view = state.new_view(&user, view, Some(below))?;
    let told = state.told_view(&view);
    state.stacks.get_mut(&user).unwrap().push(view);
    Ok(json!({ "view": told }))
}

pub(super) fn update(state: &mut State, arguments: &Arguments) -> Answer {
    let new = checked(arguments, "modal")?;
    let (id, external) = (arguments.text("view_id"), arguments.text("external_id"));
    if id.is_none() && external.is_none() {
        arguments.needed("view_id")?;
    }
    let hash = fresh_hash(state);
    let is_it = |view: &&mut View| {
        id == Some(view.id.as_str())
            || (external.is_some() && view.view["external_id"].as_str() == external)
    };
    let found = state.stacks.values_mut().flatten().find(is_it).ok_or("not_found")?;
    change(found, arguments, new, hash)?;
    let found = found.clone();
    Ok(json!({ "view": state.told_view(&found) }))
}

pub(super) fn publish(state: &mut State, arguments: &Arguments) -> Answer {
    let new = checked(arguments, "home")?;
    let user = arguments.needed("user_id")?.to_owned();
    if !state.users.contains_key(&user) {
        return Err(No::wrong("invalid_arguments", &["user_id: no such user".to_owned()]));
    }
    let hash = fresh_hash(state);
    if let Some(home) = state.homes.get_mut(&user) {
        change(home, arguments, new, hash)?;
    } else {
        let view = state.new_view(&user, new, None)?;
        state.homes.insert(user.clone(), view);
    }
    let home = state.homes[&user].clone();
    Ok(json!({ "view": state.told_view(&home) }))
}

pub(super) fn connections_open(state: &mut State, _: &Arguments) -> Answer {
    let url = state.socket_url.clone().ok_or("forbidden_team")?;
    Ok(json!({ "url": url }))
}

fn change(view: &mut View, arguments: &Arguments, new: Value, hash: String) -> Result<(), No> {
    if arguments.text("hash").is_some_and(|hash| hash != view.hash) {
        return Err("hash_conflict".into());
    }
    (view.view, view.hash) = (new, hash);
    Ok(())
}

fn fresh_hash(state: &mut State) -> String {
    let ts = state.new_ts();
    format!("{}.h", ts.replace('.', ""))
}

/// The view, if Slack would take it.
fn checked(arguments: &Arguments, kind: &str) -> Result<Value, No> {
    let wrong = |what: &str| No::wrong("invalid_arguments", &[what.to_owned()]);
    let view =
        arguments.json("view").map_err(|()| wrong("view is no JSON [json-pointer:/view]"))?;
    let view = view.ok_or_else(|| wrong("missing required field: view [json-pointer:]"))?;
    if view.to_string().len() > LARGEST {
        return Err("view_too_large".into());
    }
    let mistakes = blocks::in_view(&view, kind);
    if mistakes.is_empty() { Ok(view) } else { Err(No::wrong("invalid_arguments", &mistakes)) }
}

impl State {
    pub(crate) fn new_view(
        &mut self,
        user: &str,
        view: Value,
        previous: Option<String>,
    ) -> Result<View, No> {
        if let Some(external) = view["external_id"].as_str().filter(|it| !it.is_empty()) {
            let same = |other: &View| other.view["external_id"].as_str() == Some(external);
            if self.stacks.values().flatten().any(same) {
                return Err("duplicate_external_id".into());
            }
        }
        let (id, hash) = (self.new_id("V"), fresh_hash(self));
        Ok(View { id, user: user.to_owned(), view, hash, previous })
    }

    /// A view as the API and what people do in it tell of it.
    pub(crate) fn told_view(&self, view: &View) -> Value {
        let mut told = view.view.clone();
        told["id"] = view.id.clone().into();
        told["team_id"] = self.team.clone().into();
        told["app_id"] = self.app.clone().into();
        told["bot_id"] = super::users::BOT.into();
        told["hash"] = view.hash.clone().into();
        told["previous_view_id"] = view.previous.clone().into();
        let root = self.stacks.get(&view.user).and_then(|stack| stack.first());
        told["root_view_id"] = root.map_or(&view.id, |root| &root.id).clone().into();
        if told["state"].is_null() {
            told["state"] = json!({ "values": {} });
        }
        told
    }
}
