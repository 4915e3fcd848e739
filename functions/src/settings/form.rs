//! The forms that single values have: how the schema describes each, and how a text is checked
//! against it.

use countersign::model::{Duration, StrategyName, Timestamp, UserId};
use countersign_integrations::guarded::Rule;
use jiff::tz::TimeZone;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

use super::nearest::did_you_mean;
use crate::oidc::OidcSettings;
use crate::sign_in::{self, InvalidSignIn};

/// What is wrong with a text, and how to mend it.
pub(super) type Wrong = (String, Option<String>);

/// Checks a text against a `format` of the schema. Formats that are not ours hold always.
pub(super) fn check(format: &str, text: &str) -> Result<(), Wrong> {
    match format {
        "name" => is_name(text),
        "length-of-time" => is_duration(text),
        "date-time" => is_time(text),
        "email" => is_mail(text),
        "domain" => is_domain(text),
        "host" => is_host(text),
        "time-zone" => is_time_zone(text),
        "regex" => is_regex(text),
        "issuer" => is_issuer(text),
        "pages" => is_pages(text),
        _ => Ok(()),
    }
}

/// How many choices of duration there may be: as many as a Slack message shows well.
const MOST_DURATIONS: usize = 8;

pub(super) fn name(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "format": "name", "pattern": "^[a-z][a-z0-9_-]{0,63}$" })
}

pub(super) fn duration(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "format": "length-of-time",
        "pattern": "^([0-9]+mo)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$",
        "examples": ["90s", "30m", "1h30m", "2d"],
    })
}

pub(super) fn durations(generator: &mut SchemaGenerator) -> Schema {
    let each = duration(generator);
    json_schema!({ "type": "array", "items": each, "maxItems": MOST_DURATIONS })
}

pub(super) fn time(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "format": "date-time" })
}

pub(super) fn time_zone(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "format": "time-zone" })
}

pub(super) fn email(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "format": "email" })
}

pub(super) fn emails(generator: &mut SchemaGenerator) -> Schema {
    let each = email(generator);
    json_schema!({ "type": "array", "items": each })
}

pub(super) fn domains(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "items": { "type": "string", "format": "domain" } })
}

pub(super) fn hosts(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "items": { "type": "string", "format": "host" } })
}

pub(super) fn regex(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "format": "regex" })
}

pub(super) fn issuer(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "format": "issuer" })
}

pub(super) fn pages(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "format": "pages" })
}

pub(super) fn role(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": ["auditor", "guest", "member", "admin"] })
}

/// A mail address, however it is capitalised.
pub(super) fn mail<'de, D: Deserializer<'de>>(deserializer: D) -> Result<UserId, D::Error> {
    UserId::of_mail(&String::deserialize(deserializer)?).map_err(de::Error::custom)
}

/// Mail addresses, however they are capitalised.
pub(super) fn mails<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<UserId>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    texts.iter().map(|text| UserId::of_mail(text).map_err(de::Error::custom)).collect()
}

fn is_name(text: &str) -> Result<(), Wrong> {
    // Every name has the form of a strategy's.
    StrategyName::parse(text).map(drop).map_err(|error| {
        let message = format!("`{}` is not a name: write {}", error.given, error.rule);
        let tidy = text.to_lowercase().replace(char::is_whitespace, "-");
        let hint = StrategyName::parse(tidy).ok().map(|name| format!("perhaps `{name}`"));
        (message, hint)
    })
}

fn is_duration(text: &str) -> Result<(), Wrong> {
    Duration::parse(text).map(drop).map_err(|error| (error.to_string(), None))
}

fn is_time(text: &str) -> Result<(), Wrong> {
    text.parse::<Timestamp>().map(drop).map_err(|_| {
        let rule = "write an RFC 3339 time with its offset, as in `2030-01-31T09:00:00Z`";
        (format!("`{text}` is not a time: {rule}"), None)
    })
}

fn is_mail(text: &str) -> Result<(), Wrong> {
    let wrong = |_| {
        let message = format!("`{text}` is not a mail address");
        (message, Some("write one like `ada@acme.test`".to_owned()))
    };
    let user = UserId::of_mail(text).map_err(wrong)?;
    if user.is_bot() {
        let message = format!("`{text}` is a bot, not a person");
        return Err((message, Some("bots come with the tokens that are made for them".to_owned())));
    }
    Ok(())
}

fn is_domain(text: &str) -> Result<(), Wrong> {
    UserId::parse(format!("somebody@{text}")).map(drop).map_err(|_| {
        let message = format!("`{text}` is not a mail domain in lowercase");
        (message, Some("write what follows the `@`, as in `acme.test`".to_owned()))
    })
}

fn is_host(text: &str) -> Result<(), Wrong> {
    Rule::public(text).map(drop).map_err(|error| (error.to_string(), None))
}

fn is_issuer(text: &str) -> Result<(), Wrong> {
    let settings = OidcSettings::new(text, ["any"]);
    settings.check().map(drop).map_err(|error| {
        let hint = "write `iss` as it stands in the provider's tokens";
        (error.to_string(), Some(hint.to_owned()))
    })
}

fn is_pages(text: &str) -> Result<(), Wrong> {
    let wrong = |error: InvalidSignIn| (error.to_string(), None);
    let url = sign_in::address(text).map_err(wrong)?;
    let is_root = url.path() == "/";
    is_root.then_some(()).ok_or_else(|| wrong(InvalidSignIn::Url(text.to_owned())))
}

fn is_time_zone(text: &str) -> Result<(), Wrong> {
    TimeZone::get(text).map(drop).map_err(|_| {
        let known: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
        let hint = did_you_mean(text, known.iter().map(String::as_str));
        let hint = hint.or_else(|| Some("write a name like `Europe/Berlin`".to_owned()));
        (format!("there is no time zone `{text}`"), hint)
    })
}

fn is_regex(text: &str) -> Result<(), Wrong> {
    regex_lite::Regex::new(text)
        .map(drop)
        .map_err(|error| (format!("`{text}` is not a regular expression: {error}"), None))
}
