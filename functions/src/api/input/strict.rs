//! JSON that means one thing only: no key twice, no number that would be rounded, nothing deep.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Deeper than any request, far from what a stack can bear.
const DEEPEST: usize = 32;

/// Reads a document and keeps nothing of it.
///
/// # Errors
///
/// What is wrong with it, with line and column.
pub(super) fn check(text: &str) -> Result<(), serde_json::Error> {
    let mut document = serde_json::Deserializer::from_str(text);
    Strict { depth: 0 }.deserialize(&mut document)?;
    document.end()
}

#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
}

impl Strict {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        match self.depth {
            DEEPEST => Err(E::custom(format_args!("it is nested more than {DEEPEST} deep"))),
            depth => Ok(Self { depth: depth.saturating_add(1) }),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        // Beyond this, a whole number has become another one.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        if number.abs() > EXACT {
            return Err(E::custom("a number is too large to be kept as it is; write it as text"));
        }
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        if text.contains('\0') {
            return Err(E::custom("a text holds the character U+0000"));
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        while items.next_element_seed(inner)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        let mut keys = BTreeSet::new();
        while let Some(key) = entries.next_key::<String>()? {
            inner.visit_str(&key)?;
            entries.next_value_seed(inner)?;
            if let Some(twice) = keys.replace(key) {
                return Err(A::Error::custom(format_args!("the key `{twice}` is there twice")));
            }
        }
        Ok(())
    }
}
