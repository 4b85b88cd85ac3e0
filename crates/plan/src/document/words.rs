//! Values that are one of a few words.

use super::value::{FieldOf, Value};
use crate::suggest;
use serde_json::{Value as Json, json};
use std::fmt;

/// An enum whose variants are the words of a key. `sort` is what one of them is called, `all` how the list of them begins.
macro_rules! words {
    ($($(#[doc = $about:literal])+ $name:ident($sort:literal, $all:literal) {
        $($(#[doc = $doc:literal])+ $variant:ident = $word:literal,)+
    })+) => {$(
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl $name {
            /// All words, as the file has them.
            pub const WORDS: &[&str] = &[$($word),+];

            /// The word, as the file has it.
            pub fn word(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())
            }
        }

        impl Value for $name {
            fn read(field: &FieldOf<'_, '_>, _: (f64, f64)) -> Option<$name> {
                let text = field.field.text()?;
                match text {
                    $($word => Some($name::$variant),)+
                    _ => {
                        let message = format!("there is no {} `{text}`", $sort);
                        let advice = suggest::among(text, $name::WORDS, $all);
                        field.field.sink.error(&field.field.span, message, advice);
                        None
                    }
                }
            }

            fn placeholder(_: (f64, f64), _: &str) -> $name {
                [$($name::$variant),+][0]
            }

            fn schema(_: (f64, f64)) -> Json {
                json!({ "enum": $name::WORDS })
            }
        }
    )+};
}

words! {
    /// What a site is in the order of succession.
    Role("role", "a site is one of") {
        /// The first.
        Primary = "primary",
        /// Takes over from the primary.
        Secondary = "secondary",
        /// Takes over from the others.
        Tertiary = "tertiary",
        /// Votes, holds what it must for that, and serves nobody.
        Witness = "witness",
    }

    /// In which state a site waits for its turn.
    Standby("state", "a site is one of") {
        /// Serves clients now.
        Active = "active",
        /// Runs, with current data.
        Hot = "hot-standby",
        /// Runs in part, with data that is behind.
        Warm = "warm-standby",
        /// Must be started, from backups.
        Cold = "cold-standby",
    }

    /// How data reaches its copies.
    Mode("mode of replication", "it is one of") {
        /// A write is acknowledged when the copies have it.
        Sync = "sync",
        /// A write is acknowledged first.
        Async = "async",
        /// Some copies one way, some the other.
        Hybrid = "hybrid",
        /// So many at a time, on a schedule.
        Batch = "batch",
    }

    /// What readers may see.
    Consistency("consistency", "it is one of") {
        /// As if there were one copy.
        Linearizable = "linearizable",
        /// Reads see the last acknowledged write.
        Strong = "strong",
        /// Copies agree when writes cease.
        Eventual = "eventual",
    }

    /// Who decides that a failover begins.
    Decision("way to decide", "it is one of") {
        /// The stack.
        Automatic = "automatic",
        /// A person.
        Manual = "manual",
        /// The stack if the failure is critical, else a person.
        Hybrid = "hybrid",
    }

    /// How bad it is if it is lost.
    Criticality("criticality", "it is one of") {
        /// Everything stops.
        MissionCritical = "mission-critical",
        /// What depends on it stops.
        Critical = "critical",
        /// Essential to some.
        Essential = "essential",
        /// Much is worse.
        High = "high",
        /// Matters.
        Important = "important",
        /// Some is worse.
        Medium = "medium",
        /// As usual.
        Standard = "standard",
        /// It can wait.
        Low = "low",
    }

    /// What a backup holds.
    BackupKind("kind of backup", "it is one of") {
        /// What changed since the last one.
        Incremental = "incremental",
        /// What changed since the last full one.
        Differential = "differential",
        /// All.
        Full = "full",
        /// Every change, as it happens.
        Stream = "stream",
    }

    /// How often people do something.
    Cadence("frequency", "it is one of") {
        /// All the time.
        Continuous = "continuous",
        /// Each hour.
        Hourly = "hourly",
        /// Each day.
        Daily = "daily",
        /// Each week.
        Weekly = "weekly",
        /// Each month.
        Monthly = "monthly",
        /// Four times a year.
        Quarterly = "quarterly",
        /// Twice a year.
        HalfYearly = "half-yearly",
        /// Each year.
        Yearly = "yearly",
        /// When there is cause.
        OnDemand = "on-demand",
    }

    /// Which way a figure is better.
    Better("way to be better", "it is one of") {
        /// The target is a floor.
        AtLeast = "at-least",
        /// The target is a ceiling.
        AtMost = "at-most",
    }

    /// What the writer of a log does while a copy that must have its records is out.
    WhileOut("way to go on", "what the writer does is one of") {
        /// It acknowledges nothing.
        Stop = "stop",
        /// It goes on without the copy, and says so.
        Asynchronous = "asynchronous",
    }
}

impl Cadence {
    /// How many times a year it is due: `None` if no calendar says (all the time, when there is cause).
    pub fn times_a_year(self) -> Option<u32> {
        match self {
            Cadence::Continuous | Cadence::OnDemand => None,
            Cadence::Hourly => Some(8766),
            Cadence::Daily => Some(365),
            Cadence::Weekly => Some(52),
            Cadence::Monthly => Some(12),
            Cadence::Quarterly => Some(4),
            Cadence::HalfYearly => Some(2),
            Cadence::Yearly => Some(1),
        }
    }
}
