//! HCL, as far as a configuration needs it: blocks, attributes, and values that are written down.
//! Nothing is computed. The parser is our own since those that there are can be made to take for
//! ever, or to panic, by a few hundred bytes.

mod text;
mod value;

use std::collections::HashSet;

use crate::value::Data;

/// How deep brackets may nest.
const MAX_NESTING: u32 = 100;

/// What is in a file, or between the brackets of a block.
pub(super) type Body = Vec<Item>;

#[derive(Debug)]
pub(super) enum Item {
    /// `name = value`
    Attribute(String, Data),
    /// `kind "label" { .. }`
    Block { kind: String, labels: Vec<String>, body: Body },
}

/// Reads HCL: what it says, and what is legal and yet hardly meant.
pub(super) fn parse(text: &str) -> Result<(Body, Vec<String>), String> {
    let mut parser = Parser { text, at: 0, nesting: 0, warnings: Vec::new() };
    let body = parser.body();
    let body = body.and_then(|body| match parser.peek() {
        None => Ok(body),
        Some(_) => parser.unexpected("the name of a block or an attribute"),
    });
    let told = |wrong: &Wrong| {
        let before = text.get(..wrong.at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("line {line}, column {column}: {}", wrong.message)
    };
    let warnings = parser.warnings.iter().map(told).collect();
    body.map(|body| (body, warnings)).map_err(|wrong| told(&wrong))
}

/// What is wrong, at an offset.
#[derive(Debug)]
struct Wrong {
    at: usize,
    message: String,
}

type Parsed<T> = Result<T, Wrong>;

struct Parser<'a> {
    text: &'a str,
    at: usize,
    nesting: u32,
    warnings: Vec<Wrong>,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn took(&mut self, token: &str) -> bool {
        let is_next = self.rest().starts_with(token);
        self.at += if is_next { token.len() } else { 0 };
        is_next
    }

    fn wrong<T>(&self, message: impl Into<String>) -> Parsed<T> {
        Err(Wrong { at: self.at, message: message.into() })
    }

    fn unexpected<T>(&self, expected: &str) -> Parsed<T> {
        let found = match self.peek() {
            None => "the end of the file".to_owned(),
            Some('\n') => "the end of the line".to_owned(),
            Some(c) => format!("`{c}`"),
        };
        self.wrong(format!("expected {expected}, found {found}"))
    }

    /// Skips spaces and comments, and line breaks too if they mean nothing here.
    fn skip(&mut self, line_breaks: bool) -> Parsed<()> {
        loop {
            let rest = self.rest();
            match self.peek() {
                Some(' ' | '\t' | '\r') => self.at += 1,
                Some('\n') if line_breaks => self.at += 1,
                Some('#') => self.at += rest.find('\n').unwrap_or(rest.len()),
                Some('/') if rest.starts_with("//") => {
                    self.at += rest.find('\n').unwrap_or(rest.len());
                }
                Some('/') if rest.starts_with("/*") => match rest.find("*/") {
                    Some(end) => self.at += end + 2,
                    None => return self.wrong("this comment is not closed: `*/` is missing"),
                },
                _ => return Ok(()),
            }
        }
    }

    /// Reads something that may contain its like.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return self.wrong(format!("nested too deeply: at most {MAX_NESTING} levels"));
        }
        let result = read(self);
        self.nesting -= 1;
        result
    }

    fn name(&mut self) -> Option<String> {
        let rest = self.rest();
        let begins = rest.starts_with(|c: char| c == '_' || c.is_alphabetic());
        let is_part = |c: char| matches!(c, '_' | '-') || c.is_alphanumeric();
        let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let name = rest.get(..length).filter(|_| begins)?;
        self.at += length;
        Some(name.to_owned())
    }

    /// Blocks and attributes, up to a closing bracket or the end.
    fn body(&mut self) -> Parsed<Body> {
        let (mut items, mut attributes) = (Vec::new(), HashSet::new());
        loop {
            self.skip(true)?;
            let at = self.at;
            let Some(name) = self.name() else { return Ok(items) };
            self.skip(false)?;
            if self.took("=") {
                self.skip(false)?;
                items.push(Item::Attribute(name.clone(), self.value()?));
                if !attributes.insert(name.clone()) {
                    return Err(Wrong { at, message: format!("`{name}` is set twice") });
                }
                self.skip(false)?;
                if !matches!(self.peek(), None | Some('\n' | '}')) {
                    return self.unexpected("the end of the line");
                }
            } else {
                items.push(self.block(name)?);
            }
        }
    }

    fn block(&mut self, kind: String) -> Parsed<Item> {
        let mut labels = Vec::new();
        while !self.took("{") {
            labels.push(match (self.peek(), self.name()) {
                (_, Some(name)) => name,
                (Some('"'), None) => self.quoted()?,
                _ => return self.unexpected("`=`, a label or `{`"),
            });
            self.skip(false)?;
        }
        let body = self.nested(Self::body)?;
        if !self.took("}") {
            return self.unexpected("the name of a block or an attribute, or `}`");
        }
        Ok(Item::Block { kind, labels, body })
    }
}
