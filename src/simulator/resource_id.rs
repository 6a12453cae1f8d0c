//! The service's identifiers, compared by what they decode to, not by their spelling.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::BASE64_STANDARD_NO_PAD;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum ResourceKind {
    Location,
    Organization,
    Person,
    Workspace,
    VirtualLine,
    DigitPattern,
}

impl ResourceKind {
    /// As it is spelled in an id.
    fn name(self) -> &'static str {
        match self {
            ResourceKind::Location => "LOCATION",
            ResourceKind::Organization => "ORGANIZATION",
            ResourceKind::Person => "PEOPLE",
            ResourceKind::Workspace => "PLACE",
            ResourceKind::VirtualLine => "VIRTUAL_LINE",
            ResourceKind::DigitPattern => "DIGIT_PATTERN",
        }
    }

    /// As it is called in messages and invented names.
    pub(super) fn title(self) -> &'static str {
        match self {
            ResourceKind::Location => "Location",
            ResourceKind::Organization => "Organization",
            ResourceKind::Person => "Person",
            ResourceKind::Workspace => "Workspace",
            ResourceKind::VirtualLine => "Virtual Line",
            ResourceKind::DigitPattern => "Digit Pattern",
        }
    }
}

/// An identifier of a known kind, stored decoded: `ciscospark://us/LOCATION/…`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct ResourceId(String);

impl ResourceId {
    pub(super) fn new(kind: ResourceKind, own_part: &str) -> ResourceId {
        ResourceId(format!("ciscospark://us/{}/{own_part}", kind.name()))
    }

    /// What follows the kind.
    pub(super) fn own_part(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// Parses the encoded form, padded or not, in either base64 alphabet. A bare UUID is not accepted.
    pub(super) fn read(text: &str, kind: ResourceKind) -> Option<ResourceId> {
        let decoded = decode(text)?;
        let mut parts = decoded.strip_prefix("ciscospark://")?.split('/');
        let well_formed = parts.next().is_some_and(|region| !region.is_empty())
            && parts.next() == Some(kind.name())
            && parts.next().is_some_and(|own| !own.is_empty())
            && parts.next().is_none();
        well_formed.then_some(ResourceId(decoded))
    }

    /// Also accepts a bare UUID, which is what Control Hub shows.
    pub(super) fn read_or_convert(text: &str, kind: ResourceKind) -> Option<ResourceId> {
        let text = text.trim();
        ResourceId::read(text, kind).or_else(|| {
            let bare = uuid::Uuid::try_parse(text).ok()?;
            Some(ResourceId(format!(
                "ciscospark://us/{}/{bare}",
                kind.name()
            )))
        })
    }

    /// The spelling that the service uses.
    pub(super) fn canonical(&self) -> String {
        BASE64_STANDARD_NO_PAD.encode(&self.0)
    }
}

/// The own part of an encoded id of any kind, such as its UUID. Another text stands for itself.
pub(super) fn own_part(text: &str) -> String {
    let decoded = decode(text).filter(|decoded| decoded.starts_with("ciscospark://"));
    let own_part = decoded.as_deref().and_then(|text| text.rsplit('/').next());
    own_part.unwrap_or(text).to_owned()
}

fn decode(text: &str) -> Option<String> {
    let alphabet = if text.contains(['-', '_']) {
        &alphabet::URL_SAFE
    } else {
        &alphabet::STANDARD
    };
    let decoded = GeneralPurpose::new(alphabet, LENIENT).decode(text).ok()?;
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = "ciscospark://us/LOCATION/11111111-2222-3333-4444-555555555555";

    #[test]
    fn all_spellings_of_one_id_are_the_same() {
        let canonical = BASE64_STANDARD_NO_PAD.encode(PLAIN);
        assert_eq!(canonical.len(), 82);
        let padded = format!("{canonical}==");
        let bare = "11111111-2222-3333-4444-555555555555";
        let wanted = ResourceId(PLAIN.to_owned());
        for text in [&canonical, &padded] {
            assert_eq!(
                ResourceId::read(text, ResourceKind::Location).as_ref(),
                Some(&wanted)
            );
        }
        assert_eq!(
            ResourceId::read_or_convert(bare, ResourceKind::Location),
            Some(wanted)
        );
        assert_eq!(ResourceId::read(bare, ResourceKind::Location), None);
    }

    #[test]
    fn bits_left_over_at_the_end_do_not_matter() {
        let mut text = BASE64_STANDARD_NO_PAD.encode(PLAIN);
        let last = text.pop().unwrap();
        text.push(char::from(u8::try_from(last).unwrap() + 1));
        let id = ResourceId::read(&text, ResourceKind::Location).unwrap();
        assert_ne!(id.canonical(), text);
    }

    #[test]
    fn what_is_no_id_of_the_kind_is_not_read() {
        let encoded = |text: &str| BASE64_STANDARD_NO_PAD.encode(text);
        for text in [
            String::new(),
            "====".to_owned(),
            "not base64 at all".to_owned(),
            encoded("ciscospark://us/PEOPLE/1"),
            encoded("ciscospark://us/ORGANIZATION/1"),
            encoded("ciscospark://us/LOCATION/"),
            encoded("ciscospark://us/LOCATION/1/2"),
            encoded("LOCATION/1"),
        ] {
            assert_eq!(
                ResourceId::read(&text, ResourceKind::Location),
                None,
                "{text}"
            );
        }
        assert!(
            ResourceId::read(
                &encoded("ciscospark://us/LOCATION/31161"),
                ResourceKind::Location
            )
            .is_some()
        );
    }
}
