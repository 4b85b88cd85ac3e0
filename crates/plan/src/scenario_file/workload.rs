//! `[workload]`: what clients do.

use super::SHORTEST;
use crate::read::Table;
use crate::scenario::Workload;
use std::time::Duration;

/// The most clients a region may have.
const MAX_CLIENTS: u32 = 10_000;

impl Default for Workload {
    /// Two clients a region, one operation a second each, over ten sessions: 60 % reads, 10 % compare-and-sets, the rest writes.
    fn default() -> Workload {
        Workload {
            clients_per_region: 2,
            rate_per_client: 1.0,
            keys: 10,
            read_percent: 60,
            cas_percent: 10,
            append_percent: 0,
            ignore_dns_ttl_percent: 0,
            deadline: Duration::from_secs(5),
            probe_rate: 20,
            probe_rate_calm: 1,
        }
    }
}

/// Reads the section, if it is there.
pub(super) fn read(root: &Table<'_>) -> Workload {
    let default = Workload::default();
    let Some(table) = root.table("workload", "[workload]") else {
        return default;
    };
    let rate = table.optional("operations_per_s").and_then(|field| field.number(0.001, 10_000.0));
    let workload = Workload {
        clients_per_region: table.count_or("clients_per_region", default.clients_per_region, 1, MAX_CLIENTS),
        rate_per_client: rate.unwrap_or(default.rate_per_client),
        keys: table.count_or("keys", default.keys, 1, 1_000_000),
        read_percent: table.count_or("read_percent", default.read_percent, 0, 100),
        cas_percent: table.count_or("cas_percent", default.cas_percent, 0, 100),
        append_percent: table.count_or("append_percent", default.append_percent, 0, 100),
        ignore_dns_ttl_percent: table.count_or("ignore_dns_ttl_percent", default.ignore_dns_ttl_percent, 0, 100),
        deadline: table.duration_or("deadline_s", default.deadline, SHORTEST, Duration::from_secs(3600)),
        probe_rate: table.count_or("probes_per_s", default.probe_rate, 1, 1000),
        probe_rate_calm: table.count_or("probes_calm_per_s", default.probe_rate_calm, 1, 1000),
    };
    mixture(&table, &workload);
    ignoring(&table, &workload);
    probes(&table, &workload);
    table.done();
    workload
}

/// Reads, compare-and-sets and appends are at most everything.
fn mixture(table: &Table<'_>, workload: &Workload) {
    let (read, cas, append) = (workload.read_percent, workload.cas_percent, workload.append_percent);
    let given = |key| table.optional(key);
    let place = given("append_percent").or_else(|| given("cas_percent")).or_else(|| given("read_percent"));
    if let Some(field) = place.filter(|_| read + cas + append > 100) {
        let appends = if append > 0 { format!(" and {append} % appends") } else { String::new() };
        let message = format!("{read} % reads and {cas} % compare-and-sets{appends} are more than all operations");
        table.sink.error(&field.span, message, "what they leave of 100 % are writes".to_owned());
    }
}

/// A share of clients that is nobody would look like a test and be none.
fn ignoring(table: &Table<'_>, workload: &Workload) {
    let (clients, percent) = (workload.clients_per_region, workload.ignore_dns_ttl_percent);
    let Some(field) = table.optional("ignore_dns_ttl_percent") else {
        return;
    };
    if percent > 0 && clients * percent < 100 {
        let message = format!(
            "{percent} % of {clients} clients a region is not one client: nobody would ignore the DNS lifetime"
        );
        let advice = format!(
            "with {clients} clients ask for at least {} %, or for {percent} % of at least {} clients",
            100_u32.div_ceil(clients),
            100_u32.div_ceil(percent)
        );
        table.sink.error(&field.span, message, advice);
    }
}

/// Probing is denser around faults.
fn probes(table: &Table<'_>, workload: &Workload) {
    let (around, calm) = (workload.probe_rate, workload.probe_rate_calm);
    let place = table.optional("probes_calm_per_s").or_else(|| table.optional("probes_per_s"));
    if let Some(field) = place.filter(|_| calm > around) {
        let message = format!("{calm} probes a second in calm times are more than the {around} around faults");
        table.sink.error(&field.span, message, "`probes_calm_per_s` is at most `probes_per_s`".to_owned());
    }
}
