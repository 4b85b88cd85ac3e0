//! No journal, however absurd, makes the judges panic.

use crate::build::{Run, failover_run};
use firedrill_checks::{Options, judge};
use firedrill_history::{Event, Phase, Purpose, ScheduledFault};
use firedrill_model::{
    ClientId, Epoch, Fault, FaultId, Key, LogIndex, Observation, Op, OpId, OpResult, Outcome, RegionId, Role,
    ServiceId, SiteId, SiteSet, Term, Time, Value,
};
use proptest::prelude::*;
use std::time::Duration;

/// Mostly small and near, so that events meet; sometimes at the ends of the range.
fn number() -> impl Strategy<Value = u64> {
    prop_oneof![8 => 0..6_u64, 1 => Just(u64::MAX), 1 => any::<u64>()]
}

fn time() -> impl Strategy<Value = Time> {
    prop_oneof![8 => (0..400_u64).prop_map(Time::from_secs), 1 => Just(Time::MAX), 1 => Just(Time::ZERO)]
}

fn site() -> impl Strategy<Value = SiteId> {
    prop_oneof![8 => 0..4_u8, 1 => Just(16), 1 => Just(u8::MAX)].prop_map(SiteId)
}

fn operation() -> impl Strategy<Value = Event> {
    let purpose = prop_oneof![Just(Purpose::Workload), Just(Purpose::Probe), Just(Purpose::Scan)];
    let key = || (0..3_u8).prop_map(|key| Key::new(&key.to_string()));
    let value = || (0..4_u8).prop_map(|byte| Value::new(&[byte]));
    let op = prop_oneof![
        key().prop_map(|key| Op::Read { key }),
        (key(), value()).prop_map(|(key, value)| Op::Write { key, value }),
        (key(), prop::option::of(value()), value()).prop_map(|(key, expected, value)| Op::Cas { key, expected, value }),
    ];
    let outcome = prop_oneof![
        prop::option::of(value()).prop_map(|value| Outcome::Ok(OpResult::Value(value))),
        Just(Outcome::Ok(OpResult::Written)),
        any::<bool>().prop_map(|swapped| Outcome::Ok(OpResult::Cas { swapped })),
        Just(Outcome::Unknown),
    ];
    let invoked = (time(), 0..40_u64, 0..3_u8, 0..3_u8, purpose, op);
    let invoked = invoked.prop_map(|(t, id, region, service, purpose, op)| {
        let (region, service) = (RegionId(region), ServiceId(service));
        Event::Invoked { t, id: OpId(id), client: ClientId(0), region, service, purpose, op }
    });
    let returned = (time(), prop_oneof![0..40_u64, any::<u64>()], prop::option::of(site()), outcome);
    let returned =
        returned.prop_map(|(t, id, site, outcome)| Event::Returned { t, id: OpId(id), site, attempts: 1, outcome });
    prop_oneof![invoked, returned]
}

fn observed() -> impl Strategy<Value = Event> {
    let sites = || prop::collection::vec((0..3_u8).prop_map(SiteId), 0..3).prop_map(SiteSet::from_iter);
    let service = || number().prop_map(|number| ServiceId(number as u8));
    let entry = || number().prop_map(LogIndex);
    let observation = prop_oneof![
        Just(Observation::Started),
        number().prop_map(|term| Observation::RoleChanged { role: Role::Leader, term: Term(term) }),
        (entry(), number()).prop_map(|(index, digest)| Observation::AppliedDigest { index, digest }),
        site().prop_map(|peer| Observation::PeerDown { peer }),
        (site(), entry()).prop_map(|(failed, entry)| Observation::FailoverDecided { failed, entry }),
        (number(), site()).prop_map(|(epoch, primary)| Observation::EpochRaised { epoch: Epoch(epoch), primary }),
        sites().prop_map(|to| Observation::RedirectPrepared { to }),
        (service(), sites()).prop_map(|(service, sites)| Observation::ServicePromoted { service, sites }),
        service().prop_map(|service| Observation::WeightsSwitched { service, weights: Vec::new(), serial: 1 }),
        (service(), sites()).prop_map(|(service, sites)| Observation::DnsChanged { service, sites, serial: 1 }),
        entry().prop_map(|entry| Observation::NotificationSent { channel: "email".to_owned(), entry }),
        entry().prop_map(|entry| Observation::FailoverCompleted { entry }),
    ];
    (time(), site(), observation).prop_map(|(t, site, observation)| Event::Observed { t, site, site_t: t, observation })
}

fn frame() -> impl Strategy<Value = Event> {
    let phase = prop_oneof![Just(Phase::Warmup), Just(Phase::Hurt), Just(Phase::Heal)];
    let fault = || (0..4_u16).prop_map(FaultId);
    prop_oneof![
        (time(), fault(), any::<bool>(), any::<bool>()).prop_map(|(t, fault, struck, mechanism)| Event::FaultBegan {
            t,
            fault,
            struck,
            mechanism: mechanism.then(|| "simulated".to_owned()),
            late: Duration::MAX,
        }),
        (time(), fault()).prop_map(|(t, fault)| Event::FaultEnded { t, fault }),
        (time(), phase).prop_map(|(t, phase)| Event::PhaseBegan { t, phase }),
        (time(), prop::option::of(site())).prop_map(|(t, site)| Event::Violated {
            t,
            invariant: "one-leader-per-term".to_owned(),
            site,
            detail: String::new(),
        }),
        (time(), number()).prop_map(|(t, times)| Event::Judged { t, invariant: "x".to_owned(), times }),
        (time(), site(), any::<bool>(), number()).prop_map(|(t, site, up, digest)| {
            Event::FinalState { t, site, up, applied: LogIndex(1), digest, log_digest: 0 }
        }),
        time().prop_map(|t| Event::Ended { t, why: "complete".to_owned() }),
    ]
}

fn run(events: Vec<Event>) -> Run {
    let mut run = Run::new();
    run.manifest.schedule = (0..3)
        .map(|number| ScheduledFault {
            id: FaultId(number),
            name: "lost".to_owned(),
            fault: Fault::SiteLoss { sites: SiteSet::only(SiteId(number as u8)) },
            begin: Time::ZERO,
            end: None,
            fixed: number == 0,
        })
        .collect();
    run.events = events;
    run
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_events_are_judged(
        events in prop::collection::vec(prop_oneof![3 => operation(), 2 => observed(), 1 => frame()], 0..120),
        level in (0..4_u32, number(), prop_oneof![0..3_u32, Just(u32::MAX)], prop_oneof![0..1001_u32, Just(u32::MAX)]),
        sites in 0..4_usize,
    ) {
        let mut run = run(events.clone());
        let (bounds, sustain, probes, success_per_mille) = level;
        let objectives = &mut run.manifest.objectives;
        objectives.level.sustain = Duration::from_secs(sustain);
        objectives.level.probes = probes;
        objectives.level.success_per_mille = success_per_mille;
        objectives.level.latency_bound.truncate(bounds as usize);
        objectives.sites.truncate(sites);
        run.manifest.config.sites.truncate(sites);
        run.judge();
        // Not even sorted by time.
        let mut journal = run.journal();
        journal.events = events;
        judge(&journal, &Options::default());
    }

    #[test]
    fn a_run_with_pieces_missing_is_judged(
        from in any::<prop::sample::Index>(),
        to in any::<prop::sample::Index>(),
        services in 0..3_usize,
    ) {
        let mut run = failover_run();
        let (from, to) = (from.index(run.events.len()), to.index(run.events.len()));
        run.events.drain(from.min(to)..from.max(to));
        run.manifest.config.services.truncate(services);
        run.manifest.objectives.services.truncate(services.max(1));
        run.judge();
    }
}
