//! How the scripts' output says things.

use firedrill_model::{LogIndex, Role, SiteId, Term};
use firedrill_stack::wal::message::LogMessage;
use firedrill_stack::{Message, RaftMessage, Site};

/// `S1` is the first site.
pub fn name(site: SiteId) -> String {
    format!("S{}", site.0 + 1)
}

pub fn role(role: Role) -> &'static str {
    match role {
        Role::Follower => "follower",
        Role::PreCandidate => "pre-candidate",
        Role::Candidate => "candidate",
        Role::Leader => "leader",
    }
}

/// Role, term, and the terms of the log, with `…` for what a snapshot stands for, and `|` behind what is committed.
pub fn state(site: Option<&Site>) -> String {
    let Some(site) = site else {
        return "down".into();
    };
    if !site.recovered() {
        return "stopped".into();
    }
    let mut log = String::new();
    for index in 0..=site.last_index().0 {
        match site.entry_term(LogIndex(index)) {
            Some(term) if index > 0 => log.push_str(&format!(" {}", term.0)),
            None if !log.ends_with('…') => log.push_str(" …"),
            _ => {}
        }
        if index == site.commit_index().0 {
            log.push_str(" |");
        }
    }
    format!("{:13} {:7}{log}", role(site.role()), site.term().to_string())
}

fn at(index: LogIndex, term: Term) -> String {
    format!("{} of {term}", index.0)
}

/// A message; `None` for those that no script is about.
pub fn message(message: &Message) -> Option<String> {
    Some(match message {
        Message::Raft(message) => raft(message),
        Message::HealthCheck { .. } | Message::HealthReply { .. } => return None,
        Message::Forward { term, .. } => format!("a client's request, for the leader of {term}"),
        Message::ForwardReply { response, .. } => format!("the answer: {response:?}"),
        Message::Log(message) => log(message),
    })
}

fn raft(message: &RaftMessage) -> String {
    match message {
        RaftMessage::VoteRequest { term, last_index, last_term, pre_vote, transfer } => {
            let what = if *pre_vote { "would you vote" } else { "vote" };
            let why = if *transfer { ", as the leader wants" } else { "" };
            format!("{what} for me in {term}? my last is {}{why}", at(*last_index, *last_term))
        }
        RaftMessage::VoteResponse { term, granted, pre_vote } => {
            let what = if *pre_vote { "would vote" } else { "vote" };
            format!("{what}: {} in {term}", if *granted { "yes" } else { "no" })
        }
        RaftMessage::Append { term, prev_index, prev_term, entries, commit, .. } => {
            let terms: Vec<String> = entries.iter().map(|e| e.term.0.to_string()).collect();
            let what = if terms.is_empty() { "heartbeat".into() } else { format!("append {}", terms.join(" ")) };
            format!("{term}: {what} after {}, committed {}", at(*prev_index, *prev_term), commit.0)
        }
        RaftMessage::AppendResponse { term, ok: true, index, standing, .. } => {
            format!("{term}: have {}, {standing:?}", index.0)
        }
        RaftMessage::AppendResponse { term, index, hint, hint_term, standing, .. } => {
            format!("{term}: no at {}, have {}, {standing:?}", index.0, at(*hint, *hint_term))
        }
        RaftMessage::InstallSnapshot { term, index, at, piece, .. } => {
            format!("{term}: a piece of the snapshot at {index}, from {at} on, {} bytes", piece.len())
        }
        RaftMessage::InstallResponse { term, index, next, standing, .. } => {
            let wants = next.map_or("has it all".to_string(), |next| format!("wants what is from {next} on"));
            format!("{term}: of the snapshot at {index} {wants}, {standing:?}")
        }
        RaftMessage::JoinRequest { .. } => "my disk is new: is it my first?".into(),
        RaftMessage::JoinResponse { disk, first, .. } => {
            format!("your disk is {}", if disk == first { "the first that I know" } else { "not your first" })
        }
        RaftMessage::TimeoutNow { term } => format!("{term}: hold an election now"),
    }
}

/// A message about the transaction log.
fn log(message: &LogMessage) -> String {
    match message {
        LogMessage::Forward { request, .. } => format!("please do {:?}", request.op),
        LogMessage::Ship { writer, prev, segments, confirmed, .. } => {
            let (count, prev, confirmed) = (segments.len(), prev.0, confirmed.0);
            format!("log of {}: {count} segments after {prev}, confirmed {confirmed}", writer.0)
        }
        LogMessage::Held { ok: true, position, .. } => format!("log held up to {}", position.0),
        LogMessage::Held { position, .. } => format!("log does not agree, at most up to {}", position.0),
        LogMessage::Propose { command } => format!("please decide {command:?}"),
        LogMessage::Confirm { writer, .. } => format!("does the writer of {} still write?", writer.0),
        LogMessage::Confirmed { writer, .. } => format!("the writer of {} still writes", writer.0),
        LogMessage::Fetch { after, .. } => format!("what comes after {}?", after.0),
        LogMessage::Fetched { after, segments, .. } => format!("{} segments after {}", segments.len(), after.0),
    }
}
