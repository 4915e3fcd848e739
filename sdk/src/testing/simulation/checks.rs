//! What has been promised. See "Invariants that the simulation checks" in the design.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use futures_util::FutureExt;

use super::super::TestStrategy;
use super::world::Simulation;
use crate::engine::{Decider, Due};
use crate::engine::{Effect, EffectId, Run, SealedEntry, State, What, records, verify};
use crate::model::{Duration, RunId, Timestamp};
use crate::store::{Query, Store};

/// How long an approved run may take to be active, or failed, without faults.
const TO_BE_GIVEN: Duration = Duration::minutes(2);

/// How long access may outlive its lease, without faults.
const TO_BE_GONE: Duration = Duration::minutes(3);

/// What holds at every moment, whatever goes wrong.
pub(super) fn always(world: &mut Simulation) {
    let seed = world.seed;
    for id in world.runs.clone() {
        let head = world.store.get(&records::head(&id)).now_or_never().unwrap().unwrap();
        let Some(head) = head else { continue };
        // A log is only added to, so a look now and then sees all of it.
        let is_new = world.seen.insert(id.clone(), head.version) != Some(head.version);
        if is_new && head.version.is_multiple_of(8) {
            let (run, _) = records::read_run(&head).unwrap();
            one_run(&format!("seed {seed}, run {id}"), &run, &entries(world, &id));
        }
    }
    standing_is_untouched(world);
    what_is_given_was_approved(world);
}

/// S9.
fn standing_is_untouched(world: &Simulation) {
    for (user, target) in &world.standing {
        let has = world.strategy.has(user, target);
        assert!(has, "seed {}: {user} lost {target}, which was theirs", world.seed);
    }
}

/// S1, S7: nobody touches the target for a run that was not on its way there.
fn what_is_given_was_approved(world: &Simulation) {
    let deeds = std::mem::take(&mut *world.deeds.lock().unwrap_or_else(PoisonError::into_inner));
    for (id, deed) in deeds {
        let granting = entries(world, &id)
            .iter()
            .any(|sealed| matches!(sealed.entry.what, What::Granting { .. }));
        assert!(granting, "seed {}: `{deed}` for run {id}, which nobody approved", world.seed);
    }
}

/// What holds of one run's log: S1, S2, S4, S5, S6, S7.
pub(crate) fn one_run(what: &str, run: &Run, entries: &[SealedEntry]) {
    let end = verify(&run.id, entries).unwrap_or_else(|broken| panic!("{what}: {broken}"));
    assert_eq!(end, run.chain, "{what}: the head is not at the end of the chain");
    assert_eq!(Run::replay(entries).as_ref(), Some(run), "{what}: the head is not the fold");
    for (index, sealed) in entries.iter().enumerate() {
        let before = entries.get(..index).unwrap_or_default();
        match &sealed.entry.what {
            What::Granting { until } => {
                enough_approvals(what, before);
                not_over(what, before);
                armed_first(what, *until, sealed);
            }
            What::Approved { .. } | What::Asked(_) | What::Closed { .. } => not_over(what, before),
            What::Granted { .. } => {
                assert!(
                    before.iter().any(|it| matches!(it.entry.what, What::Granting { .. })),
                    "{what}: granted out of nothing"
                );
                let ending = before.iter().any(|it| matches!(it.entry.what, What::Ending { .. }));
                assert!(!ending, "{what}: granted after its end");
            }
            What::Done { effects } => {
                for id in effects {
                    follows_its_intent(what, before, *id);
                }
            }
            _ => {}
        }
        if let crate::engine::Cause::Effect { id } = &sealed.entry.cause {
            follows_its_intent(what, before, *id);
        }
    }
    if matches!(run.state, State::Closed { .. }) {
        let grant = run.outstanding.iter().any(|left| left.effect.touches_target());
        assert!(!grant, "{what}: closed, and the target is still to be touched");
    }
}

/// S5: what was carried out had been called for.
fn follows_its_intent(what: &str, before: &[SealedEntry], id: EffectId) {
    let intent = before.iter().find(|sealed| sealed.entry.seq == id.seq);
    let effect = intent.and_then(|sealed| sealed.entry.effects.get(id.index));
    assert!(effect.is_some(), "{what}: {id:?} was carried out, and nobody had called for it");
}

/// Nothing is decided after the end.
fn not_over(what: &str, before: &[SealedEntry]) {
    let over = before.iter().any(|it| matches!(it.entry.what, What::Closed { .. }));
    assert!(!over, "{what}: something was decided after it was over");
}

/// The timer that takes access away is armed before access is given.
fn armed_first(what: &str, until: Option<Timestamp>, sealed: &SealedEntry) {
    let is_arm = |effect: &Effect| matches!(effect, Effect::Arm { due: Due::End, .. });
    let effects = &sealed.entry.effects;
    let (arm, grant) = (
        effects.iter().position(is_arm),
        effects.iter().position(|effect| *effect == Effect::Grant),
    );
    let in_order = match (until, arm, grant) {
        (Some(_), Some(arm), Some(grant)) => arm < grant,
        (None, None, Some(_)) => true,
        _ => false,
    };
    assert!(in_order, "{what}: access is given before its end is armed");
}

/// S1, S2: every stage of the plan has its approvals, each by another person, none by the
/// requester unless the stage allows it; or the flow itself approved.
fn enough_approvals(what: &str, before: &[SealedEntry]) {
    let requester = before.iter().find_map(|sealed| match &sealed.entry.what {
        What::Requested { request, .. } => Some(request.requester.clone()),
        _ => None,
    });
    let approvals: Vec<_> = before
        .iter()
        .filter_map(|sealed| match &sealed.entry.what {
            What::Approved { by, stage, .. } => Some((by.clone(), *stage)),
            _ => None,
        })
        .collect();
    if approvals.iter().any(|(by, _)| matches!(by, Decider::Flow { .. })) {
        return;
    }
    let plan = before.iter().rev().find_map(|sealed| match &sealed.entry.what {
        What::Asked(ask) => Some(ask.clone()),
        _ => None,
    });
    let Some(ask) = plan else { panic!("{what}: granted, and nobody was asked") };
    // Stages that were passed on to a fallback are not complete, and need not be.
    let asked: BTreeSet<usize> = asked_stages(before);
    for (number, stage) in ask.plan.stages().iter().enumerate() {
        let by: Vec<_> = approvals.iter().filter(|(_, at)| *at == number).collect();
        let people: BTreeSet<_> = by
            .iter()
            .filter_map(|(by, _)| match by {
                Decider::User { id, .. } => Some(id.clone()),
                Decider::Flow { .. } | Decider::Engine => None,
            })
            .collect();
        assert_eq!(people.len(), by.len(), "{what}: somebody counted twice");
        let own = requester.as_ref().is_some_and(|requester| people.contains(requester));
        assert!(!own || stage.allow_self, "{what}: approved by the requester");
        let complete = u32::try_from(people.len()).unwrap_or(u32::MAX) >= stage.quorum;
        assert!(complete || !asked.contains(&number), "{what}: too few approvals");
    }
}

/// The stages whose time did not run out.
fn asked_stages(before: &[SealedEntry]) -> BTreeSet<usize> {
    let mut asked = BTreeSet::new();
    let mut last = None;
    for sealed in before {
        match &sealed.entry.what {
            What::Asked(ask) => {
                asked.insert(ask.stage);
                last = Some(ask.stage);
            }
            What::Forwarded { .. } => {
                if let Some(last) = last {
                    asked.remove(&last);
                }
            }
            _ => {}
        }
    }
    asked
}

/// What has to be so some time after the weather became good.
pub(super) fn in_time(world: &Simulation, healed: Timestamp) {
    let (seed, now) = (world.seed, world.now());
    for id in &world.runs {
        let Some(run) = world.run(id) else {
            assert!(now <= healed + Duration::MINUTE, "seed {seed}: run {id} never began");
            continue;
        };
        if matches!(run.state, State::Prompted { .. } | State::Pending(_) | State::Closed { .. }) {
            continue;
        }
        let entered = entries(world, id)
            .iter()
            .rev()
            .find(|sealed| matches!(sealed.entry.what, What::Granting { .. } | What::Ending { .. }))
            .map_or(run.created, |sealed| sealed.entry.at);
        let since = entered.max(healed);
        match &run.state {
            State::Granting { .. } => assert!(
                now < since + TO_BE_GIVEN,
                "seed {seed}, run {id}: approved, and neither active nor failed in two minutes"
            ),
            State::Revoking { .. } => assert!(
                now < since + TO_BE_GONE,
                "seed {seed}, run {id}: access is still being taken away after three minutes"
            ),
            State::Active { until, .. } => {
                assert!(
                    until.is_none_or(|until| now < until.max(healed) + Duration::MINUTE),
                    "seed {seed}, run {id}: its end went by"
                );
                let target = run.request.target.as_ref().map(|target| &target.name);
                let has =
                    target.is_some_and(|name| world.strategy.has(&run.request.requester, name));
                assert!(has, "seed {seed}, run {id}: active, and no access\n{}", story(world));
            }
            State::Prompted { .. } | State::Pending(_) | State::Closed { .. } => {}
        }
    }
}

/// What is left when nothing can happen any more.
pub(super) fn at_rest(world: &Simulation) {
    let seed = world.seed;
    for id in &world.runs {
        let run = world.run(id).unwrap_or_else(|| panic!("seed {seed}: run {id} never began"));
        one_run(&format!("seed {seed}, run {id}"), &run, &entries(world, id));
        assert_eq!(run.outstanding, [], "seed {seed}, run {id}: something is left to be done");
        let rests = matches!(run.state, State::Closed { recheck: None, .. } | State::Pending(_));
        assert!(
            rests,
            "seed {seed}, run {id}: it does not rest: {:?}\n{}",
            run.state,
            story(world)
        );
    }
    let strategy: &TestStrategy = &world.strategy;
    assert_eq!(strategy.held(), world.standing, "seed {seed}: access was left behind");
    let left: Vec<_> = world
        .store
        .dump()
        .into_iter()
        .filter(|item| {
            let key = &item.key;
            ["L#", "X#", "C#"].iter().any(|prefix| key.pk.starts_with(prefix))
        })
        .filter(|item| !item.key.sk.contains("#remind"))
        .map(|item| format!("{}: {}", item.key, item.body))
        .collect();
    assert_eq!(left, Vec::<String>::new(), "seed {seed}: items are left behind");
}

/// All that happened, and who holds what, for whoever looks for the cause.
fn story(world: &Simulation) -> String {
    let mut lines: Vec<_> = world
        .runs
        .iter()
        .flat_map(|id| entries(world, id))
        .map(|SealedEntry { entry, .. }| {
            let what = serde_json::to_string(&entry.what).unwrap();
            let what: String = what.chars().take(160).collect();
            format!("{} {} {} {what}", entry.at, entry.run, entry.seq)
        })
        .collect();
    lines.sort();
    let leases = world.store.dump().into_iter().filter(|item| item.key.pk.starts_with("L#"));
    lines.extend(leases.map(|item| format!("{}: {}", item.key, item.body)));
    lines.join("\n")
}

/// The run is over, and that is how it ended.
#[cfg(test)]
#[track_caller]
pub(super) fn ended(world: &Simulation, id: &RunId, outcome: crate::model::Outcome) {
    let found = world.run(id).and_then(|run| run.outcome());
    assert_eq!(found, Some(outcome), "seed {}, run {id}", world.seed);
}

pub(super) fn entries(world: &Simulation, id: &RunId) -> Vec<SealedEntry> {
    let query = Query::of(records::partition(id)).prefix("E#").limit(10_000);
    let page = world.store.query(&query).now_or_never().unwrap().unwrap();
    page.items.iter().flat_map(|item| records::read_entries(item).unwrap()).collect()
}
