//! The drill's side: a child process as a world.

use super::invariant;
use super::wire::{self, Ask, Begin, Hello, VERSION};
use crate::world::{Capabilities, Command, Happened, Setup, Step, World, WorldEvent};
use firedrill_model::Time;
use std::io::{self, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

/// The worlds that may live in another process.
const WORLDS: [&str; 2] = ["turmoil", "madsim"];

/// A world in a child process, which ends with it.
#[derive(Debug)]
pub struct Remote {
    child: Child,
    // `None` once the world has begun to end.
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    capabilities: Capabilities,
    now: Time,
    failed: bool,
}

impl Remote {
    /// Starts the program, and learns what it can do. The world is made by [`Remote::begin`].
    ///
    /// # Errors
    /// As the operating system reports them; or the program is not of this version.
    pub fn start(program: &Path) -> io::Result<Remote> {
        Remote::start_as(&mut std::process::Command::new(program))
    }

    /// The same, with what else the program is to be told.
    ///
    /// # Errors
    /// See [`Remote::start`].
    pub fn start_as(program: &mut std::process::Command) -> io::Result<Remote> {
        let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let mut output = BufReader::new(output.ok_or_else(|| io::Error::other("no pipe"))?);
        let hello = wire::receive::<Hello>(&mut output);
        let capabilities = hello.and_then(|hello| capabilities(hello.ok_or(io::ErrorKind::UnexpectedEof)?));
        match capabilities {
            Ok(capabilities) => Ok(Remote { child, input, output, capabilities, now: Time::ZERO, failed: false }),
            Err(error) => {
                // It may be anything; what its end was like is of no interest.
                drop((child.kill(), child.wait()));
                let program = program.get_program().display();
                Err(io::Error::new(error.kind(), format!("{program}: not a host of this version: {error}")))
            }
        }
    }

    /// Lets the program make the world.
    ///
    /// # Errors
    /// As the pipe reports them.
    pub fn begin(&mut self, setup: &Setup) -> io::Result<()> {
        self.tell(&Begin::of(setup))
    }

    fn tell<T: serde::Serialize>(&mut self, message: &T) -> io::Result<()> {
        wire::send(self.input.as_mut().ok_or(io::ErrorKind::BrokenPipe)?, message)
    }

    fn ask(&mut self, until: Time, commands: &[Command]) -> io::Result<Step> {
        self.tell(&Ask { until, commands: commands.to_vec() })?;
        wire::receive(&mut self.output)?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    fn fail(&mut self, error: &io::Error) -> Step {
        self.failed = true;
        self.input = None;
        let error = format!("the process of the world `{}` failed: {error}", self.capabilities.world);
        Step { now: self.now, events: vec![Happened { t: self.now, event: WorldEvent::Failed { error } }] }
    }
}

fn capabilities(hello: Hello) -> io::Result<Capabilities> {
    if hello.version != VERSION {
        return Err(io::Error::other(format!("it speaks version {}, this is {VERSION}", hello.version)));
    }
    let world = WORLDS.into_iter().find(|name| *name == hello.world);
    let known = |name: &String| invariant::KNOWN.into_iter().find(|known| known == name);
    let unknown = |name: &str| io::Error::other(format!("it names {name}, which is not known here"));
    Ok(Capabilities {
        world: world.ok_or_else(|| unknown(&hello.world))?,
        faults: hello.faults,
        deterministic: hello.deterministic,
        invariants: hello
            .invariants
            .iter()
            .map(|name| known(name).ok_or_else(|| unknown(name)))
            .collect::<io::Result<_>>()?,
    })
}

impl World for Remote {
    fn capabilities(&self) -> Capabilities {
        self.capabilities.clone()
    }

    fn step(&mut self, until: Time, commands: &[Command]) -> Step {
        if self.failed {
            // It has been told.
            self.now = self.now.max(until);
            return Step { now: self.now, events: Vec::new() };
        }
        match self.ask(until, commands) {
            Ok(step) => {
                self.now = step.now;
                step
            }
            Err(error) => self.fail(&error),
        }
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        // Its input ends, and so does it; one that hangs is not waited for.
        self.input = None;
        drop((self.child.kill(), self.child.wait()));
    }
}
