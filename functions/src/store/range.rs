//! A query as one range of keys, for stores that know ranges and no prefixes.

use countersign::store::Query;

/// The keys that a query asks for: from one, included, up to one, excluded.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) from: String,
    /// `None`: no end.
    pub(super) to: Option<String>,
}

impl Range {
    pub(super) fn of(query: &Query) -> Self {
        let (after, before) = match &query.after {
            Some(after) if query.descending => (None, Some(after.clone())),
            Some(after) => (Some(next(after)), None),
            None => (None, None),
        };
        let until = query.until.as_ref().map(|until| next(until));
        let from = after.into_iter().fold(query.prefix.clone(), Ord::max);
        let to = [end_of(&query.prefix), until, before].into_iter().flatten().min();
        Self { from, to }
    }
}

/// The key that follows another immediately.
fn next(key: &str) -> String {
    format!("{key}\0")
}

/// The first key that comes after all that start so; `None`: there is none.
fn end_of(prefix: &str) -> Option<String> {
    let mut start = prefix.to_owned();
    while let Some(last) = start.pop() {
        // The characters have the order of their UTF-8 bytes. A range of them leaves out the
        // surrogates, which are none.
        if let Some(following) = (last..=char::MAX).nth(1) {
            start.push(following);
            return Some(start);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(query: &Query, from: &str, to: Option<&str>) {
        let expected = Range { from: from.to_owned(), to: to.map(str::to_owned) };
        assert_eq!(Range::of(query), expected, "{query:?}");
    }

    #[test]
    fn a_range_is_the_narrowest_of_all_limits() {
        let p = || Query::of("p");
        let some = |sk: &str| Some(sk.to_owned());
        check(&p(), "", None);
        check(&p().prefix("E#"), "E#", Some("E$"));
        check(&p().prefix("E#").after(some("A")), "E#", Some("E$"));
        check(&p().prefix("E#").after(some("E#1")), "E#1\0", Some("E$"));
        check(&p().prefix("E#").after(some("E#1")).descending(), "E#", Some("E#1"));
        check(&p().prefix("E#").until("E#1"), "E#", Some("E#1\0"));
        check(&p().prefix("E#").until("F"), "E#", Some("E$"));
        check(&p().after(some("a")).until("b"), "a\0", Some("b\0"));
    }

    #[test]
    fn the_end_of_a_prefix_is_a_string_again() {
        assert_eq!(end_of(""), None);
        assert_eq!(end_of("a\u{7f}").as_deref(), Some("a\u{80}"));
        assert_eq!(end_of("a\u{d7ff}").as_deref(), Some("a\u{e000}"));
        assert_eq!(end_of("a\u{10ffff}\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(end_of("\u{10ffff}"), None);
    }
}
