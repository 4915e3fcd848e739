//! A policy that is embedded: its files, read and checked by the code that reads them again when the
//! program runs.

use std::path::Path;

use countersign_policy::{Language, Policy as Checked, Source};
use syn::{Error, LitStr, Result};

use crate::parse::{PolicyOption, PolicySyntax};

/// A policy's files, as they were named.
pub(crate) struct Policy {
    pub(crate) language: Language,
    pub(crate) file: LitStr,
    pub(crate) modules: Vec<LitStr>,
    pub(crate) data: Vec<LitStr>,
    pub(crate) entry: String,
}

impl Policy {
    /// The file that the macro stands in is `None` where only an editor knows it: then nothing is read.
    pub(crate) fn check(
        language: Language,
        syntax: PolicySyntax,
        written_in: Option<&Path>,
    ) -> Result<Self> {
        let PolicySyntax { file, options } = syntax;
        let (modules, data, entry) = (Vec::new(), Vec::new(), "allow".to_owned());
        let mut policy = Self { language, file, modules, data, entry };
        for (name, option) in options {
            match (name.to_string().as_str(), option) {
                ("modules", PolicyOption::Many(files)) => policy.modules = files,
                ("data", PolicyOption::Many(files)) => policy.data = files,
                ("entry", PolicyOption::One(rule)) if language == Language::Rego => {
                    policy.entry = rule.value();
                }
                _ => return Err(Error::new(name.span(), options_of(language))),
            }
        }
        if let Some(folder) = written_in.and_then(Path::parent) {
            policy.read(folder)?;
        }
        Ok(policy)
    }

    fn read(&self, folder: &Path) -> Result<()> {
        let sources = |names: &[LitStr]| {
            names.iter().map(|name| source(folder, name)).collect::<Result<Vec<_>>>()
        };
        let main = source(folder, &self.file)?;
        let (modules, data) = (sources(&self.modules)?, sources(&self.data)?);
        Checked::of(self.language, &main, &modules, &data, &self.entry).map(drop).map_err(|error| {
            let named = self.modules.iter().chain(&self.data);
            let wrong = named.into_iter().find(|name| name.value() == error.file);
            Error::new(wrong.unwrap_or(&self.file).span(), error)
        })
    }
}

fn options_of(language: Language) -> &'static str {
    match language {
        Language::Rego => {
            "`rego!` takes `entry = \"rule\"`, `modules = [\"file.rego\"]` and `data = [\"file.json\"]`"
        }
        Language::Sentinel => {
            "`sentinel!` takes `modules = [\"file.sentinel\"]` and `data = [\"file.json\"]`"
        }
    }
}

fn source(folder: &Path, name: &LitStr) -> Result<Source> {
    let path = folder.join(name.value());
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Source::new(name.value(), text)),
        Err(error) => {
            let file = name.value();
            let message =
                format!("`{file}` cannot be read: {error}; the path is relative to this file");
            Err(Error::new(name.span(), message))
        }
    }
}
