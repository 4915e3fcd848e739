//! After the last kill: whether access is where it belongs, and bringing everything to its end.

use std::path::Path;
use std::time::{Duration, Instant};

use countersign::engine::records::{self, List};
use countersign::engine::{Run, State};
use jiff::Timestamp;
use serde_json::json;

use super::ledger::Deed;
use super::shelf::{FOLLOW_UP, Shelf, holds, is_active, is_moving};
use super::world::{Order, World};

/// After the last start, access is where it belongs within so long.
const SOON: Duration = Duration::from_secs(8);

/// And everything that is asked to end has ended within so long.
const LATEST: Duration = Duration::from_secs(45);

/// While some hold access: the groups' members are those, and nobody else.
pub(super) async fn in_the_middle(world: &World, data: &Path) -> Result<(), String> {
    let (shelf, began) = (Shelf::open(data)?, Instant::now());
    loop {
        let wrong = misplaced(&shelf).await?;
        if wrong.is_empty() {
            return Ok(());
        }
        if began.elapsed() > SOON {
            for what in wrong {
                world.broke(what);
            }
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Access that nobody holds, and holders without access.
async fn misplaced(shelf: &Shelf) -> Result<Vec<String>, String> {
    let before = shelf.runs(List::Granted).await?;
    let members = shelf.members().await?;
    let after = shelf.runs(List::Granted).await?;
    let now = Timestamp::now();
    let held = |runs: &[Run], is: &dyn Fn(&Run) -> bool| -> Vec<_> {
        runs.iter().filter(|run| is(run)).filter_map(holds).collect()
    };
    let [first, second] = [&before, &after].map(|runs| held(runs, &is_active));
    let moving = [held(&before, &is_moving), held(&after, &is_moving)].concat();
    let mut wrong = Vec::new();
    for hold @ (target, user) in &members {
        if ![&first, &second, &moving].iter().any(|holds| holds.contains(hold)) {
            wrong.push(format!("{user} has access to {target}, and no run gives it"));
        }
    }
    for hold @ (target, user) in first.iter().filter(|hold| second.contains(hold)) {
        if !members.contains(hold) {
            wrong.push(format!("{user} has no access to {target}, and a run is active"));
        }
    }
    let over =
        |run: &&Run| matches!(run.state, State::Active { until: Some(until), .. } if until < now);
    wrong.extend(
        after
            .iter()
            .filter(over)
            .map(|run| format!("run {} is active, and its end was at {:?}", run.id, run.until)),
    );
    Ok(wrong)
}

/// Ends all that does not end by itself, and waits for the rest.
pub(super) async fn everything(world: &World, data: &Path) -> Result<(), String> {
    let (shelf, began) = (Shelf::open(data)?, Instant::now());
    let mut asked = std::collections::BTreeSet::new();
    let mut client = None;
    loop {
        let open = shelf.runs(List::Open).await?;
        let is_open = |run: &&Run| {
            run.flow.as_str() != FOLLOW_UP && !matches!(run.state, State::Closed { .. })
        };
        let open: Vec<_> = open.iter().filter(is_open).collect();
        let waiting = unhandled(&shelf).await?;
        if open.is_empty() && waiting.is_empty() {
            return Ok(());
        }
        if began.elapsed() > LATEST {
            for run in open {
                let (id, state, left) = (&run.id, &run.state, &run.outstanding);
                world.broke(format!("run {id} does not come to its end: {state:?} {left:?}"));
            }
            for what in waiting {
                world.broke(format!("a command is never handled: {what}"));
            }
            return Ok(());
        }
        for run in open {
            let deed = match run.state {
                State::Pending(_) => Deed::Cancel,
                State::Active { .. } => Deed::Revoke,
                _ => continue,
            };
            if !asked.insert((run.id.clone(), deed.as_str())) {
                continue;
            }
            let (key, path) = (world.new_key(), format!("/v1/runs/{}/{}", run.id, deed.as_str()));
            let (user, body) = (run.request.requester.as_str(), json!({}));
            let order = Order { deed, user, path: &path, key: &key, wait: None, body: &body };
            world.order(&mut client, &order).await;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Commands that were recorded and not handled.
async fn unhandled(shelf: &Shelf) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    for shard in records::shards() {
        let items = shelf.all(&shard, "").await?;
        let keys = items.into_iter().map(|item| item.key.sk);
        found.extend(keys.filter(|key| key.contains("#command-") && !key.contains("start-")));
    }
    Ok(found)
}
