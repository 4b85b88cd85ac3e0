//! The JSON Schemas: a validator takes every file that the reader takes, and refuses what it refuses for its form.

use firedrill_plan::document::schema;
use jsonschema::Validator;
use serde_json::{Map, Value as Json};
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

fn folder(of: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(of)
}

fn toml_files(folder: &Path) -> Vec<PathBuf> {
    let files = folder.read_dir().unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "toml")).collect()
}

/// TOML as the JSON that editors check by a schema.
fn json(table: &DeTable<'_>) -> Json {
    let entries = table.iter().map(|(key, value)| (key.get_ref().to_string(), of_value(value.get_ref())));
    Json::Object(entries.collect::<Map<_, _>>())
}

fn of_value(value: &DeValue<'_>) -> Json {
    match value {
        DeValue::String(text) => Json::from(text.as_ref()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Json::from(number),
            // Larger than any figure may be.
            Err(_) => Json::from(number.as_str().parse::<f64>().unwrap_or(f64::MAX)),
        },
        DeValue::Float(number) => Json::from(number.as_str().parse::<f64>().unwrap()),
        DeValue::Boolean(flag) => Json::from(*flag),
        DeValue::Datetime(when) => Json::from(when.to_string()),
        DeValue::Array(items) => items.iter().map(|item| of_value(item.get_ref())).collect(),
        DeValue::Table(table) => json(table),
    }
}

fn read(file: &Path) -> Json {
    let text = std::fs::read_to_string(file).unwrap();
    json(DeTable::parse(&text).unwrap().get_ref())
}

fn validator(schema: &Json) -> Validator {
    jsonschema::meta::validate(schema).unwrap_or_else(|error| panic!("{error}"));
    jsonschema::draft202012::new(schema).unwrap()
}

fn takes(validator: &Validator, file: &Path) {
    let json = read(file);
    let errors: Vec<String> =
        validator.iter_errors(&json).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{}: {errors:#?}", file.display());
}

#[test]
fn every_shipped_plan_is_valid() {
    let validator = validator(&schema::plan());
    let files = toml_files(&folder("../../scenarios/plans"));
    assert!(!files.is_empty());
    files.iter().for_each(|file| takes(&validator, file));
    takes(&validator, &folder("tests/corpus/good/plan.toml"));
}

#[test]
fn every_shipped_scenario_is_valid() {
    let validator = validator(&schema::scenario());
    let folders = folder("../../scenarios").read_dir().unwrap().map(|entry| entry.unwrap().path());
    let folders = folders.filter(|path| path.is_dir() && !path.ends_with("plans"));
    let files: Vec<PathBuf> = folders.flat_map(|folder| toml_files(&folder)).collect();
    assert!(files.len() >= 3);
    files.iter().for_each(|file| takes(&validator, file));
}

/// What is wrong in its form, and not only in what it says, a validator finds too.
#[test]
fn what_the_reader_refuses_for_its_form_is_invalid() {
    let plan = validator(&schema::plan());
    for name in [
        "bad-names",
        "empty-lists",
        "missing-keys",
        "missing-source",
        "only-a-title",
        "out-of-range",
        "statements",
        "unknown-keys",
        "wrong-types",
        "wrong-units",
    ] {
        let file = folder("tests/corpus/plan").join(name).with_extension("toml");
        assert!(!plan.is_valid(&read(&file)), "{name}");
    }
    let scenario = validator(&schema::scenario());
    for name in ["nothing-goes-wrong", "no-title-no-plan", "times", "swarm-without-kinds"] {
        let file = folder("tests/corpus/scenario").join(name).with_extension("toml");
        assert!(!scenario.is_valid(&read(&file)), "{name}");
    }
}
