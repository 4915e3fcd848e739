//! The log: a line of JSON each, all of whose fields `CloudWatch` can be asked about.
//!
//! Each line has `level`, `target` and `message`; which `function` says it, and in which `request`
//! and `trace`; and as far as they are known the `run`, its `flow` and the `event`, which is the
//! command. All else is as whoever logs calls it.

use std::fmt::Debug;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Scope};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, registry};

use crate::trace;

/// The request that is handled now: a function handles one at a time, on however many threads.
static REQUEST: Mutex<Option<Arc<str>>> = Mutex::new(None);

/// Begins to log as this function.
pub(super) fn begin(function: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = Lines { function: function.to_owned() };
    // A second call finds it set already.
    let _ = registry().with(filter).with(lines).try_init();
}

/// From now on, lines are about this request.
pub(super) fn request(id: &str) {
    *REQUEST.lock().unwrap_or_else(PoisonError::into_inner) = Some(id.into());
}

#[derive(Debug)]
struct Lines {
    function: String,
}

/// The fields of a span.
#[derive(Debug)]
struct Fields(Map<String, Value>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Lines {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Map::new();
        // Lambda's runtime has a span of its own, with what is on each line anyway.
        if !attributes.metadata().target().starts_with("lambda_runtime") {
            attributes.record(&mut Keep(&mut fields));
        }
        span.extensions_mut().insert(Fields(fields));
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(Fields(fields)) = span.extensions_mut().get_mut() {
            record.record(&mut Keep(fields));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        let mut line = Map::new();
        let mut put = |name: &str, value: &str| line.insert(name.to_owned(), value.into());
        put("level", metadata.level().as_str());
        put("target", metadata.target());
        put("function", &self.function);
        let request = REQUEST.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(request) = request {
            put("request", &request);
        }
        if let Some(trace) = trace::current() {
            put("trace", &trace);
        }
        for span in context.event_scope(event).into_iter().flat_map(Scope::from_root) {
            if let Some(Fields(fields)) = span.extensions().get() {
                line.extend(fields.clone());
            }
        }
        event.record(&mut Keep(&mut line));
        // A log that cannot be written to is missed by `CloudWatch`.
        let _ = writeln!(std::io::stdout(), "{}", Value::Object(line));
    }
}

/// Keeps fields, by the names that lines have.
struct Keep<'a>(&'a mut Map<String, Value>);

impl Keep<'_> {
    fn keep(&mut self, field: &Field, value: Value) {
        let name = match field.name() {
            "run.id" => "run",
            "command" => "event",
            name => name,
        };
        self.0.insert(name.to_owned(), value);
    }
}

impl Visit for Keep<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.keep(field, format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.keep(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.keep(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.keep(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.keep(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.keep(field, value.into());
    }
}
