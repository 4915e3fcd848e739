//! What somebody typed after `/access`.

use std::collections::BTreeMap;

use countersign::desk::FieldProblem;
use countersign::engine::FlowConfig;
use countersign::flow::{FieldKind, TemplateKind};
use countersign::model::{Duration, FlowName, Source, TargetName};
use serde_json::Value;

use super::form::Filled;

/// What somebody wants.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Wish {
    /// To choose a flow.
    Pick {
        /// What they typed in its place, if there is no such flow.
        unknown: Option<String>,
    },
    /// To be told what can be typed.
    Help,
    /// To see their requests.
    Mine,
    /// To ask by this flow, filled in as far as they typed.
    Ask(Box<Written>),
}

/// What was typed for a flow.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Written {
    pub(super) flow: FlowName,
    pub(super) filled: Filled,
    /// What cannot be read.
    pub(super) problems: Vec<FieldProblem>,
}

/// What can be typed, for people.
pub(super) fn help(command: &str) -> String {
    let command = super::blocks::escape(command);
    format!(
        "*What you can type*\n\
        • `{command}`: choose what to ask for\n\
        • `{command} FLOW`: open its form\n\
        • `{command} FLOW TARGET 1h REASON`: ask at once; whatever is missing is asked for in the form\n\
        • `{command} FLOW target=TARGET duration=1h reason=\"REASON\"`: the same by name, with the flow's own fields\n\
        • `{command} mine`: your requests, and what you hold\n\
        • `{command} help`: this"
    )
}

/// Reads what was typed.
pub(super) fn read(text: &str, flows: &BTreeMap<FlowName, FlowConfig>) -> Wish {
    let words = words(text);
    let Some((first, rest)) = words.split_first() else { return Wish::Pick { unknown: None } };
    match (first.as_str(), rest) {
        ("help" | "?", _) => return Wish::Help,
        ("mine" | "status", []) => return Wish::Mine,
        _ => {}
    }
    let asked = |(name, config): &(&FlowName, &FlowConfig)| {
        name.as_str() == first
            && config.table.template == TemplateKind::Access
            && config.sources.contains(&Source::Slack)
    };
    match flows.iter().find(asked) {
        Some((flow, config)) => Wish::Ask(Box::new(written(flow, config, rest))),
        None => Wish::Pick { unknown: Some(first.clone()) },
    }
}

fn written(flow: &FlowName, config: &FlowConfig, words: &[String]) -> Written {
    let (mut filled, mut problems, mut reason) = (Filled::default(), Vec::new(), Vec::new());
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        let named = word.split_once('=').filter(|(name, _)| is_known(config, name));
        if let Some((name, value)) = named {
            problems.extend(set(config, &mut filled, name, value));
            continue;
        }
        if reason.is_empty() {
            if filled.target.is_none()
                && let Some(target) = config.targets.iter().find(|it| it.as_str() == word)
            {
                filled.target = Some(target.clone());
                continue;
            }
            if filled.duration.is_none()
                && let Ok(duration) = Duration::parse(word)
            {
                filled.duration = Some(duration);
                continue;
            }
            // What stands before a duration is meant as the target.
            let next_is_duration = words.peek().is_some_and(|next| Duration::parse(next).is_ok());
            if filled.target.is_none() && config.targets.len() > 1 && next_is_duration {
                problems.push(no_target(config, word));
                continue;
            }
        }
        reason.push(word.as_str());
    }
    if filled.reason.is_empty() {
        filled.reason = reason.join(" ");
    }
    Written { flow: flow.clone(), filled, problems }
}

fn is_known(config: &FlowConfig, name: &str) -> bool {
    matches!(name, "target" | "duration" | "reason") || config.table.field(name).is_some()
}

fn set(config: &FlowConfig, filled: &mut Filled, name: &str, value: &str) -> Option<FieldProblem> {
    match name {
        "target" => {
            filled.target = TargetName::parse(value).ok().filter(|it| config.targets.contains(it));
            return filled.target.is_none().then(|| no_target(config, value));
        }
        "duration" => match Duration::parse(value) {
            Ok(duration) => filled.duration = Some(duration),
            Err(error) => {
                return Some(FieldProblem::new("duration", error.to_string(), "write it as in 1h"));
            }
        },
        "reason" => value.clone_into(&mut filled.reason),
        _ => {
            let kind = config.table.field(name).map_or(FieldKind::String, |field| field.kind);
            let answer = kind.read(value).unwrap_or_else(|| Value::from(value));
            filled.fields.insert(name.to_owned(), answer);
        }
    }
    None
}

fn no_target(config: &FlowConfig, word: &str) -> FieldProblem {
    let names: Vec<_> = config.targets.iter().map(TargetName::as_str).collect();
    let nearest = names.iter().map(|name| (strsim::jaro_winkler(name, word), name));
    let nearest = nearest.filter(|(like, _)| *like > 0.8).max_by(|a, b| a.0.total_cmp(&b.0));
    let meant = nearest.map(|(_, name)| format!("; did you mean `{name}`?")).unwrap_or_default();
    FieldProblem::new("target", format!("there is no `{word}` here{meant}"), "choose one")
}

/// The words of a line. Quotes, also those that Slack makes of them, keep words together.
fn words(text: &str) -> Vec<String> {
    let (mut all, mut word, mut is_quoted, mut is_word) = (Vec::new(), String::new(), false, false);
    for letter in text.chars() {
        match letter {
            '"' | '\u{201c}' | '\u{201d}' | '\u{201e}' => {
                is_quoted = !is_quoted;
                is_word = true;
            }
            letter if letter.is_whitespace() && !is_quoted => {
                if is_word {
                    all.push(std::mem::take(&mut word));
                }
                is_word = false;
            }
            letter => {
                word.push(letter);
                is_word = true;
            }
        }
    }
    if is_word {
        all.push(word);
    }
    all
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    mod access {
        use countersign::prelude::*;

        flow!("access", Access, fields = Answers);

        #[derive(Fields)]
        #[expect(dead_code, reason = "only the form reads it")]
        struct Answers {
            /// Ticket
            ticket: Option<String>,
            /// How many
            number: Option<i64>,
        }

        #[reducer]
        fn get_approver() -> Approvers {
            admins()
        }
    }

    fn flows() -> BTreeMap<FlowName, FlowConfig> {
        let mut config = FlowConfig::new(&access::FLOW);
        config.targets = ["orders", "bills"].map(|it| TargetName::parse(it).unwrap()).into();
        config.sources = vec![Source::Slack];
        BTreeMap::from([(FlowName::parse("access").unwrap(), config)])
    }

    fn typed(text: &str) -> Written {
        match read(text, &flows()) {
            Wish::Ask(written) => *written,
            other => panic!("{text}: {other:?}"),
        }
    }

    fn seen(written: &Written) -> (Option<&str>, Option<String>, &str) {
        let filled = &written.filled;
        let target = filled.target.as_ref().map(TargetName::as_str);
        (target, filled.duration.map(|it| it.to_string()), &filled.reason)
    }

    #[test]
    fn without_a_flow_there_is_one_to_choose() {
        assert_eq!(read("  ", &flows()), Wish::Pick { unknown: None });
        assert_eq!(read("acces", &flows()), Wish::Pick { unknown: Some("acces".to_owned()) });
        assert_eq!(read("help", &flows()), Wish::Help);
        assert_eq!(read("mine", &flows()), Wish::Mine);
    }

    #[test]
    fn a_whole_request_is_a_line() {
        let hour = Some("1h".to_owned());
        for text in [
            "access orders 1h INC-42 rotate the key",
            "access 1h orders INC-42 rotate the key",
            "access target=orders duration=1h reason=\"INC-42 rotate the key\"",
            "access orders duration=1h INC-42 rotate the key",
            "access orders 1h “INC-42 rotate” the key",
        ] {
            let written = typed(text);
            assert_eq!(seen(&written), (Some("orders"), hour.clone(), "INC-42 rotate the key"));
            assert_eq!(written.problems, []);
        }
    }

    #[test]
    fn fields_are_given_by_name_wherever_they_stand() {
        let written = typed("access orders ticket=OPS-1 1h fix number=3 it a=b");
        assert_eq!(seen(&written).2, "fix it a=b");
        assert_eq!(json!(written.filled.fields), json!({ "ticket": "OPS-1", "number": 3 }));
        let wrong = typed("access number=three");
        assert_eq!(json!(wrong.filled.fields), json!({ "number": "three" }), "refused by the desk");
    }

    #[test]
    fn what_a_reason_holds_is_no_target_and_no_duration() {
        let written = typed("access fix orders within 1h");
        assert_eq!(seen(&written), (None, None, "fix orders within 1h"));
    }

    #[test]
    fn a_misspelt_target_is_told_with_the_one_that_may_be_meant() {
        let written = typed("access oders 1h fix");
        assert_eq!(seen(&written), (None, Some("1h".to_owned()), "fix"));
        let problem = &written.problems[0];
        assert_eq!(problem.message, "there is no `oders` here; did you mean `orders`?");
    }
}
