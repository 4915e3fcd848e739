//! Values as text: for `print` and traces, and as JSON.

use std::fmt::Write as _;

use super::{DATA_DEPTH, Machine};
use crate::failure::{Run, fail};
use crate::value::Value;

impl Machine<'_> {
    /// A value as `print` shows it: strings as they are, inside collections in quotes.
    pub(crate) fn shown(&mut self, value: Value) -> Run<String> {
        if let Some(text) = self.heap.text(value) {
            self.heap.meter.walk(text.len())?;
            return Ok(text);
        }
        let mut out = String::new();
        self.show(value, &mut out, DATA_DEPTH)?;
        Ok(out)
    }

    fn show(&mut self, value: Value, out: &mut String, depth: u32) -> Run<()> {
        self.heap.meter.step(1)?;
        if depth == 0 {
            out.push_str("..");
            return Ok(());
        }
        match value {
            Value::List(list) => {
                out.push('[');
                let mut at = 0;
                while let Some(item) = self.heap.list(list).get(at).copied() {
                    if at > 0 {
                        out.push_str(", ");
                    }
                    self.show(item, out, depth - 1)?;
                    at += 1;
                }
                out.push(']');
            }
            Value::Map(map) => {
                out.push('{');
                let mut entries = self.heap.entries(map).to_vec();
                self.heap.meter.step(u64::try_from(entries.len() * 4).unwrap_or(u64::MAX))?;
                entries.sort_by_cached_key(|(key, _)| self.brief(*key));
                for (at, (key, value)) in entries.into_iter().enumerate() {
                    if at > 0 {
                        out.push_str(", ");
                    }
                    self.show(key, out, depth - 1)?;
                    out.push_str(": ");
                    self.show(value, out, depth - 1)?;
                }
                out.push('}');
            }
            Value::Literal { .. } | Value::Text(_) => {
                let text = self.heap.text(value).unwrap_or_default();
                self.heap.meter.walk(text.len())?;
                let _ = write!(out, "{text:?}");
            }
            _ => out.push_str(&self.brief(value)),
        }
        if out.len() > self.setup.limits.output {
            self.heap.meter.print(out.len())?;
        }
        Ok(())
    }

    /// A value in a word, without what is in it.
    pub(super) fn brief(&self, value: Value) -> String {
        match value {
            Value::Undefined(_) => "undefined".to_owned(),
            Value::Null => "null".to_owned(),
            Value::Bool(value) => value.to_string(),
            Value::Int(value) => value.to_string(),
            Value::Float(value) => float_g(value),
            Value::Literal { .. } | Value::Text(_) => self.heap.text(value).unwrap_or_default(),
            Value::Object(id) => {
                let object = self.heap.object(id);
                object.map(crate::object::Object::text).unwrap_or_default()
            }
            other => format!("<{}>", other.type_name()),
        }
    }

    /// A value as JSON, keys sorted.
    pub(crate) fn json(&mut self, value: Value, depth: u32) -> Run<serde_json::Value> {
        use serde_json::Value as Json;
        self.heap.meter.step(1)?;
        self.heap.meter.take(64)?;
        if depth == 0 {
            return fail("this value is nested too deeply for JSON");
        }
        Ok(match value {
            Value::Null => Json::Null,
            Value::Bool(value) => Json::Bool(value),
            Value::Int(value) => Json::from(value),
            Value::Float(value) => match whole_float(value) {
                Some(whole) => Json::from(whole),
                None if value.is_finite() => Json::from(value),
                None => return fail("infinity and NaN are no JSON"),
            },
            Value::Literal { .. } | Value::Text(_) => {
                let text = self.heap.text(value).unwrap_or_default();
                self.heap.meter.walk(text.len())?;
                self.heap.meter.take(text.len())?;
                Json::String(text)
            }
            Value::List(list) => {
                let (mut at, mut items) = (0, Vec::new());
                while let Some(item) = self.heap.list(list).get(at).copied() {
                    at += 1;
                    // What is undefined is left out, as the original does.
                    if !matches!(item, Value::Undefined(_)) {
                        items.push(self.json(item, depth - 1)?);
                    }
                }
                Json::Array(items)
            }
            Value::Map(map) => {
                let (mut at, mut entries) = (0, serde_json::Map::new());
                while let Some((key, value)) = self.heap.entries(map).get(at).copied() {
                    at += 1;
                    if !matches!(value, Value::Undefined(_)) {
                        let value = self.json(value, depth - 1)?;
                        entries.insert(self.brief(key), value);
                    }
                }
                Json::Object(entries)
            }
            other => return fail(format!("a value of type {} is no JSON", other.type_name())),
        })
    }
}

/// A float that is a whole number which JSON writes without a fraction.
fn whole_float(value: f64) -> Option<i64> {
    #[allow(clippy::cast_possible_truncation)]
    let whole = value as i64;
    (value.fract() == 0.0 && value.abs() < 1e15).then_some(whole)
}

/// A float as `%g` writes it, in as few digits as name it.
pub(crate) fn float_g(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() {
            "NaN".into()
        } else if value > 0.0 {
            "+Inf".into()
        } else {
            "-Inf".into()
        };
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..21).contains(&exponent) {
        return format!("{value}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}
