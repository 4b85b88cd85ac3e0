//! FD1205: a site's data is older than a recovery point objective allows.

use super::Rule;
use crate::analysis::amount::{list, seconds, time};
use crate::analysis::place::Said;
use crate::analysis::{Broken, Facts, Finding, Severity};
use crate::document::topology::Site;
use std::time::Duration;

pub(super) static RULE: Rule = Rule {
    code: "FD1205",
    title: "a site's data is older than the RPO allows",
    about: "A site's data is synchronised at an interval: when it is what is left, all that was written since may be lost. If that is longer than the \
            RPO of a data class that it keeps, the RPO does not hold for any loss after which this site must take over. The interval is what \
            the plan says of the site; where the same plan ships to it more often, that is a contradiction too, and named (the shorter one is \
            what the stack does). Synchronise as often as the RPO asks, or say that this site is for losses that the RPO does not cover.",
    source: "NIST SP 800-34 rev. 1, §3.2 (RPO)",
    check,
};

fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let sites = facts.doc.sites.iter().skip(1);
    sites.filter_map(|site| older(facts, site, site.sync_interval.as_ref()?)).collect()
}

fn older(facts: &Facts<'_>, site: &Site, interval: &crate::document::Stated<Duration>) -> Option<Finding> {
    let name = &*site.name.value;
    let keeps = |class: &&crate::document::data::DataClass| {
        facts.keepers(class).iter().any(|keeper| *keeper.name.value == *name)
    };
    let classes: Vec<_> =
        facts.doc.data_classes.iter().filter(keeps).filter(|class| interval.value > class.rpo.value).collect();
    if classes.is_empty() {
        return None;
    }
    let names: Vec<String> = classes.iter().map(|class| class.name.value.to_string()).collect();
    let message = format!("{name} is up to {} behind: more than the RPO of {}", time(interval.value), list(&names));
    let mut finding =
        Finding::new(RULE.code, Severity::Error, message).at(interval.mark(format!("every {}", time(interval.value))));
    for class in classes {
        finding = finding
            .at(class.rpo.mark(format!("{} loses at most {}", class.name.value, time(class.rpo.value))))
            .sum(format!("{}: {} > {}", class.name.value, seconds(interval.value), seconds(class.rpo.value)));
    }
    if let Some(log) = facts.doc.transaction_log.as_ref().filter(|log| log.send_interval.value < interval.value) {
        let sent = &log.send_interval;
        finding = finding.at(sent.mark(format!("the log is shipped every {}", time(sent.value)))).sum(format!(
            "the log is shipped every {}, {name} is sent to every {}: not both",
            time(sent.value),
            time(interval.value)
        ));
    }
    Some(finding.mend(format!("send to {name} as often as the strictest RPO asks")).broken_by(Broken::Claims))
}
