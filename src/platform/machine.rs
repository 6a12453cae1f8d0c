//! The machine and its user, for those who ask later where a run ran; and whether a process is
//! still there.

/// What the machine is called.
pub fn host_name() -> String {
    gethostname::gethostname().to_string_lossy().into_owned()
}

/// Whose account the process runs in; `variable` reads the environment. Services may have none of
/// these variables, and then the account's number stands for its name.
pub fn user_name(variable: impl Fn(&str) -> Option<String>) -> String {
    let named = ["USER", "LOGNAME", "USERNAME"].into_iter();
    let named = named.filter_map(variable).find(|name| !name.is_empty());
    #[cfg(unix)]
    let named = named.or_else(|| Some(format!("uid {}", rustix::process::getuid().as_raw())));
    named.unwrap_or_default()
}

/// Whether a process of this machine is there; `None` where the system does not tell.
pub fn is_process_alive(process: u32) -> Option<bool> {
    #[cfg(unix)]
    {
        use rustix::io::Errno;
        use rustix::process::{Pid, test_kill_process};
        let process = Pid::from_raw(i32::try_from(process).ok()?)?;
        // One of another user may not be asked, and so is there.
        Some(test_kill_process(process) != Err(Errno::SRCH))
    }
    #[cfg(not(unix))]
    {
        let _ = process;
        None
    }
}

/// Keeps what is in memory, such as a token, out of a file that the system would write when the process
/// crashes. Where it may not be asked, nothing can be done.
pub fn forbid_core_dumps() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let none = Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        let _ = setrlimit(Resource::Core, none);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_alive_until_it_has_ended() {
        assert_eq!(is_process_alive(std::process::id()), Some(true));
        let mut child = std::process::Command::new("true").spawn().expect("a child");
        let process = child.id();
        child.wait().expect("it ends");
        assert_eq!(is_process_alive(process), Some(false));
        assert_eq!(is_process_alive(0), None);
        assert_eq!(is_process_alive(u32::MAX), None);
    }

    #[test]
    fn the_user_has_a_name_even_without_an_environment() {
        assert!(user_name(|_| None).starts_with("uid "));
        let variable = |name: &str| (name == "LOGNAME").then(|| "ada".to_string());
        assert_eq!(user_name(variable), "ada");
        assert!(!host_name().is_empty());
    }
}
