//! From tokens to the tree. Statements are in `statements`, expressions in `expressions`.

mod expressions;
mod statements;

use std::collections::HashMap;

use crate::ast::{Block, Expr, ExprId, File, Name, Node, Span, Statement, Text, place, size};
use crate::builtins;
use crate::lexer::{Comment, Kind, Mark, Token, Word, lex};
use crate::source::{ParseError, Source, SyntaxError};

/// How deep brackets, blocks and signs may nest.
const MAX_NESTING: u32 = 120;
/// How high a tree may grow: `a + b + c + ..` has no brackets and grows all the same.
const MAX_HEIGHT: u16 = 500;

type Parsed<T> = Result<T, SyntaxError>;

/// Reads a file.
pub(crate) fn parse(name: &str, text: &str) -> Result<File, ParseError> {
    let source = Source::new(name, text);
    let parsed = lex(text).and_then(|mut lexed| {
        let strings = std::mem::take(&mut lexed.strings);
        let mut parser = Parser {
            text,
            tokens: &lexed.tokens,
            comments: &lexed.comments,
            at: 0,
            nesting: 0,
            in_function: 0,
            in_loop: 0,
            heights: Vec::new(),
            interned: HashMap::new(),
            spelled: HashMap::new(),
            file: File {
                source: source.clone(),
                expressions: Vec::new(),
                members: Vec::new(),
                statements: Vec::new(),
                arms: Vec::new(),
                functions: Vec::new(),
                strings,
                names: Vec::new(),
                by_name: HashMap::new(),
                builtins: Vec::new(),
                imports: Vec::new(),
                params: Vec::new(),
                body: Block::default(),
                comments: HashMap::new(),
                description: Box::default(),
            },
        };
        parser.file()?;
        parser.file.by_name = parser.interned;
        Ok(parser.file)
    });
    parsed.map_err(|error| ParseError::new(&source, error))
}

struct Parser<'a> {
    text: &'a str,
    tokens: &'a [Token],
    comments: &'a [Comment],
    at: usize,
    nesting: u32,
    in_function: u32,
    in_loop: u32,
    /// Of each expression.
    heights: Vec<u16>,
    /// Names by their text.
    interned: HashMap<Box<str>, Name>,
    /// Strings by their bytes.
    spelled: HashMap<Box<[u8]>, Text>,
    file: File,
}

impl Parser<'_> {
    fn token(&self) -> Token {
        self.ahead(0)
    }

    fn ahead(&self, by: usize) -> Token {
        let end =
            Token { kind: Kind::End, start: size(self.text.len()), end: size(self.text.len()) };
        self.tokens.get(self.at + by).copied().unwrap_or(end)
    }

    fn next(&mut self) -> Token {
        let token = self.token();
        self.at += 1;
        token
    }

    fn is(&self, mark: Mark) -> bool {
        self.token().kind == Kind::Mark(mark)
    }

    fn is_word(&self, word: Word) -> bool {
        self.token().kind == Kind::Word(word)
    }

    /// Takes the token if it is this one.
    fn took(&mut self, mark: Mark) -> bool {
        let taken = self.is(mark);
        self.at += usize::from(taken);
        taken
    }

    fn took_word(&mut self, word: Word) -> bool {
        let taken = self.is_word(word);
        self.at += usize::from(taken);
        taken
    }

    fn expect(&mut self, mark: Mark, whence: &str) -> Parsed<Token> {
        if self.is(mark) {
            return Ok(self.next());
        }
        self.unexpected(&format!("`{}` {whence}", mark.text()))
    }

    fn expect_word(&mut self, word: Word, whence: &str) -> Parsed<Token> {
        if self.is_word(word) {
            return Ok(self.next());
        }
        self.unexpected(&format!("`{}` {whence}", word.text()))
    }

    /// An error at the token: what was expected instead of it.
    fn unexpected<T>(&self, expected: &str) -> Parsed<T> {
        let token = self.token();
        let found = match token.kind {
            Kind::End => "the end of the file".to_owned(),
            Kind::LineEnd => "the end of the line".to_owned(),
            Kind::Word(word) => format!("the keyword `{}`", word.text()),
            Kind::Name | Kind::Int(_) | Kind::Float(_) | Kind::Semicolon | Kind::Mark(_) => {
                format!("`{}`", self.spelling(token))
            }
            Kind::Text(_) => "a string".to_owned(),
        };
        Err(SyntaxError::new(token.start, format!("expected {expected}, found {found}")))
    }

    fn spelling(&self, token: Token) -> &str {
        self.text.get(place(token.start)..place(token.end)).unwrap_or_default()
    }

    fn name(&mut self, whence: &str) -> Parsed<Name> {
        if self.token().kind != Kind::Name {
            return self.unexpected(&format!("a name {whence}"));
        }
        let token = self.next();
        let text: Box<str> = self.spelling(token).into();
        Ok(self.intern(text))
    }

    /// A name that something is bound to.
    fn new_name(&mut self, whence: &str) -> Parsed<Name> {
        let token = self.token();
        let name = self.name(whence)?;
        match self.file.name(name) {
            text @ ("true" | "false" | "null" | "undefined") => {
                let message = format!("`{text}` cannot be bound to something else");
                Err(SyntaxError::new(token.start, message))
            }
            _ => Ok(name),
        }
    }

    fn intern(&mut self, text: Box<str>) -> Name {
        if let Some(name) = self.interned.get(&text) {
            return *name;
        }
        let name = Name(size(self.file.names.len()));
        self.file.builtins.push(builtins::named(&text));
        self.file.names.push(text.clone());
        self.interned.insert(text, name);
        name
    }

    fn field(&mut self, text: &str) -> Text {
        let bytes: Box<[u8]> = text.as_bytes().into();
        if let Some(text) = self.spelled.get(&bytes) {
            return *text;
        }
        let id = Text(size(self.file.strings.len()));
        self.file.strings.push(bytes.clone());
        self.spelled.insert(bytes, id);
        id
    }

    /// Adds an expression made of others.
    fn push(&mut self, expr: Expr, at: u32, parts: &[ExprId]) -> Parsed<ExprId> {
        let height = parts.iter().filter_map(|part| self.heights.get(place(part.0))).max();
        let height = height.copied().unwrap_or(0).saturating_add(1);
        if height > MAX_HEIGHT {
            return Err(SyntaxError::new(
                at,
                "this expression has too many parts in a row: split it",
            ));
        }
        self.heights.push(height);
        let id = ExprId(size(self.file.expressions.len()));
        self.file.expressions.push(Node { expr, at });
        Ok(id)
    }

    fn members(&mut self, members: &[ExprId]) -> Span {
        let start = size(self.file.members.len());
        self.file.members.extend_from_slice(members);
        Span { start, length: size(members.len()) }
    }

    fn statements(&mut self, statements: &[Statement]) -> Block {
        let start = size(self.file.statements.len());
        self.file.statements.extend_from_slice(statements);
        Span { start, length: size(statements.len()) }
    }

    /// Reads something that may contain its like.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            let message = format!("nested too deeply: at most {MAX_NESTING} levels");
            return Err(SyntaxError::new(self.token().start, message));
        }
        let result = read(self);
        self.nesting -= 1;
        result
    }
}
