//! The commands of the scripts. Sites are numbered from 1, as the Raft paper's servers are.
//!
//! - `sites N [batch= in_flight= snapshot= pre_vote=off check_quorum=off]`: so many sites, stopped, with disks that hold no entry
//! - `wipe SITE…`: gives a stopped site a disk on which nothing ever was
//! - `disk SITE [TERM…] [term= voted=]`: gives a site a disk whose log holds entries of these terms
//! - `start SITE…`, `crash SITE…`, `power SITE…`: a process starts or dies, the power of a site fails
//! - `timeout SITE…`: a site's clock runs ahead to the next thing that it waits for while it does not lead
//! - `pass MILLIS`: time passes at all sites
//! - `deliver [from= to= count=]`: delivers what is under way now, but not what that gives rise to; `lose` loses it; `settle` delivers until nothing is under way
//! - `write SITE VALUE [seq=]`, `read SITE`: a client asks
//! - `slow SITE…`, `sync SITE [count=]`: syncs wait; so many are let through, or all
//! - `rot SITE FILE BYTE`: a byte of a synced file changes (`FILE`: `a`, `b` or `log`; a negative `BYTE` counts from the end)
//! - `cut FROM TO`, `isolate SITE`, `heal`: links; `save NAME`, `load NAME`: comes back to a moment
//! - `state [SITE…]`: role, term, and the terms of the log, with `…` for what a snapshot stands for, and `|` behind what is committed
//!
//! Output: each message that arrives, each role that changes, each answer to a client. To add a command: its line here and in [`Script::command`].

mod words;

use crate::cluster::disk::Disk;
use crate::cluster::{self, Cluster};
use firedrill_model::{Observation, Op, Role, SiteId, StackConfig};
use firedrill_stack::storage::format::LOG_FILE;
use firedrill_stack::{FileId, Input, Message};
use goldenscript::{Command, Context};
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::time::Duration;
use words::name;

type Outcome = Result<String, Box<dyn Error>>;

/// A script under way.
#[derive(Default)]
pub struct Script {
    cluster: Option<Cluster>,
    saved: BTreeMap<String, Cluster>,
    seq: u64,
}

impl goldenscript::Runner for Script {
    type Command = Command;

    fn run(&mut self, command: &Command, _context: &Context) -> Outcome {
        let mut arguments = command.consume_args();
        let mut words = Words::default();
        while let Some((key, value)) = arguments.next_key() {
            words.keys.insert(key.into(), value.into());
        }
        while let Some(word) = arguments.next_pos() {
            words.rest.push(word.into());
        }
        let mut out = self.command(&command.name, &words)?;
        if let Some(cluster) = &mut self.cluster {
            tell(cluster, &mut out)?;
        }
        Ok(out)
    }
}

/// The arguments of a command.
#[derive(Default)]
struct Words {
    keys: BTreeMap<String, String>,
    rest: Vec<String>,
}

impl Words {
    fn number<T: std::str::FromStr>(&self, at: usize) -> Result<T, Box<dyn Error>> {
        let word = self.rest.get(at).ok_or("a number is missing")?;
        word.parse().map_err(|_| format!("{word} is no number").into())
    }

    fn site(&self, at: usize) -> Result<SiteId, Box<dyn Error>> {
        let number: u8 = self.number(at)?;
        Ok(SiteId(number.checked_sub(1).ok_or("sites are numbered from 1")?))
    }

    fn sites(&self) -> Result<Vec<SiteId>, Box<dyn Error>> {
        (0..self.rest.len()).map(|at| self.site(at)).collect()
    }

    fn key<T: std::str::FromStr>(&self, key: &str) -> Result<Option<T>, Box<dyn Error>> {
        let Some(text) = self.keys.get(key) else {
            return Ok(None);
        };
        let value = text.parse().map_err(|_| format!("{key}={text}"))?;
        Ok(Some(value))
    }

    fn site_key(&self, key: &str) -> Result<Option<SiteId>, Box<dyn Error>> {
        let number: Option<u8> = self.key(key)?;
        Ok(number.map(|number| SiteId(number.saturating_sub(1))))
    }
}

impl Script {
    fn command(&mut self, command: &str, words: &Words) -> Outcome {
        match command {
            "sites" => {
                let mut cluster = Cluster::stopped(figures(words)?);
                cluster.disks.fill(Disk::with_log(&[], 0, None));
                self.cluster = Some(cluster);
            }
            "save" => {
                let now = self.cluster()?.clone();
                self.saved.insert(words.rest.concat(), now);
            }
            "load" => {
                let saved = self.saved.get(&words.rest.concat());
                self.cluster = Some(saved.ok_or("nothing is saved under that name")?.clone());
            }
            "deliver" | "lose" => return self.deliver(words, command == "lose"),
            "settle" => return self.settle(),
            "state" => return self.state(words),
            "write" | "read" => self.ask(command, words)?,
            "disk" | "rot" | "sync" => self.disk(command, words)?,
            "start" | "crash" | "power" | "slow" | "timeout" | "wipe" => {
                for site in words.sites()? {
                    self.happen(command, site)?;
                }
            }
            "cut" => {
                let (from, to) = (words.site(0)?, words.site(1)?);
                self.cluster()?.cut.insert((from, to));
            }
            "isolate" => {
                let site = words.site(0)?;
                self.cluster()?.isolate(site);
            }
            "heal" => self.cluster()?.cut.clear(),
            "pass" => {
                let millis = words.number(0)?;
                let cluster = self.cluster()?;
                cluster.now += Duration::from_millis(millis);
                cluster.wake();
            }
            other => return Err(format!("no such command: {other}").into()),
        }
        Ok(String::new())
    }

    fn cluster(&mut self) -> Result<&mut Cluster, Box<dyn Error>> {
        self.cluster.as_mut().ok_or_else(|| "`sites` comes first".into())
    }

    fn happen(&mut self, what: &str, site: SiteId) -> Result<(), Box<dyn Error>> {
        let cluster = self.cluster()?;
        match what {
            "start" => cluster.start(site),
            "crash" => cluster.crash(site),
            "power" => cluster.power_loss(site),
            "wipe" => cluster.disks[site.index()] = Disk::default(),
            "slow" => drop(cluster.slow_disks.insert(site)),
            _ => run_out(cluster, site)?,
        }
        Ok(())
    }

    fn ask(&mut self, what: &str, words: &Words) -> Result<(), Box<dyn Error>> {
        let site = words.site(0)?;
        self.seq += 1;
        let seq = words.key("seq")?.unwrap_or(self.seq);
        let op: Op =
            if what == "write" { cluster::write(words.rest.get(1).ok_or("write what?")?) } else { cluster::read() };
        self.cluster()?.ask(site, seq, op);
        Ok(())
    }

    fn disk(&mut self, what: &str, words: &Words) -> Result<(), Box<dyn Error>> {
        let site = words.site(0)?;
        let terms: Vec<u64> = if what == "disk" {
            (1..words.rest.len()).map(|at| words.number(at)).collect::<Result<_, _>>()?
        } else {
            Vec::new()
        };
        let cluster = self.cluster()?;
        match what {
            "disk" => {
                let last = terms.last().copied().unwrap_or(0);
                let term = words.key("term")?.unwrap_or(last);
                let voted = words.site_key("voted")?;
                cluster.disks[site.index()] = Disk::with_log(&terms, term, voted);
            }
            "sync" => {
                let most = words.key("count")?.unwrap_or(usize::MAX);
                for _ in 0..most {
                    let waiting = &mut cluster.waiting_syncs;
                    let Some(at) = waiting.iter().position(|sync| sync.site == site) else {
                        break;
                    };
                    let sync = waiting.remove(at);
                    cluster.finish_sync(sync);
                }
            }
            _ => rot(&mut cluster.disks[site.index()], words)?,
        }
        Ok(())
    }

    fn deliver(&mut self, words: &Words, lose: bool) -> Outcome {
        let (from, to) = (words.site_key("from")?, words.site_key("to")?);
        let most = words.key("count")?.unwrap_or(usize::MAX);
        let cluster = self.cluster()?;
        let wanted = |link: &(SiteId, SiteId, Message)| {
            from.is_none_or(|from| from == link.0) && to.is_none_or(|to| to == link.1)
        };
        let (mut chosen, mut rest) = (Vec::new(), Vec::new());
        for link in std::mem::take(&mut cluster.links) {
            if wanted(&link) && chosen.len() < most {
                chosen.push(link);
            } else {
                rest.push(link);
            }
        }
        cluster.links.extend(rest);
        let mut out = String::new();
        for link in chosen {
            arrive(cluster, link, lose, &mut out)?;
        }
        Ok(out)
    }

    fn settle(&mut self) -> Outcome {
        let cluster = self.cluster()?;
        let mut out = String::new();
        let mut left = 10_000;
        while let Some(link) = cluster.links.pop_front() {
            if left == 0 {
                return Err("messages never come to rest".into());
            }
            left -= 1;
            arrive(cluster, link, false, &mut out)?;
        }
        Ok(out)
    }

    fn state(&mut self, words: &Words) -> Outcome {
        let chosen = words.sites()?;
        let cluster = self.cluster()?;
        cluster.watch.compare_logs(&cluster.sites);
        if let Some(wrong) = cluster.watch.violations.first() {
            return Err(wrong.clone().into());
        }
        let mut out = String::new();
        for site in cluster.all().filter(|site| chosen.is_empty() || chosen.contains(site)) {
            let state = cluster.sites[site.index()].as_ref();
            writeln!(out, "{} {}", name(site), words::state(state))?;
        }
        Ok(out)
    }
}

/// Lets a site's clock run ahead until it asks for votes. Health checks that are due on the way pass.
fn run_out(cluster: &mut Cluster, site: SiteId) -> Result<(), Box<dyn Error>> {
    let before = cluster.observed.len();
    for _ in 0..100 {
        let state = cluster.sites[site.index()].as_ref().ok_or("it is down")?;
        if state.role() == Role::Leader {
            return Err("it leads, and waits for nobody".into());
        }
        let due = state.poll_deadline().ok_or("it waits for nothing")?;
        let wait = due.since(cluster.clock(site));
        cluster.ahead[site.index()] += wait;
        cluster.input(site, Input::TimePassed);
        if cluster.observed.len() > before {
            break;
        }
    }
    Ok(())
}

/// A message arrives, or is lost; and what that gives rise to.
fn arrive(
    cluster: &mut Cluster,
    (from, to, message): (SiteId, SiteId, Message),
    lose: bool,
    out: &mut String,
) -> Result<(), Box<dyn Error>> {
    let cut = cluster.cut.contains(&(from, to));
    let up = cluster.sites[to.index()].is_some();
    if let Some(text) = words::message(&message) {
        let mark = match (lose || cut, up) {
            (true, _) => " (lost)",
            (false, false) => " (nobody there)",
            (false, true) => "",
        };
        writeln!(out, "{} → {}  {text}{mark}", name(from), name(to))?;
    }
    if !lose && !cut {
        cluster.input(to, Input::MessageReceived { from, message });
    }
    tell(cluster, out)
}

/// What sites said about themselves, and what clients were told.
fn tell(cluster: &mut Cluster, out: &mut String) -> Result<(), Box<dyn Error>> {
    for (site, observation) in std::mem::take(&mut cluster.observed) {
        match observation {
            Observation::RoleChanged { role, term } => {
                let role = words::role(role);
                writeln!(out, "  {} is {role} in {term}", name(site))?;
            }
            Observation::Recovered { damaged: true, .. } => {
                writeln!(out, "  {} found its disk damaged", name(site))?;
            }
            Observation::SnapshotInstalled { index, source } => {
                writeln!(out, "  {} takes over the snapshot at {index} from {}", name(site), name(source))?;
            }
            Observation::DiskReplaced => writeln!(out, "  {} is a learner: its disk is not its first", name(site))?,
            Observation::Diverged { index } => {
                writeln!(out, "  {} stops: its committed {index} is contradicted", name(site))?;
            }
            _ => {}
        }
    }
    for (ticket, response) in std::mem::take(&mut cluster.replies) {
        writeln!(out, "  client's request {ticket}: {response:?}")?;
    }
    Ok(())
}

fn rot(disk: &mut Disk, words: &Words) -> Result<(), Box<dyn Error>> {
    let file = match words.rest.get(1).map(String::as_str) {
        Some("a") => FileId::MetaA,
        Some("b") => FileId::MetaB,
        Some("log") => LOG_FILE,
        _ => return Err("a, b or log".into()),
    };
    let at: i64 = words.number(2)?;
    for files in [&mut disk.written, &mut disk.synced] {
        let bytes = files.get_mut(&file).ok_or("there is no such file")?;
        let at = if at < 0 { at + bytes.len() as i64 } else { at };
        let byte = usize::try_from(at).ok().and_then(|at| bytes.get_mut(at));
        *byte.ok_or("there is no such byte")? ^= 0xff;
    }
    Ok(())
}

fn figures(words: &Words) -> Result<StackConfig, Box<dyn Error>> {
    let mut config = cluster::config(words.number(0)?);
    let raft = &mut config.raft;
    raft.max_batch = words.key("batch")?.unwrap_or(raft.max_batch);
    raft.max_in_flight = words.key("in_flight")?.unwrap_or(raft.max_in_flight);
    raft.snapshot_threshold = words.key("snapshot")?.unwrap_or(raft.snapshot_threshold);
    raft.pre_vote = words.keys.get("pre_vote").is_none_or(|text| text != "off");
    raft.check_quorum = words.keys.get("check_quorum").is_none_or(|text| text != "off");
    Ok(config)
}
