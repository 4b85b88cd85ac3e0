//! What was probably meant.

/// Longer words are not compared: nobody mistypes those, and the comparison is quadratic.
const LONGEST: usize = 64;
/// More names than this are not listed.
const MOST: usize = 32;

/// The candidate that `word` is most likely a misspelling of, if any is close.
pub(crate) fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
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
    word.chars().map(|c| if c == '-' || c == ' ' { '_' } else { c.to_ascii_lowercase() }).collect()
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
        [..] if names.len() > MOST => format!("{} and {} more", names[..MOST].join(", "), names.len() - MOST),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 4] = ["new-york", "london", "singapore", "to"];

    #[test]
    fn a_slip_of_the_fingers_is_understood() {
        for (slip, meant) in [
            ("lodnon", "london"),
            ("newyork", "new-york"),
            ("New York", "new-york"),
            ("Singapur", "singapore"),
            ("LONDON", "london"),
            ("two", "to"),
        ] {
            assert_eq!(closest(slip, NAMES), Some(meant), "{slip}");
        }
    }

    #[test]
    fn another_word_is_not_taken_for_a_slip() {
        for word in ["paris", "", "x", "frankfurt"] {
            assert_eq!(closest(word, NAMES), None, "{word}");
        }
        assert_eq!(closest(&"london".repeat(1000), NAMES), None);
    }

    #[test]
    fn the_nearest_wins() {
        assert_eq!(closest("tier-2", ["tier-1", "tier-2", "tier-3"]), Some("tier-2"));
        assert_eq!(closest("tier-22", ["tier-1", "tier-2", "tier-3"]), Some("tier-2"));
    }

    #[test]
    fn without_a_near_one_all_are_listed() {
        assert_eq!(
            among("paris", &NAMES, "sites are").unwrap(),
            "sites are `new-york`, `london`, `singapore` and `to`"
        );
        assert_eq!(among("lonon", &NAMES, "sites are").unwrap(), "did you mean `london`?");
        assert_eq!(among("x", &[], "sites are"), None);
        let many: Vec<String> = (0..37).map(|number| format!("n{number}")).collect();
        assert!(list(many.iter().map(String::as_str)).ends_with("`n31` and 5 more"));
    }
}
