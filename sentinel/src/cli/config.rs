//! The configuration: of `apply`, and of each test case. In HCL, in the same shape as JSON, and in
//! the older JSON.

use std::collections::{HashMap, HashSet};

use super::hcl::{self, Body, Item};
use crate::value::Data;

/// Where an import comes from. Paths are relative to the configuration.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Source {
    /// A file in Sentinel.
    Module(String),
    /// A file in JSON.
    Static(String),
    Data(Data),
    /// The import of the standard library, set up so.
    Standard(Data),
    /// What cannot be evaluated here, and why: an error once a policy imports it.
    Refused(String),
}

/// A policy to apply.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) source: Option<String>,
    pub(super) level: Option<String>,
    pub(super) params: Vec<(String, Data)>,
}

/// What a configuration says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Config {
    pub(super) imports: Vec<(String, Source)>,
    pub(super) mocks: Vec<(String, Source)>,
    pub(super) globals: Vec<(String, Data)>,
    pub(super) params: Vec<(String, Data)>,
    pub(super) policies: Vec<Listed>,
    /// The rules that a test expects, with their values; none if it has no `test`.
    pub(super) expected: Option<Vec<(String, Data)>>,
    /// What is no longer written so.
    pub(super) warnings: Vec<String>,
    pub(super) legacy: bool,
}

impl Config {
    /// Reads a configuration; its name tells which syntax it is in.
    pub(super) fn parse(name: &str, text: &str) -> Result<Self, String> {
        let is_json = std::path::Path::new(name)
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if is_json {
            return Self::from_json(&Data::from_json(text)?);
        }
        let (body, warnings) = hcl::parse(text)?;
        Self::from_hcl(body, warnings)
    }

    fn from_hcl(body: Body, warnings: Vec<String>) -> Result<Self, String> {
        let mut config = Self { warnings, ..Self::default() };
        for item in body {
            match item {
                Item::Block { kind, labels, body } => config.block(&kind, &labels, body)?,
                // As in JSON: `param = { x = 1 }`
                Item::Attribute(name, value) => config.member(&name, &value, false)?,
            }
        }
        Ok(config)
    }

    fn block(&mut self, kind: &str, labels: &[String], body: Body) -> Result<(), String> {
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        let body = body_data(body);
        match (kind, labels.as_slice()) {
            ("mock", [name]) => {
                let source = mock(&body, false).ok_or_else(|| {
                    format!("mock \"{name}\" needs `module {{ source = .. }}` or `data = ..`")
                })?;
                put(&mut self.mocks, name, source);
            }
            ("global" | "param", [name]) => {
                let value = body.get("value").cloned();
                let value = value.ok_or_else(|| format!("{kind} \"{name}\" needs a `value`"))?;
                self.bind(kind, name, value);
            }
            ("module", [name]) => {
                self.warnings
                    .push(format!("module \"{name}\" is now import \"module\" \"{name}\""));
                put(&mut self.imports, name, module(&body, name)?);
            }
            ("import", [kind, name]) => put(&mut self.imports, name, import(kind, name, &body)?),
            ("import", [name]) => put(&mut self.imports, name, import("plugin", name, &body)?),
            ("policy", [name]) => self.policy(name, &body),
            ("test", []) => self.expect(&body),
            ("sentinel", []) => {}
            _ => return Err(format!("unknown block `{kind}` with {} labels", labels.len())),
        }
        Ok(())
    }

    fn from_json(data: &Data) -> Result<Self, String> {
        let Data::Map(members) = data else {
            return Err("the configuration must be a JSON object".to_owned());
        };
        let mut config = Self { legacy: is_legacy(data), ..Self::default() };
        let legacy = config.legacy;
        for (key, value) in members {
            config.member(key, value, legacy)?;
        }
        Ok(config)
    }

    /// A member of a configuration in JSON: the block's kind, and what its labels lead to.
    fn member(&mut self, key: &str, value: &Data, legacy: bool) -> Result<(), String> {
        let members = merged(value);
        match key {
            "mock" | "mocks" => {
                for (name, data) in members {
                    put(&mut self.mocks, &name, mock(&data, true).unwrap_or(Source::Data(data)));
                }
            }
            "module" | "modules" => {
                for (name, data) in members {
                    put(&mut self.imports, &name, module(&data, &name)?);
                }
            }
            "import" | "imports" if legacy => {
                for (name, data) in members {
                    put(&mut self.imports, &name, import("plugin", &name, &data)?);
                }
            }
            "import" | "imports" => {
                for (kind, data) in members {
                    for (name, body) in merged(&data) {
                        put(&mut self.imports, &name, import(&kind, &name, &body)?);
                    }
                }
            }
            "global" | "globals" | "param" | "params" => {
                let kind = if key.starts_with("global") { "global" } else { "param" };
                for (name, data) in members {
                    let body = unlisted(&data);
                    let inner = match body {
                        Data::Map(map) if !legacy && map.len() == 1 => body.get("value").cloned(),
                        _ => None,
                    };
                    self.bind(kind, &name, inner.unwrap_or(data));
                }
            }
            "policy" | "policies" => {
                for (name, data) in members {
                    self.policy(&name, &data);
                }
            }
            "test" => self.expect(value),
            "sentinel" => {}
            _ => self.warnings.push(format!("unknown member `{key}`")),
        }
        Ok(())
    }

    fn bind(&mut self, kind: &str, name: &str, value: Data) {
        let names = if kind == "global" { &mut self.globals } else { &mut self.params };
        put(names, name, value);
    }

    fn policy(&mut self, name: &str, body: &Data) {
        self.list(Listed {
            name: name.to_owned(),
            source: body.get("source").and_then(text),
            level: body.get("enforcement_level").and_then(text),
            params: body.get("params").map(merged).unwrap_or_default(),
        });
    }

    /// Adds a policy, or what is said anew of one that is listed.
    fn list(&mut self, policy: Listed) {
        match self.policies.iter_mut().find(|listed| listed.name == policy.name) {
            Some(listed) => {
                listed.source = policy.source.or(listed.source.take());
                listed.level = policy.level.or(listed.level.take());
                put_all(&mut listed.params, policy.params);
            }
            None => self.policies.push(policy),
        }
    }

    /// Takes over what an override file says, which has to be about what is there.
    pub(super) fn overridden_by(&mut self, other: Self) -> Result<(), String> {
        let missing = missing("policy", &self.policies, &other.policies, |policy| &policy.name)
            .or_else(|| missing("import", &self.imports, &other.imports, |(name, _)| name))
            .or_else(|| missing("mock", &self.mocks, &other.mocks, |(name, _)| name))
            .or_else(|| missing("global", &self.globals, &other.globals, |(name, _)| name))
            .or_else(|| missing("param", &self.params, &other.params, |(name, _)| name));
        if let Some(missing) = missing {
            return Err(format!("there is no {missing} that could be overridden"));
        }
        self.extend(other);
        Ok(())
    }

    /// Takes over what another file of the configuration says.
    pub(super) fn extend(&mut self, other: Self) {
        let Self { imports, mocks, globals, params, policies, expected, warnings, legacy: _ } =
            other;
        put_all(&mut self.imports, imports);
        put_all(&mut self.mocks, mocks);
        put_all(&mut self.globals, globals);
        put_all(&mut self.params, params);
        for policy in policies {
            self.list(policy);
        }
        self.expected = expected.or(self.expected.take());
        self.warnings.extend(warnings);
    }

    /// `test { rules = { main = true } }`, or the rules themselves.
    fn expect(&mut self, body: &Data) {
        let rules = match unlisted(body).get("rules") {
            Some(rules @ (Data::Map(_) | Data::List(_))) => merged(rules),
            _ => merged(body),
        };
        put_all(self.expected.get_or_insert_default(), rules);
    }
}

/// What a later one of the same name replaces.
fn put<T>(list: &mut Vec<(String, T)>, name: &str, value: T) {
    match list.iter_mut().find(|(found, _)| found == name) {
        Some(entry) => entry.1 = value,
        None => list.push((name.to_owned(), value)),
    }
}

/// What of the second list is not in the first.
fn missing<T>(kind: &str, there: &[T], new: &[T], name: fn(&T) -> &String) -> Option<String> {
    let names: HashSet<_> = there.iter().map(name).collect();
    let missing = new.iter().map(name).find(|name| !names.contains(name))?;
    Some(format!("{kind} \"{missing}\""))
}

fn put_all<T>(list: &mut Vec<(String, T)>, more: Vec<(String, T)>) {
    let places = list.iter().enumerate().map(|(at, (name, _))| (name.clone(), at));
    let mut places: HashMap<String, usize> = places.collect();
    for (name, value) in more {
        let at = *places.entry(name.clone()).or_insert(list.len());
        match list.get_mut(at) {
            Some(entry) => entry.1 = value,
            None => list.push((name, value)),
        }
    }
}

/// A block's attributes and blocks as data. Of blocks of one kind the last one counts.
fn body_data(body: Body) -> Data {
    let member = |item| match item {
        Item::Attribute(name, data) => (name, data),
        Item::Block { kind, labels, body } => {
            let label = |data, label| Data::Map(vec![(label, data)]);
            (kind, labels.into_iter().rev().fold(body_data(body), label))
        }
    };
    let mut members = Vec::new();
    put_all(&mut members, body.into_iter().map(member).collect());
    Data::Map(members)
}

/// The members of a map, or of a list of maps, which is how JSON says that a block comes twice.
fn merged(data: &Data) -> Vec<(String, Data)> {
    match data {
        Data::Map(members) => members.clone(),
        Data::List(list) => list.iter().flat_map(merged).collect(),
        _ => Vec::new(),
    }
}

fn text(data: &Data) -> Option<String> {
    match data {
        Data::Text(text) => Some(text.clone()),
        _ => None,
    }
}

/// A mock: of a module, of a file, or data. `loose`: older JSON has the file or the data itself.
fn mock(body: &Data, loose: bool) -> Option<Source> {
    let body = unlisted(body);
    match body {
        Data::Text(path) if loose => return Some(file(path)),
        Data::Map(members) if loose && members.len() != 1 => return None,
        _ => {}
    }
    if let Some(source) = body.get("module").map(unlisted).and_then(|module| module.get("source")) {
        return text(source).map(|path| file(&path));
    }
    body.get("data").cloned().map(Source::Data)
}

/// The one element of a list, as HCL in JSON may write blocks.
fn unlisted(data: &Data) -> &Data {
    match data {
        Data::List(list) => list.first().unwrap_or(data),
        _ => data,
    }
}

fn file(path: &str) -> Source {
    if path.contains("://") || path.contains("::") {
        return Source::Refused(format!(
            "`{path}` is not on this machine; only files are read here"
        ));
    }
    let is_json = std::path::Path::new(path)
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    if is_json { Source::Static(path.to_owned()) } else { Source::Module(path.to_owned()) }
}

fn module(body: &Data, name: &str) -> Result<Source, String> {
    let body = unlisted(body);
    let path = body.get("source").or_else(|| body.get("path")).unwrap_or(body);
    match text(path) {
        Some(path) => Ok(file(&path)),
        None => Err(format!("module \"{name}\" needs a `source`")),
    }
}

fn import(kind: &str, name: &str, body: &Data) -> Result<Source, String> {
    let body = unlisted(body);
    let is_standard = crate::imports::library(name).is_some();
    match kind {
        // Set up, it stays what it is; something else in its place would have to be a mock.
        "plugin" if is_standard && body.get("source").or_else(|| body.get("path")).is_none() => {
            Ok(Source::Standard(body.get("config").cloned().unwrap_or(Data::Map(Vec::new()))))
        }
        "module" | "static" if is_standard => {
            Err(format!("`{name}` is an import of the standard library: mock it instead"))
        }
        "module" => module(body, name),
        "static" => match (body.get("source").and_then(text), body.get("data")) {
            (Some(path), _) => Ok(Source::Static(path)),
            (None, Some(data)) => Ok(Source::Data(data.clone())),
            (None, None) => Err(format!("import \"static\" \"{name}\" needs a `source`")),
        },
        "plugin" => Ok(Source::Refused(format!(
            "the import `{name}` is a plugin, and programs are not run here: mock it"
        ))),
        other => Err(format!("unknown kind of import \"{other}\" of \"{name}\"")),
    }
}

/// Whether JSON is in the older shape, and not HCL written as JSON.
fn is_legacy(data: &Data) -> bool {
    let rules = data.get("test").and_then(|test| unlisted(test).get("rules"));
    if matches!(rules, Some(Data::Map(_) | Data::List(_))) {
        return false;
    }
    let only = |body: &Data, key| {
        matches!(body, Data::Map(members) if members.len() == 1) && body.get(key).is_some()
    };
    let members = |kind| data.get(kind).map(merged).unwrap_or_default();
    let is_new_mock = |(_, mock): &(String, Data)| {
        let mock = unlisted(mock);
        let module = mock.get("module").map(unlisted).and_then(|module| module.get("source"));
        (only(mock, "module") && module.is_some()) || only(mock, "data")
    };
    if members("mock").iter().any(is_new_mock) {
        return false;
    }
    let bound = [members("global"), members("param")].concat();
    let all_named = !bound.is_empty() && bound.iter().all(|(_, body)| only(body, "value"));
    !(all_named && data.get("test").is_none())
}
