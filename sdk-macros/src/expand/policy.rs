//! A policy as a `static` of its own. `include_str!` has the crate built anew when a file changes.

use countersign_policy::Language;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::LitStr;

use crate::model::Policy;

pub(crate) fn policy(policy: &Policy) -> TokenStream {
    let Policy { language, file, modules, data, entry } = policy;
    let language = format_ident!(
        "{}",
        match language {
            Language::Rego => "Rego",
            Language::Sentinel => "Sentinel",
        }
    );
    let main = source(file);
    let modules = modules.iter().map(source);
    let data = data.iter().map(source);
    quote! {{
        const MODULES: &[::countersign::policy::Source] = &[#(#modules),*];
        const DATA: &[::countersign::policy::Source] = &[#(#data),*];
        static POLICY: ::countersign::policy::Policy = ::countersign::policy::Policy::embedded(
            ::countersign::__private::Language::#language,
            #main,
            MODULES,
            DATA,
            #entry,
        );
        &POLICY
    }}
}

fn source(file: &LitStr) -> TokenStream {
    quote! { ::countersign::policy::Source::embedded(#file, ::core::include_str!(#file)) }
}
