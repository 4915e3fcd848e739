//! Where forms come from: what needs the flows' own code, and may be slow.

use async_trait::async_trait;
use countersign::desk::{Ask, Caller, Desk, FormView, Preview, Problem, TargetView};
use countersign::flow::Choice;
use countersign::model::{FlowName, Object};

/// What the flows' own code says about forms. It only reads.
#[async_trait]
pub trait Forms: std::fmt::Debug + Send + Sync {
    /// The flows that somebody may ask for, by name.
    async fn flows(&self, caller: &Caller) -> Result<Vec<(FlowName, Vec<TargetView>)>, Problem>;

    /// A form as it opens, or as it stands after `changed` was answered.
    async fn form(
        &self,
        caller: &Caller,
        flow: &FlowName,
        answers: &Object,
        changed: Option<&str>,
    ) -> Result<FormView, Problem>;

    /// The choices of a field that fit what was typed.
    async fn choices(
        &self,
        caller: &Caller,
        flow: &FlowName,
        answers: &Object,
        field: &str,
        typed: &str,
    ) -> Result<Vec<Choice>, Problem>;

    /// What would happen to a request that is still being written.
    async fn preview(&self, caller: &Caller, ask: &Ask) -> Result<Preview, Problem>;
}

/// In this process.
#[async_trait]
impl Forms for Desk {
    async fn flows(&self, caller: &Caller) -> Result<Vec<(FlowName, Vec<TargetView>)>, Problem> {
        Ok(Self::flows(self, caller).await)
    }

    async fn form(
        &self,
        caller: &Caller,
        flow: &FlowName,
        answers: &Object,
        changed: Option<&str>,
    ) -> Result<FormView, Problem> {
        Self::form(self, caller, flow, answers, changed).await
    }

    async fn choices(
        &self,
        caller: &Caller,
        flow: &FlowName,
        answers: &Object,
        field: &str,
        typed: &str,
    ) -> Result<Vec<Choice>, Problem> {
        Self::choices(self, caller, flow, answers, field, typed).await
    }

    async fn preview(&self, caller: &Caller, ask: &Ask) -> Result<Preview, Problem> {
        self.preview_draft(caller, ask).await
    }
}
