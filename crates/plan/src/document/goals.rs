//! What the plan promises as a whole, how far it is, and which findings are accepted.

use super::record::records;
use super::{Better, Date, Decimal, List, Name};
use std::time::Duration;

records! {
    /// The edition of the document.
    Edition in [edition] {
        /// its number
        version: "version" must String;
        /// when it was made: a year and a month
        created: "created" may String;
        /// when it must be looked at again: a year and a month
        next_review: "next_review" may String;
    }

    /// What the document promises of all of it.
    Summary in [summary] {
        /// of critical services
        rto: "rto_s" may Duration => Objective;
        /// of transactional data
        rpo: "rpo_s" may Duration => Objective;
        /// of the time
        uptime_percent: "uptime_percent" may Decimal => Objective;
        /// in a year
        downtime: "downtime_s_per_year" may u64 => Objective;
        /// sites that services can be recovered at
        recovery_sites: "recovery_sites" may u64 => Claim;
        /// how they are used
        deployment: "deployment" may Name => Claim;
        /// of what a recovery needs
        automation_percent: "automation_percent" may Decimal => Claim;
        /// each year
        savings_usd: "savings_usd" may u64 => Claim;
        /// on performance, less than this
        impact_percent: "impact_percent" may Decimal [0, 10_000] => Objective;
    }

    /// A figure by which success is measured.
    Kpi in [[kpi]] {
        /// of what
        name: "name" must Name;
        /// in which unit
        unit: "unit" must String;
        /// what is wanted
        target: "target" must Decimal => Objective;
        /// which way is better
        better: "better" must Better;
        /// what there is
        current: "current" may Decimal => Claim;
    }

    /// A phase of the roadmap.
    Phase in [[phase]] {
        /// what it is called
        name: "name" must Name;
        /// its first month
        from_month: "from_month" must u64 [1, 1200] => Claim;
        /// its last month
        to_month: "to_month" must u64 [1, 1200] => Claim;
        /// what is done
        done: "done" may List<String> => Claim;
        /// what is not
        open: "open" may List<String> => Claim;
    }

    /// A finding of the analysis that is known and borne.
    Accept in [[accept]] {
        /// the finding's code: `FD1001`
        code: "code" must String;
        /// which of the findings with this code, if not all: a name that is in it
        about: "about" may String;
        /// why
        reason: "reason" must String;
        /// from the day after, it is reported again
        until: "until" must Date;
    }
}
