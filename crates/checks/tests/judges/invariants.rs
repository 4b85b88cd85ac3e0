//! Invariants over the sites' insides: ours over observations, and what the world judged itself.

use crate::build::{LONDON, NEW_YORK, Run, SINGAPORE, check, failover_run, s};
use firedrill_checks::{CheckKind, Verdict};
use firedrill_history::Event;
use firedrill_model::{Epoch, LogIndex, Observation, Role, SiteId, Term};

fn assert_red(run: &Run, name: &str, why: &str) {
    let judgement = run.judge();
    let result = check(&judgement, name);
    assert_eq!((result.verdict, result.kind), (Verdict::Fail, CheckKind::Invariant), "{}", result.why);
    assert!(result.why.contains(why), "{}", result.why);
    assert_eq!(judgement.verdict, Verdict::Fail);
}

fn leads(run: &mut Run, second: u64, site: SiteId, term: u64) {
    run.observe(s(second), site, Observation::RoleChanged { role: Role::Leader, term: Term(term) });
}

#[test]
fn two_leaders_in_a_term_fail() {
    let mut run = failover_run();
    leads(&mut run, 60, SINGAPORE, 2);
    assert_red(&run, "one-leader-per-term", "in term 2, singapore leads at 60.000s after london did");
}

#[test]
fn a_leader_that_tells_it_twice_is_one_and_a_restarted_one_is_another() {
    let mut run = failover_run();
    leads(&mut run, 60, LONDON, 2);
    assert_eq!(run.judge().verdict, Verdict::Pass);
    run.observe(s(70), LONDON, Observation::Started);
    leads(&mut run, 71, LONDON, 2);
    assert_red(&run, "one-leader-per-term", "after a restart");
}

#[test]
fn digests_that_differ_at_an_entry_fail_and_those_at_others_are_not_compared() {
    let mut run = failover_run();
    let digest = |index, digest| Observation::AppliedDigest { index: LogIndex(index), digest };
    run.observe(s(20), LONDON, digest(64, 1));
    run.observe(s(21), SINGAPORE, digest(128, 2));
    run.observe(s(22), NEW_YORK, digest(64, 1));
    let judgement = run.judge();
    let result = check(&judgement, "applied-digests-agree");
    // That of entry 64, and that of the two final states.
    assert_eq!((result.verdict, result.judged), (Verdict::Pass, 2));
    run.observe(s(23), SINGAPORE, digest(64, 3));
    assert_red(&run, "applied-digests-agree", "up to index 64, singapore has digest");
}

#[test]
fn a_final_digest_is_compared_with_one_told_on_the_way() {
    let mut run = failover_run();
    run.observe(s(200), LONDON, Observation::AppliedDigest { index: LogIndex(90), digest: 6 });
    assert_red(&run, "applied-digests-agree", "up to index 90");
}

#[test]
fn an_epoch_with_two_primaries_fails() {
    let mut run = failover_run();
    run.observe(s(200), NEW_YORK, Observation::EpochRaised { epoch: Epoch(2), primary: NEW_YORK });
    assert_red(&run, "one-writer-per-epoch", "epoch 2 has primary new-york says new-york");
}

#[test]
fn an_epoch_that_does_not_rise_fails_unless_the_log_is_replayed() {
    let raised = |epoch| Observation::EpochRaised { epoch: Epoch(epoch), primary: LONDON };
    let mut run = failover_run();
    run.observe(s(200), LONDON, Observation::Started);
    run.observe(s(201), LONDON, raised(2));
    assert_eq!(run.judge().verdict, Verdict::Pass);
    run.observe(s(202), LONDON, raised(2));
    assert_red(&run, "one-writer-per-epoch", "london raised to epoch 2 at 202.000s after epoch 2");
}

#[test]
fn what_nobody_told_is_unknown() {
    let mut run = failover_run();
    run.events.retain(|event| !matches!(event, Event::Observed { .. } | Event::FinalState { .. }));
    for name in ["one-leader-per-term", "applied-digests-agree", "one-writer-per-epoch"] {
        assert_eq!(run.verdict_of(name), Verdict::Unknown, "{name}");
        judged(&mut run, name, 3);
        assert_eq!(run.verdict_of(name), Verdict::Pass, "the world judged {name}");
    }
}

#[test]
fn where_no_failover_was_expected_nor_took_place_epochs_are_not_listed() {
    let mut run = failover_run();
    run.events.retain(|event| !matches!(event, Event::Observed { .. }));
    run.manifest.objectives.failovers_expected = 0;
    judged(&mut run, "one-writer-per-epoch", 0);
    let listed = |run: &Run| {
        let mut checks = run.judge().checks.into_iter();
        checks.any(|check| check.name == "one-writer-per-epoch")
    };
    assert!(!listed(&run));
    violated(&mut run, "one-writer-per-epoch", "two primaries");
    assert!(listed(&run));
}

fn judged(run: &mut Run, invariant: &str, times: u64) {
    run.events.push(Event::Judged { t: s(300), invariant: invariant.to_owned(), times });
}

fn violated(run: &mut Run, invariant: &str, detail: &str) {
    let (invariant, detail) = (invariant.to_owned(), detail.to_owned());
    run.events.push(Event::Violated { t: s(99), invariant, site: Some(LONDON), detail });
}

#[test]
fn what_the_world_judged_is_listed_by_its_name() {
    let mut run = failover_run();
    judged(&mut run, "vote-durable-before-sent", 12);
    let judgement = run.judge();
    let result = check(&judgement, "vote-durable-before-sent");
    assert_eq!((result.verdict, result.judged, result.kind), (Verdict::Pass, 12, CheckKind::Invariant));
    judged(&mut run, "commit-durable-on-quorum", 0);
    assert_eq!(run.verdict_of("commit-durable-on-quorum"), Verdict::Unknown);
    assert_eq!(run.judge().verdict, Verdict::Unknown);
    violated(&mut run, "vote-durable-before-sent", "a vote for term 3 was sent and not durable");
    assert_red(&run, "vote-durable-before-sent", "99.000s at london: a vote for term 3 was sent and not durable");
}

#[test]
fn what_was_violated_and_never_counted_is_listed_too() {
    let mut run = failover_run();
    violated(&mut run, "no-unelectable-majority", "two sites lack entry 7");
    violated(&mut run, "no-unelectable-majority", "two sites lack entry 8");
    assert_red(&run, "no-unelectable-majority", "entry 7 (and 1 more)");
}

#[test]
fn an_invariant_that_both_have_is_one_result_and_fails_if_either_fails() {
    let mut run = failover_run();
    judged(&mut run, "one-leader-per-term", 5);
    let judgement = run.judge();
    let named = judgement.checks.iter().filter(|check| check.name == "one-leader-per-term");
    assert_eq!(named.map(|check| check.judged).collect::<Vec<_>>(), [2 + 5]);
    violated(&mut run, "one-leader-per-term", "london and singapore");
    assert_red(&run, "one-leader-per-term", "london and singapore");
}
