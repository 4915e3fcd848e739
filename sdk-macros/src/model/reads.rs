//! What a function reads of the form and of the variables: `event.fields::<Ask>()`.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::{FnArg, Pat, Signature};

/// What is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Fields,
    Vars,
}

/// One place where the form or the variables are read as a type.
pub(crate) struct Read {
    pub(crate) what: What,
    /// The type's tokens, as the author wrote them.
    pub(crate) ty: TokenStream,
}

/// What the body reads from the function's own parameters, by the types that it names. The body may
/// be half written: this looks at tokens alone.
pub(crate) fn reads(sig: &Signature, body: TokenStream) -> Vec<Read> {
    let names: Vec<String> = sig.inputs.iter().filter_map(name).collect();
    let mut found = Vec::new();
    look(&names, body, &mut found);
    found
}

fn name(input: &FnArg) -> Option<String> {
    let FnArg::Typed(typed) = input else { return None };
    match &*typed.pat {
        Pat::Ident(pat) => Some(pat.ident.to_string()),
        _ => None,
    }
}

fn look(names: &[String], tokens: TokenStream, found: &mut Vec<Read>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (index, token) in tokens.iter().enumerate() {
        if let TokenTree::Group(group) = token {
            look(names, group.stream(), found);
        }
        found.extend(tokens.get(index..).and_then(|rest| read(names, rest)));
    }
}

/// `event . fields :: < Ask > ( )`
fn read(names: &[String], tokens: &[TokenTree]) -> Option<Read> {
    let [TokenTree::Ident(receiver), dot, TokenTree::Ident(method), colon, again, open, rest @ ..] =
        tokens
    else {
        return None;
    };
    let what = match method.to_string().as_str() {
        "fields" => What::Fields,
        "vars" => What::Vars,
        _ => return None,
    };
    let is =
        |token: &TokenTree, sign| matches!(token, TokenTree::Punct(it) if it.as_char() == sign);
    let is_call = is(dot, '.') && is(colon, ':') && is(again, ':') && is(open, '<');
    if !is_call || !names.contains(&receiver.to_string()) {
        return None;
    }
    let mut depth = 1_usize;
    let end = rest.iter().position(|token| {
        depth = match token {
            token if is(token, '<') => depth.saturating_add(1),
            token if is(token, '>') => depth.saturating_sub(1),
            _ => depth,
        };
        depth == 0
    })?;
    let called = rest.get(end.saturating_add(1));
    let is_called =
        matches!(called, Some(TokenTree::Group(it)) if it.delimiter() == Delimiter::Parenthesis);
    let ty = rest.get(..end)?;
    let is_named = !matches!(ty, [TokenTree::Ident(only)] if only == "_") && !ty.is_empty();
    (is_called && is_named).then(|| Read { what, ty: ty.iter().cloned().collect() })
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn read_in(body: TokenStream) -> Vec<(What, String)> {
        let sig: Signature =
            syn::parse2(quote!(fn on_request(event: &Event, cx: &Context))).unwrap();
        reads(&sig, body).into_iter().map(|read| (read.what, read.ty.to_string())).collect()
    }

    #[test]
    fn what_is_read_from_a_parameter_is_found_wherever_it_stands() {
        let body = quote!({
            let ask = event.fields::<Ask>()?;
            if true {
                vec![event.vars::<more::Limits<u8>>()]
            }
        });
        let expected =
            [(What::Fields, "Ask".to_owned()), (What::Vars, "more :: Limits < u8 >".to_owned())];
        assert_eq!(read_in(body), expected);
    }

    #[test]
    fn what_is_somebody_elses_or_not_named_is_left_alone() {
        let body = quote!({
            other.fields::<Ask>();
            event.fields::<_>();
            event.fields();
            event.fields::<Ask
        });
        assert!(read_in(body).is_empty());
    }
}
