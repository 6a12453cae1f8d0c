//! The questions of a selftest that change nothing: how the service tells what is set, and whether it takes
//! an id as Control Hub shows it.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::findings::{Finding, Verdict, mask, names};
use crate::engine::api_queries::{ApiClient, QueryError};
use crate::model::current_values::CurrentValues;
use crate::model::ids;
use crate::model::row::Row;
use crate::model::usage::Usage;
use crate::platform::StopRequests;
use crate::setting::location_numbers::LOCATION_NUMBERS;
use crate::setting::{ReadBody, Resource};
use crate::webex::Queries;
use crate::webex::lists::Fetched;

/// What was read before anything was changed.
#[derive(Debug)]
pub(super) struct PlainReads {
    pub(super) numbers: CurrentValues,
    body: Vec<u8>,
    /// What the same read says with the plain UUID; `None` where the id has none.
    by_uuid: Option<Answer>,
    /// The rules, then the digit patterns.
    used_in: Vec<Answer>,
}

/// The answer to one question.
#[derive(Debug)]
enum Answer {
    Body(Fetched),
    Refused(u16),
    Unclear,
}

impl PlainReads {
    pub(super) async fn ask<S: Queries, T: StopRequests>(
        api: &mut ApiClient<'_, S, T>,
        row: &Row<'_>,
    ) -> Result<PlainReads, QueryError> {
        let numbers = &LOCATION_NUMBERS.resources[0];
        let body = api.resource_of(numbers, row).await?.body;
        let Some(read) = values(numbers, &body) else {
            let said = "the answer does not say which numbers are set";
            return Err(QueryError::Unclear(said.into()));
        };
        let mut by_uuid = None;
        if let Some(uuid) = ids::uuid_in(&row.target_id) {
            let row = Row {
                target_id: uuid.into(),
                ..row.clone()
            };
            by_uuid = Some(answer(api, numbers, &row).await?);
        }
        let mut used_in = Vec::new();
        for resource in LOCATION_NUMBERS.used_in {
            used_in.push(answer(api, resource, row).await?);
        }
        Ok(PlainReads {
            numbers: read,
            body,
            by_uuid,
            used_in,
        })
    }

    /// Which number no rule and no digit pattern uses, best one that is not set; `None` where that cannot
    /// be known.
    pub(super) fn free_number(&self) -> Option<usize> {
        let mut usages: Vec<Usage> = Vec::new();
        for (resource, answer) in LOCATION_NUMBERS.used_in.iter().zip(&self.used_in) {
            usages.extend(usages_in(resource, answer)?);
        }
        let is_free = |index: &usize| usages.iter().all(|usage| usage.number != *index);
        let free = || (0..LOCATION_NUMBERS.fields.len()).rev().filter(is_free);
        let is_unset = |index: &usize| self.numbers.get(*index).is_none();
        free().find(is_unset).or_else(|| free().next())
    }

    pub(super) fn findings(&self) -> Vec<Finding> {
        vec![
            self.of_numbers(),
            self.of_the_id(),
            of_a_list(
                "the rules of a location are read as documented",
                "GET …/outgoingPermission",
                "callingPermissions",
                "callType",
                &LOCATION_NUMBERS.used_in[0],
                &self.used_in[0],
            ),
            of_a_list(
                "the digit patterns of a location are read as documented",
                "GET …/outgoingPermission/digitPatterns",
                "digitPatterns",
                "action",
                &LOCATION_NUMBERS.used_in[1],
                &self.used_in[1],
            ),
        ]
    }

    fn of_numbers(&self) -> Finding {
        let object: Map<String, Value> = serde_json::from_slice(&self.body).unwrap_or_default();
        let fields = LOCATION_NUMBERS.fields.iter();
        let mut shapes: Vec<String> = fields
            .clone()
            .map(|field| {
                let shape = match object.get(field.name) {
                    None => "left out".to_string(),
                    Some(Value::Null) => "null".to_string(),
                    Some(Value::String(text)) if text.is_empty() => "the empty text".to_string(),
                    Some(Value::String(text)) => mask(text),
                    Some(_) => "something else".to_string(),
                };
                format!("{} {shape}", field.name)
            })
            .collect();
        let is_ours = |name: &&str| fields.clone().any(|field| field.name == *name);
        let others: Vec<&str> = object
            .keys()
            .map(String::as_str)
            .filter(|name| !is_ours(name))
            .collect();
        if !others.is_empty() {
            shapes.push(format!("besides {}", names(&others)));
        }
        Finding {
            question: "what is set is read as text, what is not as null, empty or not at all",
            asked: "GET …/autoTransferNumbers".into(),
            answer: format!("200: {}", shapes.join("; ")),
            verdict: Verdict::AsAssumed,
        }
    }

    /// Nothing depends on it: the program sends the long form.
    fn of_the_id(&self) -> Finding {
        let (answer, verdict) = match &self.by_uuid {
            None => ("the id holds no UUID".to_string(), Verdict::NotKnown),
            Some(Answer::Body(fetched)) => {
                match values(&LOCATION_NUMBERS.resources[0], &fetched.body) {
                    Some(read) if same(&read, &self.numbers) => (
                        "200: the same numbers; it is taken".to_string(),
                        Verdict::AsAssumed,
                    ),
                    _ => ("200: not the same numbers".to_string(), Verdict::Differs),
                }
            }
            Some(Answer::Refused(status)) => {
                (format!("{status}: it is not taken"), Verdict::AsAssumed)
            }
            Some(Answer::Unclear) => ("no answer".to_string(), Verdict::NotKnown),
        };
        Finding {
            question: "the plain UUID of a location means that location, or is refused",
            asked: "GET …/autoTransferNumbers with the UUID in place of the id".into(),
            answer,
            verdict,
        }
    }
}

/// Whether two readings are the same, letter for letter.
pub(super) fn same(one: &CurrentValues, other: &CurrentValues) -> bool {
    let mut fields = 0..LOCATION_NUMBERS.fields.len();
    fields.all(|index| one.get(index) == other.get(index))
}

async fn answer<S: Queries, T: StopRequests>(
    api: &mut ApiClient<'_, S, T>,
    resource: &Resource,
    row: &Row<'_>,
) -> Result<Answer, QueryError> {
    match api.resource_of(resource, row).await {
        Ok(fetched) => Ok(Answer::Body(fetched)),
        Err(QueryError::Refused { status, .. }) => Ok(Answer::Refused(status)),
        Err(QueryError::Unclear(_)) => Ok(Answer::Unclear),
        Err(stopped) => Err(stopped),
    }
}

fn values(resource: &Resource, body: &[u8]) -> Option<CurrentValues> {
    match (resource.read_body)(body) {
        ReadBody::Values(reading) => Some(reading.values),
        ReadBody::Empty => Some(CurrentValues::default()),
        ReadBody::Other => None,
    }
}

/// What all of a list says, which has one page.
fn usages_in(resource: &Resource, answer: &Answer) -> Option<Vec<Usage>> {
    let Answer::Body(Fetched { body, next: None }) = answer else {
        return None;
    };
    match (resource.read_body)(body) {
        ReadBody::Values(reading) if !reading.is_partial => Some(reading.usages),
        ReadBody::Values(_) | ReadBody::Empty | ReadBody::Other => None,
    }
}

/// What a list says: how many elements, and the words that one of their fields has.
fn of_a_list(
    question: &'static str,
    asked: &str,
    list: &str,
    field: &str,
    resource: &Resource,
    answer: &Answer,
) -> Finding {
    let (said, verdict) = match answer {
        Answer::Body(Fetched { body, next }) => {
            let object: Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
            let elements = object.get(list).and_then(Value::as_array);
            let elements = elements.map_or(&[][..], Vec::as_slice);
            let words = elements.iter().filter_map(|one| one.get(field)?.as_str());
            let mut words: Vec<&str> = words.collect();
            words.sort_unstable();
            words.dedup();
            let is_fixed =
                |one: &&Value| one.get("isCallTypeRestrictionEnabled") == Some(&true.into());
            let mut said = format!("200: {} in {list}", elements.len());
            if !words.is_empty() {
                let _ = write!(said, ": {}", names(&words));
            }
            let fixed = elements.iter().filter(is_fixed).count();
            if fixed > 0 {
                let _ = write!(said, "; {fixed} of them restricted");
            }
            if next.is_some() {
                said.push_str("; there are more pages, which are not read");
            }
            let is_read = usages_in(resource, answer).is_some();
            (said, Verdict::of(is_read))
        }
        Answer::Refused(status) => (status.to_string(), Verdict::NotKnown),
        Answer::Unclear => ("no answer".to_string(), Verdict::NotKnown),
    };
    Finding {
        question,
        asked: asked.into(),
        answer: said,
        verdict,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_free_only_where_all_pages_of_what_may_use_it_are_there() {
        let rules =
            r#"{"callingPermissions":[{"callType":"NATIONAL","action":"TRANSFER_NUMBER_3"}]}"#;
        let patterns =
            r#"{"digitPatterns":[{"name":"x","pattern":"1X","action":"TRANSFER_NUMBER_2"}]}"#;
        for (next_rules, next_patterns, free) in [
            (None, None, Some(0)),
            (Some("https://webexapis.com/v1/next"), None, None),
            (None, Some("https://webexapis.com/v1/next"), None),
        ] {
            let body = |text: &str, next: Option<&str>| {
                Answer::Body(Fetched {
                    body: text.into(),
                    next: next.map(String::from),
                })
            };
            let reads = PlainReads {
                numbers: CurrentValues::default(),
                body: b"{}".to_vec(),
                by_uuid: None,
                used_in: vec![body(rules, next_rules), body(patterns, next_patterns)],
            };
            assert_eq!(reads.free_number(), free);
            let lists = &reads.findings()[2..];
            for (finding, next) in lists.iter().zip([next_rules, next_patterns]) {
                let is_whole = next.is_none();
                assert_eq!(finding.verdict, Verdict::of(is_whole));
                assert_eq!(finding.answer.contains("more pages"), !is_whole);
            }
        }
    }
}
