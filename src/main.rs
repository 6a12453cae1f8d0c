//! The process: arguments, a runtime, the command, an exit code.

use std::{env, process};

use wxbulk::application::exit_code::ExitCode;
use wxbulk::application::session::Network;
use wxbulk::model::hint;
use wxbulk::{cli, commands, platform, stderr};

fn main() -> process::ExitCode {
    let cli = match cli::parse(env::args_os()) {
        Ok(cli) => cli,
        Err(mistake) => {
            stderr::say(&mistake);
            return process::ExitCode::from(ExitCode::NothingSent as u8);
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let ended = runtime
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(commands::run(cli, &Network)));
    let code = ended.unwrap_or_else(|error| {
        stderr::say(&format!("error: {}", platform::describe_error(&error)));
        hint::hints(&error).for_each(|hint| stderr::say(&format!("hint: {hint}")));
        ExitCode::NothingSent
    });
    process::ExitCode::from(code as u8)
}
