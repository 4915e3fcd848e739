//! Nothing is granted: the approval is all, as for a gate in a pipeline.

use async_trait::async_trait;
use serde_json::Value;

use super::{Strategy, StrategyContext};
use crate::flow::HandlerError;
use crate::model::{Event, Target};

/// Grants nothing and takes nothing away, but keeps time: the run is active until its end.
#[derive(Debug, Clone, Copy, Default)]
pub struct ApprovalOnly;

#[async_trait]
impl Strategy for ApprovalOnly {
    fn never_blocks(&self) -> bool {
        true
    }

    async fn escalate(
        &self,
        _: &Target,
        _: &Event,
        _: &StrategyContext<'_>,
    ) -> Result<Option<Value>, HandlerError> {
        Ok(None)
    }

    async fn deescalate(
        &self,
        _: &Target,
        _: &Event,
        _: &StrategyContext<'_>,
    ) -> Result<Option<Value>, HandlerError> {
        Ok(None)
    }
}
