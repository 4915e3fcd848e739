//! Query parameters: only those that there are, each once.

use std::collections::BTreeSet;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use countersign::desk::Problem;
use serde::de::DeserializeOwned;

use super::super::ApiState;
use super::super::refusal::Refusal;
use super::misfit;

/// The query parameters. An empty one counts as left out.
#[derive(Debug)]
pub(in crate::api) struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<ApiState> for Query<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &ApiState) -> Result<Self, Refusal> {
        read(parts.uri.query().unwrap_or_default()).map(Self).map_err(Refusal::malformed)
    }
}

/// No parameters at all.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Nothing {}

fn read<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let mut names = BTreeSet::new();
    let mut given = form_urlencoded::Serializer::new(String::new());
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decoded(name)?, decoded(value)?);
        if !names.insert(name.clone()) {
            return Err(Problem::field(&name, "it is there twice", "give it once"));
        }
        // Left out, but for its name: an unknown one is refused, with a value or without.
        if !value.is_empty() || !is_known::<T>(&name) {
            given.append_pair(&name, &value);
        }
    }
    let given = given.finish();
    let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(given.as_bytes()));
    serde_path_to_error::deserialize(pairs).map_err(|error| misfit(&error))
}

/// Whether the type has such a field: what it says of the field alone is then something else.
fn is_known<T: DeserializeOwned>(name: &str) -> bool {
    let alone = form_urlencoded::Serializer::new(String::new()).append_pair(name, "").finish();
    match serde_urlencoded::from_str::<T>(&alone) {
        Ok(_) => true,
        Err(error) => !error.to_string().starts_with("unknown field"),
    }
}

/// Undoes the percent-encoding of a form.
fn decoded(text: &str) -> Result<String, Problem> {
    let bad = || {
        Problem::new(400, "malformed_query", format!("`{text}` is not encoded as a query is"))
            .hint("write `%` and two hexadecimal digits, as UTF-8; `%25` for a `%`")
    };
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let (high, low) = (digit(rest.next()), digit(rest.next()));
                let (high, low) = (high.ok_or_else(bad)?, low.ok_or_else(bad)?);
                u8::try_from(high.saturating_mul(16).saturating_add(low)).map_err(|_| bad())?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).map_err(|_| bad())
}

#[cfg(test)]
mod tests {
    use countersign::desk::Filter;

    use super::*;

    #[test]
    fn an_empty_parameter_is_left_out_and_an_unknown_one_is_not() {
        let filter: Filter = read("status=&flow=infra_access&limit=5").unwrap();
        assert_eq!((filter.status, filter.limit), (None, Some(5)));
        for bad in ["colour=", "colour=red", "limit=5&limit=5", "limit=x", "flow=%zz", "flow=%ff"] {
            assert!(read::<Filter>(bad).is_err(), "{bad}");
        }
        let problem = read::<Filter>("stauts=pending").unwrap_err();
        assert_eq!(problem.hint.as_deref(), Some("did you mean `status`?"));
    }
}
