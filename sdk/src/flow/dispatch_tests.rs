//! Functions of every kind, called through the table.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Waker};

use async_trait::async_trait;
use serde_json::json;

use crate::context::{
    Call as Deciding, Context, Directory, HistoryQuery, HttpRequest, HttpResponse, Message, Secret,
    ServiceError, Services,
};
use crate::flow::{Call, FlowDescriptor, Form, Query, fields, slot::ReplyFuture};
use crate::model::{Channel, Event, FlowInfo, FlowName, Object, RunId, RunInfo, Source};
use crate::prelude::{
    Choice, Decision, Fields, HandlerError, IdentityQuery, Refusal, Step, Timestamp, User, UserId,
};

mod orders {
    use crate::prelude::*;

    flow!("orders", Access, fields = Ask);

    #[derive(Fields)]
    pub(super) struct Ask {
        #[field(choices = ["orders", "users"])]
        pub(super) table: String,
        #[field(default = 5)]
        pub(super) rows: u8,
    }

    #[reducer]
    fn get_approver(event: &Event) -> std::result::Result<Approvers, crate::model::InvalidName> {
        users([event.requester().username()])
    }

    #[reducer]
    fn get_identity(cx: &Context, query: &IdentityQuery) -> String {
        format!("{}@{}", query.user().name, cx.idempotency_key())
    }

    #[reducer(options = "table")]
    async fn tables(query: &Query, event: &Event) -> Result<Vec<Choice>> {
        Ok(vec![Choice::new(query.as_str(), event.reason())])
    }

    #[reducer(change = "table")]
    fn table_changed(form: &Form) -> Form {
        let mut form = form.clone();
        if let Some(rows) = form.field_mut("rows") {
            rows.visible = false;
        }
        form
    }

    #[hook]
    async fn on_request(cx: &Context, event: &Event) -> Result<Option<Decision>> {
        let ask: Ask = event.fields()?;
        let late = cx.now() > event.at();
        Ok((late && ask.rows > 3).then(|| Decision::deny(ask.table)))
    }

    #[hook]
    fn on_denial() -> Refusal {
        Refusal::ignore("no")
    }

    #[action]
    fn after_request() -> Result {
        Err(HandlerError::new("Orders:BROKEN", "it is broken").with_hint("mend it").final_())
    }
}

#[derive(Debug)]
struct Nobody;

#[async_trait]
impl Directory for Nobody {
    async fn members(&self, _: &crate::approvers::People) -> Result<Vec<User>, ServiceError> {
        Ok(Vec::new())
    }
    async fn user(&self, _: &UserId) -> Result<Option<User>, ServiceError> {
        Ok(None)
    }
    async fn is_on_call(&self, _: &User, _: Option<&str>) -> Result<bool, ServiceError> {
        Ok(false)
    }
}

#[async_trait]
impl Services for Nobody {
    async fn history(&self, _: &HistoryQuery) -> Result<u32, ServiceError> {
        Ok(0)
    }
    async fn secret(&self, _: &str) -> Result<Secret, ServiceError> {
        Ok(Secret::new(String::new()))
    }
    async fn http(&self, _: HttpRequest) -> Result<HttpResponse, ServiceError> {
        Err(ServiceError::lasting("http", "nobody is called", ""))
    }
    fn keeping(&self, _: &[Message]) -> Vec<crate::store::Write> {
        Vec::new()
    }

    async fn post(&self, _: Message) -> Result<(), ServiceError> {
        Ok(())
    }
}

const FLOW: &FlowDescriptor = &orders::FLOW;

fn ada() -> User {
    User::new(UserId::parse("ada@acme.test").unwrap())
}

fn cx() -> Context {
    let utc = jiff::tz::TimeZone::UTC;
    Context::new(Arc::new(Nobody), utc, Timestamp::UNIX_EPOCH, "key".into(), Deciding::Deciding)
}

fn event(fields: serde_json::Value) -> Event {
    let flow = FlowInfo { name: FlowName::parse("orders").unwrap(), version: "1".into() };
    let run = RunInfo {
        id: RunId::from_parts(1, 1),
        created: Timestamp::MIN,
        parent: None,
        actors: [].into(),
        contexts: [].into(),
        outputs: [].into(),
    };
    Event {
        step: Step::Request,
        user: ada(),
        requester: ada(),
        target: None,
        duration: None,
        reason: "because".into(),
        fields: serde_json::from_value(fields).unwrap(),
        vars: Object::new(),
        flow,
        run,
        channel: Channel::from(Source::Api),
        at: Timestamp::MIN,
        message: None,
    }
}

/// What these functions answer; none of them waits.
#[track_caller]
fn answer<R>(reply: ReplyFuture<'_, R>) -> Result<R, HandlerError> {
    match pin!(reply).poll(&mut TaskContext::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("it waits"),
    }
}

#[test]
fn a_reducer_answers_from_the_event() {
    let (cx, event) = (cx(), event(json!({})));
    let get_approver = FLOW.reducers.get_approver.unwrap();
    let approvers = answer((get_approver.run)(Call::new(&cx, &event))).unwrap();
    assert_eq!(approvers, crate::approvers::users(["ada@acme.test"]).unwrap());
}

#[test]
fn an_identity_is_asked_for_by_its_own_question() {
    let name = String::new();
    let query = IdentityQuery { user: ada(), kind: "aws".into(), external_id: name.clone(), name };
    let get_identity = FLOW.reducers.get_identity.unwrap();
    let identity = answer((get_identity.run)(Call::new(&cx(), &query))).unwrap();
    assert_eq!(identity.as_deref(), Some("ada@key"));
}

#[test]
fn a_hook_reads_the_form_as_the_struct() {
    let on_request = FLOW.hooks.on_request.unwrap();
    let decide = |fields| answer((on_request.run)(Call::new(&cx(), &event(fields))));
    assert_eq!(decide(json!({ "table": "a", "rows": 3 })).unwrap(), None);
    assert_eq!(decide(json!({ "table": "a" })).unwrap(), Some(Decision::deny("a")));
    let error = decide(json!({ "rows": 1 })).unwrap_err();
    assert!(error.to_string().contains("`table` is missing"), "{error}");
}

#[test]
fn a_plain_reply_stands_for_an_optional_one() {
    let on_denial = FLOW.hooks.on_denial.unwrap();
    let refusal = answer((on_denial.run)(Call::new(&cx(), &event(json!({}))))).unwrap();
    assert_eq!(refusal, Some(Refusal::ignore("no")));
}

#[test]
fn an_error_keeps_its_code_and_its_hint() {
    let after_request = FLOW.actions.after(Step::Request).unwrap();
    let error = answer((after_request.run)(Call::new(&cx(), &event(json!({}))))).unwrap_err();
    assert_eq!((error.code(), error.hint()), ("Orders:BROKEN", Some("mend it")));
    assert!(error.is_terminal());
}

#[test]
fn a_field_s_reducers_are_given_what_was_typed_and_the_form() {
    let (cx, event) = (cx(), event(json!({})));
    let about = Query::new("or");
    let options = FLOW.options_of("table").unwrap();
    let choices = answer((options.run)(Call { cx: &cx, event: &event, about: &about })).unwrap();
    assert_eq!(choices, [Choice::new("or", "because")]);

    let form = Form::new(FLOW.fields, &Object::new());
    let change = FLOW.change_of("table").unwrap();
    let changed = answer((change.run)(Call { cx: &cx, event: &event, about: &form })).unwrap();
    let visible: Vec<_> = changed.fields.iter().map(|field| field.visible).collect();
    assert_eq!(visible, [true, false]);
    assert_eq!(changed.field("rows").map(|rows| rows.value.clone()), Some(json!(5)));
}

#[test]
fn what_is_declared_is_what_is_read() {
    assert_eq!(fields::check_declaration(orders::Ask::FIELDS), Ok(()));
    let answers = FLOW.validate(&serde_json::from_value(json!({ "table": "users" })).unwrap());
    let answers = answers.unwrap();
    assert_eq!((FLOW.check_fields)(&answers), Ok(()));
    assert_eq!((FLOW.check_vars)(&Object::new()), Ok(()));
    assert!((FLOW.check_vars)(&answers).is_err(), "it declares no variables");
}
