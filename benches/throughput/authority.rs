//! A certificate authority made for one measurement, and the server it vouches for.
//!
//! wxbulk trusts what the system trusts; on Linux `SSL_CERT_FILE` names that file, for this program as for others.

use std::error::Error;
use std::fs;
use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// What the clients trust.
pub(crate) const AUTHORITY: &str = "authority.pem";
const SERVER: &str = "server.pem";
const SERVER_KEY: &str = "server-key.pem";

/// Writes the authority's certificate and the server's with its key into `folder`.
pub(crate) fn establish(folder: &Path) -> Result<(), Box<dyn Error>> {
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::CommonName, "an authority for one measurement");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let server = CertificateParams::new(["localhost".to_string()])?.signed_by(&key, &authority)?;
    fs::write(folder.join(AUTHORITY), authority.pem())?;
    fs::write(folder.join(SERVER), server.pem())?;
    fs::write(folder.join(SERVER_KEY), key.serialize_pem())?;
    Ok(())
}

/// TLS as that server speaks it, with HTTP/2 preferred.
pub(crate) fn server(folder: &Path) -> Result<ServerConfig, Box<dyn Error>> {
    // An error means that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let certificate = CertificateDer::from_pem_file(folder.join(SERVER))?;
    let key = PrivateKeyDer::from_pem_file(folder.join(SERVER_KEY))?;
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
