//! Which request this is part of, as AWS X-Ray names it, for whoever is called because of it.
//!
//! A function handles one invocation at a time, and Lambda's runtime keeps the invocation's trace in
//! a variable of the process. On one machine there is none.

/// The variable. Source: the AWS X-Ray Developer Guide, "Tracing header".
const VARIABLE: &str = "_X_AMZN_TRACE_ID";

/// The trace of the invocation that is handled now.
pub(crate) fn current() -> Option<String> {
    std::env::var(VARIABLE).ok().filter(|trace| !trace.is_empty())
}

/// The headers that pass it on, to AWS's own tracing and to all others.
pub(crate) fn headers() -> Vec<(&'static str, String)> {
    current().map(|trace| headers_of(&trace)).unwrap_or_default()
}

/// What else X-Ray writes there is nobody's business outside of AWS.
fn headers_of(trace: &str) -> Vec<(&'static str, String)> {
    let part = |name: &str| {
        let mut parts = trace.split(';').filter_map(|part| part.trim().split_once('='));
        parts.find(|(known, _)| *known == name).map(|(_, value)| value)
    };
    let Some((time, id)) = part("Root").and_then(root) else { return Vec::new() };
    let Some(parent) = part("Parent").filter(|it| is_hex(it, 16)) else {
        return vec![("x-amzn-trace-id", format!("Root=1-{time}-{id}"))];
    };
    let sampled = part("Sampled") == Some("1");
    let flag = u8::from(sampled);
    vec![
        ("x-amzn-trace-id", format!("Root=1-{time}-{id};Parent={parent};Sampled={flag}")),
        // Source: W3C Trace Context, "traceparent"; a trace of X-Ray is its 32 digits in two parts.
        ("traceparent", format!("00-{time}{id}-{parent}-{flag:02}")),
    ]
}

fn root(root: &str) -> Option<(&str, &str)> {
    let (time, id) = root.strip_prefix("1-")?.split_once('-')?;
    (is_hex(time, 8) && is_hex(id, 24)).then_some((time, id))
}

fn is_hex(text: &str, digits: usize) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() == digits && text.bytes().all(is_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_passed_on_in_both_forms_and_nothing_else_of_it() {
        let root = "Root=1-5759e988-bd862e3fe1be46a994272793";
        let trace = format!("{root};Parent=53995c3f42cd8ad8;Sampled=1;Lineage=1:abcdef12:0");
        assert_eq!(
            headers_of(&trace),
            [
                ("x-amzn-trace-id", format!("{root};Parent=53995c3f42cd8ad8;Sampled=1")),
                (
                    "traceparent",
                    "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01".to_owned()
                ),
            ]
        );
        assert_eq!(headers_of(root), [("x-amzn-trace-id", root.to_owned())]);
    }

    #[test]
    fn what_is_no_trace_is_not_passed_on() {
        for trace in ["", "Root=1", "Root=1-5759e988-x\r\nevil: 1", "Parent=53995c3f42cd8ad8"] {
            assert_eq!(headers_of(trace), [], "{trace}");
        }
    }
}
