//! The process: arguments, a runtime, the command, an exit code.

use std::{env, process};

use wxbulk::application::exit_code::ExitCode;
use wxbulk::application::session::Network;
use wxbulk::model::hint;
use wxbulk::model::token_shape;
use wxbulk::{cli, commands, platform, stderr};

fn main() -> process::ExitCode {
    platform::forbid_core_dumps();
    let cli = match cli::parse(env::args_os()) {
        Ok(cli) => cli,
        Err(mistake) => {
            stderr::say(&mistake);
            let typed = env::args_os().map(|word| word.to_string_lossy().into_owned());
            commands::tell_mistake(&typed.collect::<Vec<_>>(), &mistake);
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
        if platform::is_closed_pipe(&error) {
            // Whoever reads the output has seen enough, as `head` has.
            return ExitCode::NothingSent;
        }
        say_without_secrets(format!("error: {}", platform::describe_error(&error)));
        hint::hints(&error).for_each(|hint| say_without_secrets(format!("hint: {hint}")));
        ExitCode::NothingSent
    });
    process::ExitCode::from(code as u8)
}

/// A token that was typed in the wrong place is not repeated.
fn say_without_secrets(message: String) {
    let typed: Vec<_> = env::args_os().skip(1).collect();
    let typed: Vec<_> = typed.iter().map(|word| word.to_string_lossy()).collect();
    let typed = typed.iter().map(AsRef::as_ref);
    stderr::say(&token_shape::hide_secrets(message, typed));
}
