//! `flow!` to the flow's table, and `flows!` to the list of flows.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Path;
use syn::spanned::Spanned;

use crate::model::Flow;
use crate::parse::FlowsSyntax;
use crate::slots::{FIELD_SLOTS, FieldSlot, Kind, SLOTS};

/// How many fields a form may have: `countersign::flow::MOST_FIELDS`.
pub(crate) const MOST_FIELDS: usize = 32;

/// `Flow`, to which the module's functions attach their entries, and `FLOW`, the table.
pub(crate) fn flow(flow: &Flow<'_>) -> TokenStream {
    let Flow { name, template, .. } = flow;
    // Spanned on the struct, to which rustc points where a function reads another one.
    let named_fields = flow.fields.map(|ty| {
        quote_spanned! {ty.span()=>
            #[diagnostic::do_not_recommend]
            impl ::countersign::__private::DeclaresFields<#ty> for Flow {}
        }
    });
    let named_vars = flow.vars.map(|ty| {
        quote_spanned! {ty.span()=>
            #[diagnostic::do_not_recommend]
            impl ::countersign::__private::DeclaresVars<#ty> for Flow {}
        }
    });
    let nothing = || quote!(::countersign::__private::Nothing);
    let fields = flow.fields.map_or_else(nothing, ToTokens::to_token_stream);
    let vars = flow.vars.map_or_else(nothing, ToTokens::to_token_stream);

    let field_list =
        quote_spanned!(fields.span()=> <#fields as ::countersign::__private::Fields>::FIELDS);
    let check_fields =
        quote_spanned!(fields.span()=> <#fields as ::countersign::__private::Fields>::check);
    let check_vars = quote_spanned!(vars.span()=> <#vars as ::countersign::__private::Vars>::check);
    let (reducers, hooks, actions) =
        (slots(flow, Kind::Reducer), slots(flow, Kind::Hook), slots(flow, Kind::Action));
    let field_slots = FIELD_SLOTS.iter().map(|slot| field_slot(slot, flow.fields.is_some()));
    let doc = format!("The flow `{}`.", name.value());
    // Spanned on the template, where rustc then reports, once, that it is none.
    let mark = quote_spanned! {template.span()=>
        <#template as ::countersign::__private::Template>::Mark
    };
    let template_kind = quote_spanned! {template.span()=>
        <#template as ::countersign::__private::Template>::KIND
    };
    // Spanned on the flow's name, where rustc then reports a missing mandatory reducer.
    let flow = quote_spanned!(name.span()=> pub enum Flow {});
    // Spanned on the flow's name, where rustc then reports a second flow in the module.
    let declared = quote_spanned! {name.span()=>
        impl ::countersign::__private::Declared for Flow {
            type Template = #mark;
            const FIELDS: &'static [::countersign::__private::Field] = #field_list;
        }
    };
    let table = quote_spanned! {name.span()=>
        pub const FLOW: ::countersign::__private::FlowDescriptor = {
            #[allow(unused_imports)]
            use ::countersign::__private::Unfilled as _;
            ::countersign::__private::FlowDescriptor {
                name: #name,
                template: #template_kind,
                module: ::core::module_path!(),
                fields: <Flow as ::countersign::__private::Declared>::FIELDS,
                check_fields: #check_fields,
                check_vars: #check_vars,
                reducers: ::countersign::__private::Reducers { #reducers },
                hooks: ::countersign::__private::Hooks { #hooks },
                actions: ::countersign::__private::Actions { #actions },
                #(#field_slots),*
            }
        };
    };
    quote! {
        #[doc = #doc]
        #[allow(missing_debug_implementations, unreachable_pub)]
        #flow

        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        #declared

        #named_fields
        #named_vars

        #[doc = #doc]
        #[allow(unreachable_pub)]
        #table
    }
}

/// What stands for a flow that could not be written, so that its functions have something to attach
/// to: without a template, that of all functions.
pub(crate) fn flow_placeholder(template: Option<&Path>, fields: Option<&Path>) -> TokenStream {
    let template = template
        .map_or_else(|| quote!(::countersign::__private::Access), ToTokens::to_token_stream);
    let fields =
        fields.map_or_else(|| quote!(::countersign::__private::Nothing), ToTokens::to_token_stream);
    quote! {
        pub enum Flow {}

        impl ::countersign::__private::Declared for Flow {
            type Template = #template;
            const FIELDS: &'static [::countersign::__private::Field] =
                <#fields as ::countersign::__private::Fields>::FIELDS;
        }

        impl<T> ::countersign::__private::DeclaresFields<T> for Flow {}
        impl<T> ::countersign::__private::DeclaresVars<T> for Flow {}

        pub const FLOW: ::countersign::__private::FlowDescriptor =
            ::countersign::__private::FlowDescriptor::PLACEHOLDER;
    }
}

fn slots(flow: &Flow<'_>, kind: Kind) -> TokenStream {
    let Flow { name, template, .. } = flow;
    let slots = SLOTS.iter().filter(|slot| slot.kind == kind).map(|slot| {
        let field = format_ident!("{}", slot.name);
        let value = slot.required.map_or_else(
            || {
                let marker = format_ident!("{}", slot.marker);
                quote! {
                    ::countersign::__private::Probe::<Flow, ::countersign::__private::#marker>::ENTRY
                }
            },
            |required| {
                let required = format_ident!("{required}");
                let mark = quote_spanned! {template.span()=>
                    <#template as ::countersign::__private::Template>::Mark
                };
                let complete = quote!(as ::countersign::__private::Complete<#mark>);
                quote_spanned!(name.span()=> <Flow #complete>::#required)
            },
        );
        quote!(#field: #value)
    });
    quote!(#(#slots),*)
}

/// One entry per field that there may be.
fn field_slot(slot: &FieldSlot, has_fields: bool) -> TokenStream {
    let table = format_ident!("{}", slot.table);
    if !has_fields {
        return quote!(#table: [::core::option::Option::None; #MOST_FIELDS]);
    }
    let marker = format_ident!("{}Of", slot.marker);
    let entries = (0..MOST_FIELDS).map(|index| {
        quote! {
            ::countersign::__private::Probe::<Flow, ::countersign::__private::#marker<#index>>::ENTRY
        }
    });
    quote!(#table: [#(#entries),*])
}

/// The list of flows, each checked against the ones before it.
pub(crate) fn flows(syntax: &FlowsSyntax) -> TokenStream {
    let flows: Vec<_> =
        syntax.flows.iter().map(|path| quote_spanned!(path.span()=> &#path::FLOW)).collect();
    let checks = syntax.flows.iter().enumerate().map(|(index, path)| {
        // Spanned on the flow's path, where rustc then reports that its name is taken.
        quote_spanned! {path.span()=>
            ::countersign::__private::assert_new_name(__FLOWS, #index);
        }
    });
    quote! {{
        const __FLOWS: &[&::countersign::__private::FlowDescriptor] = &[#(#flows),*];
        const _: () = { #(#checks)* };
        __FLOWS
    }}
}

#[cfg(test)]
#[expect(clippy::needless_raw_string_hashes, reason = "`expect-test` writes them so")]
mod tests {
    use quote::quote;

    use super::*;
    use crate::parse::FlowSyntax;

    fn expanded(input: TokenStream) -> String {
        let syntax: FlowSyntax = syn::parse2(input).unwrap();
        let file = syn::parse2(flow(&Flow::check(&syntax).unwrap())).unwrap();
        prettyplease::unparse(&file)
    }

    #[test]
    fn a_flow_probes_every_slot() {
        let text = expanded(quote!("x", Access, fields = Ask));
        for slot in SLOTS.iter().filter(|slot| slot.required.is_none()) {
            assert!(text.contains(&format!("{}: ::countersign::__private::Probe", slot.name)));
        }
        assert!(text.contains("OptionsOf<31usize>") && !text.contains("OptionsOf<32usize>"));
        assert!(text.contains("<Ask as ::countersign::__private::Fields>::FIELDS"));
    }

    #[test]
    fn a_list_of_flows_is_an_expression() {
        let syntax: FlowsSyntax = syn::parse2(quote!(a, b::c)).unwrap();
        let list = flows(&syntax);
        super::super::check(
            quote!(const FLOWS: X = #list;),
            &expect_test::expect![[r#"
            const FLOWS: X = {
                const __FLOWS: &[&::countersign::__private::FlowDescriptor] = &[
                    &a::FLOW,
                    &b::c::FLOW,
                ];
                const _: () = {
                    ::countersign::__private::assert_new_name(__FLOWS, 0usize);
                    ::countersign::__private::assert_new_name(__FLOWS, 1usize);
                };
                __FLOWS
            };
        "#]],
        );
    }
}
