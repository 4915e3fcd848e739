//! Strings in quotes, and texts of several lines.

use super::{Parsed, Parser};

impl Parser<'_> {
    /// `".."`, on one line.
    pub(super) fn quoted(&mut self) -> Parsed<String> {
        let begun = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = self.rest();
            let plain = rest.find(['"', '\\', '$', '%', '\n']).unwrap_or(rest.len());
            text.push_str(rest.get(..plain).unwrap_or_default());
            self.at += plain;
            match self.peek() {
                Some('"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some('\\') => text.push(self.escape()?),
                Some('$' | '%') => self.template(&mut text)?,
                _ => {
                    self.at = begun;
                    return self.wrong("this string is not closed: `\"` is missing on its line");
                }
            }
        }
    }

    fn escape(&mut self) -> Parsed<char> {
        let kind = self.rest().chars().nth(1);
        let (digits, c) = match kind {
            Some('n') => (0, '\n'),
            Some('r') => (0, '\r'),
            Some('t') => (0, '\t'),
            Some('"') => (0, '"'),
            Some('\\') => (0, '\\'),
            Some('u') => (4, ' '),
            Some('U') => (8, ' '),
            _ => {
                return self
                    .wrong("unknown escape: known are \\n \\r \\t \\\" \\\\ \\uNNNN \\UNNNNNNNN");
            }
        };
        if digits == 0 {
            self.at += 2;
            return Ok(c);
        }
        let code = self.rest().get(2..2 + digits).and_then(|code| {
            let is_code = code.bytes().all(|byte| byte.is_ascii_hexdigit());
            u32::from_str_radix(code, 16).ok().filter(|_| is_code).and_then(char::from_u32)
        });
        match code {
            Some(c) => {
                self.at += 2 + digits;
                Ok(c)
            }
            None => self.wrong("this escape names no character"),
        }
    }

    /// `$` or `%`: themselves, unless a bracket follows. Doubled before a bracket, they are meant as
    /// they are written.
    fn template(&mut self, text: &mut String) -> Parsed<()> {
        for (doubled, plain) in [("$${", "${"), ("%%{", "%{")] {
            if self.took(doubled) {
                text.push_str(plain);
                return Ok(());
            }
            if self.rest().starts_with(plain) {
                return self.wrong(format!(
                    "`{plain}..}}` has no place in this configuration: write the value down"
                ));
            }
        }
        text.extend(self.peek());
        self.at += 1;
        Ok(())
    }

    /// `<<EOT` and the lines up to one that is `EOT`; after `<<-` without what all are indented by.
    pub(super) fn heredoc(&mut self) -> Parsed<String> {
        let begun = self.at;
        self.at += 2;
        let indented = self.took("-");
        let marker = self.name();
        self.took("\r");
        let (Some(marker), true) = (marker, self.took("\n")) else {
            return self.unexpected("a name alone at the end of the line, as in `<<EOT`");
        };
        let rest = self.rest();
        let is_end = |line: &&str| line.trim() == marker;
        let lines: Vec<_> = rest.split_inclusive('\n').take_while(|line| !is_end(line)).collect();
        let length = lines.iter().map(|line| line.len()).sum();
        let Some(last) = rest.get(length..).and_then(|rest| rest.split('\n').next()) else {
            return self.wrong("this text is not closed");
        };
        if !is_end(&last) {
            self.at = begun;
            return self
                .wrong(format!("this text is not closed: a line with `{marker}` is missing"));
        }
        let indent = |line: &&str| line.len() - line.trim_start_matches([' ', '\t']).len();
        let written = lines.iter().filter(|line| !line.trim().is_empty());
        let margin = if indented { written.map(indent).min().unwrap_or(0) } else { 0 };
        let mut text = String::new();
        for line in lines {
            let end = self.at + line.len();
            self.at += margin.min(line.len() - line.trim_start_matches([' ', '\t']).len());
            while self.at < end {
                let left = self.text.get(self.at..end).unwrap_or_default();
                let plain = left.find(['$', '%']).unwrap_or(left.len());
                text.push_str(left.get(..plain).unwrap_or_default());
                self.at += plain;
                if self.at < end {
                    self.template(&mut text)?;
                }
            }
        }
        self.at += last.trim_end().len();
        Ok(text.replace("\r\n", "\n"))
    }
}
