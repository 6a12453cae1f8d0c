//! Names the commit and the target that `wxbulk --version` shows.
#![expect(
    clippy::disallowed_methods,
    reason = "what a build script is told, it is told in its environment"
)]

use std::env;
use std::process::Command;

fn main() {
    let version = env!("CARGO_PKG_VERSION");
    let target = env::var("TARGET").unwrap_or_default();
    // Only in releases: a development build would be compiled anew after every commit.
    let is_release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let commit = if is_release { commit() } else { None };
    let commit = commit.unwrap_or_else(|| "unreleased".to_string());
    println!("cargo::rustc-env=WXBULK_VERSION={version} ({commit}, {target})");
    println!("cargo::rerun-if-changed=build.rs");
}

/// The short hash of the commit, where this is built from a clone.
fn commit() -> Option<String> {
    // The log of HEAD grows with every commit and checkout.
    if let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"]) {
        println!("cargo::rerun-if-changed={log}");
    }
    git(&["rev-parse", "--short", "HEAD"])
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let text = text.trim();
    (output.status.success() && !text.is_empty()).then(|| text.to_string())
}
