//! What was probably meant.

/// Longer words are not compared: nobody mistypes those, and the comparison is quadratic.
const LONGEST: usize = 64;
/// More names than this are not listed.
const MOST: usize = 20;

/// The candidate that `word` is most likely a misspelling of, if any is close.
pub(crate) fn closest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    if word.len() > LONGEST {
        return None;
    }
    let folded = fold(word);
    let near = |candidate: &&str| {
        let distance = strsim::damerau_levenshtein(&folded, &fold(candidate));
        let allowed = (folded.chars().count().max(candidate.chars().count()) / 3).max(1);
        (distance <= allowed).then_some(distance)
    };
    candidates
        .into_iter()
        .filter_map(|candidate| Some((near(&candidate)?, candidate)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Case and the kind of dash are never what was meant.
fn fold(word: &str) -> String {
    word.chars()
        .map(|c| {
            if c == '-' || c == ' ' {
                '_'
            } else {
                c.to_ascii_lowercase()
            }
        })
        .collect()
}

/// "did you mean `x`?", or else `otherwise` with a list of the names.
pub(crate) fn among(word: &str, candidates: &[&str], otherwise: &str) -> Option<String> {
    match closest(word, candidates.iter().copied()) {
        Some(candidate) => Some(format!("did you mean `{candidate}`?")),
        None if candidates.is_empty() => None,
        None => Some(format!("{otherwise} {}", list(candidates.iter().copied()))),
    }
}

/// "`a`, `b` and `c`".
pub(crate) fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => "none".to_owned(),
        [only] => only.clone(),
        [..] if names.len() > MOST => format!(
            "{} and {} more",
            names[..MOST].join(", "),
            names.len() - MOST
        ),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
