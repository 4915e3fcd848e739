//! A struct with fields, for `#[derive(Fields)]`.

use proc_macro2::TokenStream;
use syn::parse::{Parse, ParseStream};
use syn::{DeriveInput, Ident, Lit, LitStr, Result, Token};

/// The item that the derive stands on.
pub(crate) struct FieldsSyntax {
    pub(crate) input: DeriveInput,
}

pub(crate) fn fields(item: TokenStream) -> Result<FieldsSyntax> {
    Ok(FieldsSyntax { input: syn::parse2(item)? })
}

/// One `name = value` of a `#[field(..)]`.
pub(crate) struct FieldOption {
    pub(crate) name: Ident,
    pub(crate) value: OptionValue,
}

pub(crate) enum OptionValue {
    One(Lit),
    /// A number with a `-` before it, which is no literal.
    Negative(syn::LitInt),
    Many(Vec<LitStr>),
}

impl Parse for FieldOption {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let name: Ident = input.parse()?;
        if !input.peek(Token![=]) {
            let message = format!("write a value: `{name} = ..`");
            return Err(syn::Error::new(name.span(), message));
        }
        input.parse::<Token![=]>()?;
        let value = if input.peek(syn::token::Bracket) {
            let list;
            syn::bracketed!(list in input);
            let items = list
                .parse_terminated(<LitStr as Parse>::parse, Token![,])
                .map_err(|error| syn::Error::new(error.span(), "write texts in quotes"))?;
            OptionValue::Many(items.into_iter().collect())
        } else if input.peek(Token![-]) {
            input.parse::<Token![-]>()?;
            OptionValue::Negative(input.parse()?)
        } else {
            let literal = input.parse().map_err(|error: syn::Error| {
                let message = format!("`{name}` is a literal, as in `{name} = \"..\"`");
                syn::Error::new(error.span(), message)
            })?;
            OptionValue::One(literal)
        };
        Ok(Self { name, value })
    }
}
