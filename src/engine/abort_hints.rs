//! What to do before a run that ended early goes on.

use std::borrow::Cow;

use crate::engine::abort::{AbortReason, MissingCredential};
use crate::model::response::TransportCause;
use crate::model::wording::listed;
use crate::setting::Setting;

/// Credentials that are named where several are missing.
const CREDENTIALS_NAMED: usize = 3;

impl AbortReason {
    /// What to do before going on, where there is something to do.
    pub fn hint(&self, setting: &Setting) -> Option<Cow<'static, str>> {
        let scope = match self {
            AbortReason::Forbidden { .. } | AbortReason::MayNotChange { .. } => setting.write_scope,
            AbortReason::MayNotRead { .. } => setting.read_scope,
            AbortReason::NotManaged { missing, .. } => {
                return Some(Cow::Owned(if missing.is_empty() {
                    "add a credential that manages them, with --token-file FILE or --service-app FILE, or as a file in the folder of --credentials".to_string()
                } else {
                    format!(
                        "put back what the run had before: {}; where it was rejected, with a new token",
                        named(missing)
                    )
                }));
            }
            _ => return self.plain_hint().map(Cow::Borrowed),
        };
        Some(Cow::Owned(format!(
            "the token needs the scope `{scope}`, and its user must administer these organizations"
        )))
    }

    fn plain_hint(&self) -> Option<&'static str> {
        match self {
            AbortReason::Interrupted
            | AbortReason::SheetUnreadable(_)
            | AbortReason::Forbidden { .. }
            | AbortReason::MayNotRead { .. }
            | AbortReason::MayNotChange { .. }
            | AbortReason::NotManaged { .. } => None,
            AbortReason::Unauthorized { .. } => Some(
                "it has expired (personal tokens last 12 hours) or was not copied completely; get a new access token",
            ),
            AbortReason::TokenOfAnother { .. } => Some(
                "put a token of the user and the organization with which the run began into the file",
            ),
            AbortReason::NotRenewed { .. } => Some(
                "a refresh token ends when it is not used for 90 days or when access is withdrawn; first authorize the app again and save its new refresh token",
            ),
            AbortReason::NoTokenGiven { .. } => Some(
                "the refresh token was not refused, so it may be as good as before; check --base-url and the proxy (`HTTPS_PROXY`), and https://status.webex.com before you try again",
            ),
            AbortReason::NotTheService { .. } => Some(
                "check --base-url, the proxy (`HTTPS_PROXY`), and in a browser whether this network wants you to sign in first",
            ),
            AbortReason::Unreachable { cause, .. } => Some(next_step(*cause)),
            AbortReason::TooManyFailures { .. } => Some(
                "look in the results first to see why they failed; they count when the run goes on, which takes a higher --max-failures",
            ),
            AbortReason::FirstRowsDone => {
                Some("compare what was wanted with what was found before you go on")
            }
            AbortReason::FirstRowsFailed { .. } => Some(
                "find out why before you go on: the other rows are likely to end in the same way",
            ),
            AbortReason::WaitTooLong { .. } => {
                Some("go on when that time has come, or with a longer --max-wait")
            }
            AbortReason::StillToWait { .. } => Some("go on when that time has come"),
            AbortReason::NotAsked { .. } => Some(
                "go on when Webex answers that credential again; `wxbulk whoami` shows whether it does",
            ),
            AbortReason::CannotRecord(_) => {
                Some("first make room on the disk, or make the folder writable again")
            }
        }
    }
}

fn named(missing: &[MissingCredential]) -> String {
    let names = missing.iter().take(CREDENTIALS_NAMED);
    let mut names: Vec<String> = names.map(ToString::to_string).collect();
    let more = missing.len() - names.len();
    if more > 0 {
        names.push(format!("{more} more"));
    }
    listed(&names)
}

/// What to do about a service that cannot be reached.
fn next_step(cause: TransportCause) -> &'static str {
    match cause {
        TransportCause::NameNotFound => {
            "check the network, the VPN, and the spelling of --base-url if you gave one; where only a proxy reaches the internet, name it in HTTPS_PROXY"
        }
        TransportCause::ConnectionRefused => {
            "nothing listens at that address, or a firewall forbids it; check --base-url, the VPN, and whether this network needs a proxy (HTTPS_PROXY)"
        }
        TransportCause::NoRoute => "this computer has no way there; check the network and the VPN",
        TransportCause::TimedOut => {
            "a firewall may drop the packets, or the server hangs; check the network, the VPN and the proxy (HTTPS_PROXY)"
        }
        TransportCause::Broken => {
            "something between here and the service may close the connections; check --base-url, the VPN and the proxy (HTTPS_PROXY)"
        }
        TransportCause::UntrustedCertificate => {
            "a certificate that is not trusted is often the company proxy's own: its issuer belongs in this computer's certificate store; ask your network administrators, and do not go on from a network you do not know"
        }
        TransportCause::CertificateOutOfDate => {
            "check the date and time of this computer first; if they are right, the server's certificate has to be renewed"
        }
        TransportCause::WrongCertificate => {
            "another server answers than the one that was meant; check --base-url, the proxy (HTTPS_PROXY), and in a browser whether this network wants you to sign in first"
        }
        TransportCause::NotTls => {
            "check the port in --base-url, and whether HTTPS_PROXY should begin with http:// instead of https://"
        }
        TransportCause::ProxyPassword => {
            "put the right name and password into HTTPS_PROXY, as http://NAME:PASSWORD@HOST:PORT; a character such as @ or # in them is written as %40 or %23"
        }
        TransportCause::ProxyUnreachable => {
            "check the proxy's name and port in HTTPS_PROXY, and the VPN; without a proxy, remove that variable"
        }
        TransportCause::ProxyRefused => {
            "the proxy does not let anyone through to the service; ask those who run it to allow its address, or name another in HTTPS_PROXY"
        }
        TransportCause::Gateway => {
            "what answers is not Webex itself, but a gateway or a proxy that does not get through to it; check --base-url and the proxy (HTTPS_PROXY), and https://status.webex.com before you try again"
        }
        TransportCause::Other => "check the network, the VPN and the proxy (HTTPS_PROXY)",
    }
}
