//! `matches`: regular expressions in RE2's syntax, searched in time linear to the text.

use std::str::Chars;

use regex::bytes::{Regex, RegexBuilder};

use super::Machine;
use crate::failure::{Run, fail};
use crate::value::Value;

/// Bytes that most patterns fill at the most once compiled. What is larger takes its time, and costs
/// more steps.
const USUAL: usize = 16 << 10;
/// How many times longer than a pattern is what it may become.
const GROWTH: usize = 64;
/// How deep brackets of a pattern may nest.
pub(super) const MAX_NESTING: u32 = 100;

impl Machine<'_> {
    pub(super) fn matches(&mut self, text: Value, pattern: Value) -> Run<bool> {
        let (Some(bytes), Some(spelled)) = (self.heap.bytes(text), self.heap.bytes(pattern)) else {
            let other = if self.heap.bytes(text).is_none() { text } else { pattern };
            return fail(format!("`matches` needs two strings, not a {}", other.type_name()));
        };
        let length = bytes.len();
        if !self.patterns.contains_key(spelled) {
            let spelled: Box<[u8]> = spelled.into();
            // What compiling costs at the most, in steps and in memory.
            self.heap.meter.step(2_000 + 20 * u64::try_from(spelled.len()).unwrap_or(u64::MAX))?;
            self.heap.meter.take(64 << 10)?;
            let most = self.setup.limits.patterns;
            if spelled.len() > most / GROWTH {
                let most = most / GROWTH / 1024;
                return fail(format!("this pattern is longer than {most} KiB"));
            }
            let text = translate(&spelled)?;
            let classes = super::folding::cost(&text);
            let mut room = USUAL.min(most);
            let compiled = loop {
                self.heap.meter.step(classes)?;
                match compile(&text, room) {
                    Ok(Some(compiled)) => break compiled,
                    Ok(None) if room == most => return fail("this pattern is too large"),
                    Ok(None) => room = room.saturating_mul(16).min(most),
                    Err(why) => {
                        let spelled = String::from_utf8_lossy(&spelled);
                        return fail(format!("`{spelled}` is no regular expression: {why}"));
                    }
                }
                self.heap.meter.step(u64::try_from(room / 8).unwrap_or(u64::MAX))?;
                self.heap.meter.take(room / 4)?;
            };
            self.patterns.insert(spelled, compiled);
        }
        self.heap.meter.step(20)?;
        self.heap.meter.step(u64::try_from(length).unwrap_or(u64::MAX))?;
        let (Some(bytes), Some(spelled)) = (self.heap.bytes(text), self.heap.bytes(pattern)) else {
            return fail("this string is gone");
        };
        Ok(self.patterns.get(spelled).is_some_and(|pattern| pattern.is_match(bytes)))
    }
}

/// A pattern ready to search with, if it fits.
fn compile(text: &str, room: usize) -> Result<Option<Regex>, String> {
    let built = RegexBuilder::new(text)
        .size_limit(room)
        .dfa_size_limit(room.max(256 << 10))
        .nest_limit(MAX_NESTING)
        .build();
    match built {
        Ok(pattern) => Ok(Some(pattern)),
        Err(regex::Error::CompiledTooBig(_)) => Ok(None),
        Err(error) => {
            let error = error.to_string();
            let last = error.lines().last().unwrap_or_default();
            Err(last.trim_start_matches("error: ").to_owned())
        }
    }
}

/// RE2's spelling as that of our library: its classes are ASCII, and it takes for themselves some
/// characters that mean something there.
fn translate(spelled: &[u8]) -> Run<String> {
    let Ok(pattern) = std::str::from_utf8(spelled) else {
        return fail("this pattern is no UTF-8");
    };
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern.chars();
    let peek = |rest: &Chars<'_>| rest.clone().next();
    let mut in_class = false;
    let mut class_begins = false;
    while let Some(c) = rest.next() {
        let begins = std::mem::take(&mut class_begins);
        match c {
            '\\' => match rest.next() {
                Some('Q') => {
                    let quoted = rest.as_str();
                    let (literal, after) = quoted.split_once("\\E").unwrap_or((quoted, ""));
                    out.push_str(&regex::escape(literal));
                    rest = after.chars();
                }
                // `\pL`, `\p{Greek}`
                Some(class @ ('p' | 'P')) => {
                    out.push('\\');
                    out.push(class);
                    if peek(&rest) == Some('{') {
                        let (name, after) = rest.as_str().split_once('}').unwrap_or_default();
                        out.push_str(name);
                        out.push('}');
                        rest = after.chars();
                    }
                }
                Some(escaped) => push_escape(&mut out, escaped, in_class),
                None => out.push('\\'),
            },
            '[' if in_class => match peek(&rest) {
                Some(':') => out.push('['),
                _ => out.push_str("\\["),
            },
            '[' => {
                in_class = true;
                class_begins = true;
                out.push('[');
                if peek(&rest) == Some('^') {
                    rest.next();
                    out.push('^');
                }
            }
            ']' if in_class && begins => out.push_str("\\]"),
            ']' => {
                in_class = false;
                out.push(']');
            }
            '&' | '~' if in_class => {
                out.push('\\');
                out.push(c);
            }
            ':' if in_class && out.ends_with('[') && !out.ends_with("\\[") => {
                // `[:alpha:]`, up to its end.
                out.push(':');
                for c in rest.by_ref() {
                    out.push(c);
                    if c == ']' {
                        break;
                    }
                }
            }
            '{' if !in_class => {
                let ahead: String = rest.clone().take_while(|c| *c != '}').take(12).collect();
                if is_count(&ahead) && rest.clone().nth(ahead.chars().count()) == Some('}') {
                    out.push('{');
                } else {
                    out.push_str("\\{");
                }
            }
            '}' if !in_class => {
                let counted = out.rfind('{').and_then(|at| out.get(at + 1..)).is_some_and(is_count);
                out.push_str(if counted { "}" } else { "\\}" });
            }
            c => out.push(c),
        }
    }
    Ok(out)
}

/// `2`, `2,` or `2,5`
fn is_count(text: &str) -> bool {
    let (least, most) = text.split_once(',').unwrap_or((text, ""));
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    !least.is_empty() && digits(least) && digits(most)
}

fn push_escape(out: &mut String, escaped: char, in_class: bool) {
    let (inside, outside) = match escaped {
        'd' => ("0-9", "[0-9]"),
        'D' => ("[^0-9]", "[^0-9]"),
        'w' => ("0-9A-Za-z_", "[0-9A-Za-z_]"),
        'W' => ("[^0-9A-Za-z_]", "[^0-9A-Za-z_]"),
        's' => ("\\t\\n\\f\\r ", "[\\t\\n\\f\\r ]"),
        'S' => ("[^\\t\\n\\f\\r ]", "[^\\t\\n\\f\\r ]"),
        'b' if !in_class => ("", "(?-u:\\b)"),
        'B' if !in_class => ("", "(?-u:\\B)"),
        c if c.is_ascii_punctuation() => {
            out.push_str(&regex::escape(&c.to_string()));
            return;
        }
        c => {
            out.push('\\');
            out.push(c);
            return;
        }
    };
    out.push_str(if in_class { inside } else { outside });
}
