//! Every short history, against everything that has to hold of all of them.

use super::pure::{Around, Do, Went, World, people};
use crate::engine::{Due, Found, State};
use crate::model::{Duration, Outcome, Status};

/// What may be done at any time.
const ALPHABET: [Do; 28] = [
    Do::Approve("bo"),
    Do::Approve("cy"),
    Do::Approve("ada"),
    Do::Approve("eve"),
    Do::Approve("root"),
    Do::Approve("gone"),
    Do::Deny("bo"),
    Do::Deny("ada"),
    Do::Cancel("ada"),
    Do::Cancel("bo"),
    Do::Revoke("ada"),
    Do::Revoke("eve"),
    Do::Unreached(0),
    Do::Unreached(1),
    Do::Due(Due::Deadline),
    Do::Due(Due::Remind),
    Do::Due(Due::Warn),
    Do::Due(Due::End),
    Do::Due(Due::Resume),
    Do::Early(Due::End),
    Do::Grant(Went::Well),
    Do::Grant(Went::Badly),
    Do::Grant(Went::ForGood),
    Do::Take(Went::Well),
    Do::Take(Went::Badly),
    Do::Stray,
    Do::Looked(Found::Gone),
    Do::Done,
];

/// Goes through all histories up to this length. What changes nothing is not followed: after it,
/// all is as it was.
fn all(world: &World, length: usize, history: &mut Vec<Do>) -> usize {
    let mut count = 0;
    for what in ALPHABET {
        let mut next = world.clone();
        history.push(what);
        if length > 0 && next.step(what) == Ok(true) {
            count += all(&next, length - 1, history);
        }
        history.pop();
    }
    // A log is only added to: who looks at the longest has looked at all.
    if count == 0 {
        world.check(history);
    }
    count.max(1)
}

#[track_caller]
fn explore(around: Around, length: usize) {
    let world = World::asked(around);
    world.check(&[]);
    let count = all(&world, length, &mut Vec::new());
    assert!(count > 20, "only {count} histories");
}

#[test]
fn all_histories_of_a_plan_of_one_stage() {
    explore(Around::new(people("bo cy ada gone").timeout(Duration::minutes(5))), 5);
}

#[test]
fn all_histories_of_a_plan_of_two_stages_for_different_people() {
    explore(Around::new(people("bo ada").then(people("bo cy")).distinct()), 6);
}

#[test]
fn all_histories_of_a_quorum_with_a_fallback() {
    let fallback = people("cy root").timeout(Duration::minutes(9));
    let plan = people("bo cy ada").quorum(2).timeout(Duration::minutes(5)).or_else(fallback);
    explore(Around::new(plan.remind_every(Duration::minutes(1))), 4);
}

#[test]
fn all_histories_where_the_requester_and_administrators_may_decide() {
    let mut around = Around::new(people("bo ada").allow_self());
    around.rules.admins_may_decide = true;
    explore(around, 5);
}

#[test]
fn all_histories_without_anything_to_grant() {
    let mut around = Around::new(people("bo cy").quorum(2).timeout(Duration::minutes(5)));
    around.grants = false;
    explore(around, 5);
}

#[test]
fn all_histories_of_access_that_somebody_has_to_end() {
    let mut around = Around::new(people("bo cy"));
    around.rules.schedule_deescalation = false;
    explore(around, 5);
}

#[track_caller]
fn check(history: &[Do], expected: Result<bool, &'static str>, status: Status) {
    let mut world = World::asked(Around::new(people("bo cy ada gone guest")));
    let (last, before) = history.split_last().unwrap();
    for what in before {
        assert_eq!(world.step(*what), Ok(true), "{what:?}");
    }
    assert_eq!(world.step(*last), expected);
    assert_eq!(world.run.status(), status);
}

#[test]
fn who_may_do_what_while_a_decision_is_waited_for() {
    use Do::{Approve, Cancel, Deny, Revoke};
    check(&[Approve("bo")], Ok(true), Status::Granting);
    check(&[Approve("ada")], Err("self_approval"), Status::Pending);
    check(&[Approve("eve")], Err("not_an_approver"), Status::Pending);
    check(&[Approve("guest")], Err("not_an_approver"), Status::Pending);
    check(&[Approve("gone")], Err("deactivated"), Status::Pending);
    check(&[Approve("nobody")], Err("unknown_user"), Status::Pending);
    check(&[Approve("root")], Err("not_an_approver"), Status::Pending);
    check(&[Deny("bo")], Ok(true), Status::Closed);
    check(&[Deny("ada")], Err("self_denial"), Status::Pending);
    check(&[Deny("eve")], Err("not_an_approver"), Status::Pending);
    check(&[Cancel("ada")], Ok(true), Status::Closed);
    check(&[Cancel("root")], Ok(true), Status::Closed);
    check(&[Cancel("bo")], Err("not_yours"), Status::Pending);
    check(&[Revoke("ada")], Err("not_active"), Status::Pending);
    check(&[Do::Stray], Ok(false), Status::Pending);
    check(&[Do::Early(Due::End)], Ok(false), Status::Pending);
}

#[test]
fn who_may_do_what_while_access_is_given_and_held() {
    use Do::{Approve, Cancel, Deny, Revoke};
    let given = [Approve("bo")];
    let held = [Approve("bo"), Do::Grant(Went::Well)];
    let then = |before: &[Do], what: Do| [before, &[what]].concat();
    check(&then(&given, Approve("cy")), Err("already_decided"), Status::Granting);
    check(&then(&given, Deny("cy")), Err("already_decided"), Status::Granting);
    check(&then(&given, Cancel("ada")), Ok(true), Status::Revoking);
    check(&then(&given, Revoke("ada")), Ok(true), Status::Revoking);
    check(&then(&given, Do::Grant(Went::Badly)), Ok(true), Status::Granting);
    check(&then(&given, Do::Grant(Went::ForGood)), Ok(true), Status::Revoking);
    check(&then(&given, Do::Due(Due::End)), Ok(true), Status::Revoking);
    check(&then(&given, Do::Stray), Ok(false), Status::Granting);
    check(&then(&held, Cancel("ada")), Err("already_active"), Status::Active);
    check(&then(&held, Revoke("eve")), Err("not_yours"), Status::Active);
    check(&then(&held, Revoke("ada")), Ok(true), Status::Revoking);
    check(&then(&held, Revoke("bo")), Ok(true), Status::Revoking);
    check(&then(&held, Revoke("root")), Ok(true), Status::Revoking);
    check(&then(&held, Do::Due(Due::End)), Ok(true), Status::Revoking);
    check(&then(&held, Do::Early(Due::End)), Ok(false), Status::Active);
}

#[test]
fn giving_is_tried_six_times_and_taking_away_for_ever() {
    let mut world = World::asked(Around::new(people("bo")));
    world.step(Do::Approve("bo")).unwrap();
    for attempt in 1..=6 {
        assert_eq!(world.run.status(), Status::Granting, "{attempt}");
        world.step(Do::Grant(Went::Badly)).unwrap();
        world.step(Do::Due(Due::Resume)).unwrap();
    }
    for attempt in 1..50 {
        assert_eq!(world.run.status(), Status::Revoking, "{attempt}");
        world.step(Do::Take(Went::Badly)).unwrap();
        world.step(Do::Due(Due::Resume)).unwrap();
    }
    world.step(Do::Take(Went::Well)).unwrap();
    assert_eq!(world.run.outcome(), Some(Outcome::Failed));
}

#[test]
fn the_target_is_looked_at_three_times_after_the_end_and_again_where_it_cannot_be_seen() {
    let mut world = World::asked(Around::new(people("bo")));
    for what in [
        Do::Approve("bo"),
        Do::Grant(Went::Well),
        Do::Revoke("ada"),
        Do::Take(Went::Well),
        Do::Looked(Found::Gone),
        Do::Looked(Found::Unknown),
        Do::Looked(Found::TakenAgain),
        Do::Looked(Found::NotLooked),
    ] {
        assert_eq!(world.step(what), Ok(true), "{what:?}");
        world.check(&[what]);
    }
    assert_eq!(world.step(Do::Looked(Found::Gone)), Ok(false));
}

#[test]
fn where_nobody_can_be_reached_whoever_comes_instead_is_asked_and_then_it_expires() {
    let plan = people("bo").or_else(people("cy"));
    let mut world = World::asked(Around::new(plan));
    assert_eq!(world.step(Do::Unreached(1)), Ok(false), "they are not asked yet");
    assert_eq!(world.step(Do::Unreached(0)), Ok(true));
    assert_eq!(world.run.status(), Status::Pending);
    assert_eq!(world.step(Do::Approve("bo")), Err("not_an_approver"));
    assert_eq!(world.step(Do::Unreached(0)), Ok(false), "said late");
    assert_eq!(world.step(Do::Unreached(1)), Ok(true));
    let State::Closed { outcome, message, .. } = &world.run.state else { panic!("{world:#?}") };
    assert_eq!(*outcome, Outcome::Expired);
    let said = "nobody of cy@acme.test could be reached: there is no channel `#ops`";
    assert_eq!(message.as_deref(), Some(said));
    world.check(&[]);
}

#[test]
fn a_stage_that_somebody_has_approved_was_reached() {
    let plan = people("bo cy").quorum(2).or_else(people("root"));
    let mut world = World::asked(Around::new(plan));
    assert_eq!(world.step(Do::Approve("bo")), Ok(true));
    assert_eq!(world.step(Do::Unreached(0)), Ok(false));
    assert_eq!(world.step(Do::Approve("cy")), Ok(true));
    assert_eq!(world.run.status(), Status::Granting);
    assert_eq!(world.step(Do::Unreached(0)), Ok(false));
}

#[test]
fn nobody_but_countersign_says_that_nobody_was_reached() {
    for name in ["ada", "bo", "root"] {
        check(&[Do::Pretend(name)], Err("not_yours"), Status::Pending);
    }
}
