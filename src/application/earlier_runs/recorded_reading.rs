//! How a run read its sheet, and how its files are read where no flag says otherwise.

use std::path::Path;

use crate::journal::{self, Journal, MeaningfulSettings, RunHeader};
use crate::setting::Setting;
use crate::sheet::ReadOptions;
use crate::sheet::columns::IgnoredColumns;
use crate::sheet::country::Country;
use anyhow::{Result, anyhow, bail};

/// Results are read as the run read its sheet, where no flag says otherwise. They are a file of our own
/// but for the separator and the cells of the person's columns.
pub(in crate::application) fn read_as_the_run(reading: &mut ReadOptions, header: &RunHeader) {
    let was = &header.settings;
    let ReadOptions {
        default_org,
        country,
        setting,
        separator,
        ignored_columns,
        ..
    } = reading;
    *setting = setting.or_else(|| Setting::named(&header.setting));
    // Whoever names it as the run did means the one that it meant then.
    let is_the_same = default_org.is_none() || *default_org == was.org_name;
    if is_the_same {
        *default_org = org_of(was).cloned();
    }
    let parsed = |text: &Option<String>| text.as_ref().and_then(|text| text.parse().ok());
    *country = country.take().or_else(|| parsed(&was.country));
    let name = was.separator.as_ref();
    *separator = separator.or_else(|| name.and_then(|name| name.parse().ok()));
    ignored_columns.add_noted(&was.ignored_columns);
}

/// The columns that the run which wrote a file took for the person's own are so in it, whatever is done with
/// it.
pub fn ignore_as_before(reading: &mut ReadOptions, file: &Path) {
    if let Ok(header) = journal::header_of(&Journal::path_for(file)) {
        let names = &header.settings.ignored_columns;
        reading.ignored_columns.add_noted(names);
    }
}

/// How a run read its sheet.
pub(in crate::application) fn reading_of(header: &RunHeader) -> Result<ReadOptions> {
    let mut options = ReadOptions::default();
    reading(&mut options, header)?;
    form_of_the_sheet(&mut options, &header.settings)?;
    Ok(options)
}

/// How the sheet is read.
pub(in crate::application) fn reading(reading: &mut ReadOptions, header: &RunHeader) -> Result<()> {
    let was = &header.settings;
    let given = reading.setting.map(|setting| setting.name.to_string());
    same_or_missing("--setting", given.as_ref(), Some(&header.setting))?;
    let Some(setting) = Setting::named(&header.setting) else {
        bail!(
            "that run is about `{}`, which this wxbulk does not know; go on with wxbulk {} or a newer one",
            header.setting,
            header.wxbulk
        );
    };
    reading.setting = Some(setting);
    let country = reading.country.as_ref().map(Country::code);
    let given = reading.default_org_name().and(was.org_name.as_ref());
    same_or_missing(
        "--org",
        reading.default_org.as_ref(),
        given.or(was.org.as_ref()),
    )?;
    same_or_missing("--country", country.as_ref(), was.country.as_ref())?;
    reading.default_org = org_of(was).cloned();
    if reading.ignored_columns.differ_from(&was.ignored_columns) {
        bail!(
            "that run began with a different --ignore-column; leave it out, or name it as it was"
        );
    }
    reading.ignored_columns = IgnoredColumns::noted(was.ignored_columns.clone());
    if let (None, Some(code)) = (&reading.country, &was.country) {
        let country: Country = code
            .parse()
            .map_err(|why| anyhow!("the country `{code}` of that run {why}"))?;
        reading.country = Some(country);
    }
    Ok(())
}

/// What holds of that very file.
pub(in crate::application) fn form_of_the_sheet(
    reading: &mut ReadOptions,
    was: &MeaningfulSettings,
) -> Result<()> {
    let encoding = reading.encoding.map(|encoding| encoding.to_string());
    let separator = reading.separator.map(|separator| separator.to_string());
    let hidden = reading.hidden.map(|policy| policy.to_string());
    same_or_missing("--sheet", reading.sheet.as_ref(), was.sheet.as_ref())?;
    same_or_missing("--encoding", encoding.as_ref(), was.encoding.as_ref())?;
    same_or_missing("--separator", separator.as_ref(), was.separator.as_ref())?;
    same_or_missing("--hidden", hidden.as_ref(), was.hidden.as_ref())?;
    // What these say was read once already.
    reading.sheet.clone_from(&was.sheet);
    reading.encoding = was.encoding.as_ref().and_then(|name| name.parse().ok());
    reading.separator = was.separator.as_ref().and_then(|name| name.parse().ok());
    reading.hidden = was.hidden.as_ref().and_then(|word| word.parse().ok());
    Ok(())
}

/// The organization of rows that name none: the name of it where it was never looked up.
pub(in crate::application) fn org_of(was: &MeaningfulSettings) -> Option<&String> {
    was.org.as_ref().or(was.org_name.as_ref())
}

pub(in crate::application) fn same_or_missing(
    flag: &str,
    given: Option<&String>,
    was: Option<&String>,
) -> Result<()> {
    if given.is_some() && given != was {
        bail!("that run began with a different {flag}; leave it out, or name it as it was");
    }
    Ok(())
}
