//! How often somebody had a step.

use countersign::context::{HistoryQuery, Scope, ServiceError};
use countersign::engine::Run;
use countersign::engine::records::{self, List};
use countersign::model::RunId;
use countersign::store::{Key, Query};

use super::{LocalDirectory, unreadable};

impl LocalDirectory {
    /// How often somebody had a step.
    pub(super) async fn times(&self, query: &HistoryQuery) -> Result<u32, ServiceError> {
        let mut times = 0_u32;
        let mut runs = Query::of(List::By(&query.user).partition()).descending();
        loop {
            let page = self.store.query(&runs).await.map_err(|error| unreadable(&error))?;
            let ids: Vec<RunId> = page
                .items
                .iter()
                .map(records::read)
                .collect::<Result<_, _>>()
                .map_err(|error| unreadable(&error))?;
            let keys: Vec<Key> = ids.iter().map(records::head).collect();
            let heads = self.store.get_many(&keys).await.map_err(|error| unreadable(&error))?;
            for head in heads.iter().flatten() {
                let (run, _) = records::read_run(head).map_err(|error| unreadable(&error))?;
                times = times.saturating_add(u32::from(counts(&run, query)));
            }
            match page.items.last() {
                Some(last) if page.more => runs.after = Some(last.key.sk.clone()),
                Some(_) | None => return Ok(times),
            }
        }
    }
}

fn counts(run: &Run, query: &HistoryQuery) -> bool {
    let in_scope = match &query.scope {
        Scope::Flow(flow) => run.flow == *flow,
        Scope::Target(name) => {
            run.request.target.as_ref().is_some_and(|target| target.name == *name)
        }
    };
    let at = run.steps.get(&query.step).map(|step| step.at);
    let in_time = at.is_some_and(|at| {
        query.since.is_none_or(|since| at >= since) && query.until.is_none_or(|until| at <= until)
    });
    in_scope && in_time && run.id != query.except
}
