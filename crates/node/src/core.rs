//! The one task that owns the machine: facts go in, what it wants done is done in order.

use crate::frame;
use crate::host::{Clock, Disk};
use crate::incoming::FromPeer;
use crate::machine::{Machine, Status};
use crate::observe::Observer;
use crate::outbox::Outbox;
use crate::pretend;
use crate::switches::Switches;
use firedrill_model::{Hazard, NotApplied, Observation, Request, Response, Time};
use firedrill_stack::io::{DiskOp, Input, Output, Ticket};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// So many inputs of a kind are taken in before outputs are looked at.
const BATCH: usize = 64;
/// With so many operations before the disk, nothing new is taken in until it has caught up.
const MAX_DISK_PENDING: usize = 4096;
/// So many requests may be without an answer; more are refused as `Busy`.
const MAX_UNANSWERED: usize = 8192;

/// A core that is to stop goes on for so long at most, to answer what it was asked.
const DRAIN: Duration = Duration::from_secs(2);

/// What clients ask the core.
#[derive(Debug)]
pub enum Ask {
    /// To carry out a request.
    Request(Request, oneshot::Sender<Response>),
    /// How the site stands.
    Status(oneshot::Sender<Status>),
}

/// Why the core ended by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The disk's thread did.
    DiskGone,
    /// The machine has stopped for good. Whoever looks after the process can start it again.
    Stopped,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Ended::DiskGone => "the disk's thread ended; without it nothing can be promised",
            Ended::Stopped => "the site can't trust itself any more, as it observed last, and has stopped",
        })
    }
}

impl std::error::Error for Ended {}

/// Where the core's inputs come from.
#[derive(Debug)]
pub struct Inbound {
    /// Peers' messages.
    pub messages: mpsc::Receiver<FromPeer>,
    /// Clients' requests.
    pub asks: mpsc::Receiver<Ask>,
}

/// The machine and what it acts on.
#[derive(Debug)]
pub struct Core<M, C, D, O> {
    machine: M,
    clock: C,
    disk: D,
    observer: O,
    outboxes: Vec<Arc<Outbox>>,
    unanswered: BTreeMap<Ticket, oneshot::Sender<Response>>,
    next_ticket: u64,
    switches: Switches,
    /// It is to stop, and takes on no more requests.
    drains: bool,
    /// By mistake: it is to stop, and nothing reaches the disk any more, though requests are still taken on.
    disk_is_closed: bool,
}

impl<M: Machine, C: Clock, D: Disk, O: Observer> Core<M, C, D, O> {
    /// A core that has not run yet. `outboxes`: one per site.
    pub fn new(
        machine: M,
        (clock, disk): (C, D),
        observer: O,
        outboxes: Vec<Arc<Outbox>>,
        switches: Switches,
    ) -> Core<M, C, D, O> {
        let unanswered = BTreeMap::new();
        Core {
            machine,
            clock,
            disk,
            observer,
            outboxes,
            unanswered,
            next_ticket: 0,
            switches,
            drains: false,
            disk_is_closed: false,
        }
    }

    /// Runs until `stop` is told or dropped; then takes on no more, answers what it was asked, and lets the disk finish.
    ///
    /// # Errors
    /// If it ends before, why.
    pub async fn run(mut self, mut inbound: Inbound, mut stop: oneshot::Receiver<()>) -> Result<(), Ended> {
        self.tell(Input::Started);
        self.carry_out();
        while !self.machine.has_stopped() {
            let open = self.disk.pending() < MAX_DISK_PENDING;
            let deadline = self.machine.poll_deadline().unwrap_or(Time::MAX);
            tokio::select! {
                biased;
                _ = &mut stop => return self.drain(inbound).await,
                completed = self.disk.completed() => self.tell(completed.ok_or(Ended::DiskGone)?),
                Some(message) = inbound.messages.recv(), if open => self.take_message(message),
                Some(ask) = inbound.asks.recv(), if open => self.take_ask(ask),
                () = self.clock.sleep_until(deadline) => {}
            }
            self.take_what_waits(&mut inbound);
            self.carry_out();
        }
        Err(Ended::Stopped)
    }

    async fn drain(mut self, mut inbound: Inbound) -> Result<(), Ended> {
        // In this order: first nobody asks for more, then all is answered, and the disk is the last to go.
        self.disk_is_closed = self.switches.on(Hazard::ShutdownLosesAcknowledged);
        self.drains = !self.disk_is_closed;
        if self.drains {
            inbound.asks.close();
        }
        let until = self.clock.now() + DRAIN;
        while (!self.drains || self.owes()) && self.clock.now() < until {
            let deadline = self.machine.poll_deadline().unwrap_or(until).min(until);
            tokio::select! {
                biased;
                completed = self.disk.completed() => self.tell(completed.ok_or(Ended::DiskGone)?),
                Some(message) = inbound.messages.recv() => self.take_message(message),
                Some(ask) = inbound.asks.recv() => self.take_ask(ask),
                () = self.clock.sleep_until(deadline) => {}
            }
            self.take_what_waits(&mut inbound);
            self.carry_out();
        }
        Ok(())
    }

    /// Whether somebody waits for an answer, or the disk has something to do.
    fn owes(&mut self) -> bool {
        self.unanswered.retain(|_, waiting| !waiting.is_closed());
        !self.unanswered.is_empty() || self.disk.pending() > 0
    }

    fn take_what_waits(&mut self, inbound: &mut Inbound) {
        let past_deadline = |machine: &M, now| machine.poll_deadline().is_some_and(|deadline| deadline <= now);
        if past_deadline(&self.machine, self.clock.now()) {
            self.tell(Input::TimePassed);
        }
        for _ in 0..BATCH {
            let Some(input) = self.disk.try_completed() else {
                break;
            };
            self.tell(input);
        }
        if self.disk.pending() >= MAX_DISK_PENDING {
            return;
        }
        for _ in 0..BATCH {
            let Ok(message) = inbound.messages.try_recv() else {
                break;
            };
            self.take_message(message);
        }
        for _ in 0..BATCH {
            let Ok(ask) = inbound.asks.try_recv() else {
                break;
            };
            self.take_ask(ask);
        }
    }

    fn tell(&mut self, input: Input) {
        self.machine.handle(self.clock.now(), input);
    }

    fn take_message(&mut self, (from, message): FromPeer) {
        self.tell(Input::MessageReceived { from, message });
    }

    fn take_ask(&mut self, ask: Ask) {
        match ask {
            // Who asked may be gone; then nobody wants to know.
            Ask::Status(reply) => drop(reply.send(self.machine.status())),
            Ask::Request(request, reply) => self.take_request(request, reply),
        }
    }

    fn take_request(&mut self, request: Request, reply: oneshot::Sender<Response>) {
        if self.unanswered.len() >= MAX_UNANSWERED {
            self.unanswered.retain(|_, waiting| !waiting.is_closed());
        }
        if self.drains || self.unanswered.len() >= MAX_UNANSWERED {
            drop(reply.send(Response::NotApplied(NotApplied::Busy)));
            return;
        }
        let ticket = self.ticket();
        self.unanswered.insert(ticket, reply);
        self.tell(Input::RequestReceived { ticket, request });
    }

    fn ticket(&mut self) -> Ticket {
        let given_up = self.unanswered.iter().find(|(_, waiting)| waiting.is_closed()).map(|(ticket, _)| *ticket);
        if let Some(ticket) = given_up.filter(|_| self.switches.on(Hazard::LateReplyMismatched)) {
            return ticket;
        }
        self.next_ticket += 1;
        Ticket(self.next_ticket - 1)
    }

    fn carry_out(&mut self) {
        while let Some(output) = self.machine.poll_output() {
            match output {
                Output::Send { to, message } => self.send(to.index(), &message),
                Output::Disk(op) => self.submit(op),
                Output::Reply { ticket, response } => {
                    if let Some(reply) = self.unanswered.remove(&ticket) {
                        // The client may have gone; its answer is then of no use to anybody.
                        drop(reply.send(response));
                    }
                }
                Output::Observe(observation) => self.observer.observe(self.clock.now(), observation),
            }
        }
        while let Some(hazard) = self.switches.newly_reached() {
            self.observer.observe(self.clock.now(), Observation::HazardReached { hazard: hazard.number() });
        }
    }

    fn submit(&mut self, op: DiskOp) {
        let recovers = pretend::nothing_there(&op).filter(|_| !self.machine.status().recovered);
        if let Some(input) = recovers.filter(|_| self.switches.on(Hazard::AnswersBeforeRecovery)) {
            return self.tell(input);
        }
        if self.disk_is_closed {
            return pretend::done(&op).into_iter().for_each(|input| self.tell(input));
        }
        self.disk.submit(op);
    }

    fn send(&self, to: usize, message: &firedrill_stack::message::Message) {
        // A message too long for a frame is lost, which the machine must be ready for with any message.
        if let (Some(outbox), Ok(frame)) = (self.outboxes.get(to), frame::encode(message)) {
            outbox.push(frame);
        }
    }
}
