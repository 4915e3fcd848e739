//! The built-in follow-up: what happened, what was changed, is there a ticket?
//!
//! Started by `cx.schedule("tomorrow", FollowUp::incident())`. It is written as any other flow is.

use crate::prelude::*;

flow!("incident_follow_up", FollowUp, fields = Questions);

/// What the requester is asked, by direct message.
#[derive(Debug, Clone, PartialEq, Eq, Fields)]
pub struct Questions {
    /// What happened?
    #[field(help = "A sentence or two: what was wrong, and what you needed the access for.")]
    pub what_happened: String,
    /// What was changed?
    #[field(placeholder = "restarted the orders database")]
    pub what_was_changed: Option<String>,
    /// Is a ticket filed?
    pub is_ticket_filed: bool,
    /// Where is the ticket?
    #[field(
        pattern = "https?://[^ ]+",
        pattern_message = "the ticket is given by its link",
        placeholder = "https://tickets.example.com/OPS-12"
    )]
    pub ticket: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_asks_four_questions_and_needs_one_answer() {
        let names: Vec<_> = FLOW.fields.iter().map(|field| field.name).collect();
        assert_eq!(names, ["what_happened", "what_was_changed", "is_ticket_filed", "ticket"]);
        let required: Vec<_> = FLOW.fields.iter().filter(|field| field.required).collect();
        assert_eq!(required.len(), 1);
        assert_eq!(FLOW.fields.first().map(|field| field.label), Some("What happened?"));
        assert_eq!(crate::flow::fields::check_declaration(FLOW.fields), Ok(()));
    }

    #[test]
    fn its_name_is_the_one_that_is_scheduled() {
        let run = NewRun::from(FollowUp::incident());
        assert_eq!(run.flow.as_str(), FLOW.name);
    }

    #[test]
    fn its_answers_are_read_as_the_struct() {
        let given = json!({ "what_happened": "disk full", "is_ticket_filed": true });
        let given = serde_json::from_value(given).unwrap();
        let answers = FLOW.validate(&given).unwrap();
        assert_eq!((FLOW.check_fields)(&answers), Ok(()));
        let read: Questions = serde_json::from_value(answers.into()).unwrap();
        assert_eq!(read.what_happened, "disk full");
        assert_eq!((read.is_ticket_filed, read.ticket), (true, None));
    }
}
