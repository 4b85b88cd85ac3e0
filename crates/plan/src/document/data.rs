//! Data classes, replication, conflicts, the consistency monitor, backups.

use super::record::records;
use super::{BackupKind, Cadence, Consistency, DataName, Decimal, List, Mode, Name, SiteName, TierName, WhileOut};
use std::time::Duration;

records! {
    /// A class of data with the same objectives.
    DataClass in [[data_class]] {
        /// what it is called
        name: "name" must Name;
        /// recovery point objective
        rpo: "rpo_s" must Duration => Objective;
        /// recovery time objective, where it is not that of the services that keep it
        rto: "rto_s" may Duration => Objective;
        /// how it reaches its copies
        mode: "replication_mode" must Mode => Claim;
        /// what replicates it
        technology: "technology" may String => Claim;
        /// what readers may see
        consistency: "consistency" may Consistency => Claim;
        /// the tier that it belongs to
        tier: "tier" may TierName;
        /// kinds of data that residency rules are about
        contains: "contains" may List<Name> => Claim;
        /// the sites that keep it; without the key, all but witnesses
        sites: "sites" may List<SiteName> => Parameter;
        /// of a write within a site
        latency_local: "latency_local_ms" may Duration => Claim;
        /// of a write over sites
        latency_remote: "latency_remote_ms" may Duration => Claim;
        /// until all copies have a change
        spread: "spread_s" may Duration => Claim;
        /// operations
        throughput_per_s: "throughput_per_s" may u64 => Claim;
        /// what makes a write last
        durability: "durability" may String => Claim;
        /// how a change is checked
        validation: "validation" may String => Claim;
        /// how long it must be kept
        retention: "retention_days" may Duration => Objective;
    }

    /// How data is copied between sites.
    Replication in [[replication]] {
        /// what it is called
        name: "name" must Name;
        /// what is copied; without the key, everything
        data: "data" may List<DataName>;
        /// what copies it
        technology: "technology" may String => Claim;
        /// how it reaches its copies
        mode: "mode" must Mode => Claim;
        /// from one shipment to the next; 0 is at once
        interval: "interval_ms" may Duration => Claim;
        /// where it comes from; without the key, from wherever it is written
        from: "from" may SiteName;
        /// where it goes; without the key, to all other sites
        to: "to" may List<SiteName>;
        /// how two versions become one
        merge: "merge" may String => Claim;
        /// how it is compressed
        compression: "compression" may String => Claim;
        /// how it is encrypted
        encryption: "encryption" may String => Claim;
    }

    /// What becomes of two versions of the same.
    Conflict in [[conflict]] {
        /// what it is about
        name: "name" must Name;
        /// the data that it is about
        data: "data" may DataName;
        /// how it is resolved
        strategy: "strategy" must String => Claim;
        /// by what
        implementation: "implementation" may String => Claim;
    }

    /// What watches that copies agree.
    ConsistencyMonitor in [consistency_monitor] {
        /// from one comparison to the next
        interval: "interval_ms" must Duration => Claim;
        /// what it expects
        consistency: "consistency" must Consistency => Claim;
        /// a copy that is further behind is reported
        alert_threshold: "alert_threshold_ms" must Duration => Claim;
        /// of its figures
        granularity: "granularity_s" may Duration => Claim;
        /// who is told
        channel: "channel" may String => Claim;
    }

    /// The transaction log: who must hold a record before it is acknowledged, and what becomes of it then.
    TransactionLog in [transaction_log] {
        /// sites that hold a record durably before it is acknowledged, besides the writer
        synchronous: "synchronous" must List<SiteName> => Parameter;
        /// while a synchronous copy is out: `stop`, or `asynchronous`: go on without it and say so
        without_copy: "without_copy" must WhileOut => Parameter;
        /// a copy silent for this long is out
        copy_timeout: "copy_timeout_ms" must Duration [1, 3_600_000] => Parameter;
        /// from one shipment to the other sites to the next
        send_interval: "send_interval_ms" must Duration [1, 3_600_000] => Parameter;
        /// older records may be dropped
        retention: "retention_days" must u64 [1, 36_525] => Parameter;
        /// recovery point objective of the transaction log
        rpo: "rpo_s" must Duration => Objective;
        /// an asynchronous copy may be behind by so much
        staleness: "staleness_s" may Duration [0.001, 3_155_760_000_u32] => Objective;
    }

    /// The session store.
    Sessions in [sessions] {
        /// recovery point objective of the session store
        rpo: "rpo_s" must Duration => Objective;
    }

    /// A backup.
    Backup in [[backup]] {
        /// what is backed up
        name: "name" must Name;
        /// the data classes in it
        data: "data" may List<DataName>;
        /// from one to the next; 0 is every change as it happens
        interval: "interval_s" must Duration => Claim;
        /// how long it is kept
        retention: "retention_days" must Duration => Claim;
        /// what it holds
        kind: "kind" must BackupKind => Claim;
        /// how it is encrypted; without the key, it is not
        encryption: "encryption" may String => Claim;
        /// where it is kept
        locations: "locations" must List<Name> => Claim;
        /// the areas that those places are in, as the residency rules call them
        areas: "areas" may List<Name> => Claim;
        /// until its data serves again
        restore: "restore_s" may Duration => Claim;
        /// whether nobody can change it before its time is over
        immutable: "immutable" may bool => Claim;
    }

    /// A scheduled backup.
    BackupJob in [[backup_job]] {
        /// what is backed up
        name: "name" must Name;
        /// the backup of the matrix that it makes
        backup: "backup" may String;
        /// what it holds
        kind: "kind" must BackupKind => Claim;
        /// when, as five fields of cron
        schedule: "schedule" must String => Claim;
        /// how long it is kept
        retention: "retention_days" must Duration => Claim;
        /// what is older goes
        max_age: "max_age_days" may Duration => Claim;
        /// what exceeds this number goes
        max_versions: "max_versions" may u64 => Claim;
        /// whether it is compressed
        compression: "compression" may bool => Claim;
        /// whether it is encrypted
        encryption: "encryption" may bool => Claim;
        /// where it is kept
        storage: "storage" may Name => Claim;
        /// whether it is read back
        verification: "verification" may bool => Claim;
    }

    /// How it is made sure that backups can be restored.
    BackupVerification in [backup_verification] {
        /// how often
        frequency: "frequency" may Cadence => Claim;
        /// of these
        components: "components" must List<Name> => Claim;
        /// of backups that hold this
        kind: "kind" may BackupKind => Claim;
        /// by what
        method: "method" must String => Claim;
        /// the confidence that is enough
        threshold_percent: "threshold_percent" may Decimal => Claim;
        /// what is done if it fails
        on_failure: "on_failure" may List<String> => Claim;
    }

    /// A list of things that people do, in order.
    Checklist in [[checklist]] {
        /// what it is called
        name: "name" must Name;
        /// how often
        frequency: "frequency" may Cadence => Claim;
        /// what is done
        items: "items" must List<String> => Claim;
    }
}
