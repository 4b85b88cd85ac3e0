//! What can go wrong with containers.

use std::fmt;

/// What can go wrong with containers.
#[derive(Debug)]
pub enum LiveError {
    /// No container engine answers.
    NoEngine(String),
    /// The engine refused something.
    Engine {
        /// What we wanted.
        doing: String,
        /// What it said.
        error: bollard::errors::Error,
    },
    /// A container could not be started.
    Container {
        /// Which.
        name: String,
        /// Why.
        error: testcontainers::TestcontainersError,
    },
    /// The proxy does not do what it is told.
    Proxy(String),
    /// The program that is to run in the containers can't be put into an image.
    Program(String),
    /// The plan has something that containers can't do.
    Plan(String),
    /// This machine does not do what it should: the packet filter, a file system.
    Host(String),
    /// A site does not answer.
    Site(String),
    /// The run was told to stop.
    Halted,
    /// What was made could not all be removed; each line names one thing.
    Leftovers(Vec<String>),
}

impl LiveError {
    /// An error of the engine, with what was being done.
    pub(crate) fn engine(doing: impl Into<String>) -> impl FnOnce(bollard::errors::Error) -> LiveError {
        let doing = doing.into();
        move |error| LiveError::Engine { doing, error }
    }
}

impl fmt::Display for LiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LiveError::NoEngine(why) => {
                write!(f, "no container engine answers ({why}); start Docker, or run in the simulator: --in sim")
            }
            LiveError::Engine { doing, error } => write!(f, "{doing}: the container engine says: {error}"),
            LiveError::Container { name, error } => write!(f, "container {name} can't be started: {error}"),
            LiveError::Proxy(why) => write!(f, "the proxy does not do what it is told: {why}"),
            LiveError::Program(why) => write!(f, "no image can be made of the program: {why}"),
            LiveError::Plan(why) => write!(f, "the plan can't be run in containers: {why}"),
            LiveError::Site(why) | LiveError::Host(why) => f.write_str(why),
            LiveError::Halted => f.write_str("halted"),
            LiveError::Leftovers(lines) => {
                write!(f, "not everything could be removed; run `firedrill cleanup`:")?;
                lines.iter().try_for_each(|line| write!(f, "\n  {line}"))
            }
        }
    }
}

impl std::error::Error for LiveError {}
