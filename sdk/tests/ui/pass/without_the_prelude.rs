#![deny(warnings)]

// What the macros write does not depend on what names mean here.
mod core {}
mod serde {}
pub struct Box;
pub struct Context;
pub struct Event;
pub struct Option;
pub struct Result;
pub struct String;
pub struct Vec;

#[derive(::countersign::Fields)]
pub struct Ask {
    #[field(label = "Rows", default = -1, help = "How many.")]
    pub rows: i64,
    #[field(default = "a, b", choices = ["a", "b"])]
    pub r#type: ::std::vec::Vec<::std::string::String>,
    #[field(default = true)]
    pub urgent: bool,
    pub with: ::std::option::Option<::std::vec::Vec<::countersign::model::UserId>>,
}

::countersign::flow!("prod", ::countersign::flow::Access, fields = Ask);

#[::countersign::reducer]
fn get_approver() -> ::countersign::approvers::Approvers {
    ::countersign::approvers::admins()
}

#[::countersign::hook]
async fn on_request() -> ::std::option::Option<::countersign::flow::Decision> {
    ::std::option::Option::None
}

fn main() {
    ::std::assert_eq!(FLOW.fields.len(), 4);
}
