//! The Slack app as Slack makes it from a manifest: addresses, command, shortcut, events, scopes.
//! Source: <https://docs.slack.dev/reference/app-manifest/>.

use serde_json::{Value, json};

use super::form::put;

/// What the app's bot may do: each for something that it does, and nothing more.
pub const SCOPES: [&str; 15] = [
    "channels:history",  // what it posted itself, after an answer of Slack's was lost
    "channels:join",     // which only those see who are in the channel
    "channels:read",     // channels by name, and who is in them
    "chat:write",        // messages
    "chat:write.public", // in channels that it was not invited to
    "commands",          // `/access` and the shortcut
    "groups:history",
    "groups:read",
    "im:history",
    "im:write", // direct messages
    "mpim:history",
    "mpim:write",       // group messages
    "usergroups:read",  // user groups as approvers
    "users:read",       // who somebody is
    "users:read.email", // and who that is here
];

/// How Slack's requests come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reached {
    /// At this address.
    Url(String),
    /// Over Socket Mode.
    Socket,
}

/// The manifest of the app.
#[must_use]
pub fn manifest(name: &str, command: &str, reached: &Reached) -> Value {
    let mut slash = json!({
        "command": command,
        "description": "Ask for access, or see what you have",
        "usage_hint": "[flow] [target] [1h] [reason] | mine | help",
        "should_escape": false,
    });
    let mut interactivity = json!({ "is_enabled": true });
    let mut events = json!({
        "bot_events": ["app_home_opened", "app_uninstalled", "tokens_revoked"],
    });
    if let Reached::Url(url) = reached {
        let at = |path: &str| Value::from(format!("{}/slack/{path}", url.trim_end_matches('/')));
        put(&mut slash, "url", at("commands"));
        put(&mut interactivity, "request_url", at("interactions"));
        put(&mut interactivity, "message_menu_options_url", at("options"));
        put(&mut events, "request_url", at("events"));
    }
    json!({
        "_metadata": { "major_version": 1, "minor_version": 1 },
        "display_information": {
            "name": name,
            "description": "Access for a while, with an approval",
            "background_color": "#1d2b3a",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": true,
                "messages_tab_enabled": true,
                "messages_tab_read_only_enabled": true,
            },
            "bot_user": { "display_name": name, "always_online": true },
            "shortcuts": [{
                "name": "Ask for access",
                "type": "global",
                "callback_id": "request_access",
                "description": "Opens the form",
            }],
            "slash_commands": [slash],
        },
        "oauth_config": { "scopes": { "bot": SCOPES } },
        "settings": {
            "event_subscriptions": events,
            "interactivity": interactivity,
            "org_deploy_enabled": false,
            "socket_mode_enabled": *reached == Reached::Socket,
            "token_rotation_enabled": false,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_has_its_address() {
        let reached = Reached::Url("https://access.acme.test/".to_owned());
        let manifest = manifest("Countersign", "/access", &reached);
        for (place, path) in [
            ("/features/slash_commands/0/url", "commands"),
            ("/settings/interactivity/request_url", "interactions"),
            ("/settings/interactivity/message_menu_options_url", "options"),
            ("/settings/event_subscriptions/request_url", "events"),
        ] {
            let url = format!("https://access.acme.test/slack/{path}");
            assert_eq!(manifest.pointer(place), Some(&Value::from(url)), "{place}");
        }
        assert_eq!(manifest["settings"]["socket_mode_enabled"], false);
    }

    #[test]
    fn over_socket_mode_there_is_no_address() {
        let manifest = manifest("Countersign", "/access", &Reached::Socket);
        assert_eq!(manifest["settings"]["socket_mode_enabled"], true);
        assert!(!manifest.to_string().contains("_url"));
    }

    #[test]
    fn the_scopes_are_in_order_and_none_is_there_twice() {
        assert!(SCOPES.is_sorted());
        assert!(SCOPES.windows(2).all(|two| two[0] != two[1]));
    }
}
