//! What stands behind single flags, read into values.

use std::fmt::Display;
use std::num::NonZeroUsize;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use jiff::SignedDuration;

use crate::cli::PartFlags;
use crate::model::ids::{self, IdFault};
use crate::model::token_shape::may_be_secret;
use crate::setting::{self, Setting};
use crate::sheet::country::Country;
use crate::sheet::row_selector::RowSelector;

/// More requests at once than this only makes the limit harder to find.
const MOST_AT_ONCE: usize = 1000;

pub(super) fn read_flag<T: FromStr<Err: Display>>(text: &str, flag: &str) -> Result<T> {
    text.parse().map_err(|error| anyhow!("{flag}: {error}"))
}

pub(super) fn read_optional<T: FromStr<Err: Display>>(
    text: Option<&str>,
    flag: &str,
) -> Result<Option<T>> {
    text.map(|text| read_flag(text, flag)).transpose()
}

/// Reads `--org`, which may be a name where names are looked up. One word that looks more like a token is
/// none: names are shown, and kept.
pub fn read_org_flag(org: Option<&str>) -> Result<Option<String>> {
    let read = |text: &str| {
        let is_name = matches!(ids::read(text, ids::ORGANIZATION), Err(IdFault::NoId))
            && !ids::is_like_an_id(text)
            && (text.contains(' ') || !may_be_secret(text));
        if is_name {
            return Ok(text.trim_matches(ids::is_blank).to_string());
        }
        read_org(text)
    };
    org.map(read).transpose()
}

/// Reads `--org`, which must be an id.
pub fn read_org_id(org: Option<&str>) -> Result<Option<String>> {
    org.map(read_org).transpose()
}

/// Reads `--rows` and `--where`.
pub fn read_part(flags: &PartFlags) -> Result<RowSelector> {
    let rows = read_optional(flags.rows.as_deref(), "--rows")?;
    let cells = flags.cells.iter().map(|cell| read_flag(cell, "--where"));
    Ok(RowSelector::of(rows, cells.collect::<Result<_>>()?))
}

pub(super) fn read_first(text: &str) -> Result<u64> {
    text.parse()
        .ok()
        .filter(|rows| *rows > 0)
        .with_context(|| format!("--first: `{text}` is not a number of rows, such as 3"))
}

/// Reads `--setting`.
pub fn read_setting_flag(name: Option<&str>) -> Result<Option<&'static Setting>> {
    let read = |name: &str| {
        Setting::named(name).with_context(|| {
            let names = setting::ALL.map(|setting| setting.name);
            format!(
                "--setting: `{name}` is not known; it is one of {}",
                names.join(", ")
            )
        })
    };
    name.map(read).transpose()
}

fn read_org(text: &str) -> Result<String> {
    match ids::read(text, ids::ORGANIZATION) {
        Ok(id) => Ok(id.text.into_owned()),
        Err(_) => bail!(
            "--org: `{text}` is not an organization's id\n\
             hint: its id is needed, which is long and begins with Y2lz, or a UUID such as Control Hub shows; `wxbulk whoami` lists those of your organizations"
        ),
    }
}

pub(super) fn read_country(text: &str) -> Result<Country> {
    text.parse()
        .map_err(|why| anyhow!("--country: `{text}` {why}"))
}

pub(super) fn read_concurrency(text: &str) -> Result<NonZeroUsize> {
    text.parse()
        .ok()
        .filter(|number: &NonZeroUsize| number.get() <= MOST_AT_ONCE)
        .with_context(|| {
            format!("--concurrency: `{text}` is not a number from 1 to {MOST_AT_ONCE}")
        })
}

pub(super) fn read_duration(text: &str, flag: &str) -> Result<Duration> {
    text.parse::<SignedDuration>()
        .ok()
        .and_then(|duration| Duration::try_from(duration).ok())
        .filter(|duration| !duration.is_zero() && *duration <= Duration::from_hours(24 * 366))
        .with_context(|| {
            format!("{flag}: `{text}` is not a length of time; write it like 90s, 5m or 2h")
        })
}
