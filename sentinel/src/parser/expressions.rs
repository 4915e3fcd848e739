//! Expressions, by precedence: `or xor`, `and`, comparisons, `else`, `+ -`, `* / %`, signs, and
//! what is appended to an operand.

use super::{Parsed, Parser};
use crate::ast::{Binary, Each, Expr, ExprId, Logic, Text, Unary};
use crate::lexer::{Kind, Mark, Word};
use crate::source::SyntaxError;

/// An operator between two operands.
enum Infix {
    Binary(Binary),
    Logic(Logic),
    Else,
}

impl Parser<'_> {
    pub(super) fn expression(&mut self) -> Parsed<ExprId> {
        self.nested(|parser| parser.operators(1))
    }

    /// Operators of this precedence and above, from the left.
    fn operators(&mut self, least: u8) -> Parsed<ExprId> {
        let mut left = self.unary()?;
        while let Some((operator, tokens, precedence)) = self.infix() {
            if precedence < least {
                break;
            }
            let at = self.token().start;
            self.at += tokens;
            let right = self.operators(precedence + 1)?;
            let expr = match operator {
                Infix::Binary(operator) => Expr::Binary { operator, left, right },
                Infix::Logic(operator) => Expr::Logic { operator, left, right },
                Infix::Else => Expr::Else { left, right },
            };
            left = self.push(expr, at, &[left, right])?;
        }
        Ok(left)
    }

    /// The operator that comes next, how many tokens it has, and its precedence.
    fn infix(&self) -> Option<(Infix, usize, u8)> {
        let follows = |word: Word| self.ahead(1).kind == Kind::Word(word);
        let comparison = |operator, tokens| Some((Infix::Binary(operator), tokens, 3));
        match self.token().kind {
            Kind::Word(Word::Or) => Some((Infix::Logic(Logic::Or), 1, 1)),
            Kind::Word(Word::Xor) => Some((Infix::Logic(Logic::Xor), 1, 1)),
            Kind::Word(Word::And) => Some((Infix::Logic(Logic::And), 1, 2)),
            // `} else if` and `else:` belong to statements.
            Kind::Word(Word::Else)
                if !follows(Word::If) && self.ahead(1).kind != Kind::Mark(Mark::Colon) =>
            {
                Some((Infix::Else, 1, 4))
            }
            Kind::Word(Word::Is) if follows(Word::Not) => comparison(Binary::NotEqual, 2),
            Kind::Word(Word::Is) => comparison(Binary::Equal, 1),
            Kind::Word(Word::In) => comparison(Binary::In, 1),
            Kind::Word(Word::Contains) => comparison(Binary::Contains, 1),
            Kind::Word(Word::Matches) => comparison(Binary::Matches, 1),
            Kind::Word(Word::Not) if follows(Word::In) => comparison(Binary::NotIn, 2),
            Kind::Word(Word::Not) if follows(Word::Contains) => comparison(Binary::NotContains, 2),
            Kind::Word(Word::Not) if follows(Word::Matches) => comparison(Binary::NotMatches, 2),
            Kind::Mark(mark) => {
                let (operator, precedence) = match mark {
                    Mark::Equal => (Binary::Equal, 3),
                    Mark::NotEqual => (Binary::NotEqual, 3),
                    Mark::Less => (Binary::Less, 3),
                    Mark::LessEqual => (Binary::LessEqual, 3),
                    Mark::More => (Binary::More, 3),
                    Mark::MoreEqual => (Binary::MoreEqual, 3),
                    Mark::Plus => (Binary::Add, 5),
                    Mark::Minus => (Binary::Subtract, 5),
                    Mark::Star => (Binary::Multiply, 6),
                    Mark::Slash => (Binary::Divide, 6),
                    Mark::Percent => (Binary::Remainder, 6),
                    _ => return None,
                };
                Some((Infix::Binary(operator), 1, precedence))
            }
            _ => None,
        }
    }

    fn unary(&mut self) -> Parsed<ExprId> {
        let token = self.token();
        let operator = match token.kind {
            Kind::Word(Word::Not) | Kind::Mark(Mark::Bang) => Unary::Not,
            Kind::Mark(Mark::Minus) => Unary::Minus,
            Kind::Mark(Mark::Plus) => Unary::Plus,
            _ => return self.appended(),
        };
        self.at += 1;
        if operator == Unary::Minus && self.token().kind == Kind::Int(1 << 63) {
            self.at += 1;
            return self.push(Expr::Int(i64::MIN), token.start, &[]);
        }
        let of = self.nested(Self::unary)?;
        self.push(Expr::Unary { operator, of }, token.start, &[of])
    }

    /// An operand and its selectors, indexes, calls and `is empty`.
    fn appended(&mut self) -> Parsed<ExprId> {
        let mut expr = self.operand()?;
        loop {
            let token = self.token();
            expr = match token.kind {
                Kind::Mark(Mark::Dot) => {
                    self.at += 1;
                    if self.token().kind != Kind::Name {
                        return self.unexpected("the name of a field after `.`");
                    }
                    let name = self.next();
                    let spelling = self.spelling(name).to_owned();
                    let field = self.field(&spelling);
                    self.push(Expr::Select { of: expr, field }, token.start, &[expr])?
                }
                Kind::Mark(Mark::OpenSquare) => self.index(expr)?,
                Kind::Mark(Mark::OpenRound) => {
                    self.at += 1;
                    let arguments = self.list(Mark::CloseRound, "after the arguments")?;
                    let mut parts = arguments.clone();
                    parts.push(expr);
                    let arguments = self.members(&arguments);
                    self.push(Expr::Call { function: expr, arguments }, token.start, &parts)?
                }
                Kind::Word(Word::Is) => match self.is_what() {
                    Some((negated, tokens, true)) => {
                        self.at += tokens;
                        self.push(Expr::IsEmpty { of: expr, negated }, token.start, &[expr])?
                    }
                    Some((negated, tokens, false)) => {
                        self.at += tokens;
                        self.push(Expr::IsDefined { of: expr, negated }, token.start, &[expr])?
                    }
                    None => return Ok(expr),
                },
                _ => return Ok(expr),
            };
        }
    }

    /// `is [not] empty|defined`: negated, its number of tokens, and whether it is `empty`.
    fn is_what(&self) -> Option<(bool, usize, bool)> {
        let negated = self.ahead(1).kind == Kind::Word(Word::Not);
        let word = self.ahead(1 + usize::from(negated));
        let tokens = 2 + usize::from(negated);
        match word.kind {
            Kind::Word(Word::Empty) => Some((negated, tokens, true)),
            Kind::Name if self.spelling(word) == "defined" => Some((negated, tokens, false)),
            _ => None,
        }
    }

    /// `[i]`, `[a:b]`, `[a:]`, `[:b]`, `[:]`
    fn index(&mut self, of: ExprId) -> Parsed<ExprId> {
        let at = self.next().start;
        let from = if self.is(Mark::Colon) { None } else { Some(self.expression()?) };
        if !self.took(Mark::Colon) {
            self.expect(Mark::CloseSquare, "after the index")?;
            let index = from.unwrap_or(of);
            return self.push(Expr::Index { of, index }, at, &[of, index]);
        }
        let to = if self.is(Mark::CloseSquare) { None } else { Some(self.expression()?) };
        self.expect(Mark::CloseSquare, "after the slice")?;
        let parts: Vec<_> = [Some(of), from, to].into_iter().flatten().collect();
        self.push(Expr::Slice { of, from, to }, at, &parts)
    }

    /// Expressions up to a closing bracket, which is taken.
    fn list(&mut self, close: Mark, whence: &str) -> Parsed<Vec<ExprId>> {
        let mut members = Vec::new();
        while !self.is(close) {
            members.push(self.expression()?);
            if !self.took(Mark::Comma) {
                break;
            }
        }
        self.expect(close, whence)?;
        Ok(members)
    }

    fn operand(&mut self) -> Parsed<ExprId> {
        let token = self.token();
        let expr = match token.kind {
            Kind::Int(value) => {
                let Ok(value) = i64::try_from(value) else {
                    let message = "this number is larger than an int can be (64 bits)";
                    return Err(SyntaxError::new(token.start, message));
                };
                Expr::Int(value)
            }
            Kind::Float(value) => Expr::Float(value),
            Kind::Text(text) => Expr::Text(Text(text)),
            Kind::Name => match self.spelling(token) {
                "true" => Expr::Bool(true),
                "false" => Expr::Bool(false),
                "null" => Expr::Null,
                "undefined" => Expr::Undefined,
                text => {
                    let text = text.into();
                    Expr::Name(self.intern(text))
                }
            },
            Kind::Mark(Mark::OpenRound) => {
                self.at += 1;
                let inner = self.expression()?;
                self.expect(Mark::CloseRound, "after the expression")?;
                return Ok(inner);
            }
            Kind::Mark(Mark::OpenSquare) => {
                self.at += 1;
                let members = self.list(Mark::CloseSquare, "or `,` after the element")?;
                let span = self.members(&members);
                return self.push(Expr::List(span), token.start, &members);
            }
            Kind::Mark(Mark::OpenCurly) => return self.map(),
            Kind::Word(Word::Func) => {
                self.at += 1;
                let function = self.nested(Self::function)?;
                return self.push(Expr::Function(function), token.start, &[]);
            }
            Kind::Word(Word::Rule) => return self.rule(),
            Kind::Word(Word::All) => return self.each(Each::All),
            Kind::Word(Word::Any) => return self.each(Each::Any),
            Kind::Word(Word::Filter) => return self.each(Each::Filter),
            Kind::Word(Word::Map) => return self.each(Each::Map),
            _ => return self.unexpected("an expression"),
        };
        self.at += 1;
        self.push(expr, token.start, &[])
    }

    fn map(&mut self) -> Parsed<ExprId> {
        let at = self.next().start;
        let mut members = Vec::new();
        loop {
            self.skip_line_ends();
            if self.is(Mark::CloseCurly) {
                break;
            }
            members.push(self.expression()?);
            self.expect(Mark::Colon, "after the key")?;
            members.push(self.expression()?);
            self.skip_line_ends();
            if !self.took(Mark::Comma) {
                break;
            }
        }
        self.expect(Mark::CloseCurly, "or `,` after the value")?;
        let distinct = self.distinct_keys(&members);
        let pairs = self.members(&members);
        self.push(Expr::Map { pairs, distinct }, at, &members)
    }

    fn distinct_keys(&self, members: &[ExprId]) -> bool {
        let key = |id: &ExprId| match self.file.node(*id).expr {
            Expr::Text(text) => Some(self.file.text(text)),
            _ => None,
        };
        let Some(mut keys) = members.iter().step_by(2).map(key).collect::<Option<Vec<_>>>() else {
            return false;
        };
        keys.sort_unstable();
        keys.windows(2).all(|pair| pair.first() != pair.last())
    }

    /// Line breaks that stand for semicolons mean nothing between the entries of a map.
    fn skip_line_ends(&mut self) {
        while self.token().kind == Kind::LineEnd {
            self.at += 1;
        }
    }

    /// `{ e }` of a rule or of `all`, `any`, `filter`, `map`.
    fn body(&mut self, whence: &str) -> Parsed<ExprId> {
        self.expect(Mark::OpenCurly, whence)?;
        let body = self.expression()?;
        while matches!(self.token().kind, Kind::LineEnd | Kind::Semicolon) {
            self.at += 1;
        }
        self.expect(Mark::CloseCurly, "after the one expression of this body")?;
        Ok(body)
    }

    fn rule(&mut self) -> Parsed<ExprId> {
        let at = self.next().start;
        let when = if self.took_word(Word::When) { Some(self.expression()?) } else { None };
        let body = self.body("before the rule's expression")?;
        let parts: Vec<_> = [when, Some(body)].into_iter().flatten().collect();
        self.push(Expr::Rule { when, body }, at, &parts)
    }

    fn each(&mut self, what: Each) -> Parsed<ExprId> {
        let at = self.next().start;
        let over = self.expression()?;
        let (first, second) = self.loop_names()?;
        let body = self.body("after the names")?;
        self.push(Expr::Each { what, over, first, second, body }, at, &[over, body])
    }
}
