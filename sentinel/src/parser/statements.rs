//! Files, imports, parameters and statements.

use super::{Parsed, Parser};
use crate::ast::{
    Arm, Binary, Block, Expr, Function, Import, Name, Param, Span, Statement, place, size,
};
use crate::lexer::{Kind, Mark, Word};
use crate::source::SyntaxError;

impl Parser<'_> {
    pub(super) fn file(&mut self) -> Parsed<()> {
        self.file.description = self.comment_before(0, true);
        let mut statements = Vec::new();
        loop {
            match self.token().kind {
                Kind::End => break,
                Kind::Semicolon | Kind::LineEnd => self.at += 1,
                Kind::Word(Word::Import) => self.import()?,
                Kind::Word(Word::Param) => self.param()?,
                _ => {
                    statements.push(self.statement()?);
                    self.end_of_statement()?;
                }
            }
        }
        self.file.body = self.statements(&statements);
        Ok(())
    }

    fn end_of_statement(&mut self) -> Parsed<()> {
        match self.token().kind {
            Kind::Semicolon | Kind::LineEnd => self.at += 1,
            Kind::End | Kind::Mark(Mark::CloseCurly) => {}
            _ => return self.unexpected("the end of the statement (a line break or `;`)"),
        }
        Ok(())
    }

    fn import(&mut self) -> Parsed<()> {
        let at = self.next().start;
        let Kind::Text(text) = self.token().kind else {
            return self.unexpected("the import's path in quotes");
        };
        self.at += 1;
        let bytes = self.file.strings.get(place(text)).map(AsRef::as_ref).unwrap_or_default();
        let path: Box<str> = String::from_utf8_lossy(bytes).into();
        let name = if self.took_word(Word::As) {
            self.new_name("for the import")?
        } else {
            let last = path.rsplit('/').next().unwrap_or_default();
            let mut letters = last.chars();
            let begins = letters.next().is_some_and(|c| c == '_' || c.is_alphabetic());
            if !begins || !letters.all(|c| c == '_' || c.is_alphanumeric()) {
                let message = format!("`{last}` is no name: write `import \"{path}\" as` and one");
                return Err(SyntaxError::new(at, message));
            }
            self.intern(last.into())
        };
        let other = self.file.imports.iter().find(|import| import.name == name);
        if let Some(other) = other.filter(|other| other.path != path) {
            let message = format!(
                "`{}` is the name of the import \"{}\" already: write `as` and another one",
                self.file.name(name),
                other.path
            );
            return Err(SyntaxError::new(at, message));
        }
        self.file.imports.push(Import { path, name, at });
        self.end_of_statement()
    }

    fn param(&mut self) -> Parsed<()> {
        let at = self.next().start;
        let name = self.new_name("for the parameter")?;
        if matches!(self.file.builtins.get(place(name.0)), Some(Some(_))) {
            let name = self.file.name(name);
            let message = format!("`{name}` is a builtin function: choose another name");
            return Err(SyntaxError::new(at, message));
        }
        let is_import = self.file.imports.iter().any(|import| import.name == name);
        if is_import || self.file.params.iter().any(|param| param.name == name) {
            let name = self.file.name(name);
            let message = format!("`{name}` is an import or a parameter already");
            return Err(SyntaxError::new(at, message));
        }
        let default = if self.took_word(Word::Default) { Some(self.expression()?) } else { None };
        self.file.params.push(Param { name, default, at });
        self.end_of_statement()
    }

    /// Statements between curly brackets.
    pub(super) fn block(&mut self, whence: &str) -> Parsed<Block> {
        self.expect(Mark::OpenCurly, whence)?;
        let statements = self.nested(Self::block_statements)?;
        self.expect(Mark::CloseCurly, "at the end of the block")?;
        Ok(self.statements(&statements))
    }

    fn block_statements(&mut self) -> Parsed<Vec<Statement>> {
        let mut statements = Vec::new();
        loop {
            match self.token().kind {
                Kind::Mark(Mark::CloseCurly) | Kind::End | Kind::Word(Word::When | Word::Else) => {
                    return Ok(statements);
                }
                Kind::Semicolon | Kind::LineEnd => self.at += 1,
                Kind::Word(word @ (Word::Import | Word::Param)) => {
                    let message = format!("`{}` belongs to the top of the file", word.text());
                    return Err(SyntaxError::new(self.token().start, message));
                }
                _ => {
                    statements.push(self.statement()?);
                    if !matches!(self.token().kind, Kind::Word(Word::When | Word::Else)) {
                        self.end_of_statement()?;
                    }
                }
            }
        }
    }

    fn statement(&mut self) -> Parsed<Statement> {
        match self.token().kind {
            Kind::Word(Word::If) => self.conditional(),
            Kind::Word(Word::For) => self.loop_statement(),
            Kind::Word(Word::Case) => self.case(),
            Kind::Word(Word::Return) => self.return_statement(),
            Kind::Word(word @ (Word::Break | Word::Continue)) => {
                let at = self.next().start;
                if self.in_loop == 0 {
                    let message = format!("`{}` is outside of a `for`", word.text());
                    return Err(SyntaxError::new(at, message));
                }
                Ok(if word == Word::Break { Statement::Break } else { Statement::Continue })
            }
            Kind::Word(Word::Func) if self.ahead(1).kind == Kind::Name => {
                let at = self.next().start;
                let name = self.new_name("for the function")?;
                let function = self.function()?;
                Ok(Statement::Declare { name, function, at })
            }
            _ => self.simple_statement(),
        }
    }

    fn return_statement(&mut self) -> Parsed<Statement> {
        let at = self.next().start;
        if self.in_function == 0 {
            return Err(SyntaxError::new(at, "`return` is outside of a function"));
        }
        let ends = matches!(
            self.token().kind,
            Kind::Semicolon | Kind::LineEnd | Kind::End | Kind::Mark(Mark::CloseCurly)
        );
        Ok(Statement::Return(if ends { None } else { Some(self.expression()?) }))
    }

    fn simple_statement(&mut self) -> Parsed<Statement> {
        let start = self.token().start;
        let target = self.expression()?;
        let operator = match self.token().kind {
            Kind::Mark(Mark::Assign) => None,
            Kind::Mark(Mark::PlusAssign) => Some(Binary::Add),
            Kind::Mark(Mark::MinusAssign) => Some(Binary::Subtract),
            Kind::Mark(Mark::StarAssign) => Some(Binary::Multiply),
            Kind::Mark(Mark::SlashAssign) => Some(Binary::Divide),
            Kind::Mark(Mark::PercentAssign) => Some(Binary::Remainder),
            _ => return Ok(Statement::Expression(target)),
        };
        let at = self.next().start;
        let target = self.file.node(target);
        let value = self.expression()?;
        if self.nesting == 0 {
            let comment = self.comment_before(start, false);
            self.file.comments.insert(value.0, comment);
        }
        match target.expr {
            Expr::Name(name) => Ok(Statement::Assign { name, operator, value, at: start }),
            Expr::Index { of, index } => {
                Ok(Statement::AssignIndex { of, index, operator, value, at: start })
            }
            Expr::Select { .. } => Err(SyntaxError::new(
                at,
                "a field cannot be assigned to: write `x[\"field\"] = ..`",
            )),
            Expr::Undefined | Expr::Null | Expr::Bool(_) => Err(SyntaxError::new(
                start,
                "`true`, `false`, `null` and `undefined` stay what they are",
            )),
            _ => Err(SyntaxError::new(at, "only a name or an indexed value can be assigned to")),
        }
    }

    fn conditional(&mut self) -> Parsed<Statement> {
        let mut arms = Vec::new();
        let otherwise = loop {
            self.at += 1;
            let condition = self.expression()?;
            let body = self.block("after the condition")?;
            arms.push(Arm { tests: self.members(&[condition]), body });
            // The line may be broken between the block and its `else`.
            let broken = self.token().kind == Kind::LineEnd
                && self.ahead(1).kind == Kind::Word(Word::Else)
                && self.ahead(2).kind != Kind::Mark(Mark::Colon);
            self.at += usize::from(broken);
            if !self.is_word(Word::Else) || self.ahead(1).kind == Kind::Mark(Mark::Colon) {
                break None;
            }
            self.at += 1;
            if !self.is_word(Word::If) {
                break Some(self.block("or `if` after `else`")?);
            }
        };
        Ok(Statement::If { arms: self.arms(&arms), otherwise })
    }

    fn arms(&mut self, arms: &[Arm]) -> Span {
        let start = size(self.file.arms.len());
        self.file.arms.extend_from_slice(arms);
        Span { start, length: size(arms.len()) }
    }

    fn loop_statement(&mut self) -> Parsed<Statement> {
        self.at += 1;
        let over = self.expression()?;
        let (first, second) = self.loop_names()?;
        self.in_loop += 1;
        let body = self.block("after the names of the loop");
        self.in_loop -= 1;
        Ok(Statement::For { over, first, second, body: body? })
    }

    /// `as a` or `as a, b`.
    pub(super) fn loop_names(&mut self) -> Parsed<(Name, Option<Name>)> {
        self.expect_word(Word::As, "and a name for each element")?;
        let first = self.new_name("for each element")?;
        let second =
            if self.took(Mark::Comma) { Some(self.new_name("for each value")?) } else { None };
        Ok((first, second))
    }

    fn case(&mut self) -> Parsed<Statement> {
        self.at += 1;
        let subject = if self.is(Mark::OpenCurly) { None } else { Some(self.expression()?) };
        self.expect(Mark::OpenCurly, "after the value of `case`")?;
        let (arms, otherwise) = self.nested(Self::case_arms)?;
        self.expect(Mark::CloseCurly, "at the end of `case`")?;
        Ok(Statement::Case { subject, arms: self.arms(&arms), otherwise })
    }

    fn case_arms(&mut self) -> Parsed<(Vec<Arm>, Option<Block>)> {
        let (mut arms, mut otherwise) = (Vec::new(), None);
        loop {
            match self.token().kind {
                Kind::Semicolon | Kind::LineEnd => self.at += 1,
                Kind::Mark(Mark::CloseCurly) => return Ok((arms, otherwise)),
                Kind::Word(Word::When) => {
                    self.at += 1;
                    let mut tests = vec![self.expression()?];
                    while self.took(Mark::Comma) {
                        tests.push(self.expression()?);
                    }
                    self.expect(Mark::Colon, "after the values of `when`")?;
                    let body = self.block_statements()?;
                    let tests = self.members(&tests);
                    arms.push(Arm { tests, body: self.statements(&body) });
                }
                Kind::Word(Word::Else) if otherwise.is_none() => {
                    self.at += 1;
                    self.expect(Mark::Colon, "after `else`")?;
                    let body = self.block_statements()?;
                    otherwise = Some(self.statements(&body));
                }
                _ => return self.unexpected("`when`, `else:` or `}`"),
            }
        }
    }

    /// Parameters and body, after `func` and a name.
    pub(super) fn function(&mut self) -> Parsed<u32> {
        self.expect(Mark::OpenRound, "before the parameters")?;
        let mut parameters = Vec::new();
        while !self.is(Mark::CloseRound) {
            let at = self.token().start;
            let name = self.new_name("for the parameter")?;
            if parameters.contains(&name) {
                return Err(SyntaxError::new(at, "two parameters of one name"));
            }
            parameters.push(name);
            if !self.took(Mark::Comma) {
                break;
            }
        }
        self.expect(Mark::CloseRound, "after the parameters")?;
        self.in_function += 1;
        let loops = std::mem::take(&mut self.in_loop);
        let body = self.block("before the function's body");
        self.in_loop = loops;
        self.in_function -= 1;
        let function = Function { parameters: parameters.into(), body: body? };
        self.file.functions.push(function);
        Ok(size(self.file.functions.len() - 1))
    }

    /// The text of the comments right above an offset; at the head of a file, of the first ones.
    fn comment_before(&self, at: u32, head: bool) -> Box<str> {
        let mut lines: Vec<String> = Vec::new();
        let text_between =
            |from: u32, to: u32| self.text.get(place(from)..place(to)).unwrap_or_default();
        let is_next = |gap: &str| gap.trim().is_empty() && gap.matches('\n').count() <= 1;
        if head {
            let mut from = 0;
            for comment in self.comments {
                if !is_next(text_between(from, comment.start)) {
                    break;
                }
                lines.push(plain(text_between(comment.start, comment.end)));
                from = comment.end;
            }
        } else {
            let mut to = at;
            let before = self.comments.partition_point(|comment| comment.end <= at);
            for comment in self.comments.get(..before).unwrap_or_default().iter().rev() {
                if !is_next(text_between(comment.end, to)) || lines.len() == 100 {
                    break;
                }
                lines.push(plain(text_between(comment.start, comment.end)));
                to = comment.start;
            }
            lines.reverse();
        }
        lines.join("\n").trim().into()
    }
}

/// A comment without its delimiters.
fn plain(comment: &str) -> String {
    if let Some(inner) = comment.strip_prefix("/*") {
        let inner = inner.strip_suffix("*/").unwrap_or(inner);
        let lines = inner.lines().map(|line| line.trim().trim_start_matches('*').trim());
        return lines.collect::<Vec<_>>().join("\n").trim().to_owned();
    }
    let inner = comment.strip_prefix("//").unwrap_or(comment);
    inner.trim_start_matches('#').trim().to_owned()
}
