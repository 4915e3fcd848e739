//! Block Kit: what may stand where, and how long it may be.
//! Source: <https://docs.slack.dev/reference/block-kit/blocks> and the pages of each element.

use std::collections::BTreeSet;

use serde_json::Value;

/// The texts of a message's blocks may have so many characters in all. Slack does not publish the
/// number; it has been seen to refuse a little more than this.
pub(super) const MOST_TEXT: usize = 10_000;

const MOST_IN_MESSAGE: usize = 50;
const MOST_IN_VIEW: usize = 100;

/// What is wrong with the blocks of a message.
pub fn in_message(blocks: &[Value]) -> Vec<String> {
    let mut check = Check::default();
    check.blocks(blocks, "/blocks", MOST_IN_MESSAGE);
    check.mistakes
}

/// What is wrong with a view of this type.
pub fn in_view(view: &Value, kind: &str) -> Vec<String> {
    let mut check = Check::default();
    check.keys(
        view,
        "/view",
        &["type", "blocks"],
        &[
            "title",
            "submit",
            "close",
            "private_metadata",
            "callback_id",
            "clear_on_close",
            "notify_on_close",
            "external_id",
            "submit_disabled",
        ],
    );
    if view["type"] != kind {
        check.wrong("/view/type", format!("must be `{kind}`"));
    }
    if kind == "modal" {
        check.needs_text(view, "/view", "title", 24, Some("plain_text"));
        for label in ["submit", "close"] {
            check.may_text(view, "/view", label, 24, Some("plain_text"));
        }
    }
    check.string(view, "/view", "private_metadata", 3_000);
    check.string(view, "/view", "callback_id", 255);
    check.string(view, "/view", "external_id", 255);
    match view["blocks"].as_array() {
        None => check.wrong("/view/blocks", "must be an array".to_owned()),
        Some(blocks) => {
            check.blocks(blocks, "/view/blocks", MOST_IN_VIEW);
            let has_input = blocks.iter().any(|block| block["type"] == "input");
            if kind == "modal" && has_input && view["submit"].is_null() {
                check.wrong("/view", "`submit` is required where there is an input".to_owned());
            }
        }
    }
    check.mistakes
}

/// How many characters all texts have.
pub(super) fn length(blocks: &[Value]) -> usize {
    blocks.iter().map(texts).sum()
}

fn texts(value: &Value) -> usize {
    match value {
        Value::Array(values) => values.iter().map(texts).sum(),
        Value::Object(object) => object
            .iter()
            .map(|(name, value)| match (name.as_str(), value) {
                ("text", Value::String(text)) => text.chars().count(),
                (_, value) => texts(value),
            })
            .sum(),
        _ => 0,
    }
}

#[derive(Debug, Default)]
struct Check {
    mistakes: Vec<String>,
    block_ids: BTreeSet<String>,
}

impl Check {
    fn wrong(&mut self, at: &str, what: impl Into<String>) {
        self.mistakes.push(format!("{} [json-pointer:{at}]", what.into()));
    }

    /// Which members something has to have and may have, besides `type`.
    fn keys(&mut self, value: &Value, at: &str, needed: &[&str], more: &[&str]) {
        let Some(object) = value.as_object() else { return self.wrong(at, "must be an object") };
        for name in needed {
            if !object.contains_key(*name) {
                self.wrong(at, format!("missing required field: {name}"));
            }
        }
        for name in object.keys().map(String::as_str) {
            if name != "type" && !needed.contains(&name) && !more.contains(&name) {
                self.wrong(
                    at,
                    format!("no more items allowed, invalid additional property: {name}"),
                );
            }
        }
    }

    /// A text of at most so many characters, if it is there.
    fn string(&mut self, value: &Value, at: &str, name: &str, most: usize) {
        match &value[name] {
            Value::String(text) if text.chars().count() > most => {
                self.wrong(
                    &format!("{at}/{name}"),
                    format!("must be less than {} characters", most + 1),
                );
            }
            Value::String(text)
                if text.is_empty() && name != "value" && name != "initial_value" =>
            {
                self.wrong(&format!("{at}/{name}"), "must be more than 0 characters");
            }
            Value::Null | Value::String(_) => {}
            _ => self.wrong(&format!("{at}/{name}"), "must be a string"),
        }
    }

    fn needs_text(&mut self, value: &Value, at: &str, name: &str, most: usize, kind: Option<&str>) {
        let at = format!("{at}/{name}");
        self.text(&value[name], &at, most, kind);
    }

    fn may_text(&mut self, value: &Value, at: &str, name: &str, most: usize, kind: Option<&str>) {
        if !value[name].is_null() {
            self.needs_text(value, at, name, most, kind);
        }
    }

    /// A text object.
    fn text(&mut self, text: &Value, at: &str, most: usize, kind: Option<&str>) {
        let is = text["type"].as_str().unwrap_or_default();
        match is {
            "plain_text" => self.keys(text, at, &["text"], &["emoji"]),
            "mrkdwn" => self.keys(text, at, &["text"], &["verbatim"]),
            _ => return self.wrong(at, "must be a text object"),
        }
        if kind.is_some_and(|kind| kind != is) {
            self.wrong(at, format!("must be of type `{}`", kind.unwrap_or_default()));
        }
        self.string(text, at, "text", most);
    }

    fn most(&mut self, at: &str, count: usize, most: usize) {
        if count > most {
            self.wrong(at, format!("no more than {most} items allowed"));
        }
        if count == 0 {
            self.wrong(at, "must have at least 1 item");
        }
    }

    fn blocks(&mut self, blocks: &[Value], at: &str, most: usize) {
        if blocks.len() > most {
            self.wrong(at, format!("no more than {most} items allowed"));
        }
        for (index, block) in blocks.iter().enumerate() {
            let at = format!("{at}/{index}");
            self.string(block, &at, "block_id", 255);
            if let Some(id) = block["block_id"].as_str()
                && !self.block_ids.insert(id.to_owned())
            {
                self.wrong(&at, "`block_id` must be unique");
            }
            self.block(block, &at);
        }
    }

    fn block(&mut self, block: &Value, at: &str) {
        match block["type"].as_str().unwrap_or_default() {
            "section" => self.section(block, at),
            "divider" => self.keys(block, at, &[], &["block_id"]),
            "header" => {
                self.keys(block, at, &["text"], &["block_id"]);
                self.needs_text(block, at, "text", 150, Some("plain_text"));
            }
            "context" => {
                self.keys(block, at, &["elements"], &["block_id"]);
                let elements = block["elements"].as_array().cloned().unwrap_or_default();
                self.most(&format!("{at}/elements"), elements.len(), 10);
                for (index, element) in elements.iter().enumerate() {
                    let at = format!("{at}/elements/{index}");
                    if element["type"] == "image" {
                        self.image(element, &at, &[]);
                    } else {
                        self.text(element, &at, 2_000, None);
                    }
                }
            }
            "actions" => {
                self.keys(block, at, &["elements"], &["block_id"]);
                let elements = block["elements"].as_array().cloned().unwrap_or_default();
                self.most(&format!("{at}/elements"), elements.len(), 25);
                let mut ids = BTreeSet::new();
                for (index, element) in elements.iter().enumerate() {
                    let at = format!("{at}/elements/{index}");
                    if !ids.insert(element["action_id"].to_string()) {
                        self.wrong(&at, "`action_id` must be unique in its block");
                    }
                    self.element(element, &at, Place::Actions);
                }
            }
            "image" => self.image(block, at, &["title", "block_id"]),
            "input" => {
                self.keys(
                    block,
                    at,
                    &["label", "element"],
                    &["block_id", "dispatch_action", "hint", "optional"],
                );
                self.needs_text(block, at, "label", 2_000, Some("plain_text"));
                self.may_text(block, at, "hint", 2_000, Some("plain_text"));
                self.element(&block["element"], &format!("{at}/element"), Place::Input);
            }
            other => self.wrong(at, format!("unsupported block type: `{other}`")),
        }
    }

    fn section(&mut self, block: &Value, at: &str) {
        self.keys(block, at, &[], &["text", "fields", "accessory", "block_id", "expand"]);
        if block["text"].is_null() && block["fields"].is_null() {
            self.wrong(at, "missing required field: text");
        }
        self.may_text(block, at, "text", 3_000, None);
        if let Some(fields) = block["fields"].as_array() {
            self.most(&format!("{at}/fields"), fields.len(), 10);
            for (index, field) in fields.iter().enumerate() {
                self.text(field, &format!("{at}/fields/{index}"), 2_000, None);
            }
        }
        if !block["accessory"].is_null() {
            self.element(&block["accessory"], &format!("{at}/accessory"), Place::Accessory);
        }
    }

    fn image(&mut self, image: &Value, at: &str, more: &[&str]) {
        self.keys(image, at, &["image_url", "alt_text"], more);
        self.string(image, at, "image_url", 3_000);
        self.string(image, at, "alt_text", 2_000);
        self.may_text(image, at, "title", 2_000, Some("plain_text"));
    }

    fn element(&mut self, element: &Value, at: &str, place: Place) {
        let kind = element["type"].as_str().unwrap_or_default();
        self.string(element, at, "action_id", 255);
        if !element["confirm"].is_null() {
            self.confirm(&element["confirm"], &format!("{at}/confirm"));
        }
        self.may_text(element, at, "placeholder", 150, Some("plain_text"));
        let common = ["action_id", "confirm", "focus_on_load", "placeholder"];
        let with = |more: &[&'static str]| [&common[..], more].concat();
        match (kind, place) {
            ("button", Place::Actions | Place::Accessory) => self.button(element, at),
            ("image", Place::Accessory) => self.image(element, at, &[]),
            ("overflow", Place::Actions | Place::Accessory) => {
                self.keys(element, at, &["options"], &["action_id", "confirm"]);
                self.options(element, at, 5);
            }
            ("plain_text_input", Place::Input) => self.text_input(element, at, &common),
            ("number_input", Place::Input) => {
                let more = ["initial_value", "min_value", "max_value", "dispatch_action_config"];
                self.keys(element, at, &["is_decimal_allowed"], &with(&more));
            }
            ("email_text_input" | "url_text_input", Place::Input) => {
                self.keys(element, at, &[], &with(&["initial_value", "dispatch_action_config"]));
            }
            ("static_select" | "multi_static_select", _) => {
                let more = [
                    "options",
                    "option_groups",
                    "initial_option",
                    "initial_options",
                    "max_selected_items",
                ];
                self.keys(element, at, &[], &with(&more));
                self.options(element, at, 100);
            }
            ("external_select" | "multi_external_select", _) => {
                let more =
                    ["initial_option", "initial_options", "min_query_length", "max_selected_items"];
                self.keys(element, at, &[], &with(&more));
                self.initial(element, at);
            }
            ("users_select" | "multi_users_select", _) => {
                let more = ["initial_user", "initial_users", "max_selected_items"];
                self.keys(element, at, &[], &with(&more));
            }
            ("conversations_select" | "channels_select", _) => {
                let more = ["initial_conversation", "initial_channel", "filter"];
                self.keys(element, at, &[], &with(&more));
            }
            ("radio_buttons" | "checkboxes", _) => {
                let more = ["initial_option", "initial_options"];
                self.keys(element, at, &["options"], &with(&more));
                self.options(element, at, 10);
            }
            ("datepicker", _) => self.keys(element, at, &[], &with(&["initial_date"])),
            ("timepicker", _) => self.keys(element, at, &[], &with(&["initial_time", "timezone"])),
            ("datetimepicker", Place::Actions | Place::Input) => {
                self.keys(element, at, &[], &["action_id", "initial_date_time", "confirm"]);
            }
            (other, _) => self.wrong(at, format!("unsupported element here: `{other}`")),
        }
    }

    fn button(&mut self, button: &Value, at: &str) {
        let more = ["action_id", "url", "value", "style", "confirm", "accessibility_label"];
        self.keys(button, at, &["text"], &more);
        self.needs_text(button, at, "text", 75, Some("plain_text"));
        self.string(button, at, "value", 2_000);
        self.string(button, at, "url", 3_000);
        self.string(button, at, "accessibility_label", 75);
        if !matches!(button["style"].as_str(), None | Some("primary" | "danger")) {
            self.wrong(&format!("{at}/style"), "must be `primary` or `danger`");
        }
    }

    fn text_input(&mut self, input: &Value, at: &str, common: &[&str]) {
        let more =
            ["initial_value", "multiline", "min_length", "max_length", "dispatch_action_config"];
        self.keys(input, at, &[], &[common, &more[..]].concat());
        self.string(input, at, "initial_value", 3_000);
        for bound in ["min_length", "max_length"] {
            if input[bound].as_u64().is_some_and(|bound| bound > 3_000) {
                self.wrong(&format!("{at}/{bound}"), "must be at most 3000");
            }
        }
    }

    fn options(&mut self, element: &Value, at: &str, most: usize) {
        let mut all = Vec::new();
        match (element["options"].as_array(), element["option_groups"].as_array()) {
            (Some(options), None) => {
                self.most(&format!("{at}/options"), options.len(), most);
                for (index, option) in options.iter().enumerate() {
                    self.option(option, &format!("{at}/options/{index}"));
                }
                all.extend(options.iter().cloned());
            }
            (None, Some(groups)) => {
                self.most(&format!("{at}/option_groups"), groups.len(), 100);
                for (index, group) in groups.iter().enumerate() {
                    let at = format!("{at}/option_groups/{index}");
                    self.keys(group, &at, &["label", "options"], &[]);
                    self.needs_text(group, &at, "label", 75, Some("plain_text"));
                    let options = group["options"].as_array().cloned().unwrap_or_default();
                    self.most(&format!("{at}/options"), options.len(), 100);
                    for (index, option) in options.iter().enumerate() {
                        self.option(option, &format!("{at}/options/{index}"));
                    }
                    all.extend(options);
                }
            }
            (_, _) => self.wrong(at, "must have either `options` or `option_groups`"),
        }
        let many = element["initial_options"].as_array().cloned().unwrap_or_default();
        let one = Some(element["initial_option"].clone()).filter(|it| !it.is_null());
        for initial in many.into_iter().chain(one) {
            if !all.contains(&initial) {
                self.wrong(at, "the initial option must be exactly one of the options");
            }
        }
    }

    fn initial(&mut self, element: &Value, at: &str) {
        let many = element["initial_options"].as_array().cloned().unwrap_or_default();
        let one = Some(element["initial_option"].clone()).filter(|it| !it.is_null());
        for option in many.iter().chain(&one) {
            self.option(option, &format!("{at}/initial_option"));
        }
    }

    /// One choice. Public so that what is offered while somebody types is checked too.
    fn option(&mut self, option: &Value, at: &str) {
        self.keys(option, at, &["text", "value"], &["description", "url"]);
        self.needs_text(option, at, "text", 75, None);
        self.may_text(option, at, "description", 75, None);
        self.string(option, at, "value", 150);
        if option["value"].as_str().is_none_or(str::is_empty) {
            self.wrong(&format!("{at}/value"), "must be more than 0 characters");
        }
    }

    fn confirm(&mut self, confirm: &Value, at: &str) {
        self.keys(confirm, at, &["title", "text", "confirm", "deny"], &["style"]);
        self.needs_text(confirm, at, "title", 100, Some("plain_text"));
        self.needs_text(confirm, at, "text", 300, None);
        self.needs_text(confirm, at, "confirm", 30, Some("plain_text"));
        self.needs_text(confirm, at, "deny", 30, Some("plain_text"));
    }
}

/// Where an element stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Actions,
    Accessory,
    Input,
}

/// What is wrong with the answer to somebody's typing: `options` or `option_groups`.
pub fn in_suggestions(answer: &Value) -> Vec<String> {
    let mut check = Check::default();
    check.keys(answer, "", &[], &["options", "option_groups"]);
    // Nothing found is an answer too.
    if answer["options"].as_array().is_none_or(|options| !options.is_empty()) {
        check.options(answer, "", 100);
    }
    check.mistakes
}
