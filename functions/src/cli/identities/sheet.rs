//! The table: a row per user, a column per integration.

use std::collections::{BTreeMap, BTreeSet};

use countersign::desk::UserView;
use countersign::model::UserId;

use crate::cli::exit::Failure;

/// The head of the first column.
const USER: &str = "user";

/// An integration: its type and its `external_id`.
pub(super) type Column = (String, String);

/// A table as it was read. An empty cell is an empty text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Sheet {
    pub(super) columns: Vec<Column>,
    pub(super) rows: BTreeMap<UserId, Vec<String>>,
}

/// Writes the table of these users.
pub(super) fn write(users: &[UserView]) -> Result<String, Failure> {
    let columns: BTreeSet<Column> = users
        .iter()
        .flat_map(|user| &user.identities)
        .map(|it| (it.kind.clone(), it.external_id.clone()))
        .collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    let head = columns.iter().map(|(kind, id)| guarded(&format!("{kind}:{id}")));
    let head: Vec<_> = std::iter::once(USER.to_owned()).chain(head).collect();
    let wrong = |error: csv::Error| Failure::Error(error.to_string());
    writer.write_record(&head).map_err(wrong)?;
    for user in users.iter().filter(|user| !user.id.is_bot()) {
        let name = |(kind, id): &Column| guarded(user.identity(kind, id).unwrap_or_default());
        let names = columns.iter().map(name);
        let row: Vec<_> = std::iter::once(guarded(user.id.as_str())).chain(names).collect();
        writer.write_record(&row).map_err(wrong)?;
    }
    let bytes = writer.into_inner().map_err(|error| Failure::Error(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| Failure::Error(error.to_string()))
}

/// Reads a table.
///
/// # Errors
///
/// What is wrong with it, with its line.
pub(super) fn read(bytes: &[u8]) -> Result<Sheet, String> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err("the table is in UTF-16: save it as \"CSV UTF-8\"".to_owned());
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = before.split(|byte| *byte == b'\n').count();
        format!("line {line} is not in UTF-8: save the table as \"CSV UTF-8\"")
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first = text.lines().next().unwrap_or_default();
    // Spreadsheets write a semicolon where the comma is in numbers.
    let delimiter = if first.contains(';') && !first.contains(',') { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let head = reader.headers().map_err(|error| error.to_string())?.clone();
    if head.get(0).map(str::to_lowercase).as_deref() != Some(USER) {
        return Err(format!("line 1: the first column is `{USER}`"));
    }
    let columns: Vec<Column> = head.iter().skip(1).map(column).collect::<Result<_, _>>()?;
    if columns.iter().collect::<BTreeSet<_>>().len() != columns.len() {
        return Err("line 1: two columns are of the same integration".to_owned());
    }
    let mut sheet = Sheet { columns, rows: BTreeMap::new() };
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        let line = record.position().map_or(0, csv::Position::line);
        sheet.add(&record).map_err(|why| format!("line {line}: {why}"))?;
    }
    sheet.check()?;
    Ok(sheet)
}

fn column(head: &str) -> Result<Column, String> {
    match unguarded(head).split_once(':') {
        Some((kind, id)) if !kind.is_empty() && !id.is_empty() => {
            Ok((kind.to_owned(), id.to_owned()))
        }
        _ => Err(format!("line 1: `{head}` is no integration: write it as in slack:T0ACME")),
    }
}

impl Sheet {
    fn add(&mut self, record: &csv::StringRecord) -> Result<(), String> {
        let mut cells = record.iter().map(|cell| unguarded(cell).to_owned());
        let user = cells.next().unwrap_or_default();
        let id = UserId::of_mail(&user).ok().filter(|id| !id.is_bot());
        let id = id.ok_or_else(|| format!("`{user}` is no mail address"))?;
        let twice = format!("`{id}` has a row already");
        match self.rows.insert(id, cells.collect()) {
            None => Ok(()),
            Some(_) => Err(twice),
        }
    }

    /// Nobody is called as somebody else.
    fn check(&self) -> Result<(), String> {
        for (index, (kind, external_id)) in self.columns.iter().enumerate() {
            let mut seen = BTreeMap::new();
            for (user, cells) in &self.rows {
                let Some(value) = cells.get(index).filter(|value| !value.is_empty()) else {
                    continue;
                };
                if let Some(other) = seen.insert(value, user) {
                    return Err(format!(
                        "{other} and {user} are both `{value}` in {kind}:{external_id}: a name is one person's"
                    ));
                }
            }
        }
        Ok(())
    }
}

/// A cell that a spreadsheet would take for a formula, so that it does not.
/// Source: <https://owasp.org/www-community/attacks/CSV_Injection>.
fn guarded(text: &str) -> String {
    if is_formula(text) { format!("'{text}") } else { text.to_owned() }
}

fn unguarded(text: &str) -> &str {
    text.strip_prefix('\'').filter(|rest| is_formula(rest)).unwrap_or(text)
}

fn is_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r'])
}

#[cfg(test)]
mod tests {
    use countersign::model::{Identity, User};

    use super::*;

    fn user(mail: &str, names: &[(&str, &str, &str)]) -> User {
        let mut user = User::new(UserId::of_mail(mail).unwrap());
        user.identities = names
            .iter()
            .map(|(kind, id, value)| Identity {
                kind: (*kind).to_owned(),
                external_id: (*id).to_owned(),
                value: (*value).to_owned(),
            })
            .collect();
        user
    }

    #[test]
    fn what_goes_out_comes_in_again() {
        let names =
            ["U1", "=HYPERLINK(\"http://evil\")", "+1", "'=x", "'quoted", "a,b;\"c\"\nd", "李"];
        for name in names {
            let users = [
                user(
                    "ada@acme.test",
                    &[("slack", "T0", name), ("aws", "1:2", "arn:aws:iam::1:user/a")],
                ),
                user("bo@acme.test", &[]),
            ];
            let text = write(&users).unwrap();
            for line in text.lines() {
                assert!(!line.split(',').any(|cell| cell.starts_with(['=', '+', '@'])), "{line}");
            }
            let sheet = read(text.as_bytes()).unwrap();
            assert_eq!(sheet.columns, [("aws", "1:2"), ("slack", "T0")].map(own), "{text}");
            let row = &sheet.rows[&users[0].id];
            assert_eq!(row, &["arn:aws:iam::1:user/a", name], "{text}");
            assert_eq!(sheet.rows[&users[1].id], ["", ""]);
        }
    }

    fn own((kind, id): (&str, &str)) -> Column {
        (kind.to_owned(), id.to_owned())
    }

    #[test]
    fn what_spreadsheets_make_of_it_is_read() {
        let texts = [
            "user,slack:T0\r\nada@acme.test,U1\r\n",
            "\u{feff}User;slack:T0\r\nAda@acme.test;U1\r\n",
            "user , slack:T0\n ada@acme.test , U1",
        ];
        for text in texts {
            let sheet = read(text.as_bytes()).unwrap();
            assert_eq!(sheet.rows[&UserId::of_mail("ada@acme.test").unwrap()], ["U1"], "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_refused_with_its_line() {
        let cases: [(&[u8], &str); 9] = [
            (b"\xff\xfeu\0s\0e\0r\0", "UTF-16"),
            (b"user,slack:T0\nada@acme.test,\xe9\n", "line 2 is not in UTF-8"),
            (b"", "the first column is `user`"),
            (b"name,slack:T0\n", "the first column is `user`"),
            (b"user,slack\n", "`slack` is no integration"),
            (b"user,slack:T0,slack:T0\n", "two columns"),
            (b"user,slack:T0\nada,U1\n", "line 2: `ada` is no mail address"),
            (
                b"user,slack:T0\nada@acme.test,U1\nADA@acme.test,U2\n",
                "line 3: `ada@acme.test` has a row",
            ),
            (b"user,slack:T0\nada@acme.test,U1\nbo@acme.test,U1\n", "are both `U1` in slack:T0"),
        ];
        for (bytes, expected) in cases {
            let error = read(bytes).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
        let error = read(b"user,slack:T0\nada@acme.test,U1,more\n").unwrap_err();
        assert!(error.contains("line: 2"), "{error}");
    }
}
