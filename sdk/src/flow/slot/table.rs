//! How slots are declared.
//!
//! Each slot has a marker type and three traits of its own, so that whatever is wrong about its
//! function is answered in the words of this slot and of no other: what the function takes, what it
//! returns, and in which templates there is such a slot.

/// Declares slots, and the entries they have in common.
macro_rules! slots {
    ($(
        $(#[$doc:meta])*
        $name:ident = $marker:ident, $input:ident, $output:ident, $in:ident,
        given $given:literal, takes $takes:literal [$($argument:ty => $from:ident),*],
        returned $returned:literal, expected $expected:literal,
        in $in_message:literal [$($template:ty),*],
        $signature:literal,
        ($event:ty, $about:ty) => $reply:ty;
    )*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $marker;

        impl $crate::flow::slot::Slot for $marker {
            type Event = $event;
            type About = $about;
            type Reply = $reply;
        }

        $crate::flow::slot::table::slot_traits! {
            $name = $input, $output, $in,
            given $given, takes $takes [$($argument => $from),*],
            returned $returned, expected $expected,
            in $in_message [$($template),*],
            $signature,
            ($event, $about) => $reply;
        }
    )*};
}

/// Declares the three traits of a slot.
macro_rules! slot_traits {
    (
        $name:ident = $input:ident, $output:ident, $in:ident,
        given $given:literal, takes $takes:literal [$($argument:ty => $from:ident),*],
        returned $returned:literal, expected $expected:literal,
        in $in_message:literal [$($template:ty),*],
        $signature:literal,
        ($event:ty, $about:ty) => $reply:ty;
    ) => {
        #[doc(hidden)]
        #[diagnostic::on_unimplemented(message = $given, label = $takes, note = $signature)]
        pub trait $input<'a> {
            fn take(call: &$crate::flow::slot::Call<'a, $event, $about>) -> Self;
        }

        $(
            #[diagnostic::do_not_recommend]
            impl<'a> $input<'a> for &'a $argument {
                fn take(call: &$crate::flow::slot::Call<'a, $event, $about>) -> Self {
                    call.$from
                }
            }
        )*

        #[doc(hidden)]
        #[diagnostic::on_unimplemented(message = $returned, label = $expected, note = $signature)]
        pub trait $output {
            fn into_reply(self) -> Result<$reply, $crate::flow::HandlerError>;
        }

        #[diagnostic::do_not_recommend]
        impl<T: $crate::flow::answer::IntoReply<$reply>> $output for T {
            fn into_reply(self) -> Result<$reply, $crate::flow::HandlerError> {
                $crate::flow::answer::IntoReply::into_reply(self)
            }
        }

        #[doc(hidden)]
        #[diagnostic::on_unimplemented(message = $in_message, label = "no flow of this template calls it")]
        pub trait $in {
            const NAME: &'static str = stringify!($name);
        }

        $(
            #[diagnostic::do_not_recommend]
            impl $in for $template {}
        )*
    };
}

pub(super) use {slot_traits, slots};
