//! The stage for `--rehearse`: a simulator inside this program that knows just the locations of
//! the sheet and behaves as the service is said to.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context, Result, anyhow};

use crate::selection::{Choice, Selection};
use crate::simulator::{Behaviour, Location, Locations, Simulator, Speed};
use crate::webex::base_url::BaseUrl;
use crate::webex::token::Token;

pub(super) fn start(selection: &Selection<'_>, speed: f64) -> Result<(BaseUrl, Token, Simulator)> {
    let speed = Speed::new(speed).map_err(|error| anyhow!("--rehearse-speed: {error}"))?;
    let behaviour = Behaviour {
        locations: Locations::Exactly(locations(selection)?),
        ..Behaviour::rehearsal(speed)
    };
    let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let simulator = Simulator::start(behaviour, anywhere).context("cannot start the simulator")?;
    let base_url = BaseUrl::read(&simulator.base_url())?;
    Ok((base_url, Token::read("rehearsal")?, simulator))
}

/// Each location of the sheet once.
pub(super) fn locations(selection: &Selection<'_>) -> Result<Vec<Location>> {
    let mut locations = Vec::new();
    let mut records = selection.sheet.records()?;
    while let Some(numbered) = records.next_record() {
        let numbered = numbered?;
        let Choice::Send(row) = selection.choose(&numbered) else {
            continue;
        };
        if selection.duplicates.of_row(row.number).is_none() {
            locations.push(Location {
                id: row.location_id.into_owned(),
                organization: row.org_id.map(std::borrow::Cow::into_owned),
                ..Location::default()
            });
        }
    }
    Ok(locations)
}
