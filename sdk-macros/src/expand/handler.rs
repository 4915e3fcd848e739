//! A function to the entry of its slot.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use crate::model::{Handler, Param, Place, Read, What};
use crate::slots::Slot;

/// `impl Fills<Slot> for Flow`, whose constant calls the author's function.
pub(crate) fn entry(handler: &Handler<'_>) -> TokenStream {
    let Handler { place, fn_ident, is_async, params, output, reads } = handler;
    let Names { marker, call_marker, prefix, span } = names(*place);
    let input = format_ident!("{prefix}Input");
    let into_output = format_ident!("{prefix}Output");
    let in_template = format_ident!("{prefix}In");

    let arguments = params.iter().map(|param| match param {
        Param::Of(ty) => {
            quote_spanned!(ty.span()=> <#ty as ::countersign::__private::#input<'_>>::take(&call))
        }
        // rustc itself says that a free function has none; this says nothing more.
        Param::Receiver => quote!(::countersign::__private::placeholder()),
    });
    let output =
        output.map_or_else(|| quote_spanned!(fn_ident.span()=> ()), ToTokens::to_token_stream);
    let into_reply = quote_spanned! {output.span()=>
        <#output as ::countersign::__private::#into_output>::into_reply
    };
    let await_it = is_async.then(|| quote!(.await));
    // Spanned on the function's name, where rustc then reports a future that is not `Send`.
    let body = quote_spanned! {fn_ident.span()=>
        ::countersign::__private::Box::pin(async move { #into_reply(#fn_ident(#(#arguments),*) #await_it) })
    };
    // Spanned on the slot's name, where rustc then reports that the template has no such slot.
    let slot = quote_spanned! {span=>
        <<Self as ::countersign::__private::Declared>::Template
            as ::countersign::__private::#in_template>::NAME
    };

    let entry = quote! {
        const ENTRY: ::countersign::__private::SlotEntry<#call_marker> = {
            fn __run<'a>(
                call: ::countersign::__private::SlotCall<'a, #call_marker>,
            ) -> ::countersign::__private::ReplyFuture<
                'a,
                <#call_marker as ::countersign::__private::Slot>::Reply,
            > {
                #body
            }
            ::countersign::__private::Entry {
                run: __run,
                slot: #slot,
                path: ::core::concat!(::core::module_path!(), "::", ::core::stringify!(#fn_ident)),
                location: ::core::concat!(::core::file!(), ":", ::core::line!()),
            }
        };
    };
    let declared = reads.iter().map(declared);
    // Spanned on the slot's name, where rustc then reports a second function for the slot, and a
    // module without `flow!`. The braces count: an item's span ends with its last token.
    quote_spanned! {span=>
        #[automatically_derived]
        impl ::countersign::__private::Fills<#marker> for Flow {
            #entry
        }
        #(#declared)*
    }
}

/// Spanned on the type, where rustc then reports that the flow declares another one.
fn declared(read: &Read) -> TokenStream {
    let ty = &read.ty;
    let declares = match read.what {
        What::Fields => quote!(declares_fields),
        What::Vars => quote!(declares_vars),
    };
    quote_spanned! {ty.span()=>
        const _: () = ::countersign::__private::#declares::<Flow, #ty>();
    }
}

/// An entry that stands for one that could not be written.
pub(crate) fn placeholder(slot: &Slot) -> TokenStream {
    let marker = format_ident!("{}", slot.marker);
    quote! {
        impl ::countersign::__private::Fills<::countersign::__private::#marker> for Flow {
            const ENTRY: ::countersign::__private::SlotEntry<::countersign::__private::#marker> =
                ::countersign::__private::Entry::PLACEHOLDER;
        }
    }
}

struct Names {
    /// The slot's marker type.
    marker: TokenStream,
    /// One that is called alike, and can be named in a function.
    call_marker: TokenStream,
    /// What the names of the slot's traits begin with.
    prefix: String,
    /// The author's token that names the slot.
    span: Span,
}

fn names(place: Place<'_>) -> Names {
    match place {
        Place::Slot(slot, ident) => {
            let marker = Ident::new(slot.marker, Span::call_site());
            let marker = quote!(::countersign::__private::#marker);
            Names {
                call_marker: marker.clone(),
                marker,
                prefix: slot.marker.to_owned(),
                span: ident.span(),
            }
        }
        Place::Field(slot, field) => {
            let marker = format_ident!("{}Of", slot.marker);
            let otherwise = format!(
                "the flow declares no field `{0}`: add it to the struct that `flow!` names by `fields = ..`",
                field.value()
            );
            // Spanned on the field's name, where rustc then reports that there is none.
            let index = quote_spanned! {field.span()=>
                ::countersign::__private::index_of(
                    <Flow as ::countersign::__private::Declared>::FIELDS,
                    #field,
                    #otherwise,
                )
            };
            Names {
                marker: quote!(::countersign::__private::#marker<{ #index }>),
                call_marker: quote!(::countersign::__private::#marker<0>),
                prefix: slot.marker.to_owned(),
                span: field.span(),
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::needless_raw_string_hashes, reason = "`expect-test` writes them so")]
mod tests {
    use expect_test::{Expect, expect};
    use quote::quote;

    use super::*;
    use crate::parse;
    use crate::slots::Kind;

    #[track_caller]
    fn check(kind: Kind, args: TokenStream, item: TokenStream, expected: &Expect) {
        let syntax = parse::attribute(kind, args, item).unwrap();
        let handler = Handler::check(kind, &syntax).unwrap();
        super::super::check(entry(&handler), expected);
    }

    #[test]
    fn an_async_hook_becomes_one_impl() {
        check(
            Kind::Hook,
            TokenStream::new(),
            quote!(
                async fn on_request(event: &Event) -> Result<Option<Decision>, Oops> {}
            ),
            &expect![[r##"
                #[automatically_derived]
                impl ::countersign::__private::Fills<::countersign::__private::OnRequest> for Flow {
                    const ENTRY: ::countersign::__private::SlotEntry<
                        ::countersign::__private::OnRequest,
                    > = {
                        fn __run<'a>(
                            call: ::countersign::__private::SlotCall<
                                'a,
                                ::countersign::__private::OnRequest,
                            >,
                        ) -> ::countersign::__private::ReplyFuture<
                            'a,
                            <::countersign::__private::OnRequest as ::countersign::__private::Slot>::Reply,
                        > {
                            ::countersign::__private::Box::pin(async move {
                                <Result<
                                    Option<Decision>,
                                    Oops,
                                > as ::countersign::__private::OnRequestOutput>::into_reply(
                                    on_request(
                                            <&Event as ::countersign::__private::OnRequestInput<
                                                '_,
                                            >>::take(&call),
                                        )
                                        .await,
                                )
                            })
                        }
                        ::countersign::__private::Entry {
                            run: __run,
                            slot: <<Self as ::countersign::__private::Declared>::Template as ::countersign::__private::OnRequestIn>::NAME,
                            path: ::core::concat!(
                                ::core::module_path!(), "::", ::core::stringify!(on_request)
                            ),
                            location: ::core::concat!(::core::file!(), ":", ::core::line!()),
                        }
                    };
                }
            "##]],
        );
    }

    #[test]
    fn the_choices_of_a_field_are_keyed_by_its_index() {
        check(
            Kind::Reducer,
            quote!(options = "db"),
            quote!(
                fn databases() -> Vec<Choice> {}
            ),
            &expect![[r##"
                #[automatically_derived]
                impl ::countersign::__private::Fills<
                    ::countersign::__private::OptionsOf<
                        {
                            ::countersign::__private::index_of(
                                <Flow as ::countersign::__private::Declared>::FIELDS,
                                "db",
                                "the flow declares no field `db`: add it to the struct that `flow!` names by `fields = ..`",
                            )
                        },
                    >,
                > for Flow {
                    const ENTRY: ::countersign::__private::SlotEntry<
                        ::countersign::__private::OptionsOf<0>,
                    > = {
                        fn __run<'a>(
                            call: ::countersign::__private::SlotCall<
                                'a,
                                ::countersign::__private::OptionsOf<0>,
                            >,
                        ) -> ::countersign::__private::ReplyFuture<
                            'a,
                            <::countersign::__private::OptionsOf<
                                0,
                            > as ::countersign::__private::Slot>::Reply,
                        > {
                            ::countersign::__private::Box::pin(async move {
                                <Vec<
                                    Choice,
                                > as ::countersign::__private::OptionsOutput>::into_reply(databases())
                            })
                        }
                        ::countersign::__private::Entry {
                            run: __run,
                            slot: <<Self as ::countersign::__private::Declared>::Template as ::countersign::__private::OptionsIn>::NAME,
                            path: ::core::concat!(
                                ::core::module_path!(), "::", ::core::stringify!(databases)
                            ),
                            location: ::core::concat!(::core::file!(), ":", ::core::line!()),
                        }
                    };
                }
            "##]],
        );
    }
}
