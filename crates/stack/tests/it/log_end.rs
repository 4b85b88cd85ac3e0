//! A failover in which nobody is known to hold all of the transaction log: the sites that are up tell how far they hold it, and the one that holds it furthest takes over.

use crate::cluster::Cluster;
use crate::log::{self, LONDON, NY, SINGAPORE, append, appended, scan, settled_with, texts, with_log};
use firedrill_model::{LogIndex, Observation, Position, SiteId, SiteSet, StackConfig, WithoutCopy};
use firedrill_stack::control::Control;
use firedrill_stack::entry::ControlCommand;
use firedrill_stack::switches::Switches;
use firedrill_stack::wal::segment::Incarnation;
use std::sync::Arc;
use std::time::Duration;

/// A plan with no synchronous copies.
fn without_copies() -> StackConfig {
    let mut config = with_log(WithoutCopy::Asynchronous);
    if let Some(log) = &mut config.transaction_log {
        log.synchronous = SiteSet::EMPTY;
    }
    config
}

/// New York writes without synchronous copies, so that it alone holds what is acknowledged for certain; ten records are everywhere, and two more, as well acknowledged,
/// at one standby only. Then New York is lost, and the failover is over.
fn lost_while_cut_off_from(behind: SiteId) -> Cluster {
    let mut cluster = settled_with(without_copies());
    append_some(&mut cluster, 1..=10);
    cluster.cut.extend([(NY, behind), (behind, NY)]);
    append_some(&mut cluster, 11..=12);
    let held = |site: SiteId| cluster.site(site.0).log_durable();
    let ahead = if behind == LONDON { SINGAPORE } else { LONDON };
    assert_eq!((held(behind), held(ahead), held(NY)), (Position(10), Position(12), Position(12)));
    assert_eq!(cluster.site(NY.0).log_state().holders, SiteSet::only(NY), "nobody else is known to hold all");
    cluster.power_loss(NY);
    cluster.cut.clear();
    cluster.run(160);
    cluster
}

/// All are acknowledged, and shipped to whoever can be reached.
fn append_some(cluster: &mut Cluster, numbers: std::ops::RangeInclusive<u64>) {
    for n in numbers {
        let asked = append(cluster, NY, n, &format!("r{n}"));
        cluster.run_in_steps(Duration::from_millis(300), Duration::from_millis(100));
        assert_eq!(cluster.replies[&asked], appended(n));
    }
}

/// The only copy of two acknowledged records is the writer's now, and the other standby is shipped what it lacks.
fn goes_on_at(mut cluster: Cluster, writer: SiteId) {
    let state = cluster.site(writer.0).log_state();
    assert_eq!((state.writer, cluster.site(writer.0).primary()), (Some(writer), writer));
    assert!(cluster.site(writer.0).writes_log().is_some());
    let declared = |told: &Observation| matches!(*told, Observation::LossDeclared { writer: at, after, .. } if (at, after) == (writer, Position(12)));
    assert!(cluster.observed.iter().any(|(_, told)| declared(told)), "nobody knows that it holds all");
    assert_eq!(texts(&scan(&mut cluster, writer, 10)), (11, vec!["r11".into(), "r12".into()], 12));
    for site in [LONDON, SINGAPORE] {
        assert_eq!(cluster.site(site.0).log_durable(), Position(12), "{site}");
    }
    assert_eq!(log::disagreement(&cluster, LONDON, SINGAPORE), None);
    assert_eq!(cluster.watch.violations, Vec::<String>::new());
}

#[test]
fn the_site_that_holds_the_log_furthest_takes_over_though_another_comes_first_in_the_plan() {
    goes_on_at(lost_while_cut_off_from(LONDON), SINGAPORE);
}

#[test]
fn the_first_in_the_plan_takes_over_where_it_holds_the_log_furthest() {
    goes_on_at(lost_while_cut_off_from(SINGAPORE), LONDON);
}

/// Who takes over from New York when these have told, in this order, by whom their last record is and where.
fn successor(told: &[(SiteId, u64, u64)]) -> SiteId {
    let mut control = Control::new(Arc::new(without_copies()));
    let (mut switches, failover) = (Switches::default(), LogIndex(9));
    let mut apply = |index, command| drop(control.apply(LogIndex(index), command, &mut switches));
    apply(9, ControlCommand::DeclareDown { site: NY });
    for (index, &(site, incarnation, end)) in (10..).zip(told) {
        let (incarnation, end) = (Incarnation(LogIndex(incarnation)), Position(end));
        apply(index, ControlCommand::LogEnd { failover, site, incarnation, end });
    }
    apply(20, ControlCommand::RaiseEpoch { failover });
    control.primary()
}

#[test]
fn the_later_writers_record_is_further_then_the_longer_log_then_the_first_in_the_plan() {
    assert_eq!(successor(&[]), LONDON, "nobody told");
    assert_eq!(successor(&[(LONDON, 4, 90), (SINGAPORE, 6, 10)]), SINGAPORE);
    assert_eq!(successor(&[(LONDON, 4, 10), (SINGAPORE, 4, 12)]), SINGAPORE);
    for order in [[LONDON, SINGAPORE], [SINGAPORE, LONDON]] {
        assert_eq!(successor(&order.map(|site| (site, 4, 10))), LONDON, "in whatever order they tell");
    }
    assert_eq!(successor(&[(LONDON, 4, 10), (SINGAPORE, 4, 12), (LONDON, 4, 99)]), SINGAPORE, "each tells once");
}
