//! The files of a policy, for `rego!` and `sentinel!`.

use syn::parse::{Parse, ParseStream};
use syn::{Ident, LitStr, Result, Token};

/// `"file.rego", entry = "rule", modules = ["a.rego"], data = ["b.json"]`
pub(crate) struct PolicySyntax {
    pub(crate) file: LitStr,
    pub(crate) options: Vec<(Ident, PolicyOption)>,
}

/// What an option is given.
pub(crate) enum PolicyOption {
    One(LitStr),
    Many(Vec<LitStr>),
}

impl Parse for PolicySyntax {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let file = input.parse().map_err(|error: syn::Error| {
            let message = "write the path of the policy in quotes: it is relative to this file";
            syn::Error::new(error.span(), message)
        })?;
        let mut options = Vec::new();
        while !input.is_empty() {
            input.parse::<Token![,]>()?;
            if input.is_empty() {
                break;
            }
            let name: Ident = input.parse()?;
            input.parse::<Token![=]>()?;
            options.push((name, input.parse()?));
        }
        Ok(Self { file, options })
    }
}

impl Parse for PolicyOption {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if !input.peek(syn::token::Bracket) {
            return input.parse().map(Self::One);
        }
        let list;
        syn::bracketed!(list in input);
        let items = list.parse_terminated(<LitStr as Parse>::parse, Token![,])?;
        Ok(Self::Many(items.into_iter().collect()))
    }
}
