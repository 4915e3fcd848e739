//! The plain data that everything else is about. No I/O, no clock.

mod channel;
mod duration;
mod event;
mod id;
mod identity;
mod integration;
mod run;
mod srn;
mod step;
mod target;
mod user;

pub use channel::{Channel, Source};
pub use duration::{Duration, InvalidDuration};
pub use event::{Event, FlowInfo, NotThere, RunInfo};
pub use id::{CommandId, FlowName, Hash, InvalidName, RunId, StrategyName, TargetName, UserId};
pub use identity::Identity;
pub use integration::Integration;
pub use jiff::Timestamp;
pub use run::{Outcome, Status};
pub use srn::{Srn, SrnError, Version};
pub use step::Step;
pub use target::Target;
pub use user::{Role, User, UserKind};

/// A JSON object whose keys are in order.
pub type Object = serde_json::Map<String, serde_json::Value>;
