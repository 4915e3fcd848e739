//! The known word that was probably meant.

/// `did you mean ..?` with the known word nearest to what was given, if one is near.
pub(crate) fn did_you_mean<'a>(
    given: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    nearest(given, known).map(|word| format!("did you mean `{word}`?"))
}

/// A hint for a word that is not among the known ones: the nearest, or else a few of them.
pub(crate) fn known_words(given: &str, known: &[&str]) -> Option<String> {
    const SHOWN: usize = 8;
    did_you_mean(given, known.iter().copied()).or_else(|| {
        let shown: Vec<_> = known.iter().take(SHOWN).map(|word| format!("`{word}`")).collect();
        let more = known.len().saturating_sub(SHOWN);
        let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
        (!known.is_empty()).then(|| format!("known: {}{rest}", shown.join(", ")))
    })
}

fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Words in a document are short; what is very long is no slip of the keyboard.
    if given.len() > 100 {
        return None;
    }
    let given = given.to_lowercase();
    let likeness = |word: &'a str| {
        (strsim::normalized_damerau_levenshtein(&given, &word.to_lowercase()), word)
    };
    let best = known.into_iter().map(likeness).max_by(|(a, _), (b, _)| a.total_cmp(b));
    best.filter(|(likeness, _)| *likeness >= 0.6).map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_word_and_another_word_finds_none() {
        assert_eq!(nearest("prod-databse", ["staging", "prod-database"]), Some("prod-database"));
        assert_eq!(nearest("Targets", ["targets"]), Some("targets"));
        assert_eq!(nearest("kubernetes", ["s3", "prod-database"]), None);
    }

    #[test]
    fn without_a_near_word_a_few_known_ones_are_named() {
        assert_eq!(known_words("x", &["ask", "deny"]).unwrap(), "known: `ask`, `deny`");
        assert_eq!(known_words("x", &["word"; 9]).unwrap().matches("`word`").count(), 8);
        assert_eq!(known_words("x", &[]), None);
    }
}
