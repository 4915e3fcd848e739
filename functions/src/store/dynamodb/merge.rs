//! One listing out of two tables.

use countersign::store::{Page, Query};

/// The pages of several tables as one. Where a table has more to tell, nothing is listed that is
/// behind the last it told.
pub(super) fn merge(pages: Vec<Page>, query: &Query) -> Page {
    let is_before = |a: &str, b: &str| if query.descending { a > b } else { a < b };
    let mut end: Option<String> = None;
    for page in pages.iter().filter(|page| page.more) {
        let Some(last) = page.items.last() else { continue };
        if end.as_ref().is_none_or(|end| is_before(&last.key.sk, end)) {
            end = Some(last.key.sk.clone());
        }
    }
    let mut more = end.is_some();
    let mut items: Vec<_> = pages.into_iter().flat_map(|page| page.items).collect();
    items.sort_by(|a, b| {
        let order = a.key.sk.cmp(&b.key.sk);
        if query.descending { order.reverse() } else { order }
    });
    if let Some(end) = end {
        items.retain(|item| !is_before(&end, &item.key.sk));
    }
    let limit = query.limit.max(1);
    more |= items.len() > limit;
    items.truncate(limit);
    Page { items, more }
}

#[cfg(test)]
mod tests {
    use countersign::store::{Item, Key, Token};

    use super::*;

    fn page(keys: &str, more: bool) -> Page {
        let item = |sk: char| Item {
            key: Key::new("R#1", sk),
            version: 1,
            body: String::new(),
            token: Token(String::new()),
        };
        Page { items: keys.chars().map(item).collect(), more }
    }

    fn merged(pages: [Page; 2], query: &Query) -> (String, bool) {
        let page = merge(pages.into(), query);
        (page.items.into_iter().map(|item| item.key.sk).collect(), page.more)
    }

    #[test]
    fn two_listings_are_one() {
        let up = Query::of("R#1").limit(4);
        let whole = |keys| page(keys, false);
        assert_eq!(merged([whole("ace"), whole("b")], &up), ("abce".to_owned(), false));
        assert_eq!(merged([whole("ace"), whole("bd")], &up), ("abcd".to_owned(), true));
        assert_eq!(merged([whole(""), whole("")], &up), (String::new(), false));
        let down = up.clone().descending();
        assert_eq!(merged([whole("eca"), whole("db")], &down), ("edcb".to_owned(), true));
    }

    #[test]
    fn nothing_is_listed_behind_what_a_table_has_not_told_yet() {
        let up = Query::of("R#1").limit(9);
        let (begun, whole) = (|keys| page(keys, true), |keys| page(keys, false));
        assert_eq!(merged([begun("ab"), whole("cd")], &up), ("ab".to_owned(), true));
        assert_eq!(merged([begun("ad"), begun("bc")], &up), ("abc".to_owned(), true));
        assert_eq!(merged([whole("xyz"), begun("ab")], &up), ("ab".to_owned(), true));
        let down = up.clone().descending();
        assert_eq!(merged([begun("zy"), whole("xw")], &down), ("zy".to_owned(), true));
    }
}
