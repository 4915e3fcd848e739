//! Keeps the macros' list of slots and the SDK's in step: a name that only one of them knows does
//! not compile here.

mod access {
    use countersign::prelude::*;

    flow!("every_slot", Access, fields = Ask);

    #[derive(Fields)]
    pub(crate) struct Ask {
        /// Which database
        pub(crate) db: String,
        /// Which table
        pub(crate) table: Option<String>,
    }

    #[reducer]
    fn get_approver() -> Approvers {
        slack::channel("#any")
    }

    #[reducer]
    fn get_requester() -> People {
        People::Anyone
    }

    #[reducer]
    fn get_viewer() -> Approvers {
        admins()
    }

    #[reducer]
    fn get_identity(query: &IdentityQuery) -> Option<String> {
        query.user().email().map(str::to_owned)
    }

    #[reducer(options = "table")]
    fn tables(query: &Query) -> Vec<Choice> {
        vec![query.as_str().into()]
    }

    #[reducer(change = "db")]
    fn db_changed(form: &Form) -> Form {
        form.clone()
    }

    #[hook]
    fn on_prompt() -> Option<Decision> {
        None
    }

    #[hook]
    fn on_request() -> Option<Decision> {
        None
    }

    #[hook]
    fn on_forward() -> Option<Ruling> {
        None
    }

    #[hook]
    fn on_expiry() -> Option<Ruling> {
        None
    }

    #[hook]
    fn on_approval() -> Option<Objection> {
        None
    }

    #[hook]
    fn on_denial() -> Option<Refusal> {
        None
    }

    #[hook]
    fn on_escalate() {}

    #[hook]
    fn on_deescalate() -> Option<Objection> {
        None
    }

    #[action]
    fn after_prompt() {}

    #[action]
    fn after_request() {}

    #[action]
    fn after_forward() {}

    #[action]
    fn after_expiry() {}

    #[action]
    fn after_approval() {}

    #[action]
    fn after_denial() {}

    #[action]
    fn after_escalate() {}

    #[action]
    fn after_deescalate() {}
}

mod follow_up {
    use countersign::prelude::*;

    flow!("every_slot_of_a_follow_up", FollowUp, fields = Ask);

    #[derive(Fields)]
    pub(crate) struct Ask {
        /// How it went
        pub(crate) how: Option<String>,
    }

    #[reducer]
    fn get_viewer() -> People {
        People::Admins
    }

    #[reducer(options = "how")]
    fn answers() -> Vec<Choice> {
        Vec::new()
    }

    #[reducer(change = "how")]
    fn how_changed(form: &Form) -> Form {
        form.clone()
    }

    #[hook]
    fn on_prompt() -> Option<Decision> {
        None
    }

    #[action]
    fn after_prompt() {}

    #[action]
    fn after_request() {}

    #[action]
    fn after_expiry() {}
}

use countersign::flow::{FlowDescriptor, TemplateKind};
use countersign::model::Step;

/// The slots that are filled, in order.
fn filled(flow: &FlowDescriptor) -> Vec<&'static str> {
    let FlowDescriptor { reducers, hooks, actions, .. } = flow;
    let mut names = Vec::new();
    names.extend(reducers.get_approver.map(|it| it.slot));
    names.extend(reducers.get_requester.map(|it| it.slot));
    names.extend(reducers.get_viewer.map(|it| it.slot));
    names.extend(reducers.get_identity.map(|it| it.slot));
    names.extend(hooks.on_prompt.map(|it| it.slot));
    names.extend(hooks.on_request.map(|it| it.slot));
    names.extend(hooks.on_forward.map(|it| it.slot));
    names.extend(hooks.on_expiry.map(|it| it.slot));
    names.extend(hooks.on_approval.map(|it| it.slot));
    names.extend(hooks.on_denial.map(|it| it.slot));
    names.extend(hooks.on_escalate.map(|it| it.slot));
    names.extend(hooks.on_deescalate.map(|it| it.slot));
    names.extend(Step::ALL.into_iter().filter_map(|step| actions.after(step)).map(|it| it.slot));
    names.extend(flow.fields.iter().filter_map(|it| flow.options_of(it.name)).map(|it| it.slot));
    names.extend(flow.fields.iter().filter_map(|it| flow.change_of(it.name)).map(|it| it.slot));
    names
}

#[test]
fn every_slot_of_an_access_flow_is_filled() {
    let mut expected: Vec<_> =
        ["get_approver", "get_requester", "get_viewer", "get_identity"].map(str::to_owned).into();
    expected.extend(Step::ALL.map(|step| format!("on_{step}")));
    expected.extend(Step::ALL.map(|step| format!("after_{step}")));
    expected.extend(["options", "change"].map(str::to_owned));
    assert_eq!(filled(&access::FLOW), expected);
    assert_eq!(access::FLOW.template, TemplateKind::Access);
}

#[test]
fn every_slot_of_a_follow_up_is_filled() {
    let expected = [
        "get_viewer",
        "on_prompt",
        "after_prompt",
        "after_request",
        "after_expiry",
        "options",
        "change",
    ];
    assert_eq!(filled(&follow_up::FLOW), expected);
    assert_eq!(follow_up::FLOW.template, TemplateKind::FollowUp);
}

#[test]
fn answers_are_read_as_the_struct() {
    let answers = || serde_json::json!({ "db": "orders" });
    let ask: access::Ask = serde_json::from_value(answers()).unwrap();
    assert_eq!((ask.db.as_str(), ask.table), ("orders", None));
    let error = serde_json::from_value::<follow_up::Ask>(answers()).map(|ask| ask.how).unwrap_err();
    assert_eq!(error.to_string(), "there is no field `db`");
}

#[test]
fn a_field_s_reducers_are_found_by_its_name() {
    assert!(access::FLOW.options_of("db").is_none());
    assert!(access::FLOW.options_of("table").is_some());
    assert!(access::FLOW.change_of("db").is_some());
    assert!(access::FLOW.change_of("nothing").is_none());
}

#[test]
fn an_entry_knows_where_its_function_is_written() {
    let entry = access::FLOW.reducers.get_approver.unwrap();
    assert_eq!(entry.path, "every_slot::access::get_approver");
    assert!(entry.location.starts_with("sdk/tests/every_slot.rs:"), "{}", entry.location);
}

#[test]
fn a_list_of_flows_is_one_constant() {
    const FLOWS: &[&FlowDescriptor] = countersign::flows![access, follow_up];
    let names: Vec<_> = FLOWS.iter().map(|flow| flow.name).collect();
    assert_eq!(names, ["every_slot", "every_slot_of_a_follow_up"]);
}
