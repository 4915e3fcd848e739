//! Just-in-time access with approvals, as Rust code.
//!
//! A *flow* is a module whose functions decide who may get what, who must approve, and what happens
//! around it. [`flow!`](macro@flow) names it; each [`macro@reducer`], [`macro@hook`] and
//! [`macro@action`] fills one slot of its table. The compiler checks it all.
//!
//! ```
//! mod infra_access {
//!     //! Access to production infrastructure.
//!     use countersign::prelude::*;
//!
//!     flow!("infra_access", Access);
//!
//!     #[reducer]
//!     fn get_approver(event: &Event) -> Approvers {
//!         match event.target().kind() {
//!             "s3" => okta::group("data-security"),
//!             _ => slack::channel("#ops"),
//!         }
//!     }
//!
//!     #[hook]
//!     async fn on_request(event: &Event, cx: &Context) -> Result<Option<Decision>> {
//!         if cx.pagerduty().is_on_call(event.user()).await? {
//!             cx.schedule("tomorrow", FollowUp::incident())?;
//!             return Ok(Some(Decision::approve("on call")));
//!         }
//!         Ok(None)
//!     }
//! }
//!
//! assert_eq!(infra_access::FLOW.name, "infra_access");
//! assert!(infra_access::FLOW.hooks.on_denial.is_none());
//! ```

// The macros write `::countersign::..`, here too.
extern crate self as countersign;

pub mod approvers;
pub mod audit;
pub mod context;
pub mod desk;
pub mod engine;
pub mod flow;
pub mod model;
pub mod policy;
pub mod prelude;
pub mod store;
pub mod strategy;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

#[doc(hidden)]
pub mod __private;

mod macros;

/// For strategies of one's own: `#[async_trait] impl Strategy for ..`.
pub use async_trait::async_trait;
#[cfg(feature = "rego")]
pub use macros::rego;
#[cfg(feature = "sentinel")]
pub use macros::sentinel;
pub use macros::{Fields, action, flow, flows, hook, reducer};
/// For structs of flow variables: `#[derive(Deserialize)]` with
/// `#[serde(crate = "countersign::serde")]`, where a crate does not depend on `serde` itself.
pub use serde;
/// JSON values, as strategies and contexts hold them.
pub use serde_json;
