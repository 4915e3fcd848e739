//! What `fuzz/` reaches beyond the public interface. No part of that interface.

/// Lexes a text, and checks that its tokens and comments lie within it, in order.
///
/// # Panics
/// They do not.
pub fn lexer(text: &str) {
    let Ok(lexed) = crate::lexer::lex(text) else { return };
    let tokens = lexed.tokens.iter().map(|token| (token.start, token.end));
    let comments = lexed.comments.iter().map(|comment| (comment.start, comment.end));
    for ranges in [tokens.collect::<Vec<_>>(), comments.collect()] {
        let mut last = 0;
        for (start, end) in ranges {
            assert!(last <= start && start <= end, "{last} {start} {end}");
            let range = crate::ast::place(start)..crate::ast::place(end);
            assert!(text.get(range).is_some(), "{start} {end}");
            last = end;
        }
    }
}

/// Reads a configuration.
pub fn configuration(name: &str, text: &str) {
    crate::cli::read(name, text);
}
