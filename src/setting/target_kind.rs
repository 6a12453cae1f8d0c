//! What a setting is set on: how a sheet names it, and how the service lists it.

use serde_json::{Map, Value};

use crate::model::ids::{self, Kind};
use crate::model::wording::grouped;

/// A kind of thing that settings are set on.
#[derive(Debug)]
pub struct TargetKind {
    /// One of it and several, such as `location` and `locations`.
    pub noun: &'static str,
    pub plural: &'static str,
    /// What its ids say of it.
    pub id: Kind,
    /// The column with its id, and the one with its name, which will do in place of the id; with their
    /// spellings as [`crate::sheet::columns`] leaves them.
    pub id_column: &'static str,
    pub id_spellings: &'static [&'static str],
    pub name_column: &'static str,
    pub name_spellings: &'static [&'static str],
    /// Words for it in names of columns that are nearly these.
    pub words: &'static [&'static str],
    /// What else people call it, or something that it may be the place of.
    pub also_called: &'static [&'static str],
    /// Sheets about other things have a column for its name too, such as `email`: it says what a sheet is
    /// about only where nothing else does.
    pub has_common_name: bool,
    /// Two names that differ in capitals are one.
    pub ignores_case: bool,
    pub list: Listing,
}

/// Where the service lists things of a kind.
#[derive(Debug)]
pub struct Listing {
    /// The path below the base URL, with a query where it has one.
    pub path: &'static str,
    /// What the list is called in a page.
    pub name: &'static str,
    /// How many entries a page may have.
    pub most: u32,
    /// What a token needs in order to list them.
    pub scope: &'static str,
    /// What an entry says.
    pub read: fn(&Map<String, Value>) -> Entry,
}

/// What an entry of a list says beside its id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// By which of them it may be called.
    pub names: Vec<String>,
    /// It is there and has no settings for calling.
    pub has_no_calling: bool,
}

/// There is one of each noun.
impl PartialEq for TargetKind {
    fn eq(&self, other: &TargetKind) -> bool {
        self.noun == other.noun
    }
}

impl Eq for TargetKind {}

impl TargetKind {
    /// `1 location`, `2,000 locations`.
    pub fn count(&self, count: u64) -> String {
        let noun = if count == 1 { self.noun } else { self.plural };
        format!("{} {noun}", grouped(count))
    }
}

pub static LOCATION: TargetKind = TargetKind {
    noun: "location",
    plural: "locations",
    id: ids::LOCATION,
    id_column: "locationId",
    id_spellings: &["locationid"],
    name_column: "locationName",
    name_spellings: &["locationname"],
    words: &[
        "location",
        "locations",
        "loc",
        "locaton",
        "lokation",
        "locatie",
        "standort",
        "standorte",
        "emplacement",
        "ubicación",
        "ubicacion",
        "localização",
        "localizacao",
        "sede",
        "sedi",
        "vestiging",
        "拠点",
    ],
    also_called: &[
        "ort",
        "site",
        "sites",
        "place",
        "office",
        "branch",
        "store",
        "shop",
        "niederlassung",
        "filiale",
        "filialen",
        "lieu",
        "agence",
        "établissement",
        "lugar",
        "oficina",
        "sucursal",
        "tienda",
        "sitio",
        "luogo",
        "filial",
        "loja",
        "local",
        "kantoor",
        "winkel",
        "lokalizacja",
        "oddział",
        "plats",
        "building",
        "buildings",
        "gebäude",
        "bâtiment",
        "edificio",
        "facility",
        "facilities",
        "campus",
        "address",
        "adresse",
        "dirección",
        "indirizzo",
        "city",
        "town",
        "stadt",
        "ville",
        "ciudad",
        "città",
    ],
    has_common_name: false,
    ignores_case: false,
    list: Listing {
        path: "/telephony/config/locations",
        name: "locations",
        most: 1000,
        scope: "spark-admin:telephony_config_read",
        read: |entry| Entry {
            names: vec![text(entry, "name")],
            ..Entry::default()
        },
    },
};

/// A text that is missing or odd is none.
pub(super) fn text(entry: &Map<String, Value>, name: &str) -> String {
    let text = entry.get(name).and_then(Value::as_str);
    text.unwrap_or_default().to_string()
}
