//! The macros, re-exported with what there is to say about them.

/// Names the flow of this module and its template, once per module.
///
/// ```
/// use countersign::prelude::*;
///
/// flow!("orders_database", Access, fields = Ask, vars = Vars);
///
/// #[derive(Fields)]
/// struct Ask {
///     /// Which ticket is this about?
///     ticket: String,
/// }
///
/// #[derive(countersign::serde::Deserialize)]
/// #[serde(crate = "countersign::serde")]
/// struct Vars {
///     channel: String,
/// }
///
/// #[reducer]
/// fn get_approver(event: &Event) -> Result<Approvers> {
///     let vars: Vars = event.vars()?;
///     Ok(slack::channel(&vars.channel))
/// }
/// # fn main() {}
/// ```
///
/// | | |
/// |---|---|
/// | name | 1 to 64 lowercase letters, digits, `-` or `_`, a letter first; unique among the flows of a program |
/// | template | [`Access`](crate::flow::Access) or [`FollowUp`](crate::flow::FollowUp): which functions the flow may have |
/// | `fields = Ask` | the form: a struct with [`#[derive(Fields)]`](derive@Fields); without it, none beyond what every request has |
/// | `vars = Vars` | the variables, from the settings: a struct that implements `Deserialize`; without it, none |
///
/// # What it becomes
///
/// `pub enum Flow {}`, to which the attributes of this module attach its functions, and
/// `pub const FLOW: FlowDescriptor`, the table of them all. In another file of the same flow, write
/// `use super::Flow;`.
///
/// With `COUNTERSIGN_MACROS_DEBUG=1` in the environment, the compiler prints what each macro wrote.
pub use countersign_macros::flow;

/// A function before a step, which may change where the run goes: `on_prompt`, `on_request`,
/// `on_forward`, `on_expiry`, `on_approval`, `on_denial`, `on_escalate`, `on_deescalate`.
///
/// ```
/// # use countersign::prelude::*;
/// # flow!("x", Access);
/// # #[reducer] fn get_approver() -> Approvers { admins() }
/// #[hook]
/// async fn on_request(event: &Event, cx: &Context) -> Result<Option<Decision>> {
///     let on_call = cx.pagerduty().is_on_call(event.user()).await?;
///     Ok(on_call.then(|| Decision::approve("on call")))
/// }
///
/// #[hook(on_denial)]
/// fn keep_what_was_approved_before(event: &Event) -> Option<Refusal> {
///     event.run().actor(Step::Approval).map(|_| Refusal::ignore("it is approved already"))
/// }
/// # fn main() {}
/// ```
///
/// It takes `&Event` and `&Context`, either, both or neither, in any order. It may be `async`. It
/// returns what its step allows, see [`reply`](crate::flow::reply), or a `Result` of that with any
/// error that implements [`std::error::Error`]. `None` goes on. An error never grants.
///
/// A hook decides: it runs before the step is committed, and may run again until its answer is
/// recorded.
///
/// # What it becomes
///
/// The function stays what it was, and can be called in a test. Beside it stands, for `on_request`,
///
/// ```text
/// impl Fills<OnRequest> for Flow {
///     const ENTRY: Entry<Option<Decision>> = Entry { run, slot, path, location };
/// }
/// ```
///
/// so the module needs a [`flow!`](macro@flow), or `use super::Flow;`.
pub use countersign_macros::hook;

/// A function after a step, which does something about it: `after_prompt`, `after_request`,
/// `after_forward`, `after_expiry`, `after_approval`, `after_denial`, `after_escalate`,
/// `after_deescalate`. In a follow-up: `after_prompt`, `after_request` (the answers came in) and
/// `after_expiry` (no answer came).
///
/// ```
/// # use countersign::prelude::*;
/// # flow!("x", Access);
/// # #[reducer] fn get_approver() -> Approvers { admins() }
/// #[action]
/// async fn after_approval(event: &Event, cx: &Context) -> Result {
///     let who = event.user().username();
///     Ok(cx.slack().reply(format!("approved by {who}")).await?)
/// }
/// # fn main() {}
/// ```
///
/// It takes what a [`#[hook]`](macro@hook) takes, and returns nothing, or a `Result` of nothing. It
/// runs at least once, after the step was committed; its error is reported and changes nothing.
/// `cx.idempotency_key()` is the same when it runs again.
///
/// # What it becomes
///
/// As a hook does: the function unchanged, and beside it `impl Fills<AfterApproval> for Flow`.
pub use countersign_macros::action;

/// A function that answers one question with one value.
///
/// | function | answers | with |
/// |---|---|---|
/// | `get_approver` | who may decide, and where they are asked; every `Access` flow has it | [`Approvers`](crate::approvers::Approvers) |
/// | `get_requester` | who may ask | [`People`](crate::approvers::People) or `Approvers` |
/// | `get_viewer` | who may look at the runs | `People` or `Approvers` |
/// | `get_identity` | what a user is called in an integration; takes [`&IdentityQuery`](crate::flow::IdentityQuery) instead of `&Event` | `Option<String>` or `String` |
/// | `#[reducer(options = "field")]` | the choices of a field, when the form opens and while somebody types; may also take [`&Query`](crate::flow::Query) | `Vec<`[`Choice`](crate::flow::Choice)`>` |
/// | `#[reducer(change = "field")]` | the form after the field changed; may also take [`&Form`](crate::flow::Form) | `Form` |
///
/// ```
/// # use countersign::prelude::*;
/// flow!("orders_database", Access, fields = Ask);
///
/// #[derive(Fields)]
/// struct Ask {
///     /// Which table?
///     table: String,
///     /// How many rows?
///     rows: Option<u32>,
/// }
///
/// #[reducer]
/// fn get_approver() -> Approvers {
///     slack::channel("#orders").quorum(2)
/// }
///
/// #[reducer(options = "table")]
/// fn tables(query: &Query) -> Vec<Choice> {
///     let all = ["orders", "customers"];
///     all.into_iter().filter(|table| query.matches(table)).map(Choice::from).collect()
/// }
///
/// #[reducer(change = "table")]
/// fn customers_are_counted(form: &Form) -> Form {
///     let mut form = form.clone();
///     let customers = form.field("table").is_some_and(|table| table.value == "customers");
///     if let Some(rows) = form.field_mut("rows") {
///         rows.required = customers;
///     }
///     form
/// }
/// # fn main() {}
/// ```
///
/// A field that the flow does not declare does not compile.
///
/// # What it becomes
///
/// As a hook does: the function unchanged, and beside it `impl Fills<GetApprover> for Flow`; for a
/// field, `impl Fills<OptionsOf<N>> for Flow`, where `N` is where the field stands in the form.
pub use countersign_macros::reducer;

/// Declares the fields of a form by a struct.
///
/// ```
/// use countersign::prelude::*;
///
/// #[derive(Fields)]
/// struct Ask {
///     /// Which ticket is this about?
///     #[field(pattern = "[A-Z]+-[0-9]+", pattern_message = "a ticket looks like OPS-12")]
///     ticket: String,
///     #[field(choices = ["read", "write"], default = "read")]
///     mode: String,
///     #[field(default = 100, help = "At most so many at once.")]
///     rows: u32,
///     /// Who else works on it?
///     colleagues: Option<Vec<UserId>>,
/// }
/// # let _ = |ask: Ask| (ask.ticket, ask.mode, ask.rows, ask.colleagues);
/// let labels: Vec<_> = Ask::FIELDS.iter().map(|field| field.label).collect();
/// assert_eq!(labels, ["Which ticket is this about?", "Mode", "Rows", "Who else works on it?"]);
/// ```
///
/// A field is a `String`, a whole number (`i8` to `i64`, `u8` to `u64`), a `bool`, a
/// [`Duration`](crate::model::Duration), a [`UserId`](crate::model::UserId), a `Vec` of texts,
/// numbers or users, or an `Option` of any of these. It has to be answered, unless it is an
/// `Option` or a `bool`. `duration`, `target`, `target_id` and `reason` are no names for it: every
/// request has them. A form has at most 32 fields.
///
/// | `#[field(..)]` | |
/// |---|---|
/// | `label = ".."` | what people read; otherwise the comment's first line, otherwise the name |
/// | `default = ..` | what is answered if nothing is: a text, a number or a `bool`; for a list, a text with commas |
/// | `choices = ["a", "b"]` | what may be answered |
/// | `pattern = ".."` | a regular expression that the whole of a text has to match |
/// | `pattern_message = ".."` | what is said to one that does not |
/// | `required = false` | an empty text or list will do; for others, use an `Option` |
/// | `placeholder = ".."` | an example |
/// | `help = ".."` | a sentence below the field |
///
/// # What it becomes
///
/// `impl Fields for Ask`, whose `FIELDS` is plain data, and `impl Deserialize for Ask`, by which
/// `event.fields::<Ask>()` reads the answers. So do not derive `Deserialize` as well.
pub use countersign_macros::Fields;

/// Embeds a policy in Rego, and checks it while the flow is compiled: a policy that cannot be read, or not
/// be evaluated rightly and within bounds, does not compile. The path is relative to the file that it
/// stands in.
///
/// ```ignore
/// rego!("requesters.rego").allows(cx, json!({ "user": event.user() }))?;
/// rego!("main.rego", entry = "may_ask", modules = ["teams.rego"], data = ["teams.json"]);
/// ```
///
/// The rule `allow` decides, or the one that `entry` names. What the policy is given is there as `input`,
/// and key by key as `data`; what data files say is `data`, too. `docs/rego.md` says what is supported.
///
/// # What it becomes
///
/// A `&'static` [`Policy`](crate::policy::Policy). The crate is built anew when a file changes.
#[cfg(feature = "rego")]
pub use countersign_macros::rego;

/// Embeds a policy in Sentinel, and checks it while the flow is compiled. The path is relative to the file
/// that it stands in.
///
/// ```ignore
/// sentinel!("business-hours.sentinel").enforce(cx, json!({ "user": event.user() }), Level::HardMandatory)?;
/// sentinel!("main.sentinel", modules = ["teams.sentinel"], data = ["people.json"]);
/// ```
///
/// What the policy is given are its globals, key by key. Modules and data are imported by the names of
/// their files, without the ending. `docs/sentinel.md` says what is supported.
///
/// # What it becomes
///
/// A `&'static` [`Policy`](crate::policy::Policy). The crate is built anew when a file changes.
#[cfg(feature = "sentinel")]
pub use countersign_macros::sentinel;

/// The list of a program's flows, by their modules.
///
/// ```
/// mod billing {
///     use countersign::prelude::*;
///
///     flow!("billing", Access);
///
///     #[reducer]
///     fn get_approver() -> Approvers {
///         slack::channel("#finance")
///     }
/// }
///
/// const FLOWS: &[&countersign::flow::FlowDescriptor] = countersign::flows![billing];
/// assert_eq!(FLOWS[0].name, "billing");
/// ```
///
/// Two flows of one name do not compile, nor does one that is called as a built-in flow is.
///
/// # What it becomes
///
/// `&[&billing::FLOW]`, and for each flow a constant that checks its name against those before it.
pub use countersign_macros::flows;
