//! Reads the entries out of a page of a list, and of each entry only what is made use of: a page may be long,
//! and a value of JSON takes many times its letters.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::error::Category;
use serde_json::{Map, Value};

use crate::webex::stated_outcome::{Says, says};

/// What is made use of in an entry.
const KEPT: [&str; 14] = [
    "id",
    "name",
    "displayName",
    "firstName",
    "lastName",
    "emails",
    "locationId",
    "calling",
    "timeZone",
    "address",
    "orgId",
    "organizationId",
    "org",
    "organization",
];

/// Elements of a list or an object within an entry that are kept, and levels of them.
const MOST_ELEMENTS: usize = 32;
const DEEPEST: usize = 3;

/// An entry of a list.
pub trait Entry: Sized {
    /// `None` where it has no id.
    fn read(fields: Map<String, Value>) -> Option<Self>;

    fn id(&self) -> &str;

    /// Whether anything can be asked about it.
    fn is_usable(&self) -> bool {
        !self.id().trim().is_empty()
    }
}

/// What stands in a page.
#[derive(Debug)]
pub struct Entries<T> {
    pub entries: Vec<T>,
    /// How many had no id, or were no entries at all.
    pub unusable: u64,
}

/// Why a page has no entries.
#[derive(Debug)]
pub struct PageError {
    /// For the user.
    pub message: String,
    /// There is a list of that name, and not all of it.
    pub has_list: bool,
}

/// The entries of the list of this name.
pub(super) fn read<T: Entry>(body: &[u8], list: &str) -> Result<Entries<T>, PageError> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let page = Page {
        list,
        entries: PhantomData::<T>,
    };
    let read = page.deserialize(&mut json);
    let read = read.and_then(|found| json.end().map(|()| found));
    let (message, has_list) = match read {
        Ok((Some(entries), None)) => return Ok(entries),
        // Part of a list is none.
        Ok((Some(_), Some(fault))) => (format!("the answer has {fault} its list of {list}"), true),
        Ok((None, _)) => (format!("the answer has no list of {list}"), false),
        Err(error) => (say_unreadable(body, &error), false),
    };
    Err(PageError { message, has_list })
}

/// Why an answer cannot be read, for people who know nothing of JSON's parsers.
pub(super) fn say_unreadable(body: &[u8], error: &serde_json::Error) -> String {
    let it_is = match error.classify() {
        _ if body.trim_ascii_start().starts_with(b"<") => "it is a web page",
        _ if body.trim_ascii().is_empty() => "it is empty",
        Category::Eof | Category::Io => "it breaks off",
        Category::Syntax => "it is not JSON",
        Category::Data => "it is another kind of JSON",
    };
    format!("the answer is not what was asked for: {it_is}")
}

/// The object of a page.
struct Page<'l, T> {
    list: &'l str,
    entries: PhantomData<T>,
}

impl<'de, T: Entry> DeserializeSeed<'de> for Page<'_, T> {
    type Value = (Option<Entries<T>>, Option<&'static str>);

    fn deserialize<D: Deserializer<'de>>(self, page: D) -> Result<Self::Value, D::Error> {
        page.deserialize_map(self)
    }
}

impl<'de, T: Entry> Visitor<'de> for Page<'_, T> {
    type Value = (Option<Entries<T>>, Option<&'static str>);

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object with a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut page: A) -> Result<Self::Value, A::Error> {
        let (mut entries, mut fault) = (None, None);
        while let Some(key) = page.next_key::<String>()? {
            if key == self.list {
                let List(found) = page.next_value()?;
                if entries.is_some() {
                    return Err(A::Error::custom(format!("`{key}` is there twice")));
                }
                entries = found;
            } else {
                let Kept(value) = page.next_value()?;
                if matches!(says(&key, &value), Says::Error | Says::Message) {
                    fault = Some("errors beside");
                }
            }
        }
        Ok((entries, fault))
    }
}

/// What stands where the list is expected; `None` where it is none.
struct List<T>(Option<Entries<T>>);

impl<'de, T: Entry> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(list: D) -> Result<Self, D::Error> {
        list.deserialize_any(ListVisitor(PhantomData))
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: Entry> Visitor<'de> for ListVisitor<T> {
    type Value = List<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<List<T>, A::Error> {
        let mut page = Entries {
            entries: Vec::new(),
            unusable: 0,
        };
        while let Some(OneEntry(fields)) = list.next_element()? {
            match fields.and_then(T::read).filter(T::is_usable) {
                Some(entry) => page.entries.push(entry),
                None => page.unusable += 1,
            }
        }
        Ok(List(Some(page)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<List<T>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(List(None))
    }

    fn visit_unit<E: Error>(self) -> Result<List<T>, E> {
        Ok(List(None))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<List<T>, E> {
        Ok(List(None))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<List<T>, E> {
        Ok(List(None))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<List<T>, E> {
        Ok(List(None))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<List<T>, E> {
        Ok(List(None))
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<List<T>, E> {
        Ok(List(None))
    }
}

/// The fields of an entry that are kept; `None` where it is no object.
struct OneEntry(Option<Map<String, Value>>);

impl<'de> Deserialize<'de> for OneEntry {
    fn deserialize<D: Deserializer<'de>>(entry: D) -> Result<Self, D::Error> {
        let read = entry.deserialize_any(Bounded {
            keys: Some(&KEPT),
            depth: DEEPEST,
        })?;
        Ok(OneEntry(match read {
            Value::Object(fields) => Some(fields),
            _ => None,
        }))
    }
}

/// A value as far as it is kept.
struct Kept(Value);

impl<'de> Deserialize<'de> for Kept {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        let bounded = Bounded {
            keys: None,
            depth: DEEPEST,
        };
        value.deserialize_any(bounded).map(Kept)
    }
}

/// Reads a value, but only the first of its elements and not all levels.
#[derive(Clone, Copy)]
struct Bounded {
    /// Of an object only these.
    keys: Option<&'static [&'static str]>,
    depth: usize,
}

impl Bounded {
    fn within(self) -> Bounded {
        Bounded {
            keys: None,
            depth: self.depth.saturating_sub(1),
        }
    }

    fn has_room(self, elements: usize) -> bool {
        self.depth > 0 && elements < MOST_ELEMENTS
    }
}

impl<'de> DeserializeSeed<'de> for Bounded {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<Value, D::Error> {
        value.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Bounded {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut kept = Vec::new();
        while self.has_room(kept.len()) {
            match list.next_element_seed(self.within())? {
                Some(element) => kept.push(element),
                None => return Ok(Value::Array(kept)),
            }
        }
        let mut has_more = false;
        while list.next_element::<IgnoredAny>()?.is_some() {
            has_more = true;
        }
        // That there is something in it stays known.
        if has_more && kept.is_empty() {
            kept.push(Value::Null);
        }
        Ok(Value::Array(kept))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut kept = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            let is_wanted = self.keys.is_none_or(|keys| keys.contains(&key.as_str()));
            if is_wanted && self.has_room(kept.len()) {
                kept.insert(key, map.next_value_seed(self.within())?);
            } else {
                map.next_value::<IgnoredAny>()?;
                if is_wanted && kept.is_empty() {
                    kept.insert(key, Value::Null);
                }
            }
        }
        Ok(Value::Object(kept))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }
}
