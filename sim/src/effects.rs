//! What reaches a process, and what comes of what it wants done.

use crate::disk::Completion;
use crate::event::{Ending, Event};
use crate::network::Sent;
use crate::process::Process;
use crate::sim::Sim;
use crate::wire;
use firedrill_drill::world::WorldEvent;
use firedrill_model::{Endpoint, Request, Response, SiteId};
use firedrill_stack::Message;
use firedrill_stack::io::{DiskOp, Input, Output, Ticket};

/// With more than that under way, no message is doubled any more: one whose receipt makes its receiver send would multiply without end.
const CROWDED: usize = 10_000;

impl<P: Process> Sim<P> {
    /// Something reaches a site: handled at once, or after all that waits for a process that is slow; kept if the process is frozen; lost if there is none, or
    /// if too much waits. False: lost.
    pub(crate) fn deliver(&mut self, site: SiteId, input: Input) -> bool {
        let host = &mut self.hosts[site.index()];
        let Some(running) = &mut host.process else {
            return false;
        };
        if running.frozen_by.is_some() {
            return running.keep(input);
        }
        let from_network = matches!(input, Input::MessageReceived { .. } | Input::RequestReceived { .. });
        if from_network && host.load.is_full() {
            return false;
        }
        match host.load.takes(self.now) {
            None => self.handle(site, input),
            Some(at) => {
                let process = host.starts;
                self.queue.put(at, Event::Work { site, process, input });
                self.slowed(site);
            }
        }
        true
    }

    /// A process that is slow comes to something that it was told.
    pub(crate) fn works(&mut self, site: SiteId, process: u32, input: Input) {
        let host = &mut self.hosts[site.index()];
        if host.starts != process {
            return;
        }
        host.load.comes_to_one();
        match &mut host.process {
            Some(running) if running.frozen_by.is_some() => drop(running.keep(input)),
            Some(_) => self.handle(site, input),
            None => {}
        }
    }

    /// A running process handles an input, and all that it then wants is done; or, if it dies in between, the first part of it.
    pub(crate) fn handle(&mut self, site: SiteId, input: Input) {
        let host = &mut self.hosts[site.index()];
        let clock = host.clock(self.now);
        let Some(running) = &mut host.process else {
            return;
        };
        running.process.handle(clock, input);
        self.invariants.handled(site, &running.process);
        while let Some(running) = &mut self.hosts[site.index()].process {
            let Some(output) = running.process.poll_output() else {
                break;
            };
            self.perform(site, output);
        }
        self.wakes[site.index()] = self.hosts[site.index()].wake();
        if self.invariants.has_found() {
            self.tell_violations();
        }
        self.bury_if_stopped(site);
    }

    fn perform(&mut self, site: SiteId, output: Output) {
        match output {
            Output::Send { to, message } => {
                self.invariants.sends(site, to, &message);
                if let Message::ForwardReply { response, .. } = &message {
                    self.look_at_answer(site, response);
                }
                let sent = self.send((Endpoint::Site(site), Endpoint::Site(to)), || wire::of_message(&message));
                if let Some((at, passage)) = sent.again {
                    self.queue.put(at, Event::Message { from: site, to, passage, message: message.clone() });
                }
                if let Some((at, passage)) = sent.arrives {
                    self.queue.put(at, Event::Message { from: site, to, passage, message });
                }
            }
            Output::Disk(op) => self.disk_asked(site, op),
            Output::Reply { ticket, response } => {
                self.look_at_answer(site, &response);
                self.request_ends(site, ticket, Ending::Answered(response));
            }
            Output::Observe(observation) => {
                self.invariants.observes(site, &observation);
                let site_t = self.hosts[site.index()].clock(self.now);
                self.tell(WorldEvent::Observed { site, site_t, observation });
                return;
            }
        }
        if !self.hosts[site.index()].armed.is_empty() {
            self.crash_if_armed(site);
        }
    }

    /// Sends a message of so many bytes, and tells of faults that hit it.
    pub(crate) fn send(&mut self, ends: (Endpoint, Endpoint), bytes: impl FnOnce() -> u64) -> Sent {
        let crowded = self.queue.len() > CROWDED;
        let sent = self.network.send(self.now, ends, bytes, crowded);
        for fault in self.network.take_struck() {
            self.tell_struck(fault);
        }
        sent
    }

    fn look_at_answer(&mut self, site: SiteId, response: &Response) {
        if let Some(running) = &self.hosts[site.index()].process {
            self.invariants.answers(site, &running.process, response);
        }
    }

    fn disk_asked(&mut self, site: SiteId, op: DiskOp) {
        let host = &mut self.hosts[site.index()];
        let troubled = host.disk.is_troubled();
        if let Some((at, completion)) = host.disk.issue(self.now, op) {
            let (boot, process) = (host.outages, host.starts);
            self.queue.put(at, Event::Disk { site, boot, process, completion });
        }
        if troubled {
            self.disk_struck(site);
        }
    }

    /// The disk is done with something. It does its work for a dead process too, but nobody is told.
    pub(crate) fn disk_done(&mut self, site: SiteId, boot: u32, process: u32, completion: Completion) {
        let host = &mut self.hosts[site.index()];
        if host.outages != boot {
            return;
        }
        let (touched, input) = host.disk.complete(completion);
        self.invariants.became_durable(site, &host.disk, touched);
        if host.starts == process {
            self.deliver(site, input);
        }
    }

    /// A request was damaged on its way: the site's machine breaks the connection, if it has power, and the process never learns of it.
    pub(crate) fn request_damaged(&mut self, site: SiteId, ticket: Ticket) {
        if self.hosts[site.index()].powered() {
            self.requests.received(ticket);
            self.request_ends(site, ticket, Ending::Broken);
        }
    }

    /// A request reaches a site: a machine without power says nothing, one without a process refuses.
    pub(crate) fn request_arrives(&mut self, site: SiteId, ticket: Ticket, request: Request) {
        let host = &self.hosts[site.index()];
        if !host.powered() {
            return;
        }
        self.requests.received(ticket);
        if host.process.is_none() {
            self.request_ends(site, ticket, Ending::Refused);
        } else if !self.deliver(site, Input::RequestReceived { ticket, request }) {
            self.requests.lost(ticket);
        }
    }

    /// The end of a request leaves a site.
    pub(crate) fn request_ends(&mut self, site: SiteId, ticket: Ticket, ending: Ending) {
        let Some(region) = self.requests.ends(ticket) else {
            return;
        };
        let sent = self.send((Endpoint::Site(site), Endpoint::Region(region)), || wire::of_ending(&ending));
        if let Some((at, passage)) = sent.arrives {
            self.queue.put(at, Event::Response { passage, ticket, ending });
        }
    }
}
