//! Forms in Slack and on pages, and runs that flows show, as the function `form` computes them: the entrance runs no user code.

use async_trait::async_trait;
use countersign::desk::{
    Ask, Caller, EntryView, FormView, ListPage, Preview, Problem, RunView, TargetView,
};
use countersign::flow::Choice;
use countersign::model::{FlowName, Object, RunId};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::api::ask;
use super::form::Question;
use crate::console::Viewers;
use crate::slack::Forms;

/// The function `form`.
#[derive(Debug, Clone)]
pub(super) struct FormFunction {
    pub(super) lambda: aws_sdk_lambda::Client,
    pub(super) name: String,
}

#[derive(Deserialize)]
struct FlowView {
    flow: FlowName,
    targets: Vec<TargetView>,
}

impl FormFunction {
    async fn ask<T: DeserializeOwned>(&self, question: Question) -> Result<T, Problem> {
        let silent = |why: String| {
            tracing::error!("the form function does not answer: {why}");
            Problem::new(503, "unavailable", "the flow's own code does not answer")
        };
        let answer = ask(&self.lambda, &self.name, &question).await.map_err(silent)?;
        if answer.status == 200 {
            return serde_json::from_str(&answer.body).map_err(|error| silent(error.to_string()));
        }
        Err(serde_json::from_str(&answer.body).unwrap_or_else(|_| silent(answer.body)))
    }
}

#[async_trait]
impl Forms for FormFunction {
    async fn flows(&self, caller: &Caller) -> Result<Vec<(FlowName, Vec<TargetView>)>, Problem> {
        let question = Question::get(caller, "/v1/flows", &[]);
        let page: ListPage<FlowView> = self.ask(question).await?;
        Ok(page.items.into_iter().map(|it| (it.flow, it.targets)).collect())
    }

    async fn form(
        &self,
        caller: &Caller,
        flow: &FlowName,
        answers: &Object,
        changed: Option<&str>,
    ) -> Result<FormView, Problem> {
        let answers = serde_json::to_string(answers).unwrap_or_default();
        let mut query = vec![("fields", answers.as_str())];
        query.extend(changed.map(|changed| ("changed", changed)));
        self.ask(Question::get(caller, &format!("/v1/flows/{flow}/form"), &query)).await
    }

    async fn choices(
        &self,
        caller: &Caller,
        flow: &FlowName,
        answers: &Object,
        field: &str,
        typed: &str,
    ) -> Result<Vec<Choice>, Problem> {
        let answers = serde_json::to_string(answers).unwrap_or_default();
        let query = [("fields", answers.as_str()), ("field", field), ("typed", typed)];
        let question = Question::get(caller, &format!("/v1/flows/{flow}/choices"), &query);
        let page: ListPage<Choice> = self.ask(question).await?;
        Ok(page.items)
    }

    async fn preview(&self, caller: &Caller, request: &Ask) -> Result<Preview, Problem> {
        let body = serde_json::to_string(request).unwrap_or_default();
        self.ask(Question::post(caller, "/v1/preview?draft=true", body)).await
    }
}

#[async_trait]
impl Viewers for FormFunction {
    async fn view(&self, caller: &Caller, run: &RunId) -> Result<RunView, Problem> {
        self.ask(Question::get(caller, &format!("/v1/runs/{run}"), &[])).await
    }

    async fn entries(
        &self,
        caller: &Caller,
        run: &RunId,
        after: Option<u64>,
        limit: usize,
    ) -> Result<(Vec<EntryView>, Option<u64>), Problem> {
        let (limit, after) = (limit.to_string(), after.map(|after| after.to_string()));
        let mut query = vec![("limit", limit.as_str())];
        query.extend(after.as_deref().map(|after| ("cursor", after)));
        let question = Question::get(caller, &format!("/v1/runs/{run}/events"), &query);
        let page: ListPage<EntryView> = self.ask(question).await?;
        Ok((page.items, page.next.and_then(|next| next.parse().ok())))
    }
}
