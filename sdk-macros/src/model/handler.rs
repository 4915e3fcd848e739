//! A function that fills a slot.

use syn::visit::{self, Visit};
use syn::{FnArg, Ident, LitStr, Result, ReturnType, Type};

use super::{Errors, Read, reads};
use crate::nearest::nearest;
use crate::parse::{Args, Syntax};
use crate::slots::{self, FIELD_SLOTS, FieldSlot, Kind, NoSlot, Slot};

/// A function that may fill a slot.
pub(crate) struct Handler<'a> {
    pub(crate) place: Place<'a>,
    pub(crate) fn_ident: &'a Ident,
    pub(crate) is_async: bool,
    pub(crate) params: Vec<Param<'a>>,
    /// `None` is `()`.
    pub(crate) output: Option<&'a Type>,
    /// What it reads of the form and the variables.
    pub(crate) reads: Vec<Read>,
}

/// One of the function's parameters.
pub(crate) enum Param<'a> {
    /// By its type.
    Of(&'a Type),
    /// `self`.
    Receiver,
}

/// Which slot, and the author's token that names it.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    /// By the attribute's argument or the function's name.
    Slot(&'static Slot, &'a Ident),
    /// By the attribute's `options = "field"`.
    Field(&'static FieldSlot, &'a LitStr),
}

impl<'a> Handler<'a> {
    pub(crate) fn check(kind: Kind, syntax: &'a Syntax) -> Result<Self> {
        let sig = &syntax.sig;
        let mut errors = Errors::default();

        let place = place(kind, syntax).map_err(|error| errors.add(error)).ok();
        if !sig.generics.params.is_empty() {
            errors.push(&sig.generics, format!("{} cannot be generic", kind.a_word()));
        }
        if !matches!(sig.safety, syn::Safety::Default) {
            errors.push(&sig.safety, format!("{} cannot be `unsafe`", kind.a_word()));
        }
        let mut params = Vec::new();
        for input in &sig.inputs {
            match input {
                FnArg::Receiver(_) => params.push(Param::Receiver),
                FnArg::Typed(typed) => {
                    errors.reject_impl_trait(&typed.ty);
                    params.push(Param::Of(&typed.ty));
                }
            }
        }
        let output = match &sig.output {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => {
                errors.reject_impl_trait(ty);
                Some(&**ty)
            }
        };

        match (place, errors.finish()) {
            (Some(place), Ok(())) => Ok(Self {
                place,
                fn_ident: &sig.ident,
                is_async: sig.asyncness.is_some(),
                params,
                output,
                reads: reads(sig, syntax.body.clone()),
            }),
            (_, Err(error)) => Err(error),
            (None, Ok(())) => unreachable!("an unknown slot is an error"),
        }
    }
}

/// The mandatory slot that a wrong function was probably meant for.
pub(crate) fn mandatory_meant(syntax: &Syntax) -> Option<&'static Slot> {
    let ident = match &syntax.args {
        Args::None => &syntax.sig.ident,
        Args::Slot(ident) => ident,
        Args::Field { .. } => return None,
    };
    slots::mandatory_meant(&ident.to_string())
}

fn place(kind: Kind, syntax: &Syntax) -> Result<Place<'_>> {
    let (key, field) = match &syntax.args {
        Args::None => return slot(kind, &syntax.sig.ident),
        Args::Slot(ident) => return slot(kind, ident),
        Args::Field { key, field } => (key, field),
    };
    let word = key.to_string();
    let Some(slot) = FIELD_SLOTS.iter().find(|slot| slot.name == word) else {
        let message = match nearest(FIELD_SLOTS.iter().map(|slot| slot.name), &word) {
            Some(near) => format!("there is no `{word} = ..`: did you mean `{near}`?"),
            None => format!(
                "there is no `{word} = ..`: a field has `options` (its choices) and `change` (the form after it changed)"
            ),
        };
        return Err(syn::Error::new_spanned(key, message));
    };
    if kind != Kind::Reducer {
        let message = format!("`{word}` is a reducer's: write `#[reducer({word} = ..)]`");
        return Err(syn::Error::new_spanned(key, message));
    }
    Ok(Place::Field(slot, field))
}

fn slot(kind: Kind, ident: &Ident) -> Result<Place<'_>> {
    slots::find(kind, &ident.to_string())
        .map(|slot| Place::Slot(slot, ident))
        .map_err(|no_slot| syn::Error::new_spanned(ident, no_slot_message(kind, ident, &no_slot)))
}

fn no_slot_message(kind: Kind, ident: &Ident, no_slot: &NoSlot) -> String {
    let word = kind.word();
    match no_slot {
        NoSlot::OtherKind(other) => {
            format!("`{ident}` is {}: write `#[{}]`", other.a_word(), other.word())
        }
        NoSlot::Elsewhere(ours) => format!("there is no {word} `{ident}`: {ours}"),
        NoSlot::Unknown { nearest: Some(nearest) } => {
            format!("there is no {word} `{ident}`: did you mean `{nearest}`?")
        }
        NoSlot::Unknown { nearest: None } => {
            let names = slots::names(kind);
            format!("there is no {word} `{ident}`: the {word}s are {names}")
        }
    }
}

impl Errors {
    fn reject_impl_trait(&mut self, ty: &Type) {
        struct Finder<'e>(&'e mut Errors);
        impl<'ast> Visit<'ast> for Finder<'_> {
            fn visit_type_impl_trait(&mut self, node: &'ast syn::TypeImplTrait) {
                self.0.push(node, "name the type: `impl Trait` cannot be dispatched");
                visit::visit_type_impl_trait(self, node);
            }
        }
        Finder(self).visit_type(ty);
    }
}
