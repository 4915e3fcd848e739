//! Secrets that are looked for wherever something is told: in every form in which they could stand there.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Shorter ones are found by chance.
const SHORTEST: usize = 8;

/// Secrets, by what they are.
#[derive(Debug, Default)]
pub struct Canaries(BTreeMap<String, String>);

impl Canaries {
    /// Looks for this one, too.
    pub fn add(&mut self, what: &str, secret: &str) {
        if secret.len() >= SHORTEST {
            self.0.entry(secret.to_owned()).or_insert_with(|| what.to_owned());
        }
    }

    /// Looks for a key in PEM: each of its lines tells a part of it.
    pub fn add_key(&mut self, what: &str, pem: &str) {
        pem.lines().filter(|line| !line.starts_with("---")).for_each(|line| self.add(what, line));
    }

    /// Which of them stand in a text, and around what.
    #[must_use]
    pub fn found_in(&self, place: &str, text: &str) -> Vec<String> {
        let mut found = Vec::new();
        for (secret, what) in &self.0 {
            for (form, needle) in forms(secret) {
                if let Some(at) = text.find(&needle) {
                    let around = around(text, at);
                    found.push(format!("{place} tells the {what} {form}: ..{around}.."));
                    break;
                }
            }
        }
        found
    }
}

/// What stands around a place, a line at most.
fn around(text: &str, at: usize) -> &str {
    let start = text.floor_char_boundary(at.saturating_sub(300));
    let end = text.ceil_char_boundary(at.saturating_add(200).min(text.len()));
    text.get(start..end).unwrap_or_default()
}

/// The ways in which a secret could be written.
fn forms(secret: &str) -> Vec<(&'static str, String)> {
    let inner = |quoted: String| quoted.trim_matches('"').to_owned();
    let hex = secret.bytes().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    let mut forms = vec![
        ("as it is", secret.to_owned()),
        ("in JSON", inner(serde_json::Value::from(secret).to_string())),
        ("as Rust prints it", inner(format!("{secret:?}"))),
        ("in an address", form_urlencoded::byte_serialize(secret.as_bytes()).collect()),
        ("in hexadecimal", hex),
    ];
    // What is before it decides how its letters fall on those of Base64.
    for before in 0..3 {
        forms.push(("in Base64", in_base64(&STANDARD_NO_PAD, secret, before)));
        forms.push(("in Base64 of addresses", in_base64(&URL_SAFE_NO_PAD, secret, before)));
    }
    forms
}

/// The letters that a secret alone decides, with so many bytes before it.
fn in_base64(engine: &impl base64::Engine, secret: &str, before: usize) -> String {
    let bytes = [vec![0; before], secret.as_bytes().to_vec()].concat();
    let whole = bytes.len().saturating_mul(4) / 3;
    let first = before.saturating_mul(4).div_ceil(3);
    engine.encode(bytes).get(first..whole).unwrap_or_default().to_owned()
}

/// Everything that this process logs, from everywhere, at the finest level.
#[derive(Debug, Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Begins to listen. Only once in a process.
    ///
    /// # Errors
    ///
    /// If somebody listens already.
    pub fn listen() -> Result<Self, String> {
        let log = Self::default();
        let writer = log.clone();
        tracing_subscriber::fmt()
            .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .try_init()
            .map_err(|error| error.to_string())?;
        // Libraries that log in the older way.
        let older = Box::new(log.clone());
        log::set_boxed_logger(older).map_err(|error| error.to_string())?;
        log::set_max_level(log::LevelFilter::Trace);
        Ok(log)
    }

    /// What was logged.
    #[must_use]
    pub fn text(&self) -> String {
        let written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&written).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl log::Log for Log {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let line = format!("{} {}: {}\n", record.level(), record.target(), record.args());
        // Nothing that writes here fails.
        let _ = self.clone().write_all(line.as_bytes());
    }

    fn flush(&self) {}
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;

    use super::*;

    #[test]
    fn a_secret_is_found_in_every_form() {
        let secret = "s3cr\"t/+ &= key\\ of ä";
        let mut canaries = Canaries::default();
        canaries.add("key", secret);
        for form in [
            format!("a {secret} b"),
            serde_json::json!({ "x": secret }).to_string(),
            format!("{:?}", Some(secret)),
            form_urlencoded::Serializer::new(String::new()).append_pair("x", secret).finish(),
            URL_SAFE_NO_PAD.encode(format!("user:{secret}")),
            STANDARD_NO_PAD.encode(format!("user1:{secret}&more")),
            STANDARD_NO_PAD.encode(format!("{secret}&more")),
        ] {
            assert_eq!(canaries.found_in("it", &form).len(), 1, "{form}");
        }
        assert_eq!(canaries.found_in("it", "s3cr t key"), Vec::<String>::new());
    }
}
