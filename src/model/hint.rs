//! What to do about an error, as data beside it: whoever prints the error prints the hints below it.

use std::error::Error;
use std::fmt::{self, Display};

/// An error with hints. Its words and its causes are those of the error.
#[derive(Debug)]
pub struct Hinted {
    error: anyhow::Error,
    hints: Vec<String>,
}

impl Hinted {
    /// An error that says `message`, with what to do about it.
    #[expect(clippy::new_ret_no_self, reason = "it is an error as any other")]
    pub fn new(message: impl Display, hint: impl Into<String>) -> anyhow::Error {
        anyhow::Error::msg(message.to_string()).with_hint(hint)
    }
}

impl Display for Hinted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(formatter)
    }
}

impl Error for Hinted {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.error.source()
    }
}

/// Puts a hint beside an error.
pub trait WithHint {
    #[must_use]
    fn with_hint(self, hint: impl Into<String>) -> Self;
}

impl WithHint for anyhow::Error {
    fn with_hint(self, hint: impl Into<String>) -> Self {
        let hint = hint.into();
        match self.downcast::<Hinted>() {
            Ok(mut hinted) => {
                hinted.hints.push(hint);
                hinted.into()
            }
            Err(error) => Hinted {
                error,
                hints: vec![hint],
            }
            .into(),
        }
    }
}

impl<T> WithHint for anyhow::Result<T> {
    fn with_hint(self, hint: impl Into<String>) -> Self {
        self.map_err(|error| error.with_hint(hint))
    }
}

/// All hints of an error and its causes, the outermost first.
pub fn hints(error: &anyhow::Error) -> impl Iterator<Item = &str> {
    let hinted = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<Hinted>());
    hinted.flat_map(|hinted| hinted.hints.iter().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn hints_stand_beside_an_error_and_survive_its_contexts() {
        let error = Hinted::new("no token", "put one in a file")
            .with_hint("or in a variable")
            .context("cannot begin");
        assert_eq!(format!("{error:#}"), "cannot begin: no token");
        let hints: Vec<&str> = hints(&error).collect();
        assert_eq!(hints, ["put one in a file", "or in a variable"]);
    }

    #[test]
    fn the_causes_of_a_hinted_error_stay_its_causes() {
        let result: anyhow::Result<()> = Err(anyhow::anyhow!("the cause"));
        let error = result
            .context("it failed")
            .with_hint("try again")
            .expect_err("an error");
        assert_eq!(format!("{error:#}"), "it failed: the cause");
        assert_eq!(hints(&error).count(), 1);
    }
}
