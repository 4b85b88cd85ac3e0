//! The JSON Schema (draft 2020-12) of plan and scenario files; that of plans is made from the declarations that its reader is made from.

use super::{Key, PlanDocument, SectionInfo};
use crate::figures::Use;
use serde_json::{Map, Value as Json, json};

/// The dialect.
pub(crate) const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Of a scenario file.
pub fn scenario() -> Json {
    crate::scenario_file::schema::scenario()
}

/// Of a plan file.
pub fn plan() -> Json {
    let mut kinds = Kinds::default();
    let mut properties = Map::new();
    properties.insert("title".to_owned(), described(text(), "what the plan is called"));
    let about = "the document that the plan is made from; then every section says in `source` which paragraph";
    properties.insert("reference".to_owned(), described(text(), about));
    let mut required = vec!["title"];
    for section in PlanDocument::sections() {
        required.extend(section.required.then_some(section.name));
        properties.insert(section.name.to_owned(), of_section(&section, &mut kinds));
    }
    let mut definitions = kinds.definitions;
    definitions.insert("text".to_owned(), text());
    let texts = json!({ "type": "array", "items": text(), "minItems": 1, "uniqueItems": true });
    definitions.insert("texts".to_owned(), texts);
    json!({
        "$schema": DIALECT,
        "title": "Firedrill plan",
        "description": "A disaster-recovery plan. Keys end in the unit of their value.",
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
        "$defs": definitions,
        // With a document, each section names its paragraph.
        "if": { "required": ["reference"] },
        "then": { "properties": with_source() },
    })
}

fn of_section(section: &SectionInfo, kinds: &mut Kinds) -> Json {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for key in &section.keys {
        required.extend(key.required.then_some(key.key));
        properties.insert(key.key.to_owned(), of_key(key, kinds));
    }
    let source = described(json!({ "$ref": "#/$defs/text" }), "the paragraph of the document that it is taken from");
    properties.insert("source".to_owned(), source);
    let ours = "those of its figures that are not in the document: assumptions of whoever wrote the plan";
    properties.insert("ours".to_owned(), described(json!({ "$ref": "#/$defs/texts" }), ours));
    let one = json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    let all = if section.many { json!({ "type": "array", "items": one, "minItems": 1 }) } else { one };
    described(all, section.about)
}

fn of_key(key: &Key, kinds: &mut Kinds) -> Json {
    let about = match key.used {
        Some(used) => format!("{} ({})", key.about, in_words(used)),
        None => key.about.to_owned(),
    };
    described(json!({ "$ref": format!("#/$defs/{}", kinds.name_of(key)) }), &about)
}

/// What values can be, each defined once.
#[derive(Default)]
struct Kinds {
    definitions: Map<String, Json>,
}

impl Kinds {
    /// What a key's values are defined as: its kind, numbered where bounds differ.
    fn name_of(&mut self, key: &Key) -> String {
        let kind = key.kind.replace('<', "-of-").replace('>', "").to_lowercase();
        let definition = one_statement_or_more(&key.schema);
        let names = (1..).map(|number| if number == 1 { kind.clone() } else { format!("{kind}-{number}") });
        let fits = |name: &String| self.definitions.get(name).is_none_or(|known| *known == definition);
        let name = names.into_iter().find(fits).unwrap_or_default();
        self.definitions.entry(name.clone()).or_insert(definition);
        name
    }
}

/// One statement, or several of which one is obeyed.
fn one_statement_or_more(value: &Json) -> Json {
    let statement = json!({
        "type": "object",
        "properties": {
            "value": value,
            "source": { "$ref": "#/$defs/text" },
            "obeyed": { "type": "boolean" },
            "ours": { "type": "boolean" },
        },
        "required": ["value"],
        // What is not ours says where it is from.
        "if": { "properties": { "ours": { "const": true } }, "required": ["ours"] },
        "else": { "required": ["source"] },
        "additionalProperties": false,
    });
    let statements = json!({
        "type": "array",
        "items": statement,
        "minItems": 2,
        "contains": { "properties": { "obeyed": { "const": true } }, "required": ["obeyed"] },
        "maxContains": 1,
    });
    json!({ "anyOf": [value, statements] })
}

fn in_words(used: Use) -> &'static str {
    match used {
        Use::Parameter => "a parameter: the stack obeys it",
        Use::Objective => "an objective: judged by it",
        Use::Claim => "a claim: must be proven",
        Use::Physics => "physics: a world imitates it",
    }
}

/// Each section with a `source`.
fn with_source() -> Json {
    let one = json!({ "required": ["source"] });
    let of = |section: SectionInfo| {
        let all = if section.many { json!({ "items": one }) } else { one.clone() };
        (section.name.to_owned(), all)
    };
    Json::Object(PlanDocument::sections().into_iter().map(of).collect())
}

fn text() -> Json {
    json!({ "type": "string", "pattern": "\\S" })
}

fn described(mut schema: Json, about: &str) -> Json {
    schema["description"] = Json::from(about);
    schema
}
