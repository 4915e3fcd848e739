//! A policy file is JSON with comments and trailing commas, which people keep and care for: a member
//! is added and removed where the group's list stands, and nothing else is touched.

use countersign::context::ServiceError;

/// Why the file cannot be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unfit {
    /// It has no such group.
    NoGroup,
    /// It is not what a policy file is.
    NoPolicy,
}

impl Unfit {
    pub(super) fn into_error(self, group: &str) -> ServiceError {
        match self {
            Self::NoGroup => ServiceError::lasting(
                "tailscale",
                format!("the policy file has no `{group}`"),
                "add it there, under `groups`, with an empty list",
            ),
            Self::NoPolicy => ServiceError::lasting(
                "tailscale",
                "the policy file cannot be read",
                "look at it in the admin console: `groups` is an object whose members are lists of texts",
            ),
        }
    }
}

/// Whether somebody is in a group.
pub(super) fn has(text: &str, group: &str, who: &str) -> Result<bool, Unfit> {
    let (_, members) = find(text, group)?;
    Ok(members.iter().any(|member| member.is(who)))
}

/// Whether somebody may be named anywhere in the file. A name can be written with escapes, too.
pub(super) fn names(text: &str, who: &str) -> bool {
    text.contains("\\u") || text.to_lowercase().contains(&who.to_lowercase())
}

/// The file with somebody in a group, or not in it; `None` if it is so already.
pub(super) fn with(
    text: &str,
    group: &str,
    who: &str,
    is_member: bool,
) -> Result<Option<String>, Unfit> {
    let (start, members) = find(text, group)?;
    let theirs: Vec<_> = members.iter().filter(|member| member.is(who)).collect();
    if theirs.is_empty() != is_member {
        return Ok(None);
    }
    let mut changed = text.to_owned();
    if is_member {
        let quoted = serde_json::Value::from(who).to_string();
        let comma = if members.is_empty() { "" } else { ", " };
        changed.insert_str(start, &format!("{quoted}{comma}"));
    } else {
        // From the last one on, so that the places of the others stay what they are.
        for member in theirs.into_iter().rev() {
            changed.replace_range(member.start..member.end, "");
        }
    }
    // What comes out has to say what it should, and to be a policy file still.
    if has(&changed, group, who)? == is_member { Ok(Some(changed)) } else { Err(Unfit::NoPolicy) }
}

/// One member of a list: its text, and where it stands with the comma after it.
struct Member {
    text: String,
    start: usize,
    end: usize,
}

impl Member {
    fn is(&self, who: &str) -> bool {
        self.text.eq_ignore_ascii_case(who)
    }
}

/// Where the list of a group begins, and its members.
fn find(text: &str, group: &str) -> Result<(usize, Vec<Member>), Unfit> {
    let mut scan = Scan { text, at: 0 };
    let groups = scan.member("groups")?.ok_or(Unfit::NoGroup)?;
    let mut scan = Scan { text, at: groups };
    let list = scan.member(group)?.ok_or(Unfit::NoGroup)?;
    let mut scan = Scan { text, at: list };
    scan.expect(b'[')?;
    let start = scan.at;
    let mut members = Vec::new();
    loop {
        scan.blank()?;
        if scan.peek() == Some(b']') {
            return Ok((start, members));
        }
        let from = scan.at;
        let text = scan.string()?;
        let mut end = scan.at;
        scan.blank()?;
        if scan.peek() == Some(b',') {
            scan.at = scan.at.saturating_add(1);
            end = scan.at;
        } else if scan.peek() != Some(b']') {
            return Err(Unfit::NoPolicy);
        }
        members.push(Member { text, start: from, end });
    }
}

/// Reads JSON with comments, one token after the other.
struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl Scan<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.rest().bytes().next()
    }

    /// Goes past blanks and comments.
    fn blank(&mut self) -> Result<(), Unfit> {
        loop {
            let rest = self.rest();
            let length = if rest.starts_with("//") {
                rest.find('\n').unwrap_or(rest.len())
            } else if rest.starts_with("/*") {
                rest.find("*/").ok_or(Unfit::NoPolicy)?.saturating_add(2)
            } else {
                rest.len().saturating_sub(rest.trim_start().len())
            };
            if length == 0 {
                return Ok(());
            }
            self.at = self.at.saturating_add(length);
        }
    }

    fn expect(&mut self, token: u8) -> Result<(), Unfit> {
        self.blank()?;
        if self.peek() != Some(token) {
            return Err(Unfit::NoPolicy);
        }
        self.at = self.at.saturating_add(1);
        Ok(())
    }

    fn string(&mut self) -> Result<String, Unfit> {
        let rest = self.rest();
        let mut escaped = false;
        let end = rest.bytes().enumerate().skip(1).find(|(_, byte)| {
            let ends = *byte == b'"' && !escaped;
            escaped = *byte == b'\\' && !escaped;
            ends
        });
        let (end, _) = end.ok_or(Unfit::NoPolicy)?;
        let token = rest.get(..=end).unwrap_or_default();
        let text = serde_json::from_str(token).map_err(|_| Unfit::NoPolicy)?;
        self.at = self.at.saturating_add(token.len());
        Ok(text)
    }

    /// Where the value of a member of the object here begins. Of two of one name, the last counts
    /// for one reader and the first for another: such a file is refused.
    fn member(&mut self, name: &str) -> Result<Option<usize>, Unfit> {
        self.expect(b'{')?;
        let mut found = None;
        loop {
            self.blank()?;
            if self.peek() == Some(b'}') {
                return Ok(found);
            }
            let key = self.string()?;
            self.expect(b':')?;
            self.blank()?;
            let value = self.at;
            if key == name && found.replace(value).is_some() {
                return Err(Unfit::NoPolicy);
            }
            self.value()?;
            self.blank()?;
            match self.peek() {
                Some(b',') => self.at = self.at.saturating_add(1),
                Some(b'}') => {}
                _ => return Err(Unfit::NoPolicy),
            }
        }
    }

    /// Goes past a value.
    fn value(&mut self) -> Result<(), Unfit> {
        let mut depth: u32 = 0;
        loop {
            self.blank()?;
            match self.peek().ok_or(Unfit::NoPolicy)? {
                b'"' => drop(self.string()?),
                b'{' | b'[' => {
                    depth = depth.saturating_add(1);
                    self.at = self.at.saturating_add(1);
                    continue;
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1).ok_or(Unfit::NoPolicy)?;
                    self.at = self.at.saturating_add(1);
                }
                b',' | b':' if depth > 0 => {
                    self.at = self.at.saturating_add(1);
                    continue;
                }
                byte if byte.is_ascii_alphanumeric() || b"+-.".contains(&byte) => {
                    let rest = self.rest();
                    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
                    let length = rest.bytes().take_while(|byte| is_part(*byte)).count();
                    self.at = self.at.saturating_add(length);
                }
                _ => return Err(Unfit::NoPolicy),
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"// What everybody may.
{
    "groups": {
        // Those who repair things.
        "group:sre": [
            "bo@acme.test", // since 2024
            "cy@acme.test", /* "ada@acme.test" */
        ],
        "group:empty": [],
        "group:one": ["bo@acme.test"],
    },
    "acls": [{ "action": "accept", "src": ["group:sre"], "dst": ["tag:prod:*"] }],
    "randomizeClientPort": false,
}
"#;

    #[test]
    fn somebody_is_added_and_removed_and_the_rest_stays_to_the_letter() {
        for group in ["group:sre", "group:empty", "group:one"] {
            assert_eq!(has(FILE, group, "ada@acme.test"), Ok(false));
            let with_ada = with(FILE, group, "ada@acme.test", true).unwrap().unwrap();
            assert_eq!(has(&with_ada, group, "Ada@acme.test"), Ok(true));
            assert_eq!(with(&with_ada, group, "ada@acme.test", true), Ok(None));
            let without = with(&with_ada, group, "ada@acme.test", false).unwrap().unwrap();
            let blanks = |text: &str| text.split_whitespace().collect::<String>();
            assert_eq!(blanks(&without), blanks(FILE));
            assert!(without.contains("// since 2024") && without.contains("// Those who"));
        }
    }

    #[test]
    fn the_last_and_the_only_one_can_be_removed() {
        for (group, who) in [("group:sre", "cy@acme.test"), ("group:one", "bo@acme.test")] {
            let without = with(FILE, group, who, false).unwrap().unwrap();
            assert_eq!(has(&without, group, who), Ok(false));
            assert_eq!(has(&without, "group:sre", "bo@acme.test"), Ok(true));
        }
    }

    #[test]
    fn what_is_no_policy_file_is_not_touched() {
        assert_eq!(has(FILE, "group:other", "x"), Err(Unfit::NoGroup));
        assert_eq!(has("{}", "group:x", "x"), Err(Unfit::NoGroup));
        for text in [
            "",
            "[]",
            r#"{"groups": []}"#,
            r#"{"groups": {"group:x": "a"}}"#,
            r#"{"groups": {"group:x": [1]}}"#,
            r#"{"groups": {"group:x": ["a" "b"]}}"#,
            r#"{"groups": {"group:x": ["a"], "group:x": []}}"#,
            r#"{"groups": {"group:x": ["a"#,
            "{ /* ",
        ] {
            assert_eq!(has(text, "group:x", "a"), Err(Unfit::NoPolicy), "{text}");
        }
    }
}
