//! A struct to the fields of a form.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use crate::model::{Default, Field, Fields};

/// `impl Fields` with the declaration, and `impl Deserialize` that reads the answers.
pub(crate) fn fields(fields: &Fields<'_>) -> TokenStream {
    let Fields { ident, fields } = fields;
    let declarations = fields.iter().map(declaration);
    let reads = fields.iter().enumerate().map(|(index, field)| {
        let name = field.ident;
        // Inferred, so that a type that cannot be a field is reported once, at its declaration.
        quote!(#name: ::countersign::__private::read_field(&mut __answers, <Self as ::countersign::__private::Fields>::FIELDS, #index)?)
    });
    quote! {
        #[automatically_derived]
        impl ::countersign::__private::Fields for #ident {
            const FIELDS: &'static [::countersign::__private::Field] = &[#(#declarations),*];
        }

        #[automatically_derived]
        impl<'de> ::countersign::__private::serde::Deserialize<'de> for #ident {
            fn deserialize<D: ::countersign::__private::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                let mut __answers =
                    <::countersign::__private::Object as ::countersign::__private::serde::Deserialize>::deserialize(deserializer)?;
                let __fields = Self { #(#reads),* };
                ::countersign::__private::no_others(&__answers)?;
                ::core::result::Result::Ok(__fields)
            }
        }
    }
}

/// `Field::of::<T>("name", "label").with_..(..)`, each call spanned on what the author wrote.
fn declaration(field: &Field<'_>) -> TokenStream {
    let Field { name, ty, label, .. } = field;
    let mut tokens =
        quote_spanned!(ty.span()=> ::countersign::__private::Field::of::<#ty>(#name, #label));
    if let Some(choices) = &field.choices {
        let span = choices.first().map_or_else(|| ty.span(), Spanned::span);
        tokens = quote_spanned!(span=> #tokens.with_choices(&[#(#choices),*]));
    }
    for (option, text) in &field.texts {
        let with = format_ident!("with_{option}", span = text.span());
        tokens = quote_spanned!(text.span()=> #tokens.#with(#text));
    }
    if let Some(required) = &field.required {
        tokens = quote_spanned!(required.span()=> #tokens.with_required::<#ty>(#required));
    }
    match &field.default {
        None => tokens,
        Some(Default::Text(text)) => {
            quote_spanned!(text.span()=> #tokens.with_default_text(#text))
        }
        Some(Default::Number { text, literal }) => {
            let number: TokenStream = text.parse().unwrap_or_else(|_| quote!(0));
            quote_spanned!(literal.span()=> #tokens.with_default_number(#number, #text))
        }
        Some(Default::Bool(it)) => quote_spanned!(it.span()=> #tokens.with_default_bool(#it)),
    }
}

#[cfg(test)]
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
        let checked = Fields::check(&syntax).unwrap();
        super::super::check(
            fields(&checked),
            &expect![[r##"
                #[automatically_derived]
                impl ::countersign::__private::Fields for Ask {
                    const FIELDS: &'static [::countersign::__private::Field] = &[
                        ::countersign::__private::Field::of::<String>("ticket", "The ticket")
                            .with_pattern("[A-Z]+")
                            .with_default_text("A"),
                        ::countersign::__private::Field::of::<Option<u8>>("rows", "Rows"),
                    ];
                }
                #[automatically_derived]
                impl<'de> ::countersign::__private::serde::Deserialize<'de> for Ask {
                    fn deserialize<D: ::countersign::__private::serde::Deserializer<'de>>(
                        deserializer: D,
                    ) -> ::core::result::Result<Self, D::Error> {
                        let mut __answers = <::countersign::__private::Object as ::countersign::__private::serde::Deserialize>::deserialize(
                            deserializer,
                        )?;
                        let __fields = Self {
                            ticket: ::countersign::__private::read_field(
                                &mut __answers,
                                <Self as ::countersign::__private::Fields>::FIELDS,
                                0usize,
                            )?,
                            rows: ::countersign::__private::read_field(
                                &mut __answers,
                                <Self as ::countersign::__private::Fields>::FIELDS,
                                1usize,
                            )?,
                        };
                        ::countersign::__private::no_others(&__answers)?;
                        ::core::result::Result::Ok(__fields)
                    }
                }
            "##]],
        );
    }
}
