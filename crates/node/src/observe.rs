//! What the site tells, one line of JSON each, written at once: a process that is killed the next moment has still told it.

use firedrill_model::{Observation, Time};
use serde::{Deserialize, Serialize};
use std::io::Write;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// When, by the machine's monotonic clock, in nanoseconds since that clock's start (not the run's).
    pub t_ns: u64,
    /// When, by the site's own clock, in nanoseconds since the run's start.
    pub site_t_ns: Time,
    /// What.
    pub observation: Observation,
}

/// Where observations go.
pub trait Observer: Send + 'static {
    /// Takes one in, told at `site_t`.
    fn observe(&mut self, site_t: Time, observation: Observation);
}

/// Writes lines to something, and flushes each.
#[derive(Debug)]
pub struct Lines<W> {
    /// There.
    pub out: W,
    /// The run's start by the machine's monotonic clock, in nanoseconds.
    pub run_start_ns: u64,
}

impl<W: Write + Send + 'static> Observer for Lines<W> {
    fn observe(&mut self, site_t: Time, observation: Observation) {
        let t_ns = self.run_start_ns.saturating_add(site_t.as_nanos());
        let line = Line { t_ns, site_t_ns: site_t, observation };
        let Ok(mut text) = serde_json::to_vec(&line) else {
            return;
        };
        text.push(b'\n');
        // A reader that went away must not stop the site.
        let _: std::io::Result<()> = self.out.write_all(&text).and_then(|()| self.out.flush());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use firedrill_model::{Role, Term};

    #[test]
    fn a_line_can_be_read_back() {
        let mut lines = Lines { out: Vec::new(), run_start_ns: 1000 };
        let told = Observation::RoleChanged { role: Role::Leader, term: Term(3) };
        lines.observe(Time::from_nanos(5), told.clone());
        let text = String::from_utf8(lines.out).unwrap();
        assert_eq!(text.lines().count(), 1);
        assert!(text.ends_with('\n'));
        let line: Line = serde_json::from_str(&text).unwrap();
        assert_eq!(line, Line { t_ns: 1005, site_t_ns: Time::from_nanos(5), observation: told });
    }
}
