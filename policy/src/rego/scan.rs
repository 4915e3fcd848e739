//! What a text looks like before it is parsed. What would take the parser too long, or too deep, is not
//! given to it.

use crate::{LoadError, Place, Source};

/// The largest file that is read, in bytes.
pub(super) const MAX_SIZE: usize = 64 * 1024;
/// The deepest nesting of brackets.
const MAX_DEPTH: usize = 16;
/// The deepest nesting of `[` and `{` each of which is among what comes first in the one around it. The parser
/// tries each in two ways, and finds an error in the innermost one twice as often for each.
const MAX_FIRST: usize = 10;
/// The most operators, dots and calls in one expression.
const MAX_CHAIN: u32 = 200;
/// What parsing may cost: the parser reads what comes first in `[` twice and in `{` up to four times,
/// within each other that many times as often.
const MAX_COST: u64 = 400_000;
/// The most rules and imports of a file, statements of a body, and statements of all bodies: the time to
/// put them in order grows with their square, or with their cube.
const MAX_RULES: u32 = 1000;
const MAX_IMPORTS: u32 = 100;
const MAX_ELSE: u32 = 200;
const MAX_STATEMENTS: u32 = 200;
const MAX_ALL_STATEMENTS: u32 = 2500;
/// What a bracket costs, where any other token costs 1.
const BRACKET: u64 = 8;
/// The longest number, in characters, and its greatest exponent.
const MAX_NUMBER: usize = 64;
const MAX_EXPONENT: u32 = 300;

/// What was seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Whether the file begins with a `package` line.
    pub has_package: bool,
    /// Whether it is in the syntax of OPA 1.0 and no other: its words are there, and nothing imports
    /// them.
    pub is_new: bool,
    /// Where `with` is used first.
    pub with: Option<Place>,
}

/// Reads a text as the parser's lexer would.
pub(super) fn scan(source: &Source) -> Result<Seen, LoadError> {
    if source.text.len() > MAX_SIZE {
        let size = source.text.len();
        let message = format!("the file has {size} bytes, and at most {MAX_SIZE} are read");
        return Err(LoadError::new(&*source.name, message).hint("move what is data to a data file"));
    }
    let mut scanner = Scanner {
        source,
        rest: source.text.chars().peekable(),
        at: Place { line: 1, column: 1 },
        levels: vec![Level::new(' ')],
        seen: Seen::default(),
        words: 0,
        imports: 0,
        elses: 0,
        statements: 0,
        imports_words: false,
        after_dot: false,
    };
    scanner.run()?;
    let Scanner { mut seen, imports_words, .. } = scanner;
    seen.is_new &= !imports_words;
    Ok(seen)
}

/// What is open.
struct Level {
    bracket: char,
    /// Still in what comes first, which is read twice.
    is_first: bool,
    first: u64,
    rest: u64,
    /// Operators of the expression so far.
    chain: u32,
    /// The token before was the end of an operand: another one begins another expression.
    after_operand: bool,
    statements: u32,
}

impl Level {
    const fn new(bracket: char) -> Self {
        Self {
            bracket,
            is_first: true,
            first: 0,
            rest: 0,
            chain: 0,
            after_operand: false,
            statements: 0,
        }
    }

    fn add(&mut self, cost: u64) {
        let part = if self.is_first { &mut self.first } else { &mut self.rest };
        *part = part.saturating_add(cost);
    }

    fn cost(&self) -> u64 {
        self.first.saturating_mul(self.times()).saturating_add(self.rest).saturating_add(BRACKET)
    }

    /// How often what comes first is read.
    const fn times(&self) -> u64 {
        match self.bracket {
            '[' => 2,
            '{' => 4,
            _ => 1,
        }
    }
}

struct Scanner<'a> {
    source: &'a Source,
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    at: Place,
    levels: Vec<Level>,
    seen: Seen,
    words: usize,
    imports: u32,
    elses: u32,
    /// In all bodies.
    statements: u32,
    /// Whether words of OPA 1.0 are imported into the syntax before it.
    imports_words: bool,
    after_dot: bool,
}

impl Scanner<'_> {
    fn run(&mut self) -> Result<(), LoadError> {
        while let Some(next) = self.rest.peek().copied() {
            let start = self.at;
            match next {
                '#' => self.skip_while(|next| next != '\n'),
                '"' | '`' => {
                    self.string(next);
                    self.operand(start)?;
                }
                '[' | '{' | '(' => self.open(next, start)?,
                ']' | '}' | ')' => self.close(start)?,
                ',' | ';' | ':' => self.separator(next, start)?,
                _ if next.is_ascii_digit() => {
                    self.number(start)?;
                    self.operand(start)?;
                }
                _ if next.is_alphabetic() || next == '_' => self.word(start)?,
                _ if next.is_whitespace() => {
                    self.step();
                }
                _ => self.operator(start)?,
            }
            self.after_dot = next == '.';
        }
        Ok(())
    }

    fn step(&mut self) -> Option<char> {
        let next = self.rest.next()?;
        if next == '\n' {
            self.at = Place { line: self.at.line.saturating_add(1), column: 1 };
        } else {
            self.at.column = self.at.column.saturating_add(1);
        }
        Some(next)
    }

    fn skip_while(&mut self, goes_on: impl Fn(char) -> bool) {
        while self.rest.peek().is_some_and(|next| goes_on(*next)) {
            self.step();
        }
    }

    fn string(&mut self, quote: char) {
        self.step();
        while let Some(next) = self.step() {
            match next {
                '\\' if quote == '"' => {
                    self.step();
                }
                _ if next == quote => return,
                _ => {}
            }
        }
    }

    fn number(&mut self, start: Place) -> Result<(), LoadError> {
        let mut text = String::new();
        while let Some(next) = self.rest.peek().copied() {
            let signs = matches!(next, '+' | '-') && text.ends_with(['e', 'E']);
            if !(next.is_ascii_alphanumeric() || next == '.' || signs) {
                break;
            }
            text.push(next);
            self.step();
        }
        let exponent = text
            .split(['e', 'E'])
            .nth(1)
            .map(|digits| digits.trim_start_matches(['+', '-']).parse::<u32>().unwrap_or(u32::MAX));
        let is_hexadecimal = text.starts_with("0x");
        if text.len() > MAX_NUMBER
            || (!is_hexadecimal && exponent.is_some_and(|exponent| exponent > MAX_EXPONENT))
        {
            return Err(self.error(start, "this number is too large"));
        }
        Ok(())
    }

    fn word(&mut self, start: Place) -> Result<(), LoadError> {
        let mut word = String::new();
        while let Some(next) = self.rest.peek().copied() {
            if !(next.is_alphanumeric() || next == '_') {
                break;
            }
            word.push(next);
            self.step();
        }
        self.words += 1;
        if !self.after_dot {
            match word.as_str() {
                "package" if self.words == 1 => self.seen.has_package = true,
                "future" => self.imports_words = true,
                "if" | "every" => {
                    self.seen.is_new = true;
                    self.keyword();
                    if let (Some(level), "if") = (self.level(), word.as_str()) {
                        // What follows belongs to the rule.
                        level.after_operand = false;
                    }
                    return Ok(());
                }
                "import" => {
                    self.imports = self.imports.saturating_add(1);
                    let is_many = self.imports > MAX_IMPORTS;
                    self.few(is_many, start, "imports", MAX_IMPORTS)?;
                }
                "else" => {
                    self.elses = self.elses.saturating_add(1);
                    let is_many = self.elses > MAX_ELSE;
                    self.few(is_many, start, "times `else`", MAX_ELSE)?;
                    self.keyword();
                    return Ok(());
                }
                "contains" | "as" | "some" | "default" => {
                    self.keyword();
                    return Ok(());
                }
                "with" => self.seen.with = self.seen.with.or(Some(start)),
                "in" | "not" => return self.chained(start),
                _ => {}
            }
        }
        self.operand(start)
    }

    /// A word that begins nothing.
    fn keyword(&mut self) {
        if let Some(level) = self.level() {
            level.add(1);
            level.chain = 0;
        }
    }

    /// Another statement: a rule, at the top.
    fn statement(&mut self, start: Place) -> Result<(), LoadError> {
        let is_top = self.levels.len() == 1;
        let Some(level) = self.levels.last_mut() else { return Ok(()) };
        level.is_first = false;
        level.chain = 0;
        level.statements = level.statements.saturating_add(1);
        let here = level.statements;
        if is_top {
            return self.few(here > MAX_RULES, start, "rules", MAX_RULES);
        }
        self.statements = self.statements.saturating_add(1);
        self.few(here > MAX_STATEMENTS, start, "statements in a body", MAX_STATEMENTS)?;
        let is_many = self.statements > MAX_ALL_STATEMENTS;
        self.few(is_many, start, "statements in all", MAX_ALL_STATEMENTS)
    }

    fn few(&self, is_many: bool, at: Place, what: &str, most: u32) -> Result<(), LoadError> {
        if is_many {
            let message = format!("more than {most} {what}");
            return Err(self.error(at, message).hint("split the policy, or make data of it"));
        }
        Ok(())
    }

    fn level(&mut self) -> Option<&mut Level> {
        self.levels.last_mut()
    }

    /// The end of an operand.
    fn operand(&mut self, start: Place) -> Result<(), LoadError> {
        if self.level().is_some_and(|level| level.after_operand) {
            self.statement(start)?;
        }
        if let Some(level) = self.level() {
            level.add(1);
            level.after_operand = true;
        }
        self.check(start)
    }

    fn operator(&mut self, start: Place) -> Result<(), LoadError> {
        self.step();
        self.chained(start)
    }

    fn chained(&mut self, start: Place) -> Result<(), LoadError> {
        if let Some(level) = self.level() {
            level.add(1);
            level.chain = level.chain.saturating_add(1);
            level.after_operand = false;
            if level.chain > MAX_CHAIN {
                let message = format!("more than {MAX_CHAIN} operators in one expression");
                return Err(self.error(start, message).hint("give parts of it names"));
            }
        }
        self.check(start)
    }

    fn separator(&mut self, which: char, start: Place) -> Result<(), LoadError> {
        self.step();
        // `:=` is an operator.
        if which == ':' && self.rest.peek() == Some(&'=') {
            return self.operator(start);
        }
        if which == ';' {
            self.statement(start)?;
        }
        if let Some(level) = self.level() {
            level.add(1);
            level.chain = 0;
            level.after_operand = false;
            level.is_first &= which == ':';
        }
        self.check(start)
    }

    fn open(&mut self, bracket: char, start: Place) -> Result<(), LoadError> {
        self.step();
        // A call or an index goes on with the expression; a body after a head does no harm as one.
        if self.level().is_some_and(|level| level.after_operand) {
            self.chained(start)?;
        }
        self.levels.push(Level::new(bracket));
        let tried_twice = |level: &&Level| level.is_first && level.times() > 1;
        let firsts = self.levels.iter().filter(tried_twice).count();
        if self.levels.len() > MAX_DEPTH + 1 || firsts > MAX_FIRST {
            let message = format!(
                "brackets nest deeper than {MAX_DEPTH}, or than {MAX_FIRST} where each is what comes first in the next"
            );
            return Err(self.error(start, message).hint("give parts of it names"));
        }
        Ok(())
    }

    fn close(&mut self, start: Place) -> Result<(), LoadError> {
        self.step();
        // What closes nothing is the parser's to tell.
        if self.levels.len() > 1
            && let Some(closed) = self.levels.pop()
            && let Some(level) = self.level()
        {
            level.add(closed.cost());
            level.after_operand = true;
            // At the top, each rule is read by itself.
        }
        self.check(start)
    }

    fn check(&mut self, start: Place) -> Result<(), LoadError> {
        let cost = self.levels.iter().rev().fold(0, |inner: u64, level| {
            let (first, rest, times) = (level.first, level.rest, level.times());
            if level.is_first {
                inner.saturating_add(first).saturating_mul(times).saturating_add(rest)
            } else {
                first.saturating_mul(times).saturating_add(rest).saturating_add(inner)
            }
        });
        if cost > MAX_COST {
            let message = "up to here the brackets nest too deeply to be read in time";
            return Err(self.error(start, message).hint("give parts of it names"));
        }
        Ok(())
    }

    fn error(&self, at: Place, message: impl Into<String>) -> LoadError {
        LoadError::new(&*self.source.name, message).at(Some(at))
    }
}
