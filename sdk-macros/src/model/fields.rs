//! The fields of a form, from a struct.

use syn::punctuated::Punctuated;
use syn::{
    Attribute, Data, DataStruct, DeriveInput, Expr, Generics, Ident, Lit, LitBool, LitInt, LitStr,
    Meta, Result,
};
use syn::{Token, Type};

use super::Errors;
use crate::expand::MOST_FIELDS;
use crate::nearest::nearest;
use crate::parse::{FieldOption, FieldsSyntax, OptionValue};

/// Answers that every request has anyway.
const RESERVED: [&str; 4] = ["duration", "target", "target_id", "reason"];
const OPTIONS: [&str; 8] = [
    "label",
    "default",
    "choices",
    "pattern",
    "pattern_message",
    "required",
    "placeholder",
    "help",
];

/// A struct that declares a form.
pub(crate) struct Fields<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) generics: &'a Generics,
    /// `None` if it is no struct with named fields.
    pub(crate) list: Option<Vec<Field<'a>>>,
}

/// One field.
pub(crate) struct Field<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) name: String,
    pub(crate) ty: &'a Type,
    pub(crate) label: String,
    pub(crate) default: Option<Default>,
    pub(crate) choices: Option<Vec<LitStr>>,
    pub(crate) required: Option<LitBool>,
    /// `pattern`, `pattern_message`, `placeholder`, `help`.
    pub(crate) texts: Vec<(&'static str, LitStr)>,
}

pub(crate) enum Default {
    Text(LitStr),
    Number { text: String, literal: LitInt },
    Bool(LitBool),
}

impl<'a> Fields<'a> {
    /// What can be made of it, and what is wrong.
    pub(crate) fn check(syntax: &'a FieldsSyntax) -> (Self, Result<()>) {
        let DeriveInput { ident, generics, data, .. } = &syntax.input;
        let mut errors = Errors::default();
        if !generics.params.is_empty() {
            errors.push(&generics.params, "a form's struct cannot be generic");
        }
        let mut checked = Self { ident, generics, list: None };
        let Data::Struct(DataStruct { fields: syn::Fields::Named(named), .. }) = data else {
            errors.push(ident, "the fields of a form are a struct with named fields: `struct Ask { ticket: String }`");
            return (checked, errors.finish());
        };
        let mut fields = Vec::new();
        for (index, field) in named.named.iter().enumerate() {
            if index == MOST_FIELDS {
                let message = format!("a form has at most {MOST_FIELDS} fields");
                errors.push(&field.ident, message);
            }
            fields.extend(Field::check(field, &mut errors));
        }
        checked.list = Some(fields);
        (checked, errors.finish())
    }
}

impl<'a> Field<'a> {
    /// `None` for a field without a name, which is an error elsewhere.
    fn check(syntax: &'a syn::Field, errors: &mut Errors) -> Option<Self> {
        let ident = syntax.ident.as_ref()?;
        let name = ident.to_string().trim_start_matches("r#").to_owned();
        if RESERVED.contains(&name.as_str()) {
            let message = format!(
                "every request has a `{name}` anyway: read it by `event.{}()`, or call this field otherwise",
                name.trim_end_matches("_id")
            );
            errors.push(ident, message);
        }
        let label = label_of(&syntax.attrs, &name);
        let ty = &syntax.ty;
        let (default, choices, required, texts) = (None, None, None, Vec::new());
        let mut field = Self { ident, name, ty, label, default, choices, required, texts };
        let mut seen = Vec::new();
        for attribute in syntax.attrs.iter().filter(|it| it.path().is_ident("field")) {
            let options = Punctuated::<FieldOption, Token![,]>::parse_terminated;
            let options = attribute.parse_args_with(options).map_err(|error| errors.add(error));
            for option in options.into_iter().flatten() {
                let name = option.name.clone();
                if seen.contains(&name) {
                    errors.push(&name, format!("`{name}` is given twice"));
                } else if let Err(error) = field.set(option) {
                    errors.add(error);
                }
                seen.push(name);
            }
        }
        Some(field)
    }

    fn set(&mut self, option: FieldOption) -> Result<()> {
        let FieldOption { name, value } = option;
        let word = name.to_string();
        let Some(known) = OPTIONS.into_iter().find(|option| *option == word) else {
            return Err(syn::Error::new_spanned(&name, unknown(&word)));
        };
        match (known, value) {
            ("label", OptionValue::One(Lit::Str(text))) => self.label = text.value(),
            ("required", OptionValue::One(Lit::Bool(it))) => self.required = Some(it),
            ("choices", OptionValue::Many(choices)) if !choices.is_empty() => {
                self.choices = Some(choices);
            }
            ("default", value) => self.default = Some(default(&name, value)?),
            ("pattern", OptionValue::One(Lit::Str(text))) => {
                regex_lite::Regex::new(&text.value()).map_err(|error| {
                    syn::Error::new_spanned(
                        &text,
                        format!("this is no regular expression: {error}"),
                    )
                })?;
                self.texts.push((known, text));
            }
            ("pattern_message" | "placeholder" | "help", OptionValue::One(Lit::Str(text))) => {
                self.texts.push((known, text));
            }
            ("required", _) => {
                return Err(syn::Error::new_spanned(
                    &name,
                    "write `required = true` or `required = false`",
                ));
            }
            ("choices", _) => {
                let message = "write the choices as a list of texts: `choices = [\"a\", \"b\"]`";
                return Err(syn::Error::new_spanned(&name, message));
            }
            (_, _) => {
                let message = format!("write a text: `{known} = \"..\"`");
                return Err(syn::Error::new_spanned(&name, message));
            }
        }
        Ok(())
    }
}

fn default(name: &Ident, value: OptionValue) -> Result<Default> {
    match value {
        OptionValue::One(Lit::Str(text)) => Ok(Default::Text(text)),
        OptionValue::One(Lit::Bool(it)) => Ok(Default::Bool(it)),
        OptionValue::One(Lit::Int(literal)) => {
            Ok(Default::Number { text: literal.base10_digits().to_owned(), literal })
        }
        OptionValue::Negative(literal) => {
            Ok(Default::Number { text: format!("-{}", literal.base10_digits()), literal })
        }
        OptionValue::One(_) | OptionValue::Many(_) => Err(syn::Error::new_spanned(
            name,
            "a default is a text, a whole number or a `bool`; the items of a list are separated by commas: `default = \"a, b\"`",
        )),
    }
}

fn unknown(word: &str) -> String {
    nearest(OPTIONS, word).map_or_else(
        || {
            let all: Vec<_> = OPTIONS.iter().map(|option| format!("`{option}`")).collect();
            format!("a field has no `{word}`: it has {}", all.join(", "))
        },
        |near| format!("a field has no `{word}`: did you mean `{near}`?"),
    )
}

/// The doc comment's first line; without one, the name as words.
fn label_of(attributes: &[Attribute], name: &str) -> String {
    let line = attributes.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Some(text.value().trim().trim_end_matches('.').to_owned()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    });
    line.filter(|line| !line.is_empty()).unwrap_or_else(|| {
        let words = name.replace('_', " ");
        let mut letters = words.chars();
        letters
            .next()
            .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_the_first_line_of_the_comment_or_the_name() {
        let documented: syn::ItemStruct = syn::parse_quote!(
            #[doc = " The ticket."]
            #[doc = " More."]
            struct A;
        );
        assert_eq!(label_of(&documented.attrs, "ticket_id"), "The ticket");
        assert_eq!(label_of(&[], "ticket_id"), "Ticket id");
    }

    #[test]
    fn a_misspelt_option_is_traced() {
        assert_eq!(unknown("choises"), "a field has no `choises`: did you mean `choices`?");
    }
}
