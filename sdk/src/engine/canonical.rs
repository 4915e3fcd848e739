//! Canonical JSON: the keys of every object in byte order and no white space, so that equal values
//! are equal texts. It is written straight from the value; every entry of every run passes here.

use std::borrow::Cow;
use std::ops::Range;

use serde::ser::{
    Error as _, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use serde_json::Error;

/// The canonical JSON of one of our own values.
pub(crate) fn canonical(value: &impl Serialize) -> String {
    match try_canonical(value) {
        Ok(text) => text,
        Err(error) => unreachable!("our own values have one form: {error}"),
    }
}

/// The canonical JSON of a value.
///
/// # Errors
///
/// If it has none: a map has keys that are no texts, or a key twice.
fn try_canonical(value: &impl Serialize) -> Result<String, Error> {
    let mut text = Vec::with_capacity(2_048);
    value.serialize(&mut Canonical { text: &mut text })?;
    String::from_utf8(text).map_err(Error::custom)
}

/// Writes a value at the end of a text.
struct Canonical<'a> {
    text: &'a mut Vec<u8>,
}

impl Canonical<'_> {
    /// A value that holds no others.
    fn plain(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        serde_json::to_writer(&mut *self.text, value)
    }

    /// `{"variant":`
    fn open_variant(&mut self, variant: &str) -> Result<(), Error> {
        self.text.push(b'{');
        self.plain(variant)?;
        self.text.push(b':');
        Ok(())
    }
}

macro_rules! plain {
    ($($method:ident: $type:ty),* $(,)?) => {$(
        fn $method(self, value: $type) -> Result<(), Error> {
            self.plain(&value)
        }
    )*};
}

impl<'a, 'b> Serializer for &'b mut Canonical<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Items<'a, 'b>;
    type SerializeTuple = Items<'a, 'b>;
    type SerializeTupleStruct = Items<'a, 'b>;
    type SerializeTupleVariant = Items<'a, 'b>;
    type SerializeMap = Members<'a, 'b>;
    type SerializeStruct = Members<'a, 'b>;
    type SerializeStructVariant = Members<'a, 'b>;

    plain! {
        serialize_bool: bool,
        serialize_i8: i8,
        serialize_i16: i16,
        serialize_i32: i32,
        serialize_i64: i64,
        serialize_i128: i128,
        serialize_u8: u8,
        serialize_u16: u16,
        serialize_u32: u32,
        serialize_u64: u64,
        serialize_u128: u128,
        serialize_f64: f64,
        serialize_char: char,
        serialize_str: &str,
        serialize_bytes: &[u8],
    }

    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        // What is read back is a double: its text is that of the double.
        self.plain(&f64::from(value))
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.plain(&())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.plain(&())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.plain(&())
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Error> {
        self.plain(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.open_variant(variant)?;
        value.serialize(&mut *self)?;
        self.text.push(b'}');
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Items<'a, 'b>, Error> {
        Ok(Items::open(self, "]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Items<'a, 'b>, Error> {
        Ok(Items::open(self, "]"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Items<'a, 'b>, Error> {
        Ok(Items::open(self, "]"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Items<'a, 'b>, Error> {
        self.open_variant(variant)?;
        Ok(Items::open(self, "]}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Members<'a, 'b>, Error> {
        Ok(Members::open(self, "}"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Members<'a, 'b>, Error> {
        Ok(Members::open(self, "}"))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Members<'a, 'b>, Error> {
        self.open_variant(variant)?;
        Ok(Members::open(self, "}}"))
    }
}

/// An array that is being written.
struct Items<'a, 'b> {
    to: &'b mut Canonical<'a>,
    is_first: bool,
    close: &'static str,
}

impl<'a, 'b> Items<'a, 'b> {
    fn open(to: &'b mut Canonical<'a>, close: &'static str) -> Self {
        to.text.push(b'[');
        Self { to, is_first: true, close }
    }

    fn item(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        if !self.is_first {
            self.to.text.push(b',');
        }
        self.is_first = false;
        value.serialize(&mut *self.to)
    }

    fn close(self) {
        self.to.text.extend_from_slice(self.close.as_bytes());
    }
}

/// An object that is being written: its members as they come, put in order at its end.
struct Members<'a, 'b> {
    to: &'b mut Canonical<'a>,
    /// Where the first member starts.
    start: usize,
    /// The key, and where `"key":value` stands.
    written: Vec<(Cow<'static, str>, Range<usize>)>,
    key: Option<Cow<'static, str>>,
    close: &'static str,
}

impl<'a, 'b> Members<'a, 'b> {
    fn open(to: &'b mut Canonical<'a>, close: &'static str) -> Self {
        to.text.push(b'{');
        let start = to.text.len();
        Self { to, start, written: Vec::with_capacity(12), key: None, close }
    }

    fn member(
        &mut self,
        key: Cow<'static, str>,
        value: &(impl Serialize + ?Sized),
    ) -> Result<(), Error> {
        let start = self.to.text.len();
        self.to.plain(&*key)?;
        self.to.text.push(b':');
        value.serialize(&mut *self.to)?;
        self.written.push((key, start..self.to.text.len()));
        Ok(())
    }

    fn close(mut self) -> Result<(), Error> {
        self.written.sort_by(|(a, _), (b, _)| a.cmp(b));
        if let Some([(twice, _), _]) = self.written.array_windows().find(|[a, b]| a.0 == b.0) {
            return Err(Error::custom(format!("the key `{twice}` stands twice")));
        }
        let text = self.to.text.split_off(self.start);
        for (index, (_, place)) in self.written.into_iter().enumerate() {
            if index > 0 {
                self.to.text.push(b',');
            }
            let place =
                place.start.saturating_sub(self.start)..place.end.saturating_sub(self.start);
            self.to.text.extend_from_slice(text.get(place).unwrap_or_default());
        }
        self.to.text.extend_from_slice(self.close.as_bytes());
        Ok(())
    }
}

macro_rules! items {
    ($($trait:ident $method:ident),* $(,)?) => {$(
        impl $trait for Items<'_, '_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.item(value)
            }

            fn end(self) -> Result<(), Error> {
                self.close();
                Ok(())
            }
        }
    )*};
}

items! {
    SerializeSeq serialize_element,
    SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field,
}

macro_rules! members {
    ($($trait:ident),* $(,)?) => {$(
        impl $trait for Members<'_, '_> {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), Error> {
                self.member(Cow::Borrowed(key), value)
            }

            fn end(self) -> Result<(), Error> {
                self.close()
            }
        }
    )*};
}

members!(SerializeStruct, SerializeStructVariant);

impl SerializeMap for Members<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        match serde_json::to_value(key)? {
            serde_json::Value::String(key) => self.key = Some(Cow::Owned(key)),
            other => return Err(Error::custom(format!("the key {other} is no text"))),
        }
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let key = self.key.take().ok_or_else(|| Error::custom("a value without a key"))?;
        self.member(key, value)
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Serialize;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn keys_stand_in_order_and_nothing_between_them() {
        let value = json!({"b": [1, {"d": null, "c": "ü\n"}], "a": true});
        assert_eq!(canonical(&value), r#"{"a":true,"b":[1,{"c":"ü\n","d":null}]}"#);
    }

    #[derive(Serialize)]
    enum Shape {
        Unit,
        Newtype(u8),
        Tuple(u8, f32),
        Struct { z: Option<u8>, a: (), m: [i64; 2] },
    }

    #[test]
    fn every_shape_of_a_value_is_what_json_makes_of_it() {
        let shapes = [
            Shape::Unit,
            Shape::Newtype(1),
            Shape::Tuple(2, 0.5),
            Shape::Struct { z: None, a: (), m: [i64::MIN, i64::MAX] },
        ];
        let text = canonical(&shapes);
        assert_eq!(
            text,
            r#"["Unit",{"Newtype":1},{"Tuple":[2,0.5]},{"Struct":{"a":null,"m":[-9223372036854775808,9223372036854775807],"z":null}}]"#
        );
        assert_eq!(canonical(&serde_json::to_value(&shapes).unwrap()), text);
    }

    #[test]
    fn what_could_be_read_in_two_ways_has_no_canonical_form() {
        #[derive(Serialize)]
        struct Twice {
            a: u8,
            #[serde(rename = "a")]
            b: u8,
        }
        let error = try_canonical(&Twice { a: 1, b: 2 }).unwrap_err();
        assert_eq!(error.to_string(), "the key `a` stands twice");
        let pairs = std::collections::BTreeMap::from([((1, 2), 3)]);
        assert_eq!(try_canonical(&pairs).unwrap_err().to_string(), "the key [1,2] is no text");
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 64, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..6)
                    .prop_map(|members| members.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_value_reads_back_as_itself_and_its_keys_are_sorted(value in any_json()) {
            let text = canonical(&value);
            let read: Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(canonical(&read), text);
        }
    }
}
