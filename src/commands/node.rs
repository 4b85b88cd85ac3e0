//! `firedrill node`: one site of the stack.

use crate::cli::NodeArgs;
use crate::exit::Exit;
use firedrill_node::{NodeConfig, NodeError, RunArgs, run};

/// Runs a site until it is told to end.
pub fn node(args: &NodeArgs) -> Exit {
    let config = match (&args.config, &args.config_env) {
        (Some(file), _) => NodeConfig::from_file(file),
        (None, Some(name)) => NodeConfig::from_env(name),
        (None, None) => Err("give --config FILE or --config-env NAME".to_owned()),
    };
    let config = match config.and_then(NodeConfig::with_log_key) {
        Ok(config) => config,
        Err(why) => {
            super::complain(why);
            return Exit::Usage;
        }
    };
    match run(RunArgs { config, allow_hazards: args.allow_hazards }) {
        Ok(()) => Exit::OK,
        Err(error) => {
            super::complain(&error);
            match error {
                NodeError::Hazards(_) => Exit::Refused,
                NodeError::Config(_) | NodeError::Io(_) => Exit::Usage,
                NodeError::Ended(_) => Exit::Internal,
            }
        }
    }
}
