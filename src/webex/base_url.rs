//! Where the service is: a checked base URL, never one that would show the token on the way.

use std::fmt;
use std::net::IpAddr;

use anyhow::{Result, bail};

use crate::model::token_shape::without_tokens;

/// The public service.
pub const WEBEX: &str = "https://webexapis.com/v1";

/// A base URL without a slash at its end: `https`, or `http` on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    text: String,
    is_loopback: bool,
}

impl BaseUrl {
    pub fn read(text: &str) -> Result<BaseUrl> {
        let text = text.trim().trim_end_matches('/');
        if without_tokens(text) != text {
            bail!(
                "there is an access token in the address; it belongs into the variable WEBEX_ACCESS_TOKEN or a file named with --token-file"
            );
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            bail!("`{text}` is not a web address; it looks like {WEBEX}");
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if authority.contains('@') {
            bail!("a user name or password in the address is not supported");
        }
        let plain = |byte: u8| byte.is_ascii_graphic() && !b"?#\"<>\\^`{|}".contains(&byte);
        let host = host_of(authority);
        if host.is_empty() || !authority.bytes().chain(path.bytes()).all(plain) {
            bail!("`{text}` is not a base address; it looks like {WEBEX}");
        }
        let is_loopback = host.eq_ignore_ascii_case("localhost")
            || host
                .parse()
                .is_ok_and(|address: IpAddr| address.is_loopback());
        if scheme.eq_ignore_ascii_case("http") && !is_loopback {
            bail!("`{text}` would send the access token unencrypted; use https://{rest}");
        }
        if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
            bail!("`{scheme}://` is not supported; use https://{rest}");
        }
        Ok(BaseUrl {
            text: text.to_string(),
            is_loopback,
        })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether requests go unencrypted, which they do at most within this machine.
    pub fn is_plain(&self) -> bool {
        self.text
            .get(..5)
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case("http:"))
    }

    /// Whether the server is on this machine.
    pub fn is_loopback(&self) -> bool {
        self.is_loopback
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// `[::1]:8080` → `::1`, `host:8080` → `host`.
fn host_of(authority: &str) -> &str {
    if let Some(bracketed) = authority.strip_prefix('[') {
        return bracketed.split_once(']').map_or("", |(host, _)| host);
    }
    authority
        .split_once(':')
        .map_or(authority, |(host, _)| host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_that_keep_the_token_private_are_taken() {
        for (text, taken) in [
            ("https://webexapis.com/v1", Some("https://webexapis.com/v1")),
            (
                "https://api-usgov.webex.com/v1/",
                Some("https://api-usgov.webex.com/v1"),
            ),
            ("http://127.0.0.1:8080", Some("http://127.0.0.1:8080")),
            ("http://127.9.9.9/v1", Some("http://127.9.9.9/v1")),
            ("http://[::1]:80", Some("http://[::1]:80")),
            ("http://localhost:1", Some("http://localhost:1")),
            ("http://webexapis.com/v1", None),
            (
                "https://webexapis.com/NzQ0ODU5NjUtZTQ1NC00ZmE5_PF84_1eb65fdf-9643-417f-9974-ad72cae0e10f",
                None,
            ),
            ("http://localhost.evil.example/v1", None),
            ("http://127.0.0.1.evil.example", None),
            ("http://127.0.0.1@evil.example", None),
            ("http://evil.example#@127.0.0.1", None),
            ("http://evil.example\\@127.0.0.1", None),
            ("ftp://127.0.0.1", None),
            ("webexapis.com/v1", None),
            ("https://", None),
            ("https:///v1", None),
            ("https://webexapis.com/v1?a=b", None),
            ("https://webex apis.com", None),
            ("", None),
        ] {
            let read = BaseUrl::read(text).ok();
            assert_eq!(read.as_ref().map(BaseUrl::as_str), taken, "{text}");
        }
    }
}
