//! Scenarios of the tests' own.

use std::path::{Path, PathBuf};

/// A scenario beside a copy of the shipped plan.
pub fn scenario(name: &str, title: &str, more: &str) -> PathBuf {
    let plan = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/plans/erlmcp-v3.toml");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("scenario-{name}"));
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    std::fs::copy(plan, folder.join("plan.toml")).expect("the plan can be copied");
    let file = folder.join("scenario.toml");
    let text = format!("title = {title:?}\nplan = \"plan.toml\"\n{more}");
    std::fs::write(&file, text).expect("the scenario can be written");
    file
}
