//! `chat.*`.

use serde_json::{Value, json};

use super::api::{Answer, Arguments, No};
use super::blocks;
use super::read::Message;
use super::state::{Channel, Ephemeral, Sort, State};

/// A message's text is cut off by Slack beyond this many characters; here it is refused.
const LONGEST_TEXT: usize = 40_000;

/// The text of a changed message, or of one for one person, is refused beyond this many.
const LONGEST_CHANGE: usize = 4_000;

/// What the app hides in a message may have so many bytes.
const LARGEST_METADATA: usize = 8_000;

pub(super) fn post(state: &mut State, arguments: &Arguments) -> Answer {
    let channel = state.posted_in(arguments.needed("channel")?)?;
    let (text, blocks) = content(arguments, LONGEST_TEXT)?;
    let blocks = blocks.unwrap_or_default();
    if text.is_none() && blocks.is_empty() {
        return Err("no_text".into());
    }
    let metadata = metadata(arguments)?;
    let thread = state.thread(&channel, arguments)?;
    state.rates.post(&channel).map_err(No::busy)?;
    let message = Message {
        channel: channel.clone(),
        ts: state.new_ts(),
        user: state.bot.clone(),
        text: text.unwrap_or_default().to_owned(),
        blocks,
        thread,
        metadata,
        edits: 0,
    };
    let told = State::told(&message, true);
    let ts = message.ts.clone();
    state.channels.get_mut(&channel).unwrap().messages.push(message);
    Ok(json!({ "channel": channel, "ts": ts, "message": told }))
}

pub(super) fn update(state: &mut State, arguments: &Arguments) -> Answer {
    let id = arguments.needed("channel")?;
    let channel = state.seen(id)?;
    if channel.is_archived {
        return Err("is_inactive".into());
    }
    let (text, blocks) = content(arguments, LONGEST_CHANGE)?;
    if text.is_none() && blocks.is_none() {
        return Err("no_text".into());
    }
    let metadata = metadata(arguments)?;
    let ts = arguments.needed("ts")?;
    let bot = state.bot.clone();
    let channel = state.channels.get_mut(id).unwrap();
    let message = channel.messages.iter_mut().find(|it| it.ts == ts).ok_or("message_not_found")?;
    if message.user != bot {
        return Err("cant_update_message".into());
    }
    if let Some(text) = text {
        text.clone_into(&mut message.text);
    }
    if let Some(blocks) = blocks {
        message.blocks = blocks;
    }
    message.metadata = metadata.or_else(|| message.metadata.take());
    message.edits += 1;
    let told = State::told(message, true);
    Ok(json!({ "channel": id, "ts": ts, "text": message.text, "message": told }))
}

pub(super) fn ephemeral(state: &mut State, arguments: &Arguments) -> Answer {
    let channel = state.posted_in(arguments.needed("channel")?)?;
    // What `chat:write.public` says of `chat.postMessage` is said of no other method.
    if !state.channels[&channel].members.contains(&state.bot) {
        return Err("not_in_channel".into());
    }
    let user = arguments.needed("user")?.to_owned();
    let (text, blocks) = content(arguments, LONGEST_CHANGE)?;
    let blocks = blocks.unwrap_or_default();
    if text.is_none() && blocks.is_empty() {
        return Err("no_text".into());
    }
    if !state.channels[&channel].members.contains(&user) {
        return Err("user_not_in_channel".into());
    }
    let thread = state.thread(&channel, arguments)?;
    let message = Message {
        channel,
        ts: state.new_ts(),
        user: state.bot.clone(),
        text: text.unwrap_or_default().to_owned(),
        blocks,
        thread,
        metadata: None,
        edits: 0,
    };
    let ts = message.ts.clone();
    state.ephemerals.push(Ephemeral { user, message });
    Ok(json!({ "message_ts": ts }))
}

pub(super) fn delete(state: &mut State, arguments: &Arguments) -> Answer {
    let (id, ts) = (arguments.needed("channel")?, arguments.needed("ts")?);
    state.seen(id)?;
    let bot = state.bot.clone();
    let channel = state.channels.get_mut(id).unwrap();
    let message = channel.messages.iter().find(|it| it.ts == ts).ok_or("message_not_found")?;
    if message.user != bot {
        return Err("cant_delete_message".into());
    }
    channel.messages.retain(|it| it.ts != ts);
    Ok(json!({ "channel": id, "ts": ts }))
}

impl State {
    /// A conversation that the app can see.
    pub(super) fn seen(&self, id: &str) -> Result<&Channel, No> {
        let channel = self.channels.get(id).ok_or("channel_not_found")?;
        let is_in = channel.members.contains(&self.bot);
        if channel.sort != Sort::Public && !is_in {
            return Err("channel_not_found".into());
        }
        Ok(channel)
    }

    /// The conversation that the app posts in: by id, or by the user whose direct messages they are.
    fn posted_in(&mut self, id: &str) -> Result<String, No> {
        if let Some(user) = self.users.get(id) {
            if user.deleted || user.id == self.bot {
                return Err("channel_not_found".into());
            }
            return Ok(self.direct(&[id]));
        }
        let channel = self.seen(id)?;
        if channel.is_archived {
            return Err("is_archived".into());
        }
        if !channel.members.contains(&self.bot) && !self.scopes.contains("chat:write.public") {
            return Err("not_in_channel".into());
        }
        Ok(id.to_owned())
    }

    /// The thread that is answered in.
    fn thread(&self, channel: &str, arguments: &Arguments) -> Result<Option<String>, No> {
        let Some(ts) = arguments.text("thread_ts") else { return Ok(None) };
        let messages = &self.channels[channel].messages;
        match messages.iter().find(|it| it.ts == ts) {
            Some(message) if message.thread.is_some() => Err("cannot_reply_to_message".into()),
            Some(_) => Ok(Some(ts.to_owned())),
            None => Err("message_not_found".into()),
        }
    }
}

fn content(
    arguments: &Arguments,
    longest: usize,
) -> Result<(Option<&str>, Option<Vec<Value>>), No> {
    let text = arguments.text("text");
    if text.is_some_and(|text| text.chars().count() > longest) {
        return Err("msg_too_long".into());
    }
    let blocks = arguments.json("blocks").map_err(|()| No::from("invalid_blocks_format"))?;
    let Some(blocks) = blocks else { return Ok((text, None)) };
    let Value::Array(blocks) = blocks else { return Err("invalid_blocks_format".into()) };
    let mistakes = blocks::in_message(&blocks);
    if !mistakes.is_empty() {
        return Err(No::wrong("invalid_blocks", &mistakes));
    }
    if blocks::length(&blocks) > blocks::MOST_TEXT {
        return Err("msg_blocks_too_long".into());
    }
    Ok((text, Some(blocks)))
}

fn metadata(arguments: &Arguments) -> Result<Option<Value>, No> {
    let metadata = arguments.json("metadata").map_err(|()| No::from("invalid_metadata_format"))?;
    let Some(metadata) = metadata else { return Ok(None) };
    let named = metadata["event_type"].as_str().is_some_and(|name| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    });
    if !named || !metadata["event_payload"].is_object() {
        return Err("invalid_metadata_schema".into());
    }
    if metadata.to_string().len() > LARGEST_METADATA {
        return Err("metadata_too_large".into());
    }
    Ok(Some(metadata))
}
