//! Compliance, audit, residency.

use super::record::records;
use super::{DataName, List, Name, ServiceName};
use std::time::Duration;

records! {
    /// A regulation and what it asks.
    Compliance in [[compliance]] {
        /// the regulation
        name: "name" must Name;
        /// what it asks
        requirement: "requirement" must String;
        /// by what it is met
        implementation: "implementation" may String => Claim;
        /// until what it is about is back; the seed has one column for RTO and RPO
        recovery: "recovery_s" may Duration => Objective;
        /// how long the regulation allows by itself
        allowed: "allowed_s" may Duration => Objective;
        /// how long its records must be kept
        retention: "retention_days" may Duration => Objective;
        /// whether what it is about must be encrypted
        encryption: "encryption" may bool => Objective;
        /// the services that it is about; without the key, all
        services: "services" may List<ServiceName>;
        /// the data that it is about; without the key, all
        data: "data" may List<DataName>;
    }

    /// The audit trail.
    Audit in [audit] {
        /// what is recorded
        events: "events" must List<Name> => Claim;
        /// how long it is kept
        retention: "retention_days" must Duration => Claim;
        /// how it is written
        format: "format" may Name => Claim;
        /// how it is encrypted
        encryption: "encryption" may String => Claim;
        /// whether nobody can change it
        immutable: "immutable" may bool => Claim;
        /// whether a change would show
        tamper_evident: "tamper_evident" may bool => Claim;
        /// the data class that it is kept in
        data: "data" may DataName;
    }

    /// Where data may be.
    Residency in [[residency]] {
        /// whose data: an area, or `global`
        area: "area" must Name;
        /// which data
        data: "data" must List<Name>;
        /// areas where it may be processed; `any` is everywhere
        processing: "processing" must List<Name> => Objective;
        /// areas where its backups may be; `any` is everywhere
        backup: "backup" must List<Name> => Objective;
    }
}
