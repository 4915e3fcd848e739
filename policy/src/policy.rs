//! A policy, in either language.

use std::path::Path;

use jiff::Timestamp;
use serde_json::Value;

use crate::answer::{Answer, Explained, Explanation};
use crate::{LoadError, Source, hash};

/// The languages of policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// The Open Policy Agent's.
    Rego,
    /// That of HashiCorp's products.
    Sentinel,
}

impl Language {
    /// That of a file, by the ending of its name.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "rego" => Some(Self::Rego),
            "sentinel" => Some(Self::Sentinel),
            _ => None,
        }
    }

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rego => "rego",
            Self::Sentinel => "sentinel",
        }
    }
}

/// A policy that has been checked: ready to be asked as often as one likes, on any thread.
#[derive(Debug)]
pub struct Policy {
    name: String,
    hash: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    #[cfg(feature = "rego")]
    Rego(crate::rego::Rego),
    #[cfg(feature = "sentinel")]
    Sentinel(crate::sentinel::Sentinel),
}

impl Policy {
    /// A policy in Rego of one file, decided by its rule `allow`.
    ///
    /// # Errors
    ///
    /// Where the file is wrong, why, and the way round it.
    #[cfg(feature = "rego")]
    pub fn rego(name: &str, text: &str) -> Result<Self, LoadError> {
        let main = Source::new(name.to_owned(), text.to_owned());
        Self::rego_of(&main, &[], &[], "allow")
    }

    /// A policy in Rego of several files: the one that decides, modules that it uses, and data files in
    /// JSON, whose keys are those of `data`. The rule that decides is named by its name in the first file,
    /// or by its path from `data` on.
    ///
    /// # Errors
    ///
    /// Where a file is wrong, why, and the way round it.
    #[cfg(feature = "rego")]
    pub fn rego_of(
        main: &Source,
        modules: &[Source],
        data: &[Source],
        entry: &str,
    ) -> Result<Self, LoadError> {
        let files = crate::rego::Files { main, modules, data, entry };
        let kind = Kind::Rego(crate::rego::Rego::load(files)?);
        let all = std::iter::once(main).chain(modules).chain(data);
        let hash = hash::of(Language::Rego.as_str(), entry, all);
        Ok(Self { name: main.name.to_string(), hash, kind })
    }

    /// A policy in Sentinel. What it is given is there as globals, key by key. Modules are imported by
    /// the names of their files, without the ending; static data in JSON likewise.
    ///
    /// # Errors
    ///
    /// Where a file is wrong, and why.
    #[cfg(feature = "sentinel")]
    pub fn sentinel(main: &Source, modules: &[Source], data: &[Source]) -> Result<Self, LoadError> {
        let kind = Kind::Sentinel(crate::sentinel::Sentinel::load(main, modules, data)?);
        let all = std::iter::once(main).chain(modules).chain(data);
        let hash = hash::of(Language::Sentinel.as_str(), "main", all);
        Ok(Self { name: main.name.to_string(), hash, kind })
    }

    /// Reads a policy from a file, in the language that its ending says. In Rego, the rule `allow`
    /// decides.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or is refused.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        let path = path.as_ref();
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| LoadError::new(&*name, format!("cannot be read: {error}")))?;
        let main = Source::new(name, text);
        match Language::of(path) {
            Some(language) => Self::of(language, &main, &[], &[], "allow"),
            None => Err(LoadError::new(&*main.name, "a policy's name ends in .rego or .sentinel")),
        }
    }

    /// A policy in that language. In Sentinel, `main` decides, and the entry point means nothing.
    ///
    /// # Errors
    ///
    /// If a file is refused, or this program is built without the language.
    pub fn of(
        language: Language,
        main: &Source,
        modules: &[Source],
        data: &[Source],
        entry: &str,
    ) -> Result<Self, LoadError> {
        match language {
            #[cfg(feature = "rego")]
            Language::Rego => Self::rego_of(main, modules, data, entry),
            #[cfg(feature = "sentinel")]
            Language::Sentinel => Self::sentinel(main, modules, data),
            #[cfg(not(all(feature = "rego", feature = "sentinel")))]
            language => {
                let _ = (modules, data, entry);
                let message = format!("this program is built without {}", language.as_str());
                Err(LoadError::new(&*main.name, message))
            }
        }
    }

    /// The name of its file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The SHA-256 of its texts, in hexadecimal.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// What it says about this input, at that time. Whatever it does, this returns soon.
    #[must_use]
    pub fn decide(&self, input: &Value, now: Timestamp) -> Answer {
        match self.kind {
            #[cfg(feature = "rego")]
            Kind::Rego(ref rego) => rego.decide(input, now),
            #[cfg(feature = "sentinel")]
            Kind::Sentinel(ref sentinel) => sentinel.explain(input, now).answer,
        }
    }

    /// The same with what the answer rests on.
    #[must_use]
    pub fn explain(&self, input: &Value, now: Timestamp) -> (Answer, Explanation) {
        let explained: Explained = match self.kind {
            #[cfg(feature = "rego")]
            Kind::Rego(ref rego) => rego.explain(input, now),
            #[cfg(feature = "sentinel")]
            Kind::Sentinel(ref sentinel) => sentinel.explain(input, now),
        };
        let Explained { answer, rules, values, left_out } = explained;
        let explanation = Explanation {
            policy: self.name.clone(),
            hash: self.hash.clone(),
            verdict: answer.verdict,
            reasons: answer.reasons.clone(),
            level: None,
            rules,
            values,
            left_out,
        };
        (answer, explanation)
    }
}
