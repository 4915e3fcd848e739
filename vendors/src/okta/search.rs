//! As much of Okta's search language as is used: `property eq "text"`, with `or` and `and`.

/// What is searched for: alternatives, each of conditions that hold together.
#[derive(Debug)]
pub(super) struct Search(Vec<Vec<(String, String)>>);

impl Search {
    /// Reads an expression; `None` if it does not read.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut alternatives = vec![Vec::new()];
        let mut rest = text.trim();
        loop {
            let (property, after) = rest.split_once(' ')?;
            let after = after.trim_start().strip_prefix("eq ")?.trim_start();
            let mut values = serde_json::Deserializer::from_str(after).into_iter::<String>();
            let value = values.next()?.ok()?;
            alternatives.last_mut()?.push((property.to_owned(), value));
            rest = after[values.byte_offset()..].trim_start();
            if rest.is_empty() {
                return Some(Self(alternatives));
            } else if let Some(more) = rest.strip_prefix("or ") {
                alternatives.push(Vec::new());
                rest = more.trim_start();
            } else {
                rest = rest.strip_prefix("and ")?.trim_start();
            }
        }
    }

    /// Whether only these properties are named.
    pub(super) fn names_only(&self, known: &[&str]) -> bool {
        self.0.iter().flatten().all(|(property, _)| known.contains(&property.as_str()))
    }

    /// Whether something with these properties is found. Values are compared as Okta does: whatever
    /// their capitals.
    pub(super) fn finds(&self, is: impl Fn(&str, &str) -> bool) -> bool {
        self.0.iter().any(|all| all.iter().all(|(property, value)| is(property, value)))
    }
}
