//! Secrets stand elsewhere: a document that has one in it is refused.

use countersign_integrations::SecretRef;

use crate::settings::origin::Finding;
use crate::settings::tree::{Place, Tree};

/// Parts of the names of keys that hold secrets.
const TELLING: [&str; 6] = ["secret", "token", "password", "passphrase", "credential", "apikey"];

/// Words that tell a secret only when they stand alone in a name, not as in `keyword`.
const TELLING_WORDS: [&str; 2] = ["key", "keys"];

/// Endings of names that only sound like secrets.
const HARMLESS: [&str; 8] = ["_id", "_arn", "_url", "_uri", "_name", "_alias", "_file", "_header"];

/// How well-known secrets begin.
const BEGINNINGS: [&str; 11] = [
    "xoxb-",
    "xoxp-",
    "xoxa-",
    "xapp-",
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "sk_live_",
    "-----BEGIN",
];

const HINT: &str = "keep it elsewhere and write `{ env = \"NAME\" }`, `{ file = \"path\" }` or, on AWS, \
                    `{ arn = \"arn:..\" }`";

/// Refuses secrets in the settings of integrations, strategies and targets and in the variables of
/// flows.
pub(super) fn check(root: &Place<'_>, found: &mut Vec<Finding>) {
    for (section, settings, by_key) in [
        ("integrations", "settings", true),
        ("strategies", "settings", true),
        ("targets", "settings", false),
        ("flows", "vars", false),
    ] {
        for item in root.all(section) {
            if let Some(settings) = item.get(settings) {
                look(&settings, by_key, None, found);
            }
        }
    }
}

/// Looks at a value and all below it; `telling` is the key above it that names a secret.
fn look(place: &Place<'_>, by_key: bool, telling: Option<&str>, found: &mut Vec<Finding>) {
    match &place.node.tree {
        Tree::Text(text) => {
            if BEGINNINGS.iter().any(|beginning| text.starts_with(beginning)) {
                found.push(Finding::at(place, "this looks like a secret").hint(HINT));
            } else if let Some(key) = telling
                && !text.is_empty()
            {
                let message = format!("`{key}` is a secret, and settings hold none");
                found.push(Finding::at(place, message).hint(HINT));
            }
        }
        Tree::List(_) => {
            place.items().iter().for_each(|item| look(item, by_key, telling, found));
        }
        Tree::Table(_) if SecretRef::of(&place.node.to_json()).is_some() => {}
        Tree::Table(_) => {
            for (key, below) in place.entries() {
                let telling = telling.or_else(|| (by_key && tells(key)).then_some(key));
                look(&below, by_key, telling, found);
            }
        }
        Tree::Time(_) | Tree::Number(_) | Tree::Bool(_) | Tree::Null => {}
    }
}

/// Whether a key of this name holds a secret.
fn tells(key: &str) -> bool {
    let name = in_snake_case(key);
    let is_telling = TELLING.iter().any(|part| name.contains(part))
        || name.split('_').any(|word| TELLING_WORDS.contains(&word));
    is_telling && !HARMLESS.iter().any(|ending| name.ends_with(ending))
}

/// `botToken` and `bot-token` as `bot_token`.
fn in_snake_case(key: &str) -> String {
    let mut name = String::with_capacity(key.len());
    let mut after_small = false;
    for c in key.chars() {
        if c.is_uppercase() && after_small {
            name.push('_');
        }
        after_small = c.is_lowercase();
        name.extend(if c == '-' { '_' } else { c }.to_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::tells;

    #[test]
    fn a_key_tells_by_its_name() {
        for secret in
            ["token", "bot_token", "signing-secret", "API_KEY", "apiKey", "APIKEY", "password"]
        {
            assert!(tells(secret), "{secret}");
        }
        for harmless in ["group", "kms_key_arn", "access_key_id", "token_url", "keyword", "monkey"]
        {
            assert!(!tells(harmless), "{harmless}");
        }
    }
}
