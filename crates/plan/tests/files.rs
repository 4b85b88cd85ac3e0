//! Files that cannot be read, that are no text, that are too long or too many mistakes: told, and quickly.

use firedrill_plan::{Diagnostics, Plan, check_file, load, load_plan};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A folder of this test's own, gone when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("firedrill-plan-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn file(&self, name: &str, contents: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, contents).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn only(diagnostics: &Diagnostics) -> &str {
    let mut all = diagnostics.iter();
    let only = all.next().unwrap();
    assert_eq!(all.next(), None, "{diagnostics}");
    &only.message
}

#[test]
fn what_cannot_be_read_is_told_without_a_place() {
    let missing = Path::new("tests/corpus/none.toml");
    for diagnostics in [load_plan(missing).unwrap_err(), load(missing).unwrap_err(), check_file(missing).unwrap_err()] {
        assert_eq!(only(&diagnostics), "the file cannot be read: there is no such file");
        assert_eq!(diagnostics.iter().next().unwrap().position, None);
        let rendered = diagnostics.render(false);
        assert!(rendered.contains("--> tests/corpus/none.toml\n"), "{rendered}");
    }
    let folder = check_file(Path::new("tests")).unwrap_err();
    assert!(only(&folder).starts_with("the file cannot be read: "), "{folder}");
}

#[test]
fn machines_read_the_same() {
    let path = Path::new("tests/corpus/plan/wrong-units.toml");
    let diagnostics = check_file(path).unwrap_err();
    let json = serde_json::to_value(&diagnostics).unwrap();
    let third = &json["diagnostics"][2];
    assert_eq!(third["file"], "tests/corpus/plan/wrong-units.toml");
    assert_eq!((third["line"].as_u64(), third["column"].as_u64()), (Some(55), Some(1)));
    assert_eq!(third["message"], "`timeout_s` is not a key of [detection]");
    assert_eq!(third["suggestion"], "did you mean `timeout_ms`? 30 s are 30000 ms: `timeout_ms = 30000`");
    assert_eq!(json["omitted"], 0);
    let whole = serde_json::to_value(load_plan(Path::new("none.toml")).unwrap_err()).unwrap();
    assert_eq!(whole["diagnostics"][0].get("line"), None);
}

#[test]
fn colours_only_when_told_so() {
    let diagnostics = check_file(Path::new("tests/corpus/plan/cycle.toml")).unwrap_err();
    assert!(!diagnostics.render(false).contains('\u{1b}'));
    assert!(diagnostics.render(true).contains('\u{1b}'));
    assert_eq!(diagnostics.to_string(), diagnostics.render(false));
}

#[test]
fn a_file_that_is_too_long_is_not_parsed() {
    let folder = Folder::new("long");
    let path = folder.file("long.toml", &vec![b'#'; 1 << 21]);
    let diagnostics = load_plan(&path).unwrap_err();
    assert!(only(&diagnostics).contains("at most 1048576"), "{diagnostics}");
}

/// Each costs little, and the first fifty are shown.
#[test]
fn a_great_many_mistakes_are_told_quickly() {
    let mut keys = String::new();
    (0..40_000).for_each(|number| writeln!(keys, "key-{number} = {number}").unwrap());
    let sites = "[[site]]\nname = \"a\"\n".repeat(40_000);
    let services: String = (0..20_000).fold(String::new(), |mut text, number| {
        writeln!(text, "[[service]]\nname = \"s{number}\"").unwrap();
        text
    });
    let began = Instant::now();
    for text in [
        &keys,
        &sites,
        &services,
        &"= =\n".repeat(100_000),
        &"[".repeat(500_000),
        &"a.".repeat(300_000),
        &"x = [".repeat(100_000),
    ] {
        let diagnostics = Plan::parse("many.toml", text).unwrap_err();
        assert!(diagnostics.diagnostics.len() <= 50);
        assert!(diagnostics.render(false).len() < 200_000);
    }
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    let diagnostics = Plan::parse("many.toml", &keys).unwrap_err();
    assert!(diagnostics.count() >= 40_000);
    assert!(diagnostics.render(false).ends_with("errors found; the first 50 are shown\n"));
}

#[test]
fn a_plan_lies_at_most_two_folders_up() {
    let folder = Folder::new("climb");
    std::fs::create_dir_all(folder.0.join("a/b/c")).unwrap();
    folder.file("plan.toml", &std::fs::read("tests/corpus/good/plan.toml").unwrap());
    let scenario = |plan: &str| format!("title = \"x\"\nplan = \"{plan}\"\n[[method]]\naction = \"crash\"\n");
    let near = folder.file("a/b/near.toml", scenario("../../plan.toml").as_bytes());
    let (plan, scenario_read) = load(&near).unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
    assert_eq!((plan.title.as_str(), scenario_read.plan_path.as_str()), ("two sites", "../../plan.toml"));
    for path in ["../../../plan.toml", "x/../../../../plan.toml"] {
        let far = folder.file("a/b/c/far.toml", scenario(path).as_bytes());
        assert_eq!(only(&load(&far).unwrap_err()), "the plan's path leads more than 2 folders up");
    }
}

/// Everything that has a default may be left out.
#[test]
fn defaults_are_sensible() {
    let folder = Folder::new("defaults");
    folder.file("plan.toml", &std::fs::read("tests/corpus/good/plan.toml").unwrap());
    let text = "title = \"x\"\nplan = \"plan.toml\"\n[[method]]\naction = \"crash\"\n[[method]]\naction = \"crash\"\nat_s = 5\n";
    let (_, scenario) =
        load(&folder.file("s.toml", text.as_bytes())).unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
    let names: Vec<&str> = scenario.method.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(names, ["crash", "crash-2"]);
    assert_eq!(scenario.method[0].fault.sites().len(), 2, "any site may be drawn");
    assert_eq!(
        (scenario.method[1].at.low, scenario.method[1].at.high),
        (Duration::from_secs(5), Duration::from_secs(5))
    );
    assert_eq!((scenario.method[1].lasts, scenario.warmup), (None, Duration::from_secs(30)));
    assert!(scenario.objectives.rto && scenario.swarm.is_none());
    assert_eq!((scenario.workload.probe_rate, scenario.workload.probe_rate_calm), (20, 1));
}

/// A window on a long line must not begin or end within a character.
#[test]
fn long_lines_of_wide_characters_are_cut_between_them() {
    for padding in 0..4 {
        let wide = format!("{}{}", "x".repeat(padding), "🔥".repeat(2000));
        let text = format!("title = \"{wide}\"\nreference = [\"{wide}\", 7, \"{wide}\"]\n[\"{wide}\"]\n");
        let diagnostics = Plan::parse("wide.toml", &text).unwrap_err();
        assert!(
            diagnostics.iter().any(|diagnostic| diagnostic.message.contains("`reference` must be text")),
            "{diagnostics}"
        );
        let text = format!("title = \"x\"\nours = {{ a = \"{wide}\", a = 3, b = \"{wide}\" }}\n");
        let told = Plan::parse("wide.toml", &text).unwrap_err();
        let at = told.iter().next().unwrap().position.unwrap();
        assert_eq!((at.line, at.column), (2, 2018 + padding), "{told}");
    }
}
