//! Values: numbers, strings, lists and maps.

use std::collections::HashMap;

use super::{Parsed, Parser, Wrong};
use crate::value::Data;

impl Parser<'_> {
    pub(super) fn value(&mut self) -> Parsed<Data> {
        let value = self.operand()?;
        self.skip(false)?;
        match self.peek() {
            Some(
                '+' | '-' | '*' | '/' | '%' | '<' | '>' | '!' | '&' | '|' | '?' | '.' | '[' | '(',
            ) => self.computed("an operator"),
            Some('=') if self.rest().starts_with("==") => self.computed("an operator"),
            _ => Ok(value),
        }
    }

    fn computed<T>(&self, what: &str) -> Parsed<T> {
        self.wrong(format!("{what} has no place in this configuration: write the value down"))
    }

    fn operand(&mut self) -> Parsed<Data> {
        match self.peek() {
            Some('"') => self.quoted().map(Data::Text),
            Some('<') if self.rest().starts_with("<<") => self.heredoc().map(Data::Text),
            Some('[') => self.nested(Self::list),
            Some('{') => self.nested(Self::map),
            Some('(') => self.nested(Self::parenthesis),
            Some('0'..='9') => self.number(""),
            Some('-') => {
                self.at += 1;
                self.number("-")
            }
            Some('!') => self.computed("an operator"),
            _ => {
                let begun = self.at;
                let name = self.name();
                let wrong = |parser: &mut Self, name: &str| {
                    parser.at = begun;
                    parser.computed(&format!("the name `{name}`"))
                };
                match name.as_deref() {
                    Some("true") => Ok(Data::Bool(true)),
                    Some("false") => Ok(Data::Bool(false)),
                    Some("null") => Ok(Data::Null),
                    Some(name) => wrong(self, name),
                    None => self.unexpected("a value"),
                }
            }
        }
    }

    fn number(&mut self, sign: &str) -> Parsed<Data> {
        let rest = self.rest();
        let digits = |from: usize| {
            let text = rest.get(from..).unwrap_or_default();
            from + text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len())
        };
        let begins = |from: usize, with: &[char]| {
            rest.get(from..).is_some_and(|text| text.starts_with(with))
        };
        let mut end = digits(0);
        let whole = end;
        if whole == 0 {
            return self.unexpected("a number");
        }
        if begins(end, &['.']) && digits(end + 1) > end + 1 {
            end = digits(end + 1);
        }
        if begins(end, &['e', 'E']) {
            let signed = end + 1 + usize::from(begins(end + 1, &['+', '-']));
            if digits(signed) > signed {
                end = digits(signed);
            }
        }
        let text = format!("{sign}{}", rest.get(..end).unwrap_or_default());
        let value = match text.parse::<i64>() {
            Ok(value) if end == whole => Data::Int(value),
            _ => match text.parse::<f64>() {
                Ok(value) if value.is_finite() => float(value),
                _ => return self.wrong(format!("`{text}` is no number that can be held")),
            },
        };
        self.at += end;
        match self.peek() {
            Some(c) if c == '_' || c.is_alphanumeric() => {
                self.wrong("a number ends here, and a name begins without a space")
            }
            _ => Ok(value),
        }
    }

    fn parenthesis(&mut self) -> Parsed<Data> {
        self.at += 1;
        self.skip(true)?;
        let value = self.value()?;
        self.skip(true)?;
        if self.took(")") { Ok(value) } else { self.unexpected("`)`") }
    }

    fn list(&mut self) -> Parsed<Data> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip(true)?;
            if self.took("]") {
                return Ok(Data::List(items));
            }
            if self.is_for() {
                return self.computed("`for`");
            }
            items.push(self.value()?);
            self.skip(true)?;
            if !self.took(",") && self.peek() != Some(']') {
                return self.unexpected("`,` or `]`");
            }
        }
    }

    fn map(&mut self) -> Parsed<Data> {
        self.at += 1;
        let (mut members, mut places) = (Vec::new(), HashMap::new());
        loop {
            self.skip(true)?;
            if self.took("}") {
                return Ok(Data::Map(members));
            }
            if self.is_for() {
                return self.computed("`for`");
            }
            let begun = self.at;
            let name = self.key()?;
            self.skip(true)?;
            if self.rest().starts_with("==") || !(self.took("=") || self.took(":")) {
                return self.unexpected("`=` or `:`");
            }
            self.skip(true)?;
            let value = self.value()?;
            if let Some(member) = places.get(&name).and_then(|at| members.get_mut(*at)) {
                // Legal in HCL, where the last one counts.
                let message = format!("the key `{name}` is there twice");
                self.warnings.push(Wrong { at: begun, message });
                *member = (name, value);
            } else {
                places.insert(name.clone(), members.len());
                members.push((name, value));
            }
            self.skip(false)?;
            if !self.took(",") && !matches!(self.peek(), Some('\n' | '}')) {
                return self.unexpected("`,`, `}` or the end of the line");
            }
        }
    }

    /// Whether a `for` with its name comes next, and not a key that is called so.
    fn is_for(&self) -> bool {
        let after = self.rest().strip_prefix("for");
        after.is_some_and(|after| {
            let name = after.trim_start_matches([' ', '\t']);
            name.len() < after.len() && name.starts_with(|c: char| c == '_' || c.is_alphabetic())
        })
    }

    fn key(&mut self) -> Parsed<String> {
        if let Some(name) = self.name() {
            return Ok(name);
        }
        match self.operand()? {
            Data::Text(name) => Ok(name),
            Data::Int(number) => Ok(number.to_string()),
            Data::Bool(value) => Ok(value.to_string()),
            _ => self.wrong("a key must be a name or a string"),
        }
    }
}

/// HCL has one kind of number: 1.0 is 1.
fn float(value: f64) -> Data {
    #[allow(clippy::cast_possible_truncation)]
    let whole = value as i64;
    if value.fract() == 0.0 && value.abs() < 9e15 { Data::Int(whole) } else { Data::Float(value) }
}
