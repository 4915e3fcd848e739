//! Files, positions in them, and what is wrong with them.

use std::fmt;
use std::sync::Arc;

/// A place in a policy's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The file, as it was named to the parser.
    pub file: Arc<str>,
    /// Bytes from the beginning, from 0.
    pub offset: usize,
    /// From 1.
    pub line: usize,
    /// Characters from the beginning of the line, from 1.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// A text and its name.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) name: Arc<str>,
    pub(crate) text: Arc<str>,
    /// Where each line begins.
    lines: Arc<[u32]>,
}

impl Source {
    pub(crate) fn new(name: &str, text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = breaks.map(|(at, _)| crate::ast::size(at + 1));
        let lines = std::iter::once(0).chain(starts).collect();
        Self { name: Arc::from(name), text: Arc::from(text), lines }
    }

    /// Where an offset is. One beyond the end is at the end.
    pub(crate) fn position(&self, offset: u32) -> Position {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX).min(self.text.len());
        let line = self.lines.partition_point(|start| crate::ast::place(*start) <= offset).max(1);
        let start = self.lines.get(line - 1).map_or(0, |start| crate::ast::place(*start));
        let text = self.text.get(start..offset).unwrap_or_default();
        Position { file: self.name.clone(), offset, line, column: text.chars().count() + 1 }
    }
}

/// What is wrong at an offset; [`ParseError`] with its file.
#[derive(Clone, Debug)]
pub(crate) struct SyntaxError {
    pub(crate) at: u32,
    pub(crate) message: String,
}

impl SyntaxError {
    pub(crate) fn new(at: u32, message: impl Into<String>) -> Self {
        Self { at, message: message.into() }
    }
}

/// A text is no Sentinel policy: where, and why.
#[derive(Clone, Debug)]
pub struct ParseError {
    /// Where the parser stopped.
    pub position: Position,
    /// What is wrong there, and what was expected.
    pub message: String,
    /// The line of text, for showing.
    pub line: String,
}

impl ParseError {
    pub(crate) fn new(source: &Source, error: SyntaxError) -> Self {
        let position = source.position(error.at);
        let line = source.text.lines().nth(position.line - 1).unwrap_or_default();
        let line = line.chars().take(200).collect();
        Self { position, message: error.message, line }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.position, self.message)?;
        if !self.line.trim().is_empty() && self.position.column <= 200 {
            let pad = " ".repeat(self.position.column - 1);
            write!(f, "\n  {}\n  {pad}^", self.line.replace('\t', " "))?;
        }
        Ok(())
    }
}

impl std::error::Error for ParseError {}
