//! What an unknown key was meant to be.

use super::Field;
use crate::{suggest, units};
use toml::de::DeValue;

/// The key of `known` that `key` was meant to be, if one is near, and what to do. `taken`: whether a key is in the table as well.
pub(super) fn meant(
    title: &str,
    key: &str,
    value: &DeValue<'_>,
    known: &[&'static str],
    taken: impl Fn(&str) -> bool,
) -> (Option<&'static str>, String) {
    let keep_one = |known: &str| {
        if taken(known) { " (it is there too: keep one)" } else { "" }
    };
    if let Some(same) = in_another_unit(key, known) {
        return (Some(same), in_its_unit(key, same, value) + keep_one(same));
    }
    match suggest::closest(key, known.iter().copied()) {
        Some(near) => {
            let near = known.iter().copied().find(|known| *known == near);
            let name = near.unwrap_or_default();
            (near, format!("did you mean `{name}`?{}", keep_one(name)))
        }
        None => (None, format!("the keys of {title} are {}", suggest::list(known.iter().copied()))),
    }
}

/// The known key that differs in its unit only.
fn in_another_unit(key: &str, known: &[&'static str]) -> Option<&'static str> {
    let stem = units::split(key).0;
    let same = |known: &&str| matches!(units::split(known), (known, Some(_)) if known == stem);
    known.iter().copied().find(same)
}

/// What to write instead.
fn in_its_unit(key: &str, known: &str, value: &DeValue<'_>) -> String {
    let (Some(to), from) = (units::split(known).1, units::split(key).1) else {
        return format!("did you mean `{known}`?");
    };
    let Some(from) = from else {
        return format!("did you mean `{known}`? a key ends in its unit, here {}", to.name());
    };
    match converted(value, from, to) {
        Some((given, converted)) => format!(
            "did you mean `{known}`? {given} {} are {converted} {}: `{known} = {converted}`",
            from.name(),
            to.name()
        ),
        None => format!("did you mean `{known}`? it is in {}, not in {}", to.name(), from.name()),
    }
}

/// A number, or a range of two, before and after conversion.
fn converted(value: &DeValue<'_>, from: units::Unit, to: units::Unit) -> Option<(String, String)> {
    let one = |value: &DeValue<'_>| {
        let number = Field::number_of(value)?;
        Some((number.to_string(), units::convert(number, from, to)?))
    };
    let DeValue::Array(items) = value else {
        return one(value);
    };
    let both: Vec<(String, String)> = items.iter().map(|item| one(item.get_ref())).collect::<Option<_>>()?;
    let [(low, new_low), (high, new_high)] = both.as_slice() else {
        return None;
    };
    Some((format!("{low} to {high}"), format!("[{new_low}, {new_high}]")))
}
