//! From files: a plan, a scenario with its plan, or whichever a file is.

use crate::diagnostic::Diagnostics;
use crate::document::topology::Site;
use crate::plan::Plan;
use crate::read::{Field, document};
use crate::scenario::Scenario;
use crate::scenario_file;
use crate::source::Source;
use crate::suggest;
use std::cell::OnceCell;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path};

/// A plan may lie that many folders above its scenario's: `../plans/x.toml`, or from a folder within `regressions/` one more.
const CLIMB: i32 = 2;

/// Reads a plan.
///
/// # Errors
/// If the file cannot be read, or all that is wrong with it.
pub fn load_plan(path: &Path) -> Result<Plan, Diagnostics> {
    let file = path.display().to_string();
    Plan::parse(&file, &text_of(path, &file)?)
}

/// Reads a scenario, and the plan that it names, whose path is relative to the scenario's file.
///
/// # Errors
/// If a file cannot be read, or all that is wrong with either.
pub fn load(scenario_path: &Path) -> Result<(Plan, Scenario), Diagnostics> {
    let file = scenario_path.display().to_string();
    let text = text_of(scenario_path, &file)?;
    scenario_and_plan(scenario_path, Source { file: &file, text: &text })
}

/// Reads the plan when the scenario names it; tells what is wrong with either in one go.
pub(crate) fn scenario_and_plan(path: &Path, source: Source<'_>) -> Result<(Plan, Scenario), Diagnostics> {
    let loaded = OnceCell::new();
    let mut broken = None;
    let scenario = scenario_file::read(source, |field| match named_plan(path, field)? {
        Ok(plan) => Some(loaded.get_or_init(|| plan)),
        Err(diagnostics) => {
            broken = Some(diagnostics);
            None
        }
    });
    match (scenario, broken, loaded.into_inner()) {
        (Ok(scenario), None, Some(plan)) => Ok((plan, scenario)),
        (Err(scenario), Some(plan), _) => Err(scenario.and(plan)),
        (Err(diagnostics), None, _) | (Ok(_), Some(diagnostics), _) => Err(diagnostics),
        (Ok(_), None, None) => unreachable!("a scenario without a plan has been told so"),
    }
}

/// The plan that a scenario names; `None` if the name is at fault, which is told at its place.
fn named_plan(scenario: &Path, field: &Field<'_>) -> Option<Result<Plan, Diagnostics>> {
    let name = field.text()?;
    if let Some((why, advice)) = escapes(Path::new(name)) {
        field.sink.error(&field.span, why, advice.to_owned());
        return None;
    }
    let path = scenario.parent().unwrap_or(Path::new("")).join(name);
    let file = path.display().to_string();
    match read(&path) {
        Ok(bytes) => {
            let plan = decode(&file, bytes).and_then(|text| Plan::parse(&file, &text));
            if let Some(site) = plan.as_ref().ok().and_then(without_a_vote) {
                let message = format!("the plan's site `{site}` does not vote, and in the stack every site does");
                let advice = "such a plan can be analysed, not run: take `votes = false` out to run it".to_owned();
                field.sink.error(&field.span, message, advice);
                return None;
            }
            Some(plan)
        }
        Err(error) => {
            field.sink.error(&field.span, format!("the plan cannot be read: {}", reason(&error)), near(&path));
            None
        }
    }
}

/// A site that the plan gives no vote.
fn without_a_vote(plan: &Plan) -> Option<&str> {
    let mute = |site: &&Site| site.votes.as_ref().is_some_and(|votes| !votes.value);
    plan.document.sites.iter().find(mute).map(|site| &*site.name.value)
}

/// A file beside the one that is not there, with nearly its name, or else where it was looked for.
fn near(path: &Path) -> String {
    let beside = path.parent().and_then(|folder| folder.read_dir().ok()).into_iter().flatten().filter_map(Result::ok);
    let mut beside: Vec<String> = beside
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.ends_with(".toml"))
        .collect();
    beside.sort();
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    match suggest::closest(name, beside.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`, in the same folder?"),
        None => format!("the path is relative to the scenario's folder, so this is {}", path.display()),
    }
}

/// Why a path may not be followed: a scenario from elsewhere must not make us read any file of this machine.
fn escapes(path: &Path) -> Option<(String, &'static str)> {
    let mut depth = 0;
    for component in path.components() {
        match component {
            Component::Normal(_) => depth += 1,
            Component::ParentDir => depth -= 1,
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => {
                return Some((
                    "the plan's path is absolute".to_owned(),
                    "write it relative to the scenario's folder: `../plans/name.toml`",
                ));
            }
        }
        if depth < -CLIMB {
            let message = format!("the plan's path leads more than {CLIMB} folders up");
            return Some((message, "keep plans in a folder beside the scenario's: `../plans/name.toml`"));
        }
    }
    if path.extension().is_none_or(|extension| extension != "toml") {
        return Some(("the plan's path does not end in `.toml`".to_owned(), "name a plan file: `../plans/name.toml`"));
    }
    None
}

/// The text of a file that was named on the command line.
pub(crate) fn text_of(path: &Path, file: &str) -> Result<String, Diagnostics> {
    let bytes = read(path).map_err(|error| {
        Diagnostics::of_file(file, format!("the file cannot be read: {}", reason(&error)), "check its path")
    })?;
    decode(file, bytes)
}

/// The bytes of a file, or a few more than it may have.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    // Before it is opened: opening a pipe would wait for a writer.
    if !path.metadata()?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    let file = File::open(path)?;
    let mut bytes = Vec::new();
    let most = u64::try_from(document::LONGEST + 1).unwrap_or(u64::MAX);
    file.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Without the operating system's number, which says nothing to a reader.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}

/// Bytes as text; tells where they are none.
fn decode(file: &str, bytes: Vec<u8>) -> Result<String, Diagnostics> {
    let error = match String::from_utf8(bytes) {
        Ok(text) => return Ok(text),
        Err(error) => error,
    };
    let valid = error.utf8_error().valid_up_to();
    let byte = error.as_bytes().get(valid).copied().unwrap_or_default();
    // What is before the first bad byte keeps its place.
    let text = String::from_utf8_lossy(error.as_bytes());
    let source = Source { file, text: &text };
    let message = format!("the file is not UTF-8 text: there is a byte {byte:#04x} here");
    let bad = valid..valid + char::REPLACEMENT_CHARACTER.len_utf8();
    Err(Diagnostics::from_list(vec![source.diagnostic(&bad, message, Some("save it as UTF-8".to_owned()))]))
}
