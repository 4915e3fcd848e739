//! From text to tokens, with the semicolon rule: a line break ends a statement where the token
//! before it can end one, except inside `(` and `[`.

use crate::source::SyntaxError;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// A name; its text is the token's range.
    Name,
    /// A whole number, up to 2⁶³, which only a minus before it makes a value.
    Int(u64),
    Float(f64),
    /// A string; the index into [`Lexed::strings`].
    Text(u32),
    /// A semicolon that was written.
    Semicolon,
    /// A semicolon that a line break or the end of the file stands for.
    LineEnd,
    End,
    Word(Word),
    Mark(Mark),
}

macro_rules! spelled {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $name { $($variant),* }

        impl $name {
            /// How it is written.
            pub(crate) fn text(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            fn of(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

spelled!(
    /// A keyword, or an operator that is a word.
    Word {
        All = "all", Any = "any", As = "as", Break = "break", Case = "case", Continue = "continue",
        Default = "default", Else = "else", Empty = "empty", Filter = "filter", For = "for",
        Func = "func", If = "if", Import = "import", Map = "map", Param = "param",
        Return = "return", Rule = "rule", When = "when", And = "and", Or = "or", Xor = "xor",
        Not = "not", In = "in", Is = "is", Contains = "contains", Matches = "matches",
    }
);

spelled!(
    /// An operator or a delimiter.
    Mark {
        Plus = "+", Minus = "-", Star = "*", Slash = "/", Percent = "%",
        PlusAssign = "+=", MinusAssign = "-=", StarAssign = "*=", SlashAssign = "/=",
        PercentAssign = "%=", Assign = "=", Equal = "==", NotEqual = "!=", Less = "<",
        LessEqual = "<=", More = ">", MoreEqual = ">=", Bang = "!", OpenRound = "(",
        CloseRound = ")", OpenSquare = "[", CloseSquare = "]", OpenCurly = "{",
        CloseCurly = "}", Comma = ",", Colon = ":", Dot = ".",
    }
);

/// One token and its range of bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// A comment: its range of bytes, delimiters included.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Comment {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// What the lexer makes of a file.
#[derive(Debug, Default)]
pub(crate) struct Lexed {
    pub(crate) tokens: Vec<Token>,
    pub(crate) strings: Vec<Box<[u8]>>,
    pub(crate) comments: Vec<Comment>,
}

/// Largest file. Offsets are 32 bits wide; nobody writes policies of this size.
pub(crate) const MAX_FILE: usize = 64 << 20;

/// Reads a whole file.
pub(crate) fn lex(text: &str) -> Result<Lexed, SyntaxError> {
    if text.len() > MAX_FILE {
        return Err(SyntaxError::new(0, "this file is larger than 64 MiB"));
    }
    let mut lexer = Lexer {
        text,
        at: 0,
        ends_statement: false,
        after_dot: false,
        open: Vec::new(),
        out: Lexed::default(),
    };
    lexer.run()?;
    Ok(lexer.out)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// Whether a line break here would end a statement.
    ends_statement: bool,
    after_dot: bool,
    open: Vec<Mark>,
    out: Lexed,
}

impl Lexer<'_> {
    fn run(&mut self) -> Result<(), SyntaxError> {
        if self.text.starts_with('\u{feff}') {
            self.at = 3;
        }
        while let Some(c) = self.peek() {
            match c {
                '\n' => {
                    self.line_end();
                    self.at += 1;
                }
                ' ' | '\t' | '\r' => self.at += 1,
                '#' => self.line_comment(),
                '/' if self.rest().starts_with("//") => self.line_comment(),
                '/' if self.rest().starts_with("/*") => self.block_comment()?,
                '"' => self.quoted()?,
                '`' => self.raw()?,
                '0'..='9' => self.number()?,
                '.' if self.dot_begins_number() => self.number()?,
                ';' => {
                    let start = self.at;
                    self.at += 1;
                    self.push(Kind::Semicolon, start);
                    self.ends_statement = false;
                }
                '_' => self.name(),
                c if c.is_alphabetic() => self.name(),
                c => self.mark(c)?,
            }
        }
        self.line_end();
        self.push(Kind::End, self.at);
        Ok(())
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    fn error<T>(&self, at: usize, message: impl Into<String>) -> Result<T, SyntaxError> {
        let _ = self;
        Err(SyntaxError::new(offset(at), message))
    }

    fn push(&mut self, kind: Kind, start: usize) {
        let token = Token { kind, start: offset(start), end: offset(self.at) };
        self.out.tokens.push(token);
        self.after_dot = kind == Kind::Mark(Mark::Dot);
    }

    /// Inserts a semicolon if the rule says so.
    fn line_end(&mut self) {
        let inside = matches!(self.open.last(), Some(Mark::OpenRound | Mark::OpenSquare));
        if self.ends_statement && !inside {
            if !self.goes_on() {
                self.push(Kind::LineEnd, self.at);
            }
            self.ends_statement = false;
        }
    }

    /// Whether the next line begins with a selector, as in a chain of calls.
    fn goes_on(&self) -> bool {
        let next = self.rest().trim_start();
        let first = next.strip_prefix('.').and_then(|name| name.chars().next());
        first.is_some_and(|c| c == '_' || c.is_alphabetic())
    }

    fn line_comment(&mut self) {
        let start = self.at;
        self.at += self.rest().find('\n').unwrap_or(self.rest().len());
        self.out.comments.push(Comment { start: offset(start), end: offset(self.at) });
    }

    fn block_comment(&mut self) -> Result<(), SyntaxError> {
        let start = self.at;
        let Some(length) = self.rest().get(2..).and_then(|rest| rest.find("*/")) else {
            return self.error(start, "this comment is not closed: `*/` is missing");
        };
        let breaks = self.rest().get(..length + 2).is_some_and(|text| text.contains('\n'));
        if breaks {
            self.line_end();
        }
        self.at += length + 4;
        self.out.comments.push(Comment { start: offset(start), end: offset(self.at) });
        Ok(())
    }

    fn name(&mut self) {
        let start = self.at;
        let is_part = |c: char| c == '_' || c.is_alphanumeric();
        self.at += self.rest().find(|c| !is_part(c)).unwrap_or(self.rest().len());
        let text = self.text.get(start..self.at).unwrap_or_default();
        // After a dot every word is a name: `x.rule`.
        let word = if self.after_dot { None } else { Word::of(text) };
        self.push(word.map_or(Kind::Name, Kind::Word), start);
        self.ends_statement =
            matches!(word, None | Some(Word::Break | Word::Continue | Word::Return | Word::Empty));
    }

    fn dot_begins_number(&self) -> bool {
        let digit = self.byte(1).is_some_and(|byte| byte.is_ascii_digit());
        // After an operand it selects.
        digit && !self.follows_operand()
    }

    fn follows_operand(&self) -> bool {
        self.ends_statement
            && self.out.tokens.last().is_some_and(|last| last.end == offset(self.at))
    }

    fn number(&mut self) -> Result<(), SyntaxError> {
        let start = self.at;
        if self.byte(0) == Some(b'0') && matches!(self.byte(1), Some(b'x' | b'X')) {
            self.at += 2;
            let digits = self.digits(|byte| byte.is_ascii_hexdigit());
            return self.whole(start, digits, 16);
        }
        let digits = self.digits(|byte| byte.is_ascii_digit());
        let mut is_float = false;
        if self.byte(0) == Some(b'.') {
            is_float = true;
            self.at += 1;
            self.digits(|byte| byte.is_ascii_digit());
        }
        if matches!(self.byte(0), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(self.byte(1), Some(b'+' | b'-')));
            if self.byte(1 + sign).is_some_and(|byte| byte.is_ascii_digit()) {
                is_float = true;
                self.at += 1 + sign;
                self.digits(|byte| byte.is_ascii_digit());
            }
        }
        if !is_float {
            let octal = digits.1 - digits.0 > 1 && self.text.as_bytes().get(start) == Some(&b'0');
            return self.whole(start, digits, if octal { 8 } else { 10 });
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => self.literal(Kind::Float(value), start),
            _ => self.error(start, format!("`{text}` is no number that a float can hold")),
        }
    }

    /// Skips digits; the range of bytes they fill.
    fn digits(&mut self, is_digit: impl Fn(u8) -> bool) -> (usize, usize) {
        let start = self.at;
        while self.byte(0).is_some_and(&is_digit) {
            self.at += 1;
        }
        (start, self.at)
    }

    fn whole(
        &mut self,
        start: usize,
        digits: (usize, usize),
        radix: u32,
    ) -> Result<(), SyntaxError> {
        let text = self.text.get(digits.0..digits.1).unwrap_or_default();
        match u64::from_str_radix(text, radix) {
            Ok(value) if value <= 1 << 63 => self.literal(Kind::Int(value), start),
            _ if text.is_empty() => self.error(start, "digits are missing after `0x`"),
            _ if radix == 8 && text.bytes().any(|byte| byte > b'7') => {
                self.error(start, "a number that begins with 0 is octal: only 0 to 7 may follow")
            }
            _ => self.error(start, "this number is larger than an int can be (64 bits)"),
        }
    }

    fn literal(&mut self, kind: Kind, start: usize) -> Result<(), SyntaxError> {
        if self.peek().is_some_and(|c| c == '_' || c.is_alphanumeric()) {
            return self.error(self.at, "a number ends here, and a name begins without a space");
        }
        self.push(kind, start);
        self.ends_statement = true;
        Ok(())
    }

    fn string(&mut self, bytes: Vec<u8>, start: usize) {
        let id = offset(self.out.strings.len());
        self.out.strings.push(bytes.into_boxed_slice());
        self.push(Kind::Text(id), start);
        self.ends_statement = true;
    }

    fn raw(&mut self) -> Result<(), SyntaxError> {
        let start = self.at;
        let Some(length) = self.rest().get(1..).and_then(|rest| rest.find('`')) else {
            return self.error(start, "this string is not closed: a backtick is missing");
        };
        let text = self.rest().get(1..=length).unwrap_or_default();
        let bytes = text.bytes().filter(|byte| *byte != b'\r').collect();
        self.at += length + 2;
        self.string(bytes, start);
        Ok(())
    }

    fn quoted(&mut self) -> Result<(), SyntaxError> {
        let start = self.at;
        self.at += 1;
        let mut bytes = Vec::new();
        loop {
            let from = self.at;
            let plain = self.rest().find(['"', '\\', '\n']).unwrap_or(self.rest().len());
            bytes.extend_from_slice(self.rest().get(..plain).unwrap_or_default().as_bytes());
            self.at = from + plain;
            match self.byte(0) {
                Some(b'"') => {
                    self.at += 1;
                    self.string(bytes, start);
                    return Ok(());
                }
                Some(b'\\') => self.escape(&mut bytes)?,
                _ => {
                    return self
                        .error(start, "this string is not closed: `\"` is missing on its line");
                }
            }
        }
    }

    fn escape(&mut self, bytes: &mut Vec<u8>) -> Result<(), SyntaxError> {
        let start = self.at;
        let Some(kind) = self.byte(1) else {
            return self.error(start, "this string is not closed: `\"` is missing");
        };
        self.at += 2;
        let simple = match kind {
            b'a' => 7,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 11,
            b'\\' => b'\\',
            b'"' => b'"',
            b'0'..=b'7' => {
                self.at -= 1;
                let value = self.coded(start, 3, 8)?;
                return match u8::try_from(value) {
                    Ok(byte) => {
                        bytes.push(byte);
                        Ok(())
                    }
                    Err(_) => self.error(start, "an octal escape is at most \\377"),
                };
            }
            b'x' => {
                let value = self.coded(start, 2, 16)?;
                bytes.push(u8::try_from(value).unwrap_or_default());
                return Ok(());
            }
            b'u' | b'U' => {
                let value = self.coded(start, if kind == b'u' { 4 } else { 8 }, 16)?;
                let Some(c) = char::from_u32(value) else {
                    return self.error(start, "this escape names no Unicode character");
                };
                bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            _ => return self.error(start, "unknown escape: known are \\a \\b \\f \\n \\r \\t \\v \\\\ \\\" \\ooo \\xhh \\uhhhh \\Uhhhhhhhh"),
        };
        bytes.push(simple);
        Ok(())
    }

    /// The number that the next digits, exactly so many, are.
    fn coded(&mut self, start: usize, length: usize, radix: u32) -> Result<u32, SyntaxError> {
        let text = self.rest().get(..length).unwrap_or_default();
        let all_digits = text.len() == length && text.chars().all(|c| c.is_digit(radix));
        match u32::from_str_radix(text, radix) {
            Ok(value) if all_digits => {
                self.at += length;
                Ok(value)
            }
            _ => self.error(start, format!("this escape needs {length} digits")),
        }
    }

    fn mark(&mut self, c: char) -> Result<(), SyntaxError> {
        let start = self.at;
        let two = self.rest().get(..2).and_then(Mark::of);
        let one = self.rest().get(..c.len_utf8()).and_then(Mark::of);
        let Some(mark) = two.or(one) else {
            return self.error(start, format!("`{c}` has no meaning in Sentinel"));
        };
        self.at += mark.text().len();
        match mark {
            Mark::OpenRound | Mark::OpenSquare | Mark::OpenCurly => self.open.push(mark),
            Mark::CloseRound | Mark::CloseSquare | Mark::CloseCurly => {
                self.open.pop();
            }
            _ => {}
        }
        self.push(Kind::Mark(mark), start);
        self.ends_statement =
            matches!(mark, Mark::CloseRound | Mark::CloseSquare | Mark::CloseCurly);
        Ok(())
    }
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
