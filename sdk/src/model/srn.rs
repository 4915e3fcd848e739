//! Resource names: `org:model[:type]:slug:version[:id]`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A resource name such as `acme:target:okta_group:data-admins:latest`. Compared in lowercase.
///
/// The type stands exactly in names of the models `strategy`, `target`, `user`, `secret`,
/// `secrets`, `integration` and `log_destination`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Srn {
    org: String,
    model: String,
    kind: Option<String>,
    slug: String,
    version: Version,
    id: Option<String>,
}

/// A version in an [`Srn`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// Whatever is newest.
    Latest,
    /// `N.N.N`, each of one to three digits.
    Exact(u16, u16, u16),
}

/// Why a text is no [`Srn`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SrnError {
    /// It has too many parts.
    #[error(
        "`{0}` is not a resource name: write `org:model[:type]:slug:version[:id]`, as in `acme:flow:infra_access:latest`"
    )]
    Invalid(String),
    /// A part has characters that it cannot have.
    #[error("`{slug}` cannot be the {part} of a resource name: use letters, digits, `-` and `_`")]
    Slug {
        /// Which part.
        part: &'static str,
        /// What stood there.
        slug: String,
    },
    /// A part is missing.
    #[error("the resource name lacks its {0}: write `org:model[:type]:slug:version[:id]`")]
    MissingComponent(&'static str),
    /// The version is none.
    #[error(
        "`{0}` is not a version: write `latest` or three numbers of up to three digits, as in `1.0.0`"
    )]
    Version(String),
    /// It ends with a `:`.
    #[error("`{0}` ends with a `:`: leave it out, or write the id behind it")]
    TrailingSeparator(String),
    /// Several of these.
    #[error("{}", join(.0))]
    Multiple(Vec<SrnError>),
}

fn join(errors: &[SrnError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

const TYPED: [&str; 7] =
    ["strategy", "target", "user", "secret", "secrets", "integration", "log_destination"];

impl Srn {
    /// Reads a resource name.
    ///
    /// # Errors
    ///
    /// All that is wrong with it, as one [`SrnError`].
    pub fn parse(text: &str) -> Result<Self, SrnError> {
        let lower = text.to_lowercase();
        if lower.ends_with(':') {
            return Err(SrnError::TrailingSeparator(text.to_owned()));
        }
        let mut parts = lower.split(':');
        let mut errors = Vec::new();
        let org = slug(&mut parts, "organization", &mut errors);
        let model = slug(&mut parts, "model", &mut errors);
        let kind = Self::requires_type(&model).then(|| slug(&mut parts, "type", &mut errors));
        let name = slug(&mut parts, "slug", &mut errors);
        let version = match parts.next() {
            None => Err(SrnError::MissingComponent("version")),
            Some(version) => Version::parse(version),
        };
        let id = parts.next().map(str::to_owned);
        if let Some(id) = &id
            && !is_slug(id)
        {
            errors.push(SrnError::Slug { part: "id", slug: id.clone() });
        }
        if parts.next().is_some() {
            return Err(SrnError::Invalid(text.to_owned()));
        }
        match (version, errors.len()) {
            (Ok(version), 0) => Ok(Self { org, model, kind, slug: name, version, id }),
            (version, _) => {
                errors.extend(version.err());
                Err(if errors.len() == 1 { errors.remove(0) } else { SrnError::Multiple(errors) })
            }
        }
    }

    /// Whether names of this model carry a type.
    #[must_use]
    pub fn requires_type(model: &str) -> bool {
        TYPED.contains(&model)
    }

    /// The organization.
    #[must_use]
    pub fn org(&self) -> &str {
        &self.org
    }

    /// The model, such as `flow`.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.model
    }

    /// The type, such as `okta_group`.
    #[must_use]
    pub fn kind(&self) -> Option<&str> {
        self.kind.as_deref()
    }

    /// The resource's own name.
    #[must_use]
    pub fn slug(&self) -> &str {
        &self.slug
    }

    /// The version.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// Which one of the resources of this name, such as a run of a flow.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }
}

impl Version {
    fn parse(text: &str) -> Result<Self, SrnError> {
        if text == "latest" {
            return Ok(Self::Latest);
        }
        let number = |part: &str| -> Option<u16> {
            let plain = (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
            plain.then(|| part.parse().ok()).flatten()
        };
        let numbers: Option<Vec<u16>> = text.split('.').map(number).collect();
        match numbers.as_deref() {
            Some(&[major, minor, patch]) => Ok(Self::Exact(major, minor, patch)),
            _ => Err(SrnError::Version(text.to_owned())),
        }
    }
}

fn slug<'a>(
    parts: &mut impl Iterator<Item = &'a str>,
    part: &'static str,
    errors: &mut Vec<SrnError>,
) -> String {
    match parts.next() {
        None | Some("") => errors.push(SrnError::MissingComponent(part)),
        Some(text) if is_slug(text) => return text.to_owned(),
        Some(text) => errors.push(SrnError::Slug { part, slug: text.to_owned() }),
    }
    String::new()
}

fn is_slug(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latest => f.write_str("latest"),
            Self::Exact(major, minor, patch) => write!(f, "{major}.{minor}.{patch}"),
        }
    }
}

impl fmt::Display for Srn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:", self.org, self.model)?;
        if let Some(kind) = &self.kind {
            write!(f, "{kind}:")?;
        }
        write!(f, "{}:{}", self.slug, self.version)?;
        self.id.as_ref().map_or(Ok(()), |id| write!(f, ":{id}"))
    }
}

impl From<Srn> for String {
    fn from(srn: Srn) -> Self {
        srn.to_string()
    }
}

impl TryFrom<String> for Srn {
    type Error = SrnError;
    fn try_from(text: String) -> Result<Self, SrnError> {
        Self::parse(&text)
    }
}

impl std::str::FromStr for Srn {
    type Err = SrnError;
    fn from_str(text: &str) -> Result<Self, SrnError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &str, expected: &SrnError) {
        assert_eq!(&Srn::parse(text).unwrap_err(), expected);
    }

    #[test]
    fn a_name_is_read_and_written_back_in_lowercase() {
        for text in [
            "acme:flow:infra_access:latest",
            "acme:target:okta_group:data-admins:1.0.12",
            "acme:run:infra_access:latest:01arz3ndektsv4rrffq69g5fav",
        ] {
            assert_eq!(Srn::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Srn::parse("ACME:Flow:X:Latest"), Srn::parse("acme:flow:x:latest"));
    }

    #[test]
    fn each_mistake_has_its_own_error() {
        refused("acme:flow:x:latest:", &SrnError::TrailingSeparator("acme:flow:x:latest:".into()));
        refused("acme:flow:x", &SrnError::MissingComponent("version"));
        refused("acme:flow::latest", &SrnError::MissingComponent("slug"));
        refused("acme:flow:a b:latest", &SrnError::Slug { part: "slug", slug: "a b".into() });
        refused("acme:flow:x:newest", &SrnError::Version("newest".into()));
        refused("acme:flow:x:1.0", &SrnError::Version("1.0".into()));
        refused("acme:flow:x:1.0.1000", &SrnError::Version("1.0.1000".into()));
        refused("acme:flow:x:latest:1:2", &SrnError::Invalid("acme:flow:x:latest:1:2".into()));
        refused("acme:target:data-admins:latest", &SrnError::MissingComponent("version"));
        refused(
            "a c:flow:x:newest",
            &SrnError::Multiple(vec![
                SrnError::Slug { part: "organization", slug: "a c".into() },
                SrnError::Version("newest".into()),
            ]),
        );
    }
}
