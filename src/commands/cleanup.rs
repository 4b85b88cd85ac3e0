//! `firedrill cleanup`: removes what a killed run left behind.

use crate::cli::CleanupArgs;
use crate::exit::Exit;
use firedrill_live::LiveError;

/// Removes what carries our label and belongs to no run that still goes on.
pub fn cleanup(args: &CleanupArgs) -> Exit {
    match firedrill_live::cleanup(args.all) {
        Ok(lines) => {
            if lines.is_empty() {
                println!("nothing of ours is left");
            }
            lines.iter().for_each(|line| println!("{line}"));
            Exit::OK
        }
        Err(error @ LiveError::NoEngine(_)) => {
            super::complain(error);
            Exit::Refused
        }
        Err(error) => {
            super::complain(error);
            Exit::Internal
        }
    }
}
