//! What the sites tell: their containers' logs, followed from the beginning and over restarts.

use crate::clock::RunClock;
use crate::events::Events;
use crate::faults::Faults;
use bollard::Docker;
use bollard::container::LogOutput;
use bollard::query_parameters::{InspectContainerOptions, LogsOptionsBuilder};
use firedrill_drill::world::WorldEvent;
use firedrill_model::{Observation, SiteId, Time};
use futures_util::StreamExt as _;
use serde::Deserialize;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// So many of the last lines of standard error are kept, to say why a process ended.
const LAST_WORDS: usize = 20;
/// Before a log that ended by itself is followed again.
const PAUSE: Duration = Duration::from_millis(50);
/// A process that stopped because its disk failed it is started again after this, as in the simulator.
const STARTED_AFTER: Duration = Duration::from_secs(1);

/// One line of a site's standard output.
#[derive(Debug, Deserialize)]
struct Line {
    t_ns: u64,
    site_t_ns: u64,
    observation: Observation,
}

/// Reads a site's log and tells what it says, until the run is over; a process that ends without our doing ends the run, unless its disk failed
/// it: then it is started again.
pub async fn follow(docker: Docker, site: SiteId, faults: Arc<Faults>, events: Events, site_clock: RunClock) {
    let Some(container) = faults.site(site) else { return };
    let mut reader = Reader {
        site,
        told: 0,
        unfinished: Vec::new(),
        last_words: VecDeque::new(),
        disk_failed: false,
        events: events.clone(),
        site_clock,
    };
    loop {
        reader.read_all(&docker, &container.container).await;
        if container.is_killed().await {
            container.restarted.notified().await;
            continue;
        }
        match ended_with(&docker, &container.container).await {
            // It runs: it was started again in the meantime, or the engine closed the log.
            None => tokio::time::sleep(PAUSE).await,
            Some(_) if container.is_killed().await => {}
            // Its disk failed it. While that lasts, a restart would find the same; the fault's end starts it again.
            Some(_) if reader.disk_failed && faults.is_troubled(site) => container.restarted.notified().await,
            // The fault ended before the process did, or none was needed; something looks after the machine.
            Some(_) if reader.disk_failed => {
                tokio::time::sleep(STARTED_AFTER).await;
                if let Err(error) = faults.revive(site).await {
                    return events.tell(WorldEvent::Failed { error: error.to_string() });
                }
            }
            Some(how) => {
                let words = reader.last_words.iter().cloned().collect::<Vec<_>>().join("\n  ");
                let error = format!("{} ended by itself ({how}): {words}", container.container);
                return events.tell(WorldEvent::Failed { error });
            }
        }
    }
}

/// Waits until the proxy's container ends, which ends the run.
pub async fn watch_proxy(docker: Docker, container: String, events: Events) {
    let mut ended = Box::pin(docker.wait_container(&container, None));
    let how = match ended.next().await {
        Some(Ok(how)) => format!("exit code {}", how.status_code),
        Some(Err(error)) => error.to_string(),
        None => "no word".to_owned(),
    };
    events.tell(WorldEvent::Failed { error: format!("the proxy's container ended by itself ({how})") });
}

/// How a container that does not run ended; `None`: it runs.
async fn ended_with(docker: &Docker, container: &str) -> Option<String> {
    match docker.inspect_container(container, None::<InspectContainerOptions>).await {
        Ok(found) => {
            let state = found.state.unwrap_or_default();
            if state.running == Some(true) {
                None
            } else {
                Some(format!("exit code {}", state.exit_code.unwrap_or_default()))
            }
        }
        Err(error) => Some(error.to_string()),
    }
}

struct Reader {
    site: SiteId,
    /// So many lines have been told; the engine gives them all again after a restart.
    told: usize,
    unfinished: Vec<u8>,
    last_words: VecDeque<String>,
    /// Whether the last thing that it told is that its disk failed it.
    disk_failed: bool,
    events: Events,
    site_clock: RunClock,
}

impl Reader {
    async fn read_all(&mut self, docker: &Docker, container: &str) {
        let options = LogsOptionsBuilder::new().follow(true).stdout(true).stderr(true).tail("all").build();
        let mut log = Box::pin(docker.logs(container, Some(options)));
        let mut to_skip = self.told;
        self.unfinished.clear();
        self.last_words.clear();
        while let Some(Ok(output)) = log.next().await {
            match output {
                LogOutput::StdOut { message } | LogOutput::Console { message } => self.take(&message, &mut to_skip),
                LogOutput::StdErr { message } => self.keep(String::from_utf8_lossy(&message).trim_end()),
                LogOutput::StdIn { .. } => {}
            }
        }
    }

    fn take(&mut self, bytes: &[u8], to_skip: &mut usize) {
        self.unfinished.extend_from_slice(bytes);
        while let Some(end) = self.unfinished.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.unfinished.drain(..=end).collect();
            if *to_skip > 0 {
                *to_skip -= 1;
                continue;
            }
            self.told += 1;
            match serde_json::from_slice::<Line>(&line) {
                Ok(line) => self.tell(line),
                Err(_) => self.keep(String::from_utf8_lossy(&line).trim_end()),
            }
        }
    }

    fn tell(&mut self, line: Line) {
        self.disk_failed = matches!(line.observation, Observation::DiskFailed { .. });
        let clock = self.events.clock();
        // The site counts from before its container was made, the run from when all were up.
        let site_t =
            Time::from_nanos(line.site_t_ns.saturating_sub(clock.start_ns.saturating_sub(self.site_clock.start_ns)));
        self.events.tell_at(
            clock.at(line.t_ns),
            WorldEvent::Observed { site: self.site, site_t, observation: line.observation },
        );
    }

    fn keep(&mut self, line: &str) {
        if self.last_words.len() == LAST_WORDS {
            self.last_words.pop_front();
        }
        self.last_words.push_back(line.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn lines_are_told_once_and_in_the_runs_time() {
        let (to, told) = channel();
        let events = Events::new(to, RunClock { start_ns: 1_000 });
        let site_clock = RunClock { start_ns: 400 };
        let mut reader = Reader {
            site: SiteId(1),
            told: 0,
            unfinished: Vec::new(),
            last_words: VecDeque::new(),
            disk_failed: false,
            events,
            site_clock,
        };
        let log = b"{\"t_ns\":900,\"site_t_ns\":500,\"observation\":\"started\"}\n{\"t_ns\":1500,\"site_t_ns\":1100,\"observation\":\"started\"}\n";
        reader.take(&log[..30], &mut 0);
        reader.take(&log[30..], &mut 0);
        // A restart: the engine gives everything again, and more.
        let mut to_skip = reader.told;
        reader.take(log, &mut to_skip);
        reader.take(b"gibberish\n{\"t_ns\":1700,\"site_t_ns\":1299,\"observation\":\"started\"}\n", &mut to_skip);
        let told: Vec<_> = told.try_iter().collect();
        let times: Vec<_> = told.iter().map(|happened| happened.t.as_nanos()).collect();
        assert_eq!(times, [0, 500, 700]);
        let observed = |site_t| WorldEvent::Observed {
            site: SiteId(1),
            site_t: Time::from_nanos(site_t),
            observation: Observation::Started,
        };
        assert_eq!(told[1].event, observed(500));
        assert_eq!(told[2].event, observed(699));
        assert_eq!(reader.last_words, ["gibberish"]);
    }
}
