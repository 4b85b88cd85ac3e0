//! The few questions that matter, and what is taken where nobody is asked.

use super::template::pairs;
use clap::ValueEnum;
use dialoguer::theme::{ColorfulTheme, SimpleTheme, Theme};
use dialoguer::{Input, Select};
use std::time::Duration;

/// How many sites serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SiteCount {
    /// Two sites, and a witness for the third vote
    #[value(name = "2")]
    Two,
    /// Three sites
    #[value(name = "3")]
    Three,
}

/// What was answered.
pub struct Answers {
    /// What the plan is called.
    pub title: String,
    /// How many sites serve.
    pub count: SiteCount,
    /// The sites, in the order of succession.
    pub sites: [String; 3],
    /// The round trips between them, in the order of [`pairs`], in milliseconds.
    pub round_trips_ms: [u64; 3],
    /// Recovery time objective of critical services.
    pub rto: Duration,
    /// Recovery point objective of critical services.
    pub rpo: Duration,
}

/// The slowest link that a plan is begun with.
const SLOWEST_MS: u64 = 2000;

impl Answers {
    /// What is taken where nobody is asked.
    pub fn usual(count: SiteCount) -> Answers {
        let third = match count {
            SiteCount::Two => "witness",
            SiteCount::Three => "site-c",
        };
        Answers {
            title: "our plan".to_owned(),
            count,
            sites: ["site-a", "site-b", third].map(str::to_owned),
            round_trips_ms: [10, 20, 20],
            rto: Duration::from_secs(3600),
            rpo: Duration::ZERO,
        }
    }

    /// Asks on the terminal. Each question shows what is taken if nothing is typed.
    pub fn ask(count: Option<SiteCount>) -> dialoguer::Result<Answers> {
        let theme: Box<dyn Theme> =
            if super::super::colour_on_stderr() { Box::new(ColorfulTheme::default()) } else { Box::new(SimpleTheme) };
        let theme = theme.as_ref();
        let count = match count {
            Some(count) => count,
            None => ask_count(theme)?,
        };
        let usual = Answers::usual(count);
        let title = Input::with_theme(theme)
            .with_prompt("What is the plan called?")
            .default(usual.title.clone())
            .validate_with(|title: &String| title_fits(title))
            .interact_text()?;
        let mut sites: Vec<String> = Vec::new();
        for (place, usual) in usual.sites.iter().enumerate() {
            let prompt = match (place, count) {
                (0, _) => "The primary site",
                (1, _) => "The site that takes over",
                (_, SiteCount::Two) => "The witness, which only votes",
                (_, SiteCount::Three) => "The third site",
            };
            let site = Input::with_theme(theme)
                .with_prompt(prompt)
                .default(usual.clone())
                .validate_with(|name: &String| name_fits(name, &sites))
                .interact_text()?;
            sites.push(site);
        }
        let mut round_trips_ms = usual.round_trips_ms;
        for ((a, b), round_trip) in pairs().into_iter().zip(&mut round_trips_ms) {
            let prompt = format!("Round trip between {} and {}, in milliseconds", sites[a], sites[b]);
            *round_trip = number(theme, &prompt, *round_trip, 1, SLOWEST_MS)?;
        }
        let rto_min = number(theme, "Critical services are back within so many minutes (RTO)", 60, 5, 21_600)?;
        let rpo_s = number(theme, "and lose what was written in so many seconds at most (RPO)", 0, 0, 86_400)?;
        let sites = <[String; 3]>::try_from(sites).unwrap_or(usual.sites);
        Ok(Answers {
            title,
            count,
            sites,
            round_trips_ms,
            rto: Duration::from_secs(rto_min * 60),
            rpo: Duration::from_secs(rpo_s),
        })
    }
}

fn ask_count(theme: &dyn Theme) -> dialoguer::Result<SiteCount> {
    let choices = ["two sites, and a witness for the third vote", "three sites"];
    let chosen = Select::with_theme(theme).with_prompt("How many sites?").items(choices).default(0).interact()?;
    Ok(if chosen == 0 { SiteCount::Two } else { SiteCount::Three })
}

fn number(theme: &dyn Theme, prompt: &str, usual: u64, low: u64, high: u64) -> dialoguer::Result<u64> {
    let within = |number: &u64| match number {
        number if (low..=high).contains(number) => Ok(()),
        _ => Err(format!("a number from {low} to {high}")),
    };
    Input::with_theme(theme).with_prompt(prompt).default(usual).validate_with(within).interact_text()
}

/// It stands in quotes.
fn title_fits(title: &str) -> Result<(), &'static str> {
    let odd = |c: char| c == '"' || c == '\\' || c.is_control();
    if title.trim().is_empty() || title.contains(odd) {
        return Err("some text, without quotes and backslashes");
    }
    Ok(())
}

/// Names become parts of host names.
fn name_fits(name: &str, taken: &[String]) -> Result<(), String> {
    let fits = name.len() <= 30
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('-');
    match taken.iter().any(|other| other == name) {
        true => Err(format!("`{name}` is taken already")),
        false if fits => Ok(()),
        false => Err("at most 30 small letters, digits and hyphens, beginning with a letter".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_break_the_plan_is_not_taken() {
        for title in ["", "  ", "a \"b\"", "a\\", "a\nb"] {
            assert!(title_fits(title).is_err(), "{title:?}");
        }
        let taken = ["hamburg".to_owned()];
        for name in ["", "Hamburg", "hamburg", "-a", "a-", "1a", "a b", &"a".repeat(31)] {
            assert!(name_fits(name, &taken).is_err(), "{name:?}");
        }
        assert!(title_fits("our plan").is_ok() && name_fits("site-2", &taken).is_ok());
    }
}
