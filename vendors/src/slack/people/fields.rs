//! What somebody types and chooses in the fields of a modal.

use serde_json::{Map, Value, json};

use super::super::blocks;
use super::super::state::View;
use super::Someone;

impl Someone<'_> {
    /// Types or chooses something in a field of the modal that they look at, by its label. Several
    /// choices are separated by `, `; people are chosen by their ids.
    pub async fn fills(&self, label: &str, value: &str) {
        let view = self.modal().expect("there is no modal");
        let block = field(&view, label);
        let element = &block["element"];
        let kind = element["type"].as_str().unwrap();
        let mut state = json!({ "type": kind });
        match kind {
            "plain_text_input" | "number_input" | "email_text_input" | "url_text_input" => {
                let most = element["max_length"].as_u64().unwrap_or(3_000);
                assert!(value.chars().count() as u64 <= most, "{label} takes no more than {most}");
                state["value"] = value.into();
            }
            "static_select" | "external_select" => {
                state["selected_option"] = self.option(&view, &block, value).await;
            }
            "multi_static_select" | "multi_external_select" | "checkboxes" => {
                let mut chosen = Vec::new();
                for one in value.split(", ").filter(|one| !one.is_empty()) {
                    chosen.push(self.option(&view, &block, one).await);
                }
                state["selected_options"] = chosen.into();
            }
            "users_select" => state["selected_user"] = value.into(),
            "multi_users_select" => {
                state["selected_users"] = value.split(", ").collect::<Vec<_>>().into();
            }
            other => panic!("nobody knows how to fill in {other}"),
        }
        self.put(&view, &block, state.clone());
        if block["dispatch_action"] == true {
            let mut action = state;
            action["action_id"] = element["action_id"].clone();
            action["block_id"] = block["block_id"].clone();
            self.acts_in_view(&view, &action).await;
        }
    }

    /// Chooses in a list that is no field of a form but changes at once what is seen.
    pub async fn chooses(&self, text: &str, value: &str) {
        let view = self.modal().expect("there is no modal");
        let blocks = view.view["blocks"].as_array().unwrap();
        let block = blocks.iter().find(|block| block["text"]["text"] == text);
        let block = block.unwrap_or_else(|| panic!("there is no {text:?}: {blocks:?}"));
        let element = &block["accessory"];
        let as_field = json!({ "block_id": block["block_id"], "element": element });
        let option = self.option(&view, &as_field, value).await;
        let action = json!({
            "type": element["type"],
            "action_id": element["action_id"],
            "block_id": block["block_id"],
            "selected_option": option,
        });
        self.acts_in_view(&view, &action).await;
    }

    /// What a field offers for what was typed: the texts.
    pub async fn is_offered(&self, label: &str, typed: &str) -> Vec<String> {
        let view = self.modal().expect("there is no modal");
        let block = field(&view, label);
        let options = self.options(&view, &block, typed).await;
        options.iter().map(|it| it["text"]["text"].as_str().unwrap().to_owned()).collect()
    }

    /// What stands in a field: as it was filled in, or chosen at first.
    #[must_use]
    pub fn value(&self, label: &str) -> String {
        let view = self.modal().expect("there is no modal");
        let block = field(&view, label);
        said(&self.value_of(&view, &block))
    }

    /// The labels of the fields of the modal that they look at.
    #[must_use]
    pub fn labels(&self) -> Vec<String> {
        let view = self.modal().expect("there is no modal");
        inputs(&view).map(|block| label(&block)).collect()
    }

    async fn option(&self, view: &View, block: &Value, text: &str) -> Value {
        let options = self.options(view, block, text).await;
        let found = options.iter().find(|option| option["text"]["text"] == text);
        found.unwrap_or_else(|| panic!("{text:?} is not offered: {options:?}")).clone()
    }

    async fn options(&self, view: &View, block: &Value, typed: &str) -> Vec<Value> {
        let element = &block["element"];
        if !element["type"].as_str().unwrap().contains("external") {
            return element["options"].as_array().unwrap().clone();
        }
        let least = element["min_query_length"].as_u64().unwrap_or(3);
        assert!(typed.chars().count() as u64 >= least, "nothing is looked for before {least}");
        let mut payload = self.payload("block_suggestion");
        let mut told = self.workspace.state().told_view(view);
        told["state"] = self.state_of(view);
        payload["view"] = told;
        payload["container"] = json!({ "type": "view", "view_id": view.id });
        payload["action_id"] = element["action_id"].clone();
        payload["block_id"] = block["block_id"].clone();
        payload["value"] = typed.into();
        let answer = self.workspace.interaction("/slack/options", &payload).await;
        let mistakes = blocks::in_suggestions(&answer);
        assert!(mistakes.is_empty(), "{mistakes:?}: {answer}");
        answer["options"].as_array().unwrap().clone()
    }

    fn put(&self, view: &View, block: &Value, value: Value) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let key = (view.id.clone(), text(&block["block_id"]), text(&block["element"]["action_id"]));
        self.workspace.state().typed.insert(key, value);
    }

    /// What stands in all fields of a view.
    pub(super) fn state_of(&self, view: &View) -> Value {
        let mut values = Map::new();
        for block in inputs(view) {
            let action = block["element"]["action_id"].as_str().unwrap().to_owned();
            let id = block["block_id"].as_str().unwrap().to_owned();
            let mut one = Map::new();
            one.insert(action, self.value_of(view, &block));
            values.insert(id, Value::Object(one));
        }
        json!({ "values": values })
    }

    fn value_of(&self, view: &View, block: &Value) -> Value {
        let element = &block["element"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let key = (view.id.clone(), text(&block["block_id"]), text(&element["action_id"]));
        if let Some(typed) = self.workspace.state().typed.get(&key) {
            return typed.clone();
        }
        let kind = element["type"].as_str().unwrap();
        let (name, initial, empty) = match kind {
            "static_select" | "external_select" => {
                ("selected_option", "initial_option", Value::Null)
            }
            "multi_static_select" | "multi_external_select" | "checkboxes" => {
                ("selected_options", "initial_options", json!([]))
            }
            "users_select" => ("selected_user", "initial_user", Value::Null),
            "multi_users_select" => ("selected_users", "initial_users", json!([])),
            _ => ("value", "initial_value", Value::Null),
        };
        let value = if element[initial].is_null() { empty } else { element[initial].clone() };
        json!({ "type": kind, name: value })
    }

    /// The fields that have to be filled in and are not.
    pub(super) fn empty_fields(&self, view: &View) -> Vec<String> {
        let needed = inputs(view).filter(|block| block["optional"] != true);
        let empty = needed.filter(|block| said(&self.value_of(view, block)).is_empty());
        empty.map(|block| label(&block)).collect()
    }
}

fn said(value: &Value) -> String {
    let option = |option: &Value| option["text"]["text"].as_str().map(str::to_owned);
    let texts = |all: &Value, one: fn(&Value) -> Option<String>| {
        let all = all.as_array().into_iter().flatten();
        all.filter_map(one).collect::<Vec<_>>().join(", ")
    };
    let plain: fn(&Value) -> Option<String> = |it| it.as_str().map(str::to_owned);
    let label: fn(&Value) -> Option<String> = option;
    plain(&value["value"])
        .or_else(|| label(&value["selected_option"]))
        .or_else(|| plain(&value["selected_user"]))
        .unwrap_or_else(|| {
            let several = texts(&value["selected_options"], label);
            if several.is_empty() { texts(&value["selected_users"], plain) } else { several }
        })
}

fn inputs(view: &View) -> impl Iterator<Item = Value> {
    let blocks = view.view["blocks"].as_array().unwrap().clone();
    blocks.into_iter().filter(|block| block["type"] == "input")
}

fn label(block: &Value) -> String {
    block["label"]["text"].as_str().unwrap().to_owned()
}

fn field(view: &View, name: &str) -> Value {
    let labels: Vec<_> = inputs(view).map(|block| label(&block)).collect();
    let found = inputs(view).find(|block| label(block) == name);
    found.unwrap_or_else(|| panic!("there is no field {name:?}: {labels:?}"))
}

/// The label of an input block, by its id.
pub(super) fn label_of(view: &View, block: &str) -> Option<String> {
    inputs(view).find(|it| it["block_id"] == block).map(|block| label(&block))
}
