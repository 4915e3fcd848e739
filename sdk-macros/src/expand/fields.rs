//! A struct to the fields of a form.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::model::{Default, Field, Fields};

/// `impl Fields` with the declaration, and `impl Deserialize` that reads the answers.
pub(crate) fn fields(fields: &Fields<'_>) -> TokenStream {
    let Fields { ident, generics, list } = fields;
    if !generics.params.is_empty() {
        return TokenStream::new();
    }
    let is_readable = list.is_some();
    let fields = list.as_deref().unwrap_or_default();
    let declarations = fields.iter().map(declaration);
    let declarations = quote_spanned!(ident.span()=> &[#(#declarations),*]);
    let reads = fields.iter().enumerate().map(|(index, Field { ident, ty, .. })| {
        // Spanned as in the declaration, so that a type that cannot be a field is reported once.
        let take = quote_spanned!(ty.span()=> <#ty as ::countersign::__private::FieldType>::take);
        quote!(#ident: #take(&mut __answers, #index)?)
    });
    let read = if is_readable {
        quote!(Self { #(#reads),* })
    } else {
        quote!(::countersign::__private::placeholder())
    };
    quote! {
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl ::countersign::__private::Fields for #ident {
            const FIELDS: &'static [::countersign::__private::Field] = #declarations;
        }

        #[automatically_derived]
        impl<'de> ::countersign::__private::serde::Deserialize<'de> for #ident {
            fn deserialize<D: ::countersign::__private::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                let mut __answers =
                    ::countersign::__private::Answers::of::<Self, D>(deserializer)?;
                let __fields = #read;
                __answers.finish()?;
                ::core::result::Result::Ok(__fields)
            }
        }
    }
}

/// `Field::new(..)`, and around it one call for each option, spanned on what the author wrote.
fn declaration(field: &Field<'_>) -> TokenStream {
    let Field { name, ty, label, .. } = field;
    let shape = quote_spanned!(ty.span()=> <#ty as ::countersign::__private::FieldType>::SHAPE);
    let mut tokens = quote!(::countersign::__private::Field::new(#name, #label, #shape));
    let mut with = |span: Span, option: &str, values: TokenStream| {
        let with = Ident::new(&format!("with_{option}"), span);
        let before = std::mem::take(&mut tokens);
        tokens = quote_spanned!(span=> ::countersign::__private::Field::#with(#before, #values));
    };
    if let Some(choices) = &field.choices {
        let span = choices.first().map_or_else(|| ty.span(), Spanned::span);
        with(span, "choices", quote!(&[#(#choices),*]));
    }
    for (option, text) in &field.texts {
        with(text.span(), option, quote!(#text));
    }
    if let Some(required) = &field.required {
        with(required.span(), "required", quote!(#required));
    }
    match &field.default {
        None => {}
        Some(Default::Text(text)) => with(text.span(), "default_text", quote!(#text)),
        Some(Default::Number { text, literal }) => {
            let number: TokenStream = text.parse().unwrap_or_else(|_| quote!(0));
            with(literal.span(), "default_number", quote!(#number, #text));
        }
        Some(Default::Bool(it)) => with(it.span(), "default_bool", quote!(#it)),
    }
    tokens
}

#[cfg(test)]
#[expect(clippy::needless_raw_string_hashes, reason = "`expect-test` writes them so")]
mod tests {
    use expect_test::expect;
    use quote::quote;

    use super::*;
    use crate::parse;

    #[test]
    fn a_struct_becomes_its_declaration_and_its_reader() {
        let item = quote!(
            struct Ask {
                /// The ticket.
                #[field(pattern = "[A-Z]+", default = "A")]
                ticket: String,
                rows: Option<u8>,
            }
        );
        let syntax = parse::fields(item).unwrap();
        let (checked, findings) = Fields::check(&syntax);
        assert!(findings.is_ok());
        super::super::check(
            fields(&checked),
            &expect![[r##"
                #[automatically_derived]
                #[diagnostic::do_not_recommend]
                impl ::countersign::__private::Fields for Ask {
                    const FIELDS: &'static [::countersign::__private::Field] = &[
                        ::countersign::__private::Field::with_default_text(
                            ::countersign::__private::Field::with_pattern(
                                ::countersign::__private::Field::new(
                                    "ticket",
                                    "The ticket",
                                    <String as ::countersign::__private::FieldType>::SHAPE,
                                ),
                                "[A-Z]+",
                            ),
                            "A",
                        ),
                        ::countersign::__private::Field::new(
                            "rows",
                            "Rows",
                            <Option<u8> as ::countersign::__private::FieldType>::SHAPE,
                        ),
                    ];
                }
                #[automatically_derived]
                impl<'de> ::countersign::__private::serde::Deserialize<'de> for Ask {
                    fn deserialize<D: ::countersign::__private::serde::Deserializer<'de>>(
                        deserializer: D,
                    ) -> ::core::result::Result<Self, D::Error> {
                        let mut __answers = ::countersign::__private::Answers::of::<
                            Self,
                            D,
                        >(deserializer)?;
                        let __fields = Self {
                            ticket: <String as ::countersign::__private::FieldType>::take(
                                &mut __answers,
                                0usize,
                            )?,
                            rows: <Option<
                                u8,
                            > as ::countersign::__private::FieldType>::take(&mut __answers, 1usize)?,
                        };
                        __answers.finish()?;
                        ::core::result::Result::Ok(__fields)
                    }
                }
            "##]],
        );
    }
}
