//! What the program is made of, for Terraform and for people. It comes from the flows' tables alone,
//! so that the same program always gives the same manifest.

use countersign::flow::{Entry, Field, FlowDescriptor, TemplateKind};
use serde::Serialize;

use crate::app::{self, App};

/// The types of integrations that a flow's functions can ask for people and who is where.
const DIRECTORIES: [&str; 4] = ["directory", "okta", "pagerduty", "slack"];

/// What a program is made of.
#[derive(Debug, Serialize)]
pub(crate) struct Document {
    /// The version of this form.
    manifest: u16,
    program: &'static str,
    version: &'static str,
    flows: Vec<Flow>,
    integrations: Vec<&'static str>,
    strategies: Vec<Strategy>,
}

#[derive(Debug, Serialize)]
struct Flow {
    name: &'static str,
    template: TemplateKind,
    module: &'static str,
    is_built_in: bool,
    slots: Vec<Slot>,
    fields: &'static [Field],
}

/// A function of a flow.
#[derive(Debug, Serialize)]
struct Slot {
    name: String,
    function: &'static str,
    location: &'static str,
}

#[derive(Debug, Serialize)]
struct Strategy {
    #[serde(rename = "type")]
    kind: &'static str,
    is_built_in: bool,
    /// What it may do in AWS; on which resources, the deployment says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    iam: Vec<Statement>,
}

/// A statement of an IAM policy, but for its resources.
#[derive(Debug, Serialize)]
struct Statement {
    actions: &'static [&'static str],
}

impl Strategy {
    fn built_in(kind: &'static str) -> Self {
        let of_system = countersign_integrations::strategies().iter().find(|it| it.kind == kind);
        let rights = of_system.map(|it| it.rights).unwrap_or_default();
        let iam = rights.iter().map(|right| Statement { actions: right.actions }).collect();
        Self { kind, is_built_in: true, iam }
    }

    const fn own(kind: &'static str) -> Self {
        Self { kind, is_built_in: false, iam: Vec::new() }
    }
}

impl Document {
    pub(crate) fn of(program: &App) -> Self {
        let own = program.flows.iter().map(|table| Flow::of(table, false));
        let built_in = countersign::flow::BUILT_IN.iter().map(|table| Flow::of(table, true));
        let mut flows: Vec<_> = own.chain(built_in).collect();
        flows.sort_by_key(|flow| flow.name);
        let own = program.strategies.iter().map(|it| Strategy::own(it.kind));
        let every = app::built_in().map(Strategy::built_in);
        let mut strategies: Vec<_> = own.chain(every).collect();
        strategies.sort_by_key(|strategy| strategy.kind);
        Self {
            manifest: 1,
            program: program.name,
            version: program.version,
            flows,
            integrations: integrations(),
            strategies,
        }
    }
}

/// The types of integrations that this program can work with.
fn integrations() -> Vec<&'static str> {
    let of_strategies = countersign_integrations::strategies().iter().map(|it| it.integration);
    let asked = countersign_integrations::asked_by_flows();
    let mut all: Vec<_> = DIRECTORIES.into_iter().chain(of_strategies).chain(asked).collect();
    all.sort_unstable();
    all.dedup();
    all
}

impl Flow {
    fn of(table: &'static FlowDescriptor, is_built_in: bool) -> Self {
        Self {
            name: table.name,
            template: table.template,
            module: table.module,
            is_built_in,
            slots: slots(table),
            fields: table.fields,
        }
    }
}

/// The functions that a flow has, in the order of its table.
fn slots(table: &FlowDescriptor) -> Vec<Slot> {
    fn slot<R: 'static, E, A>(entry: Option<&Entry<R, E, A>>, field: &str) -> Option<Slot> {
        let entry = entry?;
        let name = match field {
            "" => entry.slot.to_owned(),
            field => format!("{}({field})", entry.slot),
        };
        Some(Slot { name, function: entry.path, location: entry.location })
    }
    let (reducers, hooks, actions) = (&table.reducers, &table.hooks, &table.actions);
    let fixed = [
        slot(reducers.get_approver.as_ref(), ""),
        slot(reducers.get_requester.as_ref(), ""),
        slot(reducers.get_viewer.as_ref(), ""),
        slot(reducers.get_identity.as_ref(), ""),
        slot(hooks.on_prompt.as_ref(), ""),
        slot(hooks.on_request.as_ref(), ""),
        slot(hooks.on_forward.as_ref(), ""),
        slot(hooks.on_expiry.as_ref(), ""),
        slot(hooks.on_approval.as_ref(), ""),
        slot(hooks.on_denial.as_ref(), ""),
        slot(hooks.on_escalate.as_ref(), ""),
        slot(hooks.on_deescalate.as_ref(), ""),
        slot(actions.after_prompt.as_ref(), ""),
        slot(actions.after_request.as_ref(), ""),
        slot(actions.after_forward.as_ref(), ""),
        slot(actions.after_expiry.as_ref(), ""),
        slot(actions.after_approval.as_ref(), ""),
        slot(actions.after_denial.as_ref(), ""),
        slot(actions.after_escalate.as_ref(), ""),
        slot(actions.after_deescalate.as_ref(), ""),
    ];
    let of_fields = table.fields.iter().flat_map(|field| {
        [
            slot(table.options_of(field.name), field.name),
            slot(table.change_of(field.name), field.name),
        ]
    });
    fixed.into_iter().chain(of_fields).flatten().collect()
}
