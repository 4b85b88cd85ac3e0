//! Costs and returns.

use super::record::records;
use super::{Decimal, List, Name};

records! {
    /// What a part costs, and what a measure saves.
    Cost in [[cost]] {
        /// of what
        name: "name" must Name;
        /// each year
        annual_usd: "annual_usd" must u64 => Claim;
        /// by what it is made less
        measure: "measure" may String => Claim;
        /// each year
        savings_usd: "savings_usd" may u64 => Claim;
    }

    /// The sums, as the document has them.
    CostTotal in [cost_total] {
        /// of all costs, each year
        annual_usd: "annual_usd" must u64 => Claim;
        /// of all savings, each year
        savings_usd: "savings_usd" may u64 => Claim;
    }

    /// An investment and its return.
    Investment in [[investment]] {
        /// in what
        name: "name" must Name;
        /// each year
        annual_usd: "annual_usd" must u64 => Claim;
        /// what it achieves
        effect: "effect" may String;
        /// how much of it
        effect_percent: "effect_percent" may Decimal => Claim;
        /// each year
        benefit_usd: "benefit_usd" must u64 => Claim;
        /// (benefit - cost) / cost
        roi_percent: "roi_percent" may Decimal [-100, 1_000_000] => Claim;
    }

    /// The sums, as the document has them.
    InvestmentTotal in [investment_total] {
        /// of all investments, each year
        annual_usd: "annual_usd" must u64 => Claim;
        /// of all benefits, each year
        benefit_usd: "benefit_usd" must u64 => Claim;
        /// (benefit - cost) / cost
        roi_percent: "roi_percent" may Decimal [-100, 1_000_000] => Claim;
    }

    /// How cloud costs are kept down.
    CloudCosts in [cloud_costs] {
        /// of the instances, reserved ahead
        reserved_percent: "reserved_percent" must Decimal => Claim;
        /// of the instances, taken away when others pay more
        spot_percent: "spot_percent" must Decimal => Claim;
        /// whether capacity follows the load
        auto_scaling: "auto_scaling" may bool => Claim;
        /// whether somebody is told when money runs out
        budget_alerts: "budget_alerts" may bool => Claim;
        /// by which costs are told apart
        cost_tags: "cost_tags" may List<Name> => Claim;
        /// whether instances are made to fit
        rightsizing: "rightsizing" may bool => Claim;
        /// whether instances are stopped when nobody needs them
        scheduling: "scheduling" may bool => Claim;
    }
}
