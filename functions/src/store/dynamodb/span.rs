//! Which keys of a partition a query asks for, as `DynamoDB` is asked for them: one condition on
//! the key, and a key to start after.

use countersign::store::Query;

use super::item::SK;

/// The keys of a partition that are asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) keys: Keys,
    /// It is among the keys: `DynamoDB` takes no other to start after.
    pub(super) after: Option<String>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Keys {
    All,
    Prefix(String),
    UpTo(String),
    Between(String, String),
}

impl Span {
    /// `None`: nothing can be there.
    pub(super) fn of(query: &Query) -> Option<Self> {
        let Query { pk, prefix, after, until, descending, .. } = query;
        if pk.is_empty() {
            return None;
        }
        let keys = match until {
            None if prefix.is_empty() => Keys::All,
            Some(until) if until.is_empty() => return None,
            Some(until) if prefix.is_empty() => Keys::UpTo(until.clone()),
            Some(until) if until < prefix => return None,
            Some(until) if until.starts_with(prefix) => {
                Keys::Between(prefix.clone(), until.clone())
            }
            // It comes after all that start so.
            Some(_) | None => Keys::Prefix(prefix.clone()),
        };
        let Some(after) = after else { return Some(Self { keys, after: None }) };
        let starts = match (keys.place(after), descending) {
            (Place::Before, false) | (Place::Behind, true) => None,
            (Place::Among, _) => Some(after.clone()),
            (Place::Before, true) | (Place::Behind, false) => return None,
        };
        Some(Self { keys, after: starts })
    }
}

/// Where a key is in relation to others.
enum Place {
    Before,
    Among,
    Behind,
}

impl Keys {
    fn place(&self, key: &str) -> Place {
        let is_behind = match self {
            Self::All => false,
            Self::Prefix(prefix) => key > prefix.as_str() && !key.starts_with(prefix.as_str()),
            Self::UpTo(until) | Self::Between(_, until) => key > until.as_str(),
        };
        let is_before = match self {
            Self::All | Self::UpTo(_) => key.is_empty(),
            Self::Prefix(first) | Self::Between(first, _) => key < first.as_str(),
        };
        if is_before {
            Place::Before
        } else if is_behind {
            Place::Behind
        } else {
            Place::Among
        }
    }

    /// What stands after the condition on the partition, and the values in it.
    pub(super) fn condition(&self) -> (String, Vec<(&'static str, &str)>) {
        match self {
            Self::All => (String::new(), Vec::new()),
            Self::Prefix(prefix) => {
                (format!(" AND begins_with({SK}, :prefix)"), vec![(":prefix", prefix)])
            }
            Self::UpTo(until) => (format!(" AND {SK} <= :until"), vec![(":until", until)]),
            Self::Between(first, until) => (
                format!(" AND {SK} BETWEEN :first AND :until"),
                vec![(":first", first), (":until", until)],
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(query: &Query, expected: Option<(Keys, Option<&str>)>) {
        let expected = expected.map(|(keys, after)| Span { keys, after: after.map(str::to_owned) });
        assert_eq!(Span::of(query), expected, "{query:?}");
    }

    fn p() -> Query {
        Query::of("p")
    }

    fn key(sk: &str) -> String {
        sk.to_owned()
    }

    #[test]
    fn one_condition_says_all() {
        let prefix = || Keys::Prefix("E#".to_owned());
        let between = |until: &str| Keys::Between("E#".to_owned(), until.to_owned());
        check(&p(), Some((Keys::All, None)));
        check(&p().prefix("E#"), Some((prefix(), None)));
        check(&p().until("7"), Some((Keys::UpTo("7".to_owned()), None)));
        check(&p().prefix("E#").until("E#7"), Some((between("E#7"), None)));
        check(&p().prefix("E#").until("E#"), Some((between("E#"), None)));
        check(&p().prefix("E#").until("F"), Some((prefix(), None)));
        check(&p().prefix("E#").until("E"), None);
        check(&p().until(""), None);
        check(&Query::of(""), None);
    }

    #[test]
    fn a_listing_starts_only_after_a_key_that_is_asked_for() {
        let all = |after| Some((Keys::All, after));
        check(&p().after(Some(key(""))), all(None));
        check(&p().after(Some(key("k"))), all(Some("k")));
        check(&p().after(Some(key("k"))).descending(), all(Some("k")));
        check(&p().after(Some(key(""))).descending(), None);

        let prefix = |after| Some((Keys::Prefix("E#".to_owned()), after));
        let e = || p().prefix("E#");
        check(&e().after(Some(key("A"))), prefix(None));
        check(&e().after(Some(key("E#1"))), prefix(Some("E#1")));
        check(&e().after(Some(key("F"))), None);
        check(&e().after(Some(key("A"))).descending(), None);
        check(&e().after(Some(key("F"))).descending(), prefix(None));

        let until = |after| Some((Keys::UpTo("7".to_owned()), after));
        check(&p().until("7").after(Some(key("7"))), until(Some("7")));
        check(&p().until("7").after(Some(key("8"))), None);
        check(&p().until("7").after(Some(key("8"))).descending(), until(None));
    }
}
