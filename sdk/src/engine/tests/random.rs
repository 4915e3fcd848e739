//! Long lives by chance, with flows that say anything.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;

use super::pure::{Around, Do, Went, World, newest_cause, people, sayings};
use crate::approvers::Approvers;
use crate::engine::{Due, Fail, Found, Rules};
use crate::model::{Duration, Step};

const NAMES: [&str; 8] = ["ada", "bo", "cy", "dee", "eve", "root", "guest", "gone"];

fn stage() -> impl Strategy<Value = Approvers> {
    let groups = ["bo", "bo cy", "bo cy dee ada", "ada", "gone", "nobody", "guest bo", "cy root"];
    let times = || prop::option::of((1_u32..60).prop_map(Duration::minutes));
    (select(groups.to_vec()), 1_u32..4, any::<bool>(), times(), times()).prop_map(
        |(group, quorum, own, timeout, remind)| {
            let mut stage = people(group).quorum(quorum);
            if own {
                stage = stage.allow_self();
            }
            if let Some(timeout) = timeout {
                stage = stage.timeout(timeout);
            }
            match remind {
                Some(pause) => stage.remind_every(pause),
                None => stage,
            }
        },
    )
}

fn plan() -> impl Strategy<Value = Approvers> {
    let steps = prop::collection::vec((stage(), any::<bool>()), 0..4);
    (stage(), steps, any::<bool>()).prop_map(|(first, steps, distinct)| {
        let plan = steps.into_iter().fold(first, |plan, (next, instead)| {
            if instead { plan.or_else(next) } else { plan.then(next) }
        });
        if distinct { plan.distinct() } else { plan }
    })
}

fn rules() -> impl Strategy<Value = Rules> {
    (any::<[bool; 5]>(), 1_u32..600).prop_map(|(flags, minutes)| {
        let [allow_revoke, ends, guests, admins, deny] = flags;
        Rules {
            allow_revoke: allow_revoke || !ends,
            schedule_deescalation: ends,
            allow_guest_interaction: guests,
            admins_may_decide: admins,
            fail: if deny { Fail::Deny } else { Fail::Ask },
            max_duration: Duration::minutes(minutes),
            ..Rules::default()
        }
    })
}

fn around() -> impl Strategy<Value = Around> {
    let says = |step: Step| {
        let silent = sayings(step).into_iter().next().unwrap();
        let says = prop_oneof![3 => Just(silent), 1 => select(sayings(step))];
        says.prop_map(move |said| (step, said))
    };
    let hooks = Step::ALL.map(says).to_vec();
    (plan(), rules(), hooks, 1_u32..20_000, any::<bool>(), prop::bool::weighted(0.05)).prop_map(
        |(plan, rules, hooks, seconds, grants, directory_down)| Around {
            rules,
            grants,
            duration: Duration::seconds(seconds),
            hooks: hooks.into_iter().collect::<BTreeMap<_, _>>(),
            directory_down,
            ..Around::new(plan)
        },
    )
}

fn deed() -> impl Strategy<Value = Do> {
    let name = || select(NAMES.to_vec());
    let went = || select(vec![Went::Well, Went::Badly, Went::ForGood]);
    let all = [Due::Start, Due::Deadline, Due::Remind, Due::Warn, Due::End, Due::Resume];
    let due = move || select(all.to_vec());
    let found = [Found::Gone, Found::TakenAgain, Found::NotLooked, Found::Unknown];
    prop_oneof![
        6 => name().prop_map(Do::Approve),
        1 => name().prop_map(Do::Deny),
        1 => name().prop_map(Do::Cancel),
        1 => name().prop_map(Do::Revoke),
        1 => (0..3_usize).prop_map(Do::Unreached),
        4 => due().prop_map(Do::Due),
        1 => due().prop_map(Do::Early),
        3 => went().prop_map(Do::Grant),
        3 => went().prop_map(Do::Take),
        1 => Just(Do::Stray),
        2 => select(found.to_vec()).prop_map(Do::Looked),
        3 => Just(Do::Done),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_flow_says_and_people_do_the_promises_are_kept(
        around in around(),
        deeds in prop::collection::vec(deed(), 0..60),
    ) {
        let mut world = World::asked(around);
        for what in &deeds {
            let before = world.entries.len();
            if world.step(*what) == Ok(true) {
                prop_assert!(world.entries.len() > before);
                prop_assert!(newest_cause(&world).is_some());
            }
        }
        world.check(&deeds);
    }
}
