//! What is refused in a parsed policy: what would be answered wrongly without a word, and functions that
//! policies do not call. On the way, what the policy looks at is written down.

use std::collections::{BTreeMap, BTreeSet};

use regorus::Value;
use regorus::unstable::{BUILTINS, Expr, Literal, Module, Query, Rule, RuleHead, Span};

use super::builtins::{self, Signature};
use crate::{LoadError, Place};

/// The most arguments that the machine passes on.
const MAX_ARGUMENTS: usize = 8;
/// The most places of the input that are written down.
const MAX_PATHS: usize = 64;

/// What was found out about all files of a policy.
#[derive(Debug, Default)]
pub(super) struct Review {
    /// Where each rule is, by its full path.
    pub rules: BTreeMap<String, (String, Place)>,
    /// Rules that are no functions, in the order of the files.
    pub plain: Vec<String>,
    /// The same, to look them up.
    known: BTreeSet<String>,
    /// Functions, and how many arguments they take.
    functions: BTreeMap<String, usize>,
    /// The first part of each package's name.
    pub packages: BTreeSet<String>,
    /// What is looked at, by the paths in the input.
    pub paths: BTreeSet<Vec<String>>,
}

/// Whether `with` is taken: in tests alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Replacing {
    Refused,
    #[cfg_attr(not(feature = "testing"), expect(dead_code, reason = "only tests replace"))]
    Taken,
}

impl Review {
    pub(super) fn of(
        modules: &[impl std::ops::Deref<Target = Module>],
        replacing: Replacing,
    ) -> Result<Self, LoadError> {
        let mut review = Self::default();
        for module in modules {
            let package = package(module);
            review.packages.extend(package.split('.').nth(1).map(str::to_owned));
            for rule in &module.policy {
                review.declare(&package, rule);
            }
        }
        for module in modules {
            let aliases = aliases(module);
            let mut walk =
                Walk { package: package(module), aliases, replacing, review: &mut review };
            module.policy.iter().try_for_each(|rule| walk.rule(rule))?;
        }
        Ok(review)
    }

    /// Whether there is such a rule that is no function.
    pub(super) fn is_plain(&self, path: &str) -> bool {
        self.known.contains(path)
    }

    fn declare(&mut self, package: &str, rule: &Rule) {
        let (refr, arguments) = match rule {
            Rule::Spec { head: RuleHead::Func { refr, args, .. }, .. } => (refr, Some(args.len())),
            Rule::Spec {
                head: RuleHead::Compr { refr, .. } | RuleHead::Set { refr, .. }, ..
            } => (refr, None),
            Rule::Default { refr, args, .. } => (refr, (!args.is_empty()).then_some(args.len())),
        };
        let path = format!("{package}.{}", head(refr));
        let span = rule.span();
        let at = (span.source.get_path().clone(), place(span));
        self.rules.entry(path.clone()).or_insert(at);
        match arguments {
            Some(arguments) => {
                self.functions.insert(path, arguments);
            }
            None if self.known.insert(path.clone()) => self.plain.push(path),
            None => {}
        }
    }
}

/// `data.` and the package's name.
pub(super) fn package(module: &Module) -> String {
    format!("data.{}", path(&module.package.refr).unwrap_or_default())
}

fn aliases(module: &Module) -> BTreeMap<String, String> {
    let named = module.imports.iter().filter_map(|import| {
        let path = path(&import.refr)?;
        let alias = match &import.r#as {
            Some(alias) => alias.text().to_owned(),
            None => path.rsplit('.').next().unwrap_or_default().to_owned(),
        };
        Some((alias, path))
    });
    named.collect()
}

pub(super) fn place(span: &Span) -> Place {
    Place { line: span.line, column: span.col }
}

fn error(span: &Span, message: impl Into<String>) -> LoadError {
    LoadError::new(span.source.get_path().clone(), message).at(Some(place(span)))
}

/// `a.b["c"]` as `a.b.c`.
fn path(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Var { value: Value::String(name), .. } => Some(name.to_string()),
        Expr::RefDot { refr, field: (_, Value::String(field)), .. } => {
            Some(format!("{}.{field}", path(refr)?))
        }
        Expr::RefBrack { refr, index, .. } => match index.as_ref() {
            Expr::String { value: Value::String(field), .. } => {
                Some(format!("{}.{field}", path(refr)?))
            }
            _ => None,
        },
        _ => None,
    }
}

/// The name of a rule, without the keys that it has values for.
fn head(expr: &Expr) -> String {
    match expr {
        Expr::RefBrack { refr, .. } => path(expr).unwrap_or_else(|| head(refr)),
        _ => path(expr).unwrap_or_default(),
    }
}

struct Walk<'a> {
    package: String,
    aliases: BTreeMap<String, String>,
    replacing: Replacing,
    review: &'a mut Review,
}

type Found = Result<(), LoadError>;

impl Walk<'_> {
    fn rule(&mut self, rule: &Rule) -> Found {
        let (head, bodies) = match rule {
            Rule::Spec { head, bodies, .. } => (head, bodies),
            Rule::Default { value, args, .. } => {
                return args.iter().chain([value]).try_for_each(|expr| self.expr(expr));
            }
        };
        match head {
            RuleHead::Compr { refr, assign, .. } => {
                self.expr(refr)?;
                assign.iter().try_for_each(|assign| self.expr(&assign.value))?;
            }
            RuleHead::Set { refr, key, .. } => {
                self.expr(refr)?;
                key.iter().try_for_each(|key| self.expr(key))?;
            }
            RuleHead::Func { args, assign, .. } => {
                args.iter().try_for_each(|arg| self.expr(arg))?;
                assign.iter().try_for_each(|assign| self.expr(&assign.value))?;
            }
        }
        for (number, body) in bodies.iter().enumerate() {
            if number > 0 && !body.is_else {
                return Err(error(&body.span, "a second body right behind the first is ignored")
                    .hint("write the rule once more with this body, its head included"));
            }
            body.assign.iter().try_for_each(|assign| self.expr(&assign.value))?;
            self.query(&body.query)?;
        }
        Ok(())
    }

    fn query(&mut self, query: &Query) -> Found {
        for statement in &query.stmts {
            if let (Replacing::Refused, Some(with)) = (self.replacing, statement.with_mods.first())
            {
                return Err(error(&with.span, "`with` is for tests")
                    .hint("give what differs to a function as an argument"));
            }
            for with in &statement.with_mods {
                self.expr(&with.r#as)?;
            }
            match &statement.literal {
                Literal::SomeVars { .. } => {}
                Literal::SomeIn { key, value, collection, .. } => {
                    key.iter().try_for_each(|key| self.expr(key))?;
                    self.expr(value)?;
                    self.expr(collection)?;
                }
                Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. } => self.expr(expr)?,
                Literal::Every { domain, query, .. } => {
                    self.expr(domain)?;
                    self.query(query)?;
                }
            }
        }
        Ok(())
    }

    fn expr(&mut self, expr: &Expr) -> Found {
        match expr {
            Expr::String { .. }
            | Expr::RawString { .. }
            | Expr::Number { .. }
            | Expr::Bool { .. }
            | Expr::Null { .. }
            | Expr::Var { .. } => Ok(()),
            Expr::Array { items, .. } | Expr::Set { items, .. } => {
                items.iter().try_for_each(|item| self.expr(item))
            }
            Expr::Object { fields, .. } => fields.iter().try_for_each(|(_, key, value)| {
                self.expr(key)?;
                self.expr(value)
            }),
            Expr::ArrayCompr { term, query, .. } | Expr::SetCompr { term, query, .. } => {
                self.expr(term)?;
                self.query(query)
            }
            Expr::ObjectCompr { key, value, query, .. } => {
                self.expr(key)?;
                self.expr(value)?;
                self.query(query)
            }
            Expr::Call { span, fcn, params, .. } => {
                self.call(span, fcn, params.len())?;
                params.iter().try_for_each(|param| self.expr(param))
            }
            Expr::UnaryExpr { expr, .. } => self.expr(expr),
            Expr::RefDot { refr, .. } => {
                self.looked_at(expr);
                self.expr(refr)
            }
            Expr::RefBrack { refr, index, .. } => {
                self.looked_at(expr);
                self.expr(refr)?;
                self.expr(index)
            }
            Expr::BinExpr { lhs, rhs, .. }
            | Expr::BoolExpr { lhs, rhs, .. }
            | Expr::ArithExpr { lhs, rhs, .. }
            | Expr::AssignExpr { lhs, rhs, .. } => {
                self.expr(lhs)?;
                self.expr(rhs)
            }
            Expr::Membership { key, value, collection, .. } => {
                key.iter().try_for_each(|key| self.expr(key))?;
                self.expr(value)?;
                self.expr(collection)
            }
        }
    }

    /// The longest path that is known, from the outside in.
    fn looked_at(&mut self, expr: &Expr) {
        let Some(path) = path(expr) else { return };
        let mut parts = path.split('.').map(str::to_owned);
        let Some(root) = parts.next() else { return };
        let (root, alias) = match self.aliases.get(&root) {
            Some(path) => {
                let mut parts = path.split('.').map(str::to_owned);
                (parts.next().unwrap_or_default(), parts.collect())
            }
            None => (root, Vec::new()),
        };
        let parts: Vec<_> = alias.into_iter().chain(parts).collect();
        let of_policy = root == "data"
            && parts.first().is_some_and(|first| self.review.packages.contains(first));
        if !matches!(root.as_str(), "input" | "data") || of_policy || parts.is_empty() {
            return;
        }
        let paths = &mut self.review.paths;
        if paths.len() < MAX_PATHS && !paths.iter().any(|known| known.starts_with(&parts)) {
            paths.retain(|known| !parts.starts_with(known));
            paths.insert(parts);
        }
    }

    fn call(&mut self, span: &Span, function: &Expr, arguments: usize) -> Found {
        let Some(name) = path(function) else {
            return Err(error(span, "a function is called by its name"));
        };
        if arguments > MAX_ARGUMENTS {
            return Err(error(
                span,
                format!("`{name}` is given more than {MAX_ARGUMENTS} arguments"),
            )
            .hint("put them into an object"));
        }
        let Signature { takes, has_result } = match self.function(&name) {
            Some(takes) => Signature { takes, has_result: true },
            None => builtin(span, &name)?,
        };
        if arguments != takes && !(has_result && arguments == takes.saturating_add(1)) {
            let message = format!("`{name}` takes {takes} arguments, and is given {arguments}");
            return Err(error(span, message));
        }
        Ok(())
    }

    /// How many arguments a function of the policy's own takes.
    fn function(&self, name: &str) -> Option<usize> {
        let functions = &self.review.functions;
        let (first, rest) = name.split_once('.').unwrap_or((name, ""));
        let alias = self.aliases.get(first).map(|path| match rest {
            "" => path.clone(),
            rest => format!("{path}.{rest}"),
        });
        [Some(name.to_owned()), Some(format!("{}.{name}", self.package)), alias]
            .into_iter()
            .flatten()
            .find_map(|path| functions.get(&path).copied())
    }
}

/// How a built-in function is called, if policies may.
fn builtin(span: &Span, name: &str) -> Result<Signature, LoadError> {
    if let Some(signature) = builtins::signature(name) {
        return Ok(signature);
    }
    let found = error(span, format!("policies cannot call `{name}`"));
    Err(match name {
        "http.send" => found.hint("have the hook ask, by `cx.http()`, and pass on what it learned"),
        "walk" => found.hint("name the paths, or go through the levels with `some`"),
        "print" | "trace" => found.hint("take it out: the explanation has the values"),
        "rand.intn" | "uuid.rfc4122" | "opa.runtime" => {
            found.hint("a policy answers the same whenever it is asked: pass it on as input")
        }
        "re_match" => found.hint("it is `regex.match` now"),
        _ if BUILTINS.contains_key(name) || name.starts_with("data.") => {
            found.hint("docs/rego.md lists what they can")
        }
        _ => found.hint("there is no such function here; docs/rego.md lists those that there are"),
    })
}
