//! What keeps a plan true: tests, documents, training, maintenance, improvement.

use super::record::records;
use super::{Cadence, Decimal, List, Name, ServiceName};
use std::time::Duration;

records! {
    /// A kind of test in the programme.
    Test in [[test]] {
        /// what it is called
        name: "name" must Name;
        /// how often
        frequency: "frequency" must Cadence => Claim;
        /// of what
        scope: "scope" may String;
        /// what counts as passed
        success: "success" may String => Objective;
        /// of the participants or attempts
        success_percent: "success_percent" may Decimal => Objective;
    }

    /// A test, step by step.
    TestScenario in [[test_scenario]] {
        /// what it is called
        name: "name" must Name;
        /// what is done, in order
        steps: "steps" may List<String>;
        /// it has failed after this
        timeout: "timeout_s" may Duration => Claim;
        /// recovered within this
        recovery: "recovery_s" may Duration => Objective;
        /// on what it is judged
        services: "services" may List<ServiceName> => Claim;
        /// what is measured
        metrics: "metrics" may List<Name> => Claim;
        /// at least
        availability_percent: "availability_percent" may Decimal => Objective;
        /// at most
        latency: "latency_ms" may Duration => Objective;
    }

    /// Tests that run by themselves.
    TestSuite in [[test_suite]] {
        /// what it is called
        name: "name" must Name;
        /// how often
        frequency: "frequency" may Cadence => Claim;
        /// what goes wrong in it, or what is played through
        scenarios: "scenarios" may List<Name> => Claim;
        /// of what
        subjects: "subjects" may List<String>;
        /// on which services
        services: "services" may List<ServiceName> => Claim;
        /// what is measured
        metrics: "metrics" may List<Name> => Claim;
        /// of the code
        coverage_percent: "coverage_percent" may Decimal => Objective;
        /// whether properties are tested
        properties: "properties" may bool => Claim;
        /// at the same time
        users: "users" may u64 => Claim;
        /// how long it runs
        duration: "duration_s" may Duration => Claim;
        /// the validation after it has failed after this
        validation_timeout: "validation_timeout_s" may Duration => Claim;
        /// whether what it broke is mended by itself
        auto_recovery: "auto_recovery" may bool => Claim;
        /// whether the primary gets its work back by itself
        auto_failback: "auto_failback" may bool => Claim;
        /// whether it leaves nothing behind
        cleanup: "cleanup" may bool => Claim;
        /// whether its outcome is checked
        verification: "verification" may bool => Claim;
        /// channels that are told
        notifications: "notifications" may List<String> => Claim;
    }

    /// What is made of the results.
    TestReport in [test_report] {
        /// the results of so long
        window: "window_days" must Duration => Claim;
        /// what is counted
        metrics: "metrics" must List<Name> => Claim;
    }

    /// A document that must be kept.
    Document in [[document]] {
        /// what it is called
        name: "name" must Name;
        /// for whom
        audience: "audience" must String;
        /// how often it is revised
        frequency: "frequency" must Cadence => Claim;
        /// where it is kept
        storage: "storage" may String => Claim;
    }

    /// What people learn.
    Training in [[training]] {
        /// what it is called
        name: "name" must Name;
        /// how often
        frequency: "frequency" may Cadence => Claim;
        /// each time
        duration: "duration_h" may Duration => Claim;
        /// each time, where it is counted in days
        days: "duration_days" may Duration => Claim;
        /// within this time after somebody is hired
        within: "within_days" may Duration => Claim;
    }

    /// A module of the training system.
    TrainingModule in [[training_module]] {
        /// what it is about
        name: "name" must Name;
        /// how long it takes
        duration: "duration_s" must Duration => Claim;
    }

    /// How training is given.
    TrainingSystem in [training_system] {
        /// ways to learn
        delivery: "delivery" must List<Name> => Claim;
        /// whether it ends in a test
        assessment: "assessment" may bool => Claim;
        /// whether it ends in a certificate
        certification: "certification" may bool => Claim;
        /// whether it is recorded who took part
        tracking: "tracking" may bool => Claim;
    }

    /// What is looked after, and by whom.
    Maintenance in [[maintenance]] {
        /// what is done
        name: "name" must Name;
        /// how often
        frequency: "frequency" must Cadence => Claim;
        /// by whom
        owner: "owner" must String;
        /// by what it is proven
        validation: "validation" may String => Claim;
    }

    /// How the plan gets better.
    Improvement in [improvement] {
        /// from one round to the next
        cycle: "cycle_days" must Duration => Claim;
        /// what is learned from
        feedback: "feedback" must List<String> => Claim;
        /// who looks at it
        team: "team" must List<String> => Claim;
        /// whether it is followed up
        implementation_tracking: "implementation_tracking" may bool => Claim;
        /// whether its effect is measured
        metrics_tracking: "metrics_tracking" may bool => Claim;
    }
}
