//! The word that was probably meant.

/// The candidate with the fewest edits, if they are few.
pub(crate) fn nearest(
    candidates: impl IntoIterator<Item = &'static str>,
    word: &str,
) -> Option<&'static str> {
    candidates
        .into_iter()
        .map(|candidate| (distance(candidate, word), candidate))
        .min()
        .filter(|&(edits, candidate)| edits <= candidate.len() / 3)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, a_char) in a.chars().enumerate() {
        let (mut diagonal, mut left) = (i, i + 1);
        for (b_char, above) in b.chars().zip(row.iter_mut().skip(1)) {
            let edits = (diagonal + usize::from(a_char != b_char)).min(left + 1).min(*above + 1);
            diagonal = std::mem::replace(above, edits);
            left = edits;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_is_traced_to_the_nearest_word() {
        let words = ["on_request", "on_prompt"];
        assert_eq!(nearest(words, "on_requst"), Some("on_request"));
        assert_eq!(nearest(words, "before_lunch"), None);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "ab"), 2);
    }
}
