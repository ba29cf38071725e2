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

/// Keys derived from the installation's secret, each for one use. A secret that has just been replaced still opens what
/// it sealed, until everything is sealed anew.
#[derive(Clone)]
pub struct Vault {
    /// The first one seals; all open.
    sealers: Vec<Sealer>,
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

/// What one secret seals and opens with.
#[derive(Clone)]
struct Sealer {
    /// Names the secret and tells nothing of it.
    id: [u8; 4],
    cipher: XChaCha20Poly1305,
}

/// The first byte of what was sealed before a sealed value named its key.
const UNNAMED: u8 = 1;

/// The first byte of what names its key in the four bytes behind it.
const NAMED: u8 = 2;

type Secret = Hkdf<Sha256>;

fn secret(text: &[u8]) -> AppResult<Secret> {
    if text.len() < 32 {
        return Err(AppError::Internal(
            "the secret key is shorter than 32 bytes".into(),
        ));
    }
    Ok(Hkdf::new(Some(b"docket"), text))
}

fn derive<const N: usize>(secret: &Secret, use_for: &str) -> AppResult<[u8; N]> {
    let mut key = [0; N];
    secret
        .expand(use_for.as_bytes(), &mut key)
        .map_err(|e| AppError::Internal(format!("key derivation: {e}")))?;
    Ok(key)
}

impl Sealer {
    fn of(secret: &Secret) -> AppResult<Self> {
        Ok(Self {
            id: derive(secret, "key id")?,
            cipher: XChaCha20Poly1305::new(&derive::<32>(secret, "seal")?.into()),
        })
    }

    fn open(&self, place: &str, body: &[u8]) -> Option<Vec<u8>> {
        let (nonce, msg) = body.split_first_chunk::<24>()?;
        let aad = place.as_bytes();
        self.cipher
            .decrypt(&XNonce::from(*nonce), Payload { msg, aad })
            .ok()
    }
}

impl Vault {
    /// From the installation's secret of at least 32 bytes.
    pub fn new(text: &[u8]) -> AppResult<Self> {
        Self::with_previous(text, None)
    }

    /// From the installation's secret, and the one before it.
    pub fn with_previous(text: &[u8], previous: Option<&[u8]>) -> AppResult<Self> {
        let newest = secret(text)?;
        let mut vault = Self {
            sealers: vec![Sealer::of(&newest)?],
            lookup: derive(&newest, "lookup")?,
            csrf: derive(&newest, "csrf")?,
            cookie: derive(&newest, "cookie")?,
        };
        if let Some(previous) = previous {
            let previous = secret(previous)?;
            vault.sealers.push(Sealer::of(&previous)?);
            vault.lookup = derive(&previous, "lookup")?;
        }
        Ok(vault)
    }

    /// The key of the keyed hashes. It is not of the secret for ever: hashes cannot be made anew when the secret is
    /// replaced, so the database keeps their key, sealed.
    pub(crate) const fn lookup_key(&self) -> &[u8; 64] {
        &self.lookup
    }

    /// The same vault with the key of the keyed hashes that the database keeps.
    pub(crate) const fn with_lookup_key(mut self, key: [u8; 64]) -> Self {
        self.lookup = key;
        self
    }

    /// Seals `plain`. `place` (the table and row it is for) is bound to it: moved elsewhere it does not open.
    pub fn seal(&self, place: &str, plain: &[u8]) -> AppResult<Vec<u8>> {
        let newest = self
            .sealers
            .first()
            .ok_or_else(|| AppError::Internal("a vault without a key".into()))?;
        let nonce = random::<24>()?;
        let sealed = newest
            .cipher
            .encrypt(
                &XNonce::from(nonce),
                Payload {
                    msg: plain,
                    aad: place.as_bytes(),
                },
            )
            .map_err(|_| AppError::Internal("sealing failed".into()))?;
        let mut out = Vec::with_capacity(1 + newest.id.len() + nonce.len() + sealed.len());
        out.push(NAMED);
        out.extend_from_slice(&newest.id);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        Ok(out)
    }

    /// Opens what was sealed for the same `place`.
    pub fn open(&self, place: &str, sealed: &[u8]) -> AppResult<Vec<u8>> {
        let opened = match sealed {
            [UNNAMED, body @ ..] => self.sealers.iter().find_map(|s| s.open(place, body)),
            [NAMED, rest @ ..] => rest.split_first_chunk::<4>().and_then(|(id, body)| {
                let named = self.sealers.iter().filter(|s| s.id == *id);
                named.into_iter().find_map(|s| s.open(place, body))
            }),
            _ => None,
        };
        opened.ok_or_else(|| {
            AppError::Internal(format!(
                "a sealed value of {place} does not open: wrong key or damaged"
            ))
        })
    }

    /// Whether the newest secret has sealed it, as far as the value says.
    pub fn is_newest(&self, sealed: &[u8]) -> bool {
        let id = sealed.strip_prefix(&[NAMED]).and_then(|rest| rest.first_chunk());
        id.is_some() && id == self.sealers.first().map(|s| &s.id)
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
    fn a_replaced_secret_opens_until_everything_is_sealed_anew() {
        let old = vault();
        let both = Vault::with_previous(&[8; 32], Some(&[7; 32])).unwrap();
        let sealed = old.seal("account", b"123456789").unwrap();
        assert_eq!(both.open("account", &sealed).unwrap(), b"123456789");
        assert!(old.is_newest(&sealed) && !both.is_newest(&sealed));
        let anew = both.seal("account", b"123456789").unwrap();
        assert!(both.is_newest(&anew));
        let new = Vault::new(&[8; 32]).unwrap();
        assert_eq!(new.open("account", &anew).unwrap(), b"123456789");
        assert!(new.open("account", &sealed).is_err() && old.open("account", &anew).is_err());
        // Hashes stay as they are: they are found as before.
        assert_eq!(both.lookup("1"), old.lookup("1"));
        assert_eq!(
            new.with_lookup_key(*old.lookup_key()).lookup("1"),
            old.lookup("1")
        );
    }

    #[test]
    fn what_was_sealed_before_keys_had_names_opens() {
        let mut sealed = vault().seal("account", b"123456789").unwrap();
        sealed.drain(0..5);
        sealed.insert(0, UNNAMED);
        assert_eq!(vault().open("account", &sealed).unwrap(), b"123456789");
        assert!(!vault().is_newest(&sealed));
        let both = Vault::with_previous(&[8; 32], Some(&[7; 32])).unwrap();
        assert_eq!(both.open("account", &sealed).unwrap(), b"123456789");
        assert!(both.open("elsewhere", &sealed).is_err() && both.open("account", &[]).is_err());
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
