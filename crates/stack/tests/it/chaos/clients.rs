//! Clients, each the only writer of its own key. It writes 1, 2, 3 and so on, each number again and again until it is told what became of it. So a read must
//! see at least the last number that was written when it was asked, at most the last that was tried, and never one that was refused.

use crate::cluster::Cluster;
use firedrill_model::{Key, Op, OpResult, Response, SessionId, SiteId, Value};
use std::collections::{BTreeMap, BTreeSet};

const CLIENTS: u8 = 3;

#[derive(Default)]
struct Client {
    /// The number that was tried last.
    tried: u64,
    /// The last number that is certainly written.
    written: u64,
    /// It is not known what became of the last number.
    open: bool,
    /// Somebody may still write it, though nobody said so.
    doubt: bool,
    /// Numbers that will never be written.
    refused: BTreeSet<u64>,
    tickets: BTreeMap<u64, Ticket>,
}

struct Ticket {
    site: SiteId,
    asked: Asked,
}

enum Asked {
    Write(u64),
    /// With what was certainly written then.
    Read(u64),
}

/// All of them.
#[derive(Default)]
pub struct Clients {
    clients: BTreeMap<u8, Client>,
    /// Writes and reads that were done.
    pub done: usize,
    /// What was wrong.
    pub violations: Vec<String>,
}

fn key(client: u8) -> Key {
    Key::new(&format!("key-{client}"))
}

impl Clients {
    /// Writes the next number, or the last one again if it is not known what became of it.
    pub fn write(&mut self, cluster: &mut Cluster, client: u8, site: SiteId) {
        let number = client % CLIENTS;
        let client = self.clients.entry(number).or_default();
        if !client.open {
            client.tried += 1;
            client.open = true;
            client.doubt = false;
        }
        let value = client.tried;
        let op = Op::Write { key: key(number), value: Value::new(value.to_string().as_bytes()) };
        let session = SessionId(u64::from(number) + 1);
        let ticket = cluster.ask_as(session, site, value, op);
        let asked = Asked::Write(value);
        client.tickets.insert(ticket, Ticket { site, asked });
    }

    pub fn read(&mut self, cluster: &mut Cluster, client: u8, site: SiteId) {
        let number = client % CLIENTS;
        let client = self.clients.entry(number).or_default();
        let session = SessionId(u64::from(number) + 101);
        let ticket = cluster.ask_as(session, site, 1, Op::Read { key: key(number) });
        let asked = Asked::Read(client.written);
        client.tickets.insert(ticket, Ticket { site, asked });
    }

    /// A process died: what was asked of it is not answered.
    pub fn lost(&mut self, site: SiteId) {
        for client in self.clients.values_mut() {
            let before = client.tickets.len();
            client.tickets.retain(|_, ticket| ticket.site != site);
            client.doubt |= client.tickets.len() < before;
        }
    }

    /// Takes in the answers.
    pub fn answered(&mut self, replies: &mut BTreeMap<u64, Response>) {
        for (ticket, response) in std::mem::take(replies) {
            for (number, client) in &mut self.clients {
                let Some(asked) = client.tickets.remove(&ticket) else {
                    continue;
                };
                let wrong = match asked.asked {
                    Asked::Write(value) => client.write_answered(value, &response),
                    Asked::Read(floor) => client.read_answered(floor, &response),
                };
                self.done += usize::from(matches!(response, Response::Done(_)));
                self.violations.extend(wrong.map(|wrong| format!("client {number}: {wrong}")));
            }
        }
    }

    /// Whether each of them can write and read somewhere, given a second.
    pub fn all_can_write_and_read(&mut self, cluster: &mut Cluster) -> bool {
        let second = std::time::Duration::from_secs(1);
        (0..CLIENTS).all(|number| {
            let before = self.clients.entry(number).or_default().written;
            cluster.all().for_each(|site| self.write(cluster, number, site));
            cluster.run_in_steps(second / 2, second / 50);
            self.answered(&mut cluster.replies);
            let done = self.done;
            cluster.all().for_each(|site| self.read(cluster, number, site));
            cluster.run_in_steps(second / 2, second / 50);
            self.answered(&mut cluster.replies);
            self.clients[&number].written > before && self.done > done
        })
    }
}

impl Client {
    fn write_answered(&mut self, value: u64, response: &Response) -> Option<String> {
        match response {
            Response::Done(OpResult::Written) => {
                if self.refused.contains(&value) {
                    return Some(format!("{value} was refused, and is written"));
                }
                self.written = self.written.max(value);
                self.open &= self.tried != value;
                None
            }
            Response::Done(other) => Some(format!("a write returned {other:?}")),
            Response::Unknown => {
                self.doubt = true;
                None
            }
            Response::NotApplied(_) => {
                let others =
                    self.tickets.values().any(|ticket| matches!(ticket.asked, Asked::Write(at) if at == value));
                if self.open && self.tried == value && !self.doubt && !others {
                    self.refused.insert(value);
                    self.open = false;
                }
                None
            }
        }
    }

    fn read_answered(&mut self, floor: u64, response: &Response) -> Option<String> {
        let Response::Done(result) = response else {
            return None;
        };
        let OpResult::Value(value) = result else {
            return Some(format!("a read returned {result:?}"));
        };
        let text = value.as_ref().map_or("0".into(), |value| format!("{value:?}"));
        let Ok(seen) = text.parse::<u64>() else {
            return Some(format!("a read saw {text}, which nobody wrote"));
        };
        if seen < floor || seen > self.tried || self.refused.contains(&seen) {
            return Some(format!(
                "a read saw {seen}; {floor} was written before it, {} tried, refused {:?}",
                self.tried, self.refused
            ));
        }
        None
    }
}
