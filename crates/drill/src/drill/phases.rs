//! How the drill goes from phase to phase, and ends.

use super::Drill;
use crate::clients::Client;
use crate::desk::Wake;
use crate::director::{LOOKS_EVERY, Outlook, Stage};
use crate::shared::Mode;
use crate::world::Action;
use firedrill_history::{Event, Phase};
use firedrill_model::Time;
use std::time::Duration;

/// Sites that don't agree are asked again after this long.
const ASK_AGAIN: Duration = Duration::from_millis(250);
/// A report that is not complete by then is taken as it is.
const REPORT_TIMEOUT: Duration = Duration::from_secs(10);

impl Drill {
    pub(super) fn direct(&mut self, at: Time) {
        while let Some(stage) = self.director.next_stage(at, self.outlook()) {
            self.director.stage = stage;
            self.enter(stage, at);
        }
        self.shared.desk.sharp.push(at + LOOKS_EVERY, Wake::Director);
        if self.director.stage == Stage::Converging {
            self.converge(at);
        }
    }

    fn outlook(&self) -> Outlook {
        Outlook {
            settled: self.probers.are_settled(),
            open: self.probers.is_any_open(),
            last_success: self.probers.last_success(),
            serving: self.probers.are_serving(),
            stopped: self.clients.iter().all(Client::is_stopped),
            drained: self.probers.are_drained(),
            scanned: self.shared.keys.written(self.shared.next_scan).is_none() && self.shared.log_scan.is_over(),
        }
    }

    fn enter(&mut self, stage: Stage, at: Time) {
        match stage {
            Stage::Hurt => self.journal(Event::PhaseBegan { t: at, phase: Phase::Hurt }),
            Stage::Settling => {
                self.journal(Event::PhaseBegan { t: at, phase: Phase::Heal });
                for id in self.director.heal(at) {
                    self.shared.desk.command(at, Action::End { id });
                }
            }
            Stage::Stopping => {
                self.shared.mode = Mode::Stop;
                self.clients.iter_mut().for_each(Client::stop);
            }
            Stage::Scanning => {
                // Even if the demand for service took all of the time, each client tries a read.
                let tried = at + self.shared.figures.workload.deadline;
                self.shared.mode = Mode::Scan { until: self.director.heal_until().max(tried) };
                self.clients.iter_mut().for_each(|client| client.scan(at, &mut self.shared));
            }
            Stage::Draining => self.probers.stop(),
            Stage::Converging => self.ask_at = at,
            Stage::Warmup | Stage::Verifying | Stage::Over => {}
        }
    }

    /// Asks the sites to report, unless an answer is awaited or it is too soon to ask again.
    fn converge(&mut self, at: Time) {
        match self.asked {
            Some((asked, _)) if at.since(asked) >= REPORT_TIMEOUT => self.judge_report(at),
            None if at >= self.ask_at => {
                self.director.convergence.clear();
                self.asked = Some((at, self.shared.desk.journal.len()));
                self.shared.desk.command(at, Action::Report);
            }
            _ => {}
        }
    }

    /// Judges the report that is awaited, if all of it is there.
    pub(super) fn conclude(&mut self) {
        if self.asked.is_some() && self.director.convergence.is_complete() {
            self.judge_report(self.now);
        }
    }

    /// Ends the run if the sites agree or the deadline has passed; else this report is taken out of the journal, and they are asked again.
    fn judge_report(&mut self, at: Time) {
        let Some((_, from)) = self.asked.take() else {
            return;
        };
        match self.director.conclusion(at, &self.schedule.faults) {
            Some(why) => self.end(at, why),
            None => {
                let mut place = 0;
                self.shared.desk.journal.retain(|event| {
                    place += 1;
                    place <= from || !matches!(event, Event::FinalState { .. } | Event::Judged { .. })
                });
                self.ask_at = at + ASK_AGAIN;
            }
        }
    }

    pub(super) fn end(&mut self, at: Time, why: &str) {
        self.asked = None;
        self.director.stage = Stage::Over;
        self.shared.desk.journal.push(Event::Ended { t: at, why: why.to_owned() });
    }
}
