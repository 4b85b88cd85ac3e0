//! Clients of the transaction log. Each appends 1, 2, 3 and so on, each number again and again until it is told what became of it; all scan it now and then. What was
//! acknowledged when a scan was asked must be in it, where it was said to be, unless its loss was declared; nothing twice, nothing that was refused, each client's numbers in order.

use crate::cluster::Cluster;
use firedrill_model::{Observation, Op, OpResult, Position, Response, SessionId, SiteId, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const CLIENTS: u8 = 3;

#[derive(Default)]
struct Client {
    tried: u64,
    open: bool,
    /// Somebody may still append the last number, though nobody said so.
    doubt: bool,
    refused: BTreeSet<u64>,
    tickets: BTreeMap<u64, (SiteId, u64)>,
}

/// A scan that was asked, with what was acknowledged then.
struct Scan {
    site: SiteId,
    after: u64,
    acknowledged: BTreeMap<u64, String>,
}

/// All of them.
#[derive(Default)]
pub struct Appenders {
    clients: BTreeMap<u8, Client>,
    scans: BTreeMap<u64, Scan>,
    /// What was acknowledged, by position.
    acknowledged: BTreeMap<u64, String>,
    observed: usize,
    /// Appends and scans that were done, losses that were declared.
    pub appended: usize,
    pub scanned: usize,
    pub losses: usize,
    pub cut: usize,
    pub failovers: usize,
    /// What was wrong.
    pub violations: Vec<String>,
}

fn text(client: u8, number: u64) -> String {
    format!("{client}/{number}")
}

impl Appenders {
    /// Appends the next number, or the last one again if it is not known what became of it.
    pub fn append(&mut self, cluster: &mut Cluster, client: u8, site: SiteId) {
        let name = client % CLIENTS;
        let client = self.clients.entry(name).or_default();
        if !client.open {
            client.tried += 1;
            client.open = true;
            client.doubt = false;
        }
        let number = client.tried;
        let op = Op::Append { record: Value::new(text(name, number).as_bytes()) };
        let ticket = cluster.ask_as(SessionId(u64::from(name) + 201), site, number, op);
        client.tickets.insert(ticket, (site, number));
    }

    pub fn scan(&mut self, cluster: &mut Cluster, site: SiteId, after: u64) {
        let op = Op::Scan { after: Position(after) };
        let ticket = cluster.ask_as(SessionId(301), site, 1, op);
        self.scans.insert(ticket, Scan { site, after, acknowledged: self.acknowledged.clone() });
    }

    /// A process died: what was asked of it is not answered.
    pub fn lost(&mut self, site: SiteId) {
        for client in self.clients.values_mut() {
            let before = client.tickets.len();
            client.tickets.retain(|_, (asked, _)| *asked != site);
            client.doubt |= client.tickets.len() < before;
        }
        self.scans.retain(|_, scan| scan.site != site);
    }

    /// Takes in what was observed and answered.
    pub fn answered(&mut self, cluster: &mut Cluster) {
        for (_, observation) in &cluster.observed[self.observed..] {
            match observation {
                Observation::LossDeclared { after, .. } => {
                    self.losses += 1;
                    self.acknowledged.retain(|position, _| *position <= after.0);
                    for scan in self.scans.values_mut() {
                        scan.acknowledged.retain(|position, _| *position <= after.0);
                    }
                }
                Observation::TailCut { .. } => self.cut += 1,
                Observation::EpochRaised { .. } => self.failovers += 1,
                _ => {}
            }
        }
        self.observed = cluster.observed.len();
        let replies: Vec<(u64, Response)> = cluster.replies.iter().map(|(t, r)| (*t, r.clone())).collect();
        for (ticket, response) in replies {
            if let Some(scan) = self.scans.remove(&ticket) {
                cluster.replies.remove(&ticket);
                let wrong = self.scan_answered(&scan, &response);
                self.violations.extend(wrong);
            }
            let names: Vec<u8> = self.clients.keys().copied().collect();
            for name in names {
                let client = self.clients.get_mut(&name).expect("it is there");
                if let Some((_, number)) = client.tickets.remove(&ticket) {
                    cluster.replies.remove(&ticket);
                    self.append_answered(name, number, &response);
                }
            }
        }
    }

    fn append_answered(&mut self, name: u8, number: u64, response: &Response) {
        let client = self.clients.get_mut(&name).expect("it asked");
        match response {
            Response::Done(OpResult::Appended { position }) => {
                client.open &= client.tried != number;
                if client.refused.contains(&number) {
                    self.violations.push(format!("{} was refused, and is appended", text(name, number)));
                }
                self.appended += 1;
                let text = text(name, number);
                let there = self.acknowledged.insert(position.0, text.clone());
                if there.is_some_and(|there| there != text) {
                    self.violations.push(format!("two records are acknowledged at {position}"));
                }
            }
            Response::Done(other) => self.violations.push(format!("an append returned {other:?}")),
            Response::Unknown => client.doubt = true,
            Response::NotApplied(_) => {
                let others = client.tickets.values().any(|(_, at)| *at == number);
                if client.open && client.tried == number && !client.doubt && !others {
                    client.refused.insert(number);
                    client.open = false;
                }
            }
        }
    }

    fn scan_answered(&mut self, scan: &Scan, response: &Response) -> Option<String> {
        let Response::Done(result) = response else {
            return None;
        };
        let OpResult::Records { first, records, end } = result else {
            return Some(format!("a scan returned {result:?}"));
        };
        self.scanned += 1;
        let texts: Vec<String> = records.iter().map(|record| format!("{record:?}")).collect();
        let last = first.0 + texts.len() as u64 - 1;
        if first.0 != scan.after + 1 || !texts.is_empty() && last > end.0 {
            return Some(format!("a scan after {} begins at {first} and ends at {last} of {end}", scan.after));
        }
        let due = scan.acknowledged.range(scan.after + 1..);
        for (position, text) in due.filter(|(position, _)| **position <= last || last >= end.0) {
            let found = position.checked_sub(first.0).and_then(|at| texts.get(at as usize));
            if found != Some(text) {
                return Some(format!("{text} is acknowledged at {position}, where a scan sees {found:?}"));
            }
        }
        let mut numbers: BTreeMap<u8, u64> = BTreeMap::new();
        for text in &texts {
            let parsed = text.split_once('/').and_then(|(c, n)| Some((c.parse().ok()?, n.parse().ok()?)));
            let Some((client, number)): Option<(u8, u64)> = parsed else {
                return Some(format!("a scan saw {text}, which nobody appended"));
            };
            if self.clients.get(&client).is_none_or(|c| c.tried < number || c.refused.contains(&number)) {
                return Some(format!("a scan saw {text}, which nobody appended"));
            }
            if numbers.insert(client, number).is_some_and(|before| before >= number) {
                return Some(format!("a scan saw {text} twice or out of order: {texts:?}"));
            }
        }
        None
    }

    /// Whether each of them can append somewhere, and the log be scanned, given some time.
    pub fn all_are_served(&mut self, cluster: &mut Cluster) -> bool {
        let half = Duration::from_millis(700);
        (0..CLIENTS).all(|name| {
            let before = self.appended;
            cluster.all().for_each(|site| self.append(cluster, name, site));
            cluster.run_in_steps(half, half / 50);
            self.answered(cluster);
            let scanned = self.scanned;
            cluster.all().for_each(|site| self.scan(cluster, site, 0));
            cluster.run_in_steps(half, half / 50);
            self.answered(cluster);
            self.appended > before && self.scanned > scanned
        })
    }
}
