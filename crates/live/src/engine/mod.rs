//! The container engine.
//!
//! - [`labels`], [`owner`]: what marks a thing as ours, and whether its run is still alive
//! - [`elf`], [`image`]: the image made out of our own program
//! - [`network`], [`containers`]: what a run makes
//! - [`sweep`]: what removes it
//!
//! Whatever is made carries the labels of [`labels`]; whatever does not carry them is never touched.

pub mod containers;
pub mod elf;
pub mod image;
pub mod labels;
pub mod network;
pub mod owner;
pub mod sweep;

use crate::error::LiveError;
use bollard::Docker;

/// Connects to the engine, in the version of the API that it speaks.
///
/// # Errors
/// If none answers.
pub async fn connect() -> Result<Docker, LiveError> {
    let no_engine = |error: bollard::errors::Error| LiveError::NoEngine(error.to_string());
    let docker = Docker::connect_with_defaults().map_err(no_engine)?;
    docker.negotiate_version().await.map_err(no_engine)
}

/// Whether a container engine answers; if not, why.
///
/// # Errors
/// Why none answers.
pub fn available() -> Result<(), String> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    runtime.block_on(connect()).map(|_| ()).map_err(|error| match error {
        LiveError::NoEngine(why) => why,
        other => other.to_string(),
    })
}
