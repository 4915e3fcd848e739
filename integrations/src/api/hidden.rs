//! The secrets of a call: taken out of whatever is said about it. Some vendors repeat what they were sent.

use countersign::context::Secret;
use serde_json::Value;

/// What stands in the place of a secret.
const INSTEAD: &str = "(secret)";

/// Shorter words of a header are names, such as `Bearer`.
const SHORTEST: usize = 8;

/// The secrets of a call.
#[derive(Debug, Clone, Default)]
pub(super) struct Hidden(Vec<Secret>);

impl Hidden {
    /// And this one, whole or any of its words, as it is or in a form.
    pub(super) fn and(mut self, secret: &str) -> Self {
        let words = secret.split([' ', '=', '"', '\n']).filter(|word| word.len() >= SHORTEST);
        for word in std::iter::once(secret).chain(words) {
            let in_a_form = url::form_urlencoded::byte_serialize(word.as_bytes()).collect();
            for text in [word.to_owned(), in_a_form] {
                if !text.is_empty() && self.0.iter().all(|known| known.expose() != text) {
                    self.0.push(Secret::new(text));
                }
            }
        }
        // The whole before its parts.
        self.0.sort_by_key(|secret| std::cmp::Reverse(secret.expose().len()));
        self
    }

    /// A text without them.
    pub(super) fn out_of(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret.expose(), INSTEAD))
    }

    /// JSON without them, wherever they stand in it.
    pub(super) fn out_of_json(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.out_of(&text)),
            Value::Array(items) => {
                items.into_iter().map(|item| self.out_of_json(item)).collect::<Vec<_>>().into()
            }
            Value::Object(members) => {
                let member =
                    |(name, value): (String, Value)| (self.out_of(&name), self.out_of_json(value));
                members.into_iter().map(member).collect::<serde_json::Map<_, _>>().into()
            }
            other @ (Value::Null | Value::Bool(_) | Value::Number(_)) => other,
        }
    }
}

/// What is wrong with an answer's shape, without what stands there instead: that may be anything.
pub(super) fn mismatch(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let (before, rest) = match (text.find('"'), text.rfind("\", expected")) {
        (Some(first), Some(last)) if first < last => text.split_at(first),
        _ => return text,
    };
    let after = rest.rfind("\", expected").and_then(|last| rest.get(last..)).unwrap_or_default();
    format!("{before}\"..{after}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_secret_is_taken_out_whole_in_parts_and_as_a_form_has_it() {
        let hidden = Hidden::default().and("Token token=y_NbAkKc66ry").and("pass/word +");
        for (told, left) in [
            ("sent Token token=y_NbAkKc66ry.", "sent (secret)."),
            ("no token y_NbAkKc66ry", "no token (secret)"),
            ("password=pass%2Fword+%2B&x", "password=(secret)&x"),
            ("Token of yours", "Token of yours"),
        ] {
            assert_eq!(hidden.out_of(told), left);
        }
        let told = json!({ "a": ["pass/word +", 1], "pass/word +": null });
        assert_eq!(hidden.out_of_json(told), json!({ "a": ["(secret)", 1], "(secret)": null }));
    }

    #[test]
    fn what_stands_in_an_answer_is_not_repeated() {
        let error = serde_json::from_str::<u32>("\"hu\\\"sh\"").unwrap_err();
        assert!(mismatch(&error).starts_with("invalid type: string \"..\", expected u32"));
        let error = serde_json::from_str::<u32>("[]").unwrap_err();
        assert_eq!(mismatch(&error), error.to_string());
    }
}
