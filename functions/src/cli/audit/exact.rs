//! Reads JSON so that what is read is all that is written there.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeOwned, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// Reads JSON of which nothing may be left over: what is not read is not hashed either.
pub(super) fn read_exactly<T: Serialize + DeserializeOwned>(text: &str) -> Result<T, String> {
    let read: T = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let _: Once = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let written: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    match serde_json::to_value(&read) {
        Ok(again) if again == written => Ok(read),
        Ok(_) | Err(_) => Err("it holds something that no entry has".to_owned()),
    }
}

/// JSON in which no object has a key twice: of two, one reader takes the first, and another the last.
struct Once;

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Look)
    }
}

struct Look;

macro_rules! plain {
    ($($method:ident: $type:ty),* $(,)?) => {$(
        fn $method<E: Error>(self, _: $type) -> Result<Once, E> {
            Ok(Once)
        }
    )*};
}

impl<'de> Visitor<'de> for Look {
    type Value = Once;

    plain! { visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str }

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Once, A::Error> {
        while items.next_element::<Once>()?.is_some() {}
        Ok(Once)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Once, A::Error> {
        let mut keys = BTreeSet::new();
        while let Some((key, Once)) = members.next_entry::<String, Once>()? {
            if keys.contains(&key) {
                return Err(A::Error::custom(format!("the key `{key}` stands there twice")));
            }
            keys.insert(key);
        }
        Ok(Once)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_read_as_it_is_written_or_not_at_all() {
        let fine = r#"{"a":[1,-1,0.5,null,true,"ü",{"b":{"a":{}}}]}"#;
        assert_eq!(read_exactly::<Value>(fine).unwrap()["a"][0], 1);
        let twice = r#"{"a":[{"b":{"role":"admin","role":"member"}}]}"#;
        let error = read_exactly::<Value>(twice).unwrap_err();
        assert!(error.contains("the key `role` stands there twice"), "{error}");
    }
}
