//! Whatever is read, it is read or refused: nothing panics.

use proptest::prelude::*;

use super::*;

/// Reads it in both formats; what is refused has a place within the text.
fn survive(text: &str) {
    for format in [Format::Toml, Format::Json] {
        if let Err(errors) = Settings::parse(text, format, "settings") {
            let lines = text.matches('\n').count() + 1;
            assert!(!errors.as_slice().is_empty());
            assert!(
                errors.as_slice().iter().all(|e| (1..=lines).contains(&e.line) && e.column > 0)
            );
        }
    }
}

#[test]
fn a_document_cut_off_anywhere() {
    let json = serde_json::to_string(&example()).unwrap();
    for text in [EXAMPLE, &json] {
        for end in (0..text.len()).step_by(13).filter(|end| text.is_char_boundary(*end)) {
            survive(&text[..end]);
        }
    }
}

#[test]
fn a_document_nested_beyond_all_measure() {
    for depth in [60, 70, 100_000] {
        survive(&format!("a = {}{}", "[".repeat(depth), "]".repeat(depth)));
        survive(&format!("{}{}", "[".repeat(depth), "]".repeat(depth)));
        survive(&format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth)));
        survive(&format!("[{}]", vec!["a"; depth].join(".")));
    }
}

#[test]
fn a_byte_order_mark_and_foreign_line_breaks() {
    let text = format!("\u{feff}{}", EXAMPLE.replace('\n', "\r\n"));
    assert_eq!(toml(&text), example());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        survive(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn anything_that_looks_a_little_like_a_document(
        text in r#"(\[\[?(flows|users|targets|directory\.groups)\]\]?\n|(name|email|targets|vars|reason) = ("[a-zé@.]{0,6}"|\[\]|\{\}|-?[0-9]{1,20}|nan|2030-01-01)\n){0,8}"#,
    ) {
        survive(&text);
    }

    #[test]
    fn the_example_with_a_piece_replaced(at in 0..EXAMPLE.len(), cut in 0..40_usize, put in "[a-z\"{}\\[\\]=\n\\\\é#.,0-9]{0,5}") {
        let mut bytes = EXAMPLE.as_bytes().to_vec();
        let end = (at + cut).min(bytes.len());
        bytes.splice(at..end, put.bytes());
        survive(&String::from_utf8_lossy(&bytes));
    }
}
