//! The JSON Schema (draft 2020-12) of a scenario file. What the reader asks for and what stands here are compared by a test below.

use crate::document::schema::DIALECT;
use firedrill_model::{FaultKind, FileClass, IoMethod};
use serde_json::{Map, Value as Json, json};

/// What the value of a key is.
#[derive(Clone, Copy)]
enum Sort {
    Text,
    Texts,
    /// A text, or a list of some.
    OneOrMore,
    Flag,
    Whole,
    Number,
    Percent,
    /// A duration, or a range of two.
    Times,
    /// A whole number, or a range of two.
    Counts,
    /// A whole number, or a list to draw from.
    Choices,
    /// True, false, or in so many percent of the seeds.
    Defence,
    Action,
    Direction,
    Files,
    Methods,
    Undo,
}

/// A key: what it is called, what it is, whether it must be there, in a few words.
type Key = (&'static str, Sort, bool, &'static str);

/// At the root, besides the sections.
const ROOT: &[Key] = &[
    ("title", Sort::Text, true, "what it is called"),
    ("plan", Sort::Text, true, "its plan: a path relative to this file"),
    ("tags", Sort::Texts, false, "words for filtering"),
];

/// Sections that can be there once.
const SECTIONS: &[(&str, &str, &[Key])] = &[
    (
        "workload",
        "What clients do.",
        &[
            ("clients_per_region", Sort::Whole, false, "closed-loop clients"),
            ("operations_per_s", Sort::Number, false, "of each client, when it does not have to wait"),
            ("keys", Sort::Whole, false, "sessions that are in use at a time"),
            ("read_percent", Sort::Whole, false, "reads, of all operations"),
            ("cas_percent", Sort::Whole, false, "compare-and-sets, of all operations"),
            ("append_percent", Sort::Whole, false, "appends to the transaction log, of all operations"),
            ("ignore_dns_ttl_percent", Sort::Whole, false, "clients that keep their first DNS answer"),
            ("deadline_s", Sort::Number, false, "an operation without an answer for so long is unknown"),
            ("probes_per_s", Sort::Whole, false, "per service and region, around faults"),
            ("probes_calm_per_s", Sort::Whole, false, "per service and region, otherwise"),
        ],
    ),
    (
        "steady_state",
        "What must hold before the first fault.",
        &[("warmup_s", Sort::Number, false, "the plan's service level must hold for so long")],
    ),
    (
        "defences",
        "Which of the stack's defences are on.",
        &[
            ("pre_vote", Sort::Defence, false, "a site asks whether it would win before it asks for votes"),
            ("check_quorum", Sort::Defence, false, "a leader that hears no majority steps down"),
            ("max_batch", Sort::Choices, false, "entries in a message, at most"),
            ("max_in_flight", Sort::Choices, false, "unacknowledged messages to a follower, at most"),
        ],
    ),
    (
        "physics",
        "Of the world.",
        &[
            ("sync_ms", Sort::Times, false, "how long a sync takes"),
            ("jitter_per_mille", Sort::Counts, false, "of a link's one-way latency"),
            ("loss_per_mille", Sort::Counts, false, "of the messages between sites"),
        ],
    ),
    ("rollbacks", "What the heal phase undoes.", &[("undo", Sort::Undo, true, "`all` or `none`")]),
    (
        "objectives",
        "What must be proven.",
        &[
            ("rto", Sort::Flag, false, "each service's RTO is judged"),
            ("rpo", Sort::Flag, false, "each data class's RPO is judged"),
            (
                "recovery_may_wait_for_heal",
                Sort::Flag,
                false,
                "an outage that ends only when a fault is healed counts as recovered",
            ),
            (
                "convergence_deadline_s",
                Sort::Number,
                false,
                "after healing, service and convergence are there within this",
            ),
            ("failovers_expected", Sort::Whole, false, "fewer make the run unknown: it tested nothing"),
        ],
    ),
];

/// Of `[[method]]`.
const METHOD: &[Key] = &[
    ("name", Sort::Text, false, "what the step is called in reports"),
    ("action", Sort::Action, true, "what goes wrong"),
    ("target", Sort::OneOrMore, false, "what is hit: sites, or one side of links"),
    ("peers", Sort::OneOrMore, false, "of links: the other side"),
    ("direction", Sort::Direction, false, "of links: messages to or from the peers, or both"),
    ("at_s", Sort::Times, false, "when it begins"),
    ("duration_s", Sort::Times, false, "how long it lasts"),
    ("delay_ms", Sort::Times, false, "by how much"),
    ("jitter_ms", Sort::Number, false, "give or take"),
    ("offset_ms", Sort::Number, false, "of clocks: up to, either way"),
    ("percent", Sort::Percent, false, "of messages or operations"),
    ("rate_kb_per_s", Sort::Whole, false, "of links: no more than this"),
    ("files", Sort::Files, false, "of disks: which files"),
    ("methods", Sort::Methods, false, "of disks: what fails"),
    ("bits", Sort::Whole, false, "of disks: how many rot"),
];

/// Of `[swarm]`, besides the kinds.
const SWARM: &[Key] = &[("duration_s", Sort::Number, true, "faults are drawn for so long")];

/// Of `[[swarm.kind]]`.
const KIND: &[Key] = &[
    ("action", Sort::Action, true, "the kind of fault"),
    ("on_percent", Sort::Percent, false, "of the seeds have this kind at all"),
    ("gap_s", Sort::Times, false, "from the end of one to the beginning of the next"),
    ("duration_s", Sort::Times, false, "how long one lasts"),
    ("sites_at_once", Sort::Counts, false, "how many are hit at the same instant"),
    ("delay_ms", Sort::Times, false, "by how much"),
    ("percent", Sort::Percent, false, "of messages or operations"),
    ("files", Sort::Files, false, "of disks: which files"),
    ("rate_kb_per_s", Sort::Whole, false, "of links: no more than this"),
    ("bits", Sort::Whole, false, "of disks: how many rot"),
];

/// The schema.
pub(crate) fn scenario() -> Json {
    let mut root = object(ROOT, "");
    let mut add = |name: &str, section: Json| root["properties"][name] = section;
    for (name, about, keys) in SECTIONS {
        add(name, object(keys, about));
    }
    add("method", list(object(METHOD, "A step: something goes wrong.")));
    let mut swarm = object(SWARM, "Faults drawn at random.");
    swarm["properties"]["kind"] = list(object(KIND, "A kind of fault, with a stream of its own."));
    swarm["required"] = json!(["duration_s", "kind"]);
    add("swarm", swarm);
    root["$schema"] = Json::from(DIALECT);
    root["title"] = Json::from("Firedrill scenario");
    root["description"] = Json::from("What clients do and what goes wrong. Times count from the end of the warm-up.");
    root["anyOf"] = json!([{ "required": ["method"] }, { "required": ["swarm"] }]);
    root
}

fn list(items: Json) -> Json {
    json!({ "type": "array", "items": items, "minItems": 1 })
}

fn object(keys: &[Key], about: &str) -> Json {
    let mut properties = Map::new();
    for (key, sort, _, about) in keys {
        let mut schema = value(*sort);
        schema["description"] = Json::from(*about);
        properties.insert((*key).to_owned(), schema);
    }
    let required: Vec<&str> = keys.iter().filter(|(_, _, required, _)| *required).map(|(key, ..)| *key).collect();
    json!({
        "type": "object",
        "description": about,
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn value(sort: Sort) -> Json {
    let text = json!({ "type": "string", "pattern": "\\S" });
    let number = json!({ "type": "number", "minimum": 0 });
    let whole = json!({ "type": "integer", "minimum": 0 });
    let pair = |of: &Json| json!({ "anyOf": [of, { "type": "array", "items": of, "minItems": 2, "maxItems": 2 }] });
    let one_or_more = |of: &Json| json!({ "anyOf": [of, { "type": "array", "items": of, "minItems": 1 }] });
    match sort {
        Sort::Text => text,
        Sort::Texts => json!({ "type": "array", "items": text }),
        Sort::OneOrMore => one_or_more(&text),
        Sort::Flag => json!({ "type": "boolean" }),
        Sort::Whole => whole,
        Sort::Number => number,
        Sort::Percent => json!({ "type": "number", "minimum": 0, "maximum": 100 }),
        Sort::Times => pair(&number),
        Sort::Counts => pair(&whole),
        Sort::Choices => one_or_more(&whole),
        Sort::Defence => {
            let drawn = object(&[("on_percent", Sort::Percent, true, "of the seeds")], "Drawn for each seed.");
            json!({ "anyOf": [{ "type": "boolean" }, drawn] })
        }
        Sort::Action => json!({ "enum": FaultKind::ALL.map(FaultKind::name) }),
        Sort::Direction => json!({ "enum": ["to", "from", "both"] }),
        Sort::Files => json!({ "enum": FileClass::ALL.map(FileClass::name) }),
        Sort::Methods => one_or_more(&json!({ "enum": IoMethod::ALL.map(IoMethod::name) })),
        Sort::Undo => json!({ "enum": ["all", "none"] }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::{Sink, asked};
    use crate::source::Source;
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};
    use toml::de::DeTable;

    /// Every scenario that is shipped, and every malformed one.
    fn files() -> Vec<PathBuf> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let shipped = here.join("../../scenarios").read_dir().unwrap().map(|entry| entry.unwrap().path());
        let folders = shipped.filter(|path| path.is_dir() && !path.ends_with("plans"));
        let folders = folders.chain([here.join("tests/corpus/scenario")]);
        let files = folders.flat_map(|folder| folder.read_dir().unwrap().map(|entry| entry.unwrap().path()));
        files.filter(|path| path.extension().is_some_and(|extension| extension == "toml")).collect()
    }

    /// Every key of every section that the reader asks for, over all files.
    fn known_to_the_reader() -> BTreeSet<(String, String)> {
        asked::forget();
        for file in files() {
            let bytes = std::fs::read(&file).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            let (root, _) = DeTable::parse_recoverable(&text);
            let sink = Sink::new(Source { file: "x", text: &text });
            super::super::scenario(&sink, root.get_ref(), |_| None, false);
        }
        asked::all()
    }

    fn known_to_the_schema() -> BTreeSet<(String, String)> {
        let schema = scenario();
        let mut found = BTreeSet::new();
        let mut add = |title: &str, object: &Json| {
            let keys = object["properties"].as_object().unwrap().keys();
            found.extend(keys.map(|key| (title.to_owned(), key.clone())));
        };
        add("the scenario", &schema);
        for (name, section) in schema["properties"].as_object().unwrap() {
            match section["type"].as_str() {
                Some("object") => add(&format!("[{name}]"), section),
                Some("array") if name == "method" => add("[[method]]", &section["items"]),
                _ => {}
            }
        }
        add("[[swarm.kind]]", &schema["properties"]["swarm"]["properties"]["kind"]["items"]);
        for defence in ["pre_vote", "check_quorum"] {
            add(&format!("`{defence}`"), &schema["properties"]["defences"]["properties"][defence]["anyOf"][1]);
        }
        found
    }

    #[test]
    fn the_schema_has_what_the_reader_asks_for_and_the_other_way_round() {
        assert_eq!(known_to_the_reader(), known_to_the_schema());
    }
}
