//! The proxy that the environment names, read as reqwest reads it: a value that it cannot use would
//! make it connect directly, past the proxy. That is an error here before anything is sent.

use std::ffi::OsString;
use std::fmt;

use anyhow::Result;
use hyper_util::client::proxy::matcher::Matcher;

use crate::model::hint::Hinted;
use crate::webex::base_url::BaseUrl;

/// The first that is set counts, even where it is empty.
const VARIABLES: [&str; 2] = ["HTTPS_PROXY", "https_proxy"];
/// For where none of those is set, or an empty one.
const GENERAL_VARIABLES: [&str; 2] = ["ALL_PROXY", "all_proxy"];
const EXCEPTIONS: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// A proxy without its password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    address: String,
    variable: &'static str,
}

impl fmt::Display for Proxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", self.address, self.variable)
    }
}

impl Proxy {
    /// The proxy through which the service is reached, if the environment names one.
    pub fn of_environment(
        base_url: &BaseUrl,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Option<Proxy>> {
        let first = |names: [&'static str; 2]| {
            let mut values = names
                .iter()
                .filter_map(|name| Some((*name, variable(name)?)));
            values.next().filter(|(_, value)| !value.is_empty())
        };
        let named = first(VARIABLES).or_else(|| first(GENERAL_VARIABLES));
        let Some((variable, value)) = named else {
            return Ok(None);
        };
        let exceptions = first(EXCEPTIONS)
            .map(|(_, value)| value)
            .unwrap_or_default();
        let exceptions = exceptions.to_string_lossy();
        if base_url.is_loopback() || is_exception(base_url, &exceptions) {
            return Ok(None);
        }
        let address = value
            .to_str()
            .map_or(Err(NOT_TEXT), |value| address_of(base_url, value));
        match address {
            Ok(address) => Ok(Some(Proxy { address, variable })),
            Err(why) => Err(Hinted::new(
                format!("the proxy in the variable {variable} cannot be used: {why}"),
                format!(
                    "write it as http://HOST:PORT (`direct` and `none` are names of hosts, too) or http://NAME:PASSWORD@HOST:PORT; to connect without a proxy, remove {variable}"
                ),
            )),
        }
    }
}

/// What most often keeps an address with a name and a password from being one.
const TO_ENCODE: &str = "perhaps a character of its name or password cannot stand in an address as it is; write @ as %40, / as %2F, # as %23, ? as %3F, : as %3A, \\ as %5C, a space as %20, ü as %C3%BC";

/// A browser runs such a script to find the proxy of each address.
const SCRIPT: &str = "it is the address of a script for browsers (PAC), in which the proxy is named; open the address in a browser, or ask your IT, and take what stands behind PROXY in it";

const PROXY_FILE: &str = "it is the path of a file, in which perhaps a script for browsers (PAC) names the proxy; open the file, or ask your IT, and take what stands behind PROXY in it";

const LINE_OF_SCRIPT: &str = "it is a line of a script for browsers (PAC), of which only what stands behind PROXY is the address";

const NOT_TEXT: &str = "it is not text";

fn is_exception(base_url: &BaseUrl, exceptions: &str) -> bool {
    let any = Matcher::builder()
        .all("http://proxy")
        .no(exceptions)
        .build();
    let url = base_url.as_str().parse().ok();
    url.is_some_and(|url| any.intercept(&url).is_none())
}

/// Whether it names a script that a browser is configured with, `http://wpad.example/proxy.pac`.
fn is_script(value: &str) -> bool {
    let address = value.to_ascii_lowercase();
    let (_, after_scheme) = address.split_once("://").unwrap_or(("", &address));
    let path = after_scheme.split_once('/').map_or("", |(_, path)| path);
    let name = path.split(['?', '#']).next().unwrap_or_default();
    let name = name.rsplit('/').next().unwrap_or_default();
    name.rsplit_once('.')
        .is_some_and(|(_, ending)| matches!(ending, "pac" | "dat" | "js"))
        || address.starts_with("pac+")
}

/// Whether it names a file of this machine: `C:\proxy.pac`, `\\server\share\proxy.pac`, `/etc/proxy.pac`.
fn is_file(value: &str) -> bool {
    let mut first = value.chars();
    let is_drive = first
        .next()
        .is_some_and(|drive| drive.is_ascii_alphabetic())
        && first.next() == Some(':')
        && matches!(first.next(), Some('\\' | '/'));
    let starts = ["\\\\", "/", "./", "~/"];
    let is_path = starts.iter().any(|start| value.starts_with(start));
    is_drive || is_path || value.to_ascii_lowercase().starts_with("file:")
}

/// Whether it is what such a script answers: `PROXY wpad:8080; DIRECT`.
fn is_line_of_script(value: &str) -> bool {
    let (first, rest) = value.split_once(' ').unwrap_or((value, ""));
    let first = first.trim_end_matches(';').to_ascii_uppercase();
    matches!(&*first, "PROXY" | "HTTP" | "HTTPS") && !rest.trim().is_empty()
}

/// The address without name and password, or what is wrong with it; nothing of the value is repeated,
/// since a password may stand anywhere in it.
fn address_of(base_url: &BaseUrl, value: &str) -> Result<String, &'static str> {
    if value.trim() != value {
        return Err("there is a space or line break around it");
    }
    if value.starts_with(['"', '\'']) {
        return Err("there are quotes around it");
    }
    if value.to_ascii_lowercase().starts_with("socks") && value.contains("://") {
        return Err("it is a SOCKS proxy, and only HTTP proxies are supported");
    }
    if is_file(value) {
        return Err(PROXY_FILE);
    }
    if is_line_of_script(value) {
        return Err(LINE_OF_SCRIPT);
    }
    if is_script(value) {
        return Err(SCRIPT);
    }
    let url = base_url.as_str().parse().ok();
    let matcher = Matcher::builder().all(value).build();
    let proxy = url.and_then(|url| matcher.intercept(&url));
    let Some(proxy) = proxy else {
        return Err(if value.contains('@') {
            TO_ENCODE
        } else {
            "it is not the address of a proxy"
        });
    };
    let address = proxy.uri();
    let authority = address.authority().map_or("", |it| it.as_str());
    let after_authority = value.split_once(authority).map_or("", |(_, rest)| rest);
    if authority.contains('@') || after_authority.contains('@') {
        return Err(TO_ENCODE);
    }
    let host = address.host().unwrap_or_default();
    let is_host = !host.contains("..") && !host.contains('*');
    if !is_host {
        return Err("it has no name of a host");
    }
    let port = authority.strip_prefix(host).unwrap_or_default();
    let is_port = port.is_empty()
        || port
            .strip_prefix(':')
            .and_then(|port| port.parse().ok())
            .is_some_and(|port: u16| port > 0);
    if host.is_empty() || !is_port {
        return Err("its port is not a number from 1 to 65535");
    }
    let scheme = address.scheme_str().unwrap_or("http");
    Ok(format!("{scheme}://{authority}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(url: &str, set: &[(&str, &str)]) -> Result<Option<Proxy>> {
        let base_url = BaseUrl::read(url).expect("an address");
        Proxy::of_environment(&base_url, |name| {
            let value = set.iter().find(|(variable, _)| *variable == name);
            value.map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn a_proxy_is_taken_from_where_reqwest_takes_it() {
        const URL: &str = "https://webexapis.com/v1";
        for (set, taken) in [
            (&[][..], None),
            (&[("HTTPS_PROXY", "")], None),
            (&[("HTTP_PROXY", "nonsense is not read")], None),
            (
                &[("HTTPS_PROXY", "http://proxy.example:3128")],
                Some("http://proxy.example:3128 (HTTPS_PROXY)"),
            ),
            (
                &[("https_proxy", "proxy.example:3128")],
                Some("http://proxy.example:3128 (https_proxy)"),
            ),
            (
                &[("all_proxy", "https://proxy.example/")],
                Some("https://proxy.example (all_proxy)"),
            ),
            (
                &[("HTTPS_PROXY", ""), ("ALL_PROXY", "proxy")],
                Some("http://proxy (ALL_PROXY)"),
            ),
            (
                &[("HTTPS_PROXY", "http://me:p%40ss@[::1]:8080")],
                Some("http://[::1]:8080 (HTTPS_PROXY)"),
            ),
            (
                &[("HTTPS_PROXY", "proxy:1"), ("NO_PROXY", "webexapis.com")],
                None,
            ),
            (
                &[
                    ("HTTPS_PROXY", "no proxy"),
                    ("no_proxy", "x, .webexapis.com"),
                ],
                None,
            ),
            (&[("HTTPS_PROXY", "no proxy"), ("NO_PROXY", "*")], None),
        ] {
            let found = proxy(URL, set).expect("it can be read");
            assert_eq!(
                found.map(|proxy| proxy.to_string()).as_deref(),
                taken,
                "{set:?}"
            );
        }
        let local = proxy("http://127.0.0.1:8080", &[("HTTPS_PROXY", "no proxy")]);
        assert_eq!(local.expect("it is not asked"), None);
    }

    #[test]
    fn what_reqwest_would_pass_over_is_an_error_that_repeats_nothing() {
        for value in [
            "http://me:s3cret@proxy.example:port",
            "http://me:s3cret@proxy.example:0",
            "http://me:s3cret@proxy.example:99999",
            "http://me:s3cr@et@proxy.example:3128",
            "http://me:s3cr/et@proxy.example:3128",
            "http://me:12/s3cret@proxy.example:3128",
            "http://me:s3cr#et@proxy.example:3128",
            "http://me:s3cr?et@proxy.example:3128",
            "http://me:s3cr et@proxy.example:3128",
            "http://me:s3crét@proxy.example:3128",
            "\"http://me:s3cret@proxy.example:3128\"",
            " http://me:s3cret@proxy.example:3128",
            "http://me:s3cret@proxy.example:3128\n",
            "http:/me:s3cret@proxy.example:3128",
            "http//me:s3cret@proxy.example:3128",
            "htp://me:s3cret@proxy.example:3128",
            "ftp://me:s3cret@proxy.example",
            "socks5h://me:s3cret@proxy.example:1080",
            "SOCKS5://me:s3cret@proxy.example:1080",
            "http://",
            "http://:3128",
            "://s3cret",
            "http://me:s3cret@",
            "http://me:s3cret@:3128",
            "http://*:80",
            "http://proxy..:80",
        ] {
            let result = proxy("https://webexapis.com/v1", &[("HTTPS_PROXY", value)]);
            let error = result.map(|proxy| panic!("{value} is taken: {proxy:?}"));
            let error = format!("{:?}", error.expect_err("an error"));
            assert!(!error.contains("s3cr"), "{error}");
        }
    }

    #[test]
    fn the_address_of_a_script_is_called_one() {
        for value in [
            "http://wpad.example/proxy.pac",
            "http://me:s3cret@wpad.example:8080/corporate/PROXY.PAC?site=2",
            "https://pac.example/wpad.dat",
            "wpad.example/proxy.pac",
            "pac+http://wpad.example/accelerated_pac_base",
        ] {
            let error = proxy("https://webexapis.com/v1", &[("HTTPS_PROXY", value)]);
            let said = format!("{:?}", error.expect_err(value));
            assert!(said.contains("script for browsers (PAC)"), "{said}");
            assert!(!said.contains("s3cr"), "{said}");
        }
        for (value, what) in [
            (r"C:\proxy.pac", "the path of a file"),
            (r"\\server\share\s3cret.pac", "the path of a file"),
            ("file:///C:/s3cret/proxy.pac", "the path of a file"),
            ("/etc/proxy.pac", "the path of a file"),
            ("PROXY wpad:8080", "a line of a script for browsers (PAC)"),
            (
                "proxy s3cret:8080; DIRECT",
                "a line of a script for browsers (PAC)",
            ),
        ] {
            let error = proxy("https://webexapis.com/v1", &[("HTTPS_PROXY", value)]);
            let said = format!("{:?}", error.expect_err(value));
            assert!(said.contains(what) && !said.contains("s3cr"), "{said}");
        }
        // The name of a host is none.
        let taken = proxy(
            "https://webexapis.com/v1",
            &[("HTTPS_PROXY", "http://proxy.pac:3128")],
        );
        assert!(taken.expect("a proxy").is_some());
    }
}
