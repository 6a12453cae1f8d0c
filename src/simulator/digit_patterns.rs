//! Digit patterns of a location: exceptions for single numbers, which take precedence over calling permissions.

use hyper::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::calling_permissions::parse_action;
use super::http_response::ApiError;
use super::resource_id::{ResourceId, ResourceKind};

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DigitPattern {
    /// Empty for a generated one.
    #[serde(default)]
    pub id: String,
    pub name: String,
    pub pattern: String,
    pub action: String,
    pub transfer_enabled: bool,
}

impl DigitPattern {
    fn as_json(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "pattern": self.pattern,
            "action": self.action,
            "transferEnabled": self.transfer_enabled,
        })
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct DigitPatterns {
    patterns: Vec<DigitPattern>,
    generated: u64,
}

impl DigitPatterns {
    /// Those without an id get one that depends on `owner`, the location.
    pub(super) fn new(patterns: Vec<DigitPattern>, owner: &ResourceId) -> DigitPatterns {
        let mut all = DigitPatterns::default();
        for mut pattern in patterns {
            if pattern.id.is_empty() {
                pattern.id = all.generate_id(owner);
            }
            all.patterns.push(pattern);
        }
        all
    }

    pub(super) fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    pub(super) fn all(&self) -> Value {
        self.patterns.iter().map(DigitPattern::as_json).collect()
    }

    pub(super) fn one(&self, id: &str) -> Option<Value> {
        let found = self.patterns.iter().find(|pattern| pattern.id == id);
        found.map(DigitPattern::as_json)
    }

    /// Returns the new pattern's id. All fields are required.
    pub(super) fn create(
        &mut self,
        body: &Map<String, Value>,
        owner: &ResourceId,
    ) -> Result<String, ApiError> {
        let empty = DigitPattern {
            id: String::new(),
            name: String::new(),
            pattern: String::new(),
            action: String::new(),
            transfer_enabled: false,
        };
        let fields = ["name", "pattern", "action", "transferEnabled"];
        if let Some(missing) = fields.iter().find(|field| !body.contains_key(**field)) {
            return Err(invalid(missing));
        }
        let mut pattern = updated(empty, body)?;
        self.refuse_duplicate(&pattern)?;
        pattern.id = self.generate_id(owner);
        let id = pattern.id.clone();
        self.patterns.push(pattern);
        Ok(id)
    }

    /// `None` if there is no such pattern. An omitted field keeps its value.
    pub(super) fn update(
        &mut self,
        id: &str,
        body: &Map<String, Value>,
    ) -> Option<Result<(), ApiError>> {
        let at = self.patterns.iter().position(|pattern| pattern.id == id)?;
        let pattern = updated(self.patterns[at].clone(), body);
        Some(pattern.and_then(|pattern| {
            self.refuse_duplicate(&pattern)?;
            self.patterns[at] = pattern;
            Ok(())
        }))
    }

    /// `None` if there is no such pattern.
    pub(super) fn delete(&mut self, id: &str) -> Option<()> {
        let at = self.patterns.iter().position(|pattern| pattern.id == id)?;
        self.patterns.remove(at);
        Some(())
    }

    pub(super) fn delete_all(&mut self) {
        self.patterns.clear();
    }

    fn refuse_duplicate(&self, pattern: &DigitPattern) -> Result<(), ApiError> {
        let is_same = |other: &DigitPattern| {
            other.id != pattern.id
                && (other.name == pattern.name || other.pattern == pattern.pattern)
        };
        if self.patterns.iter().any(is_same) {
            let message = "A digit pattern with this name or pattern exists already.";
            return Err(ApiError::new(StatusCode::CONFLICT, message).with_codes(25409, 4409));
        }
        Ok(())
    }

    fn generate_id(&mut self, owner: &ResourceId) -> String {
        self.generated += 1;
        let own = format!("{}-{}", owner.own_part(), self.generated);
        ResourceId::new(ResourceKind::DigitPattern, &own).canonical()
    }
}

fn invalid(field: &str) -> ApiError {
    ApiError::bad_request(format!("Invalid value for '{field}'."), 25024, 25024)
}

fn updated(mut pattern: DigitPattern, body: &Map<String, Value>) -> Result<DigitPattern, ApiError> {
    for (field, text) in [
        ("name", &mut pattern.name),
        ("pattern", &mut pattern.pattern),
    ] {
        if let Some(value) = body.get(field) {
            let value = value.as_str().filter(|value| !value.is_empty());
            value.ok_or_else(|| invalid(field))?.clone_into(text);
        }
    }
    if let Some(action) = body.get("action") {
        pattern.action = parse_action(action)?;
    }
    if let Some(enabled) = body.get("transferEnabled") {
        pattern.transfer_enabled = enabled
            .as_bool()
            .ok_or_else(|| invalid("transferEnabled"))?;
    }
    Ok(pattern)
}
