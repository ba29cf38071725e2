//! Secrets: random tokens, their hashes, and the vault that seals account numbers and files at rest.
//! All of it is other people's well-kept cryptography; this file only gives it our shapes.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::error::{AppError, AppResult};

/// `N` bytes from the system's generator.
pub fn random<const N: usize>() -> AppResult<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| AppError::Internal(format!("no random bytes: {e}")))?;
    Ok(bytes)
}

/// A new secret token of 256 bits: 43 base64url characters.
pub fn new_token() -> AppResult<String> {
    Ok(URL_SAFE_NO_PAD.encode(random::<32>()?))
}

/// The hash under which a token is stored: a token is random, so a fast hash is enough.
pub fn token_hash(token: &str) -> Vec<u8> {
    sha256(token.as_bytes())
}

/// SHA-256.
pub fn sha256(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// Whether two secrets are equal, in a time that tells nothing of where they differ.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// Keys derived from the installation's one secret, each for one use.
#[derive(Clone)]
pub struct Vault {
    cipher: XChaCha20Poly1305,
    lookup: [u8; 64],
    csrf: [u8; 64],
    cookie: [u8; 64],
}

/// Nothing of its keys.
impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault")
    }
}

/// Names the key that sealed a value, so that keys can be changed later without guessing.
const KEY_ID: u8 = 1;

impl Vault {
    /// From the installation's secret of at least 32 bytes.
    pub fn new(secret: &[u8]) -> AppResult<Self> {
        if secret.len() < 32 {
            return Err(AppError::Internal(
                "the secret key is shorter than 32 bytes".into(),
            ));
        }
        let keys = Hkdf::<Sha256>::new(Some(b"docket"), secret);
        let derive = |use_for: &str, key: &mut [u8]| {
            keys.expand(use_for.as_bytes(), key)
                .map_err(|e| AppError::Internal(format!("key derivation: {e}")))
        };
        let (mut seal, mut lookup, mut csrf, mut cookie) = ([0; 32], [0; 64], [0; 64], [0; 64]);
        derive("seal", &mut seal)?;
        derive("lookup", &mut lookup)?;
        derive("csrf", &mut csrf)?;
        derive("cookie", &mut cookie)?;
        Ok(Self {
            cipher: XChaCha20Poly1305::new(&seal.into()),
            lookup,
            csrf,
            cookie,
        })
    }

    /// Seals `plain`. `place` (the table and row it is for) is bound to it: moved elsewhere it does not open.
    pub fn seal(&self, place: &str, plain: &[u8]) -> AppResult<Vec<u8>> {
        let nonce = random::<24>()?;
        let sealed = self
            .cipher
            .encrypt(
                &XNonce::from(nonce),
                Payload {
                    msg: plain,
                    aad: place.as_bytes(),
                },
            )
            .map_err(|_| AppError::Internal("sealing failed".into()))?;
        let mut out = Vec::with_capacity(1 + nonce.len() + sealed.len());
        out.push(KEY_ID);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        Ok(out)
    }

    /// Opens what was sealed for the same `place`.
    pub fn open(&self, place: &str, sealed: &[u8]) -> AppResult<Vec<u8>> {
        let broken = || {
            AppError::Internal(format!(
                "a sealed value of {place} does not open: wrong key or damaged"
            ))
        };
        let (&[key_id], rest) = sealed.split_first_chunk::<1>().ok_or_else(broken)?;
        let (nonce, body) = rest.split_first_chunk::<24>().ok_or_else(broken)?;
        if key_id != KEY_ID {
            return Err(broken());
        }
        self.cipher
            .decrypt(
                &XNonce::from(*nonce),
                Payload {
                    msg: body,
                    aad: place.as_bytes(),
                },
            )
            .map_err(|_| broken())
    }

    /// The keyed hash by which a sealed value can be found again; without the key it tells nothing.
    pub fn lookup(&self, value: &str) -> Vec<u8> {
        hmac(&self.lookup, value)
    }

    /// What ties a form to the session (or to the visitor before sign-in) it was shown to.
    pub fn form_proof(&self, session: &str) -> Vec<u8> {
        hmac(&self.csrf, session)
    }

    /// The key that signs cookies.
    pub fn cookie_key(&self) -> &[u8] {
        &self.cookie
    }
}

fn hmac(key: &[u8; 64], value: &str) -> Vec<u8> {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new(&(*key).into());
    mac.update(value.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault() -> Vault {
        Vault::new(&[7; 32]).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_in_its_place_only() {
        let sealed = vault().seal("account", b"123456789").unwrap();
        assert_eq!(vault().open("account", &sealed).unwrap(), b"123456789");
        assert!(vault().open("import", &sealed).is_err());
        assert!(Vault::new(&[8; 32]).unwrap().open("account", &sealed).is_err());
        assert!(vault().open("account", &sealed[..10]).is_err());
    }

    #[test]
    fn equal_values_seal_differently_and_are_found_by_their_keyed_hash() {
        assert_ne!(
            vault().seal("account", b"1").unwrap(),
            vault().seal("account", b"1").unwrap()
        );
        assert_eq!(vault().lookup("1"), vault().lookup("1"));
        assert_ne!(vault().lookup("1"), sha256(b"1"));
    }

    #[test]
    fn a_short_secret_is_refused() {
        assert!(Vault::new(b"short").is_err());
    }

    #[test]
    fn tokens_are_256_bits_and_differ() {
        let (a, b) = (new_token().unwrap(), new_token().unwrap());
        assert_eq!(a.len(), 43);
        assert_ne!(a, b);
    }
}
