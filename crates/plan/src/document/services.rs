//! Tiers, services, business impact.

use super::record::records;
use super::{
    Criticality, DataName, Decimal, Decision, DependencyName, List, Mode, Name, Priority, ServiceName, TierName,
};
use std::time::Duration;

records! {
    /// A class of services with the same objectives.
    Tier in [[tier]] {
        /// what it is called
        name: "name" must Name;
        /// recovery time objective of the tier's services
        rto: "rto_s" must Duration [1, 2_592_000] => Objective Scalable;
        /// recovery point objective of the tier's services
        rpo: "rpo_s" may Duration => Objective;
        /// how bad it is if they are lost
        criticality: "criticality" may Criticality;
        /// kinds of systems that belong to it
        examples: "examples" may List<String>;
        /// who decides that its services fail over
        failover: "failover" may Decision => Parameter;
        /// whether a standby site runs its services already
        warm_standby: "warm_standby" may bool => Claim;
        /// whether a standby site can start them
        cold_standby: "cold_standby" may bool => Claim;
        /// how its load is spread over sites
        load_balancing: "load_balancing" may String => Claim;
        /// how its data reaches its copies
        mode: "replication_mode" may Mode => Claim;
        /// what it costs, as a multiple of the cheapest
        cost_factor: "cost_factor" may Decimal => Claim;
    }

    /// A service that the stack promotes.
    Service in [[service]] {
        /// what it is called
        name: "name" must Name;
        /// whose objectives it has
        tier: "tier" must TierName;
        /// P0 is promoted first
        priority: "priority" must Priority => Parameter;
        /// services that must be promoted before
        depends_on: "depends_on" may List<ServiceName> => Parameter;
        /// what it needs of others
        needs: "needs" may List<DependencyName> => Claim;
        /// the data that it keeps
        data: "data" may List<DataName> => Claim;
        /// from its promotion until it serves
        start: "start_s" may Duration => Claim;
    }

    /// What the loss of a system means for the business.
    Impact in [[impact]] {
        /// the system
        name: "name" must Name;
        /// the service that it is in the stack, if it is one
        service: "service" may ServiceName;
        /// at least, for each hour
        loss_usd_per_h: "loss_usd_per_h" must u64 => Claim;
        /// of the customers, or of what the effect is about
        affected_percent: "affected_percent" may Decimal => Claim;
        /// what is affected
        effect: "effect" may String;
        /// P0 is recovered first
        priority: "priority" must Priority => Objective;
    }

    /// What the business does, and what a stop costs.
    Function in [[function]] {
        /// what it is called
        name: "name" must Name;
        /// the service of the stack that does it, if one does
        service: "service" may ServiceName;
        /// whose objectives it has
        tier: "tier" may TierName;
        /// for each hour
        loss_usd_per_h: "loss_usd_per_h" must u64 => Claim;
        /// P0 is recovered first
        priority: "priority" must Priority => Objective;
        /// what it needs of others
        needs: "needs" may List<DependencyName> => Claim;
    }
}
