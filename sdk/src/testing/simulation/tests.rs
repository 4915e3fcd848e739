//! The engine keeps its promises in bad weather.

use std::collections::BTreeMap;

use super::checks::ended;
use super::world::Simulation;
use crate::engine::CommandKind;
use crate::model::{Duration, Outcome, RunId};

mod one {
    use crate::prelude::*;

    flow!("one", Access);

    #[reducer]
    fn get_approver() -> Approvers {
        okta::group("approvers").timeout(Duration::minutes(10))
    }
}

mod two {
    use crate::prelude::*;

    flow!("two", Access);

    #[reducer]
    fn get_approver() -> Approvers {
        okta::group("approvers")
            .quorum(2)
            .timeout(Duration::minutes(10))
            .or_else(anyone().timeout(Duration::minutes(20)))
    }
}

const APPROVE: CommandKind = CommandKind::Approve { message: None, shown: None };
const REVOKE: CommandKind = CommandKind::Revoke { message: None };

fn world(seed: u64) -> Simulation {
    Simulation::new([&one::FLOW, &two::FLOW], seed)
}

type Deed<'a> = &'a dyn Fn(&mut Simulation, &RunId);

/// One request, from the beginning to the end, with a crash at the so many-eth call of a port.
fn story(crashes: &[usize]) -> usize {
    let mut world = world(0);
    let run = world.asks("ada", "one", "orders", Duration::minutes(5));
    let deeds: [Deed<'_>; 3] = [
        &|world, run| world.drive(run),
        &|world, run| {
            world.record(run, "bo", APPROVE);
            world.drive(run);
        },
        &|world, run| {
            world.record(run, "ada", REVOKE);
            world.drive(run);
        },
    ];
    let mut crashes = crashes.iter().copied();
    for deed in deeds {
        deed(&mut world, &run);
        while world.working() > 0 {
            let before = world.pauses();
            let next = crashes.clone().next();
            world.finish(next);
            if next.is_some_and(|crash| world.pauses() >= crash && before < crash) {
                crashes.next();
                // Whoever crashed is found by its due items.
                world.wait(61);
                world.sweep();
            }
        }
        world.wait(1);
    }
    let pauses = world.pauses();
    world.heal();
    ended(&world, &run, Outcome::Ended);
    pauses
}

#[test]
fn a_crash_at_any_one_call_changes_nothing_in_the_end() {
    let calls = story(&[]);
    assert!(calls > 50, "{calls}");
    for crash in 1..=calls {
        story(&[crash]);
    }
}

#[test]
fn two_crashes_at_any_two_calls_change_nothing_in_the_end() {
    let calls = story(&[]);
    for first in (1..=calls).step_by(3) {
        for second in (first + 1..calls + 40).step_by(11) {
            story(&[first, second]);
        }
    }
}

/// A random life with this seed. Returns how often each thing happened in it.
fn life(seed: u64) -> BTreeMap<String, usize> {
    let mut world = world(seed);
    if seed.is_multiple_of(3) {
        world.had("eve", "orders");
    }
    world.odds([0, 40, 15, 6][usize::try_from(seed % 4).unwrap()]);
    for _ in 0..1_500 {
        world.anything();
    }
    world.heal();
    world.tally()
}

/// A number from the environment.
fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// `COUNTERSIGN_SEEDS=5000` goes on for longer; `COUNTERSIGN_SEED=139 COUNTERSIGN_SEEDS=1` repeats
/// one life.
#[test]
fn whatever_goes_wrong_the_promises_are_kept() {
    let (first, seeds) = (setting("COUNTERSIGN_SEED", 0), setting("COUNTERSIGN_SEEDS", 60));
    let mut all = BTreeMap::new();
    for seed in first..first + seeds {
        for (what, count) in life(seed) {
            *all.entry(what).or_insert(0) += count;
        }
    }
    // A simulation in which nothing happens proves nothing.
    for what in ["granted", "grant_failed", "revoke_failed", "shared", "standing", "taken_again"] {
        assert!(seeds < 50 || all.get(what).is_some_and(|count| *count > 0), "{what}: {all:#?}");
    }
}
