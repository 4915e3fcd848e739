//! The schema of an entry of the audit chain.

use std::borrow::Cow;

use countersign::model::{Channel, Hash, RunId, Timestamp, UserId};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::inline;

/// Stands for `EntryView`, whose form is the audit chain's own: what belongs to each `type` of
/// `what` is told by the entry itself.
#[derive(Debug)]
pub(in crate::api) struct EntrySchema;

impl JsonSchema for EntrySchema {
    fn schema_name() -> Cow<'static, str> {
        "Entry".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (run, hash) = (inline::<RunId>(generator), inline::<Hash>(generator));
        let (user, at) = (inline::<UserId>(generator), inline::<Timestamp>(generator));
        let channel = inline::<Channel>(generator);
        json_schema!({
            "description": "One thing that happened, sealed into a chain.",
            "type": "object",
            "properties": {
                "v": { "type": "integer", "description": "The version of this form." },
                "run": run,
                "seq": {
                    "type": "integer", "minimum": 1,
                    "description": "1 for the first, and one more for each.",
                },
                "at": at,
                "actor": {
                    "type": "object",
                    "description": "Who caused it, and how we know.",
                    "properties": { "user": user, "auth": {} },
                    "required": ["auth"],
                },
                "channel": channel,
                "cause": {
                    "type": "object",
                    "description": "By which command, time or effect.",
                    "properties": {
                        "command": { "type": "object" },
                        "due": { "type": "object" },
                        "effect": { "type": "object" },
                    },
                },
                "what": {
                    "type": "object",
                    "description": "What happened; the rest depends on its `type`.",
                    "properties": { "type": { "type": "string" } },
                    "required": ["type"],
                    "additionalProperties": true,
                },
                "effects": {
                    "type": "array", "items": { "type": "object" },
                    "description": "What had to be done because of it.",
                },
                "notes": {
                    "type": "array", "items": { "type": "object" },
                    "description": "What the flow's functions and the directories answered.",
                },
                "previous": hash,
                "hash": hash,
            },
            "required": [
                "v", "run", "seq", "at", "actor", "channel", "cause", "what", "previous", "hash",
            ],
        })
    }
}
