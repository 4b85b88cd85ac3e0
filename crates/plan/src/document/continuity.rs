//! What others supply; communication, incidents, escalation, stakeholders.

use super::record::records;
use super::{Criticality, List, Name};
use std::time::Duration;

records! {
    /// Something that others supply, or that several services share.
    Dependency in [[dependency]] {
        /// what it is called
        name: "name" must Name;
        /// how bad it is if it is lost
        criticality: "criticality" may Criticality;
        /// what takes its place
        backup: "backup" may String => Claim;
        /// until it is replaced
        rto: "rto_s" may Duration => Claim;
        /// who supplies it
        provider: "provider" may Name;
    }

    /// How people are told, when the usual ways may be down.
    Communication in [communication] {
        /// ways to reach people
        channels: "channels" must List<String> => Claim;
        /// when they are tried out, as five fields of cron
        test_schedule: "test_schedule" may String => Claim;
    }

    /// What people are told.
    MessageTemplate in [[message_template]] {
        /// of what
        name: "name" must Name;
        /// in these words; what is in braces is filled in
        text: "text" must String;
    }

    /// Who is called when an incident lasts.
    Escalation in [[escalation]] {
        /// what it is called
        name: "name" must Name;
        /// after this time
        after: "after_s" must Duration => Claim;
        /// until this time
        until: "until_s" may Duration => Claim;
        /// who
        team: "team" must List<String> => Claim;
        /// what they do
        actions: "actions" may List<String> => Claim;
    }

    /// Who does what in an incident.
    IncidentRole in [[incident_role]] {
        /// what it is called
        name: "name" must Name;
        /// for what
        responsibility: "responsibility" must String;
        /// who, or how to reach them
        contact: "contact" must String;
    }

    /// How an incident is dealt with.
    Incident in [incident] {
        /// what is done, in order
        steps: "steps" must List<String> => Claim;
    }

    /// Who must be kept informed.
    Stakeholder in [[stakeholder]] {
        /// who
        name: "name" must Name;
        /// what they are
        role: "role" may Name;
        /// how to reach them
        contact: "contact" must String;
        /// the ways that they want to be told
        channels: "channels" must List<String> => Claim;
        /// from one update to the next
        update_interval: "update_interval_s" must Duration => Claim;
    }
}
