//! Signatures of messages, by Standard Webhooks: HMAC-SHA256 over id, time and body, with a secret that both sides have.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::kernel::{
    crypto,
    error::{AppError, AppResult},
};

/// A new secret, as it is handed over: `whsec_` and 32 bytes in base64.
pub fn new_secret() -> AppResult<String> {
    Ok(format!("whsec_{}", STANDARD.encode(crypto::random::<32>()?)))
}

/// The `Webhook-Signature` of a message sent at `seconds` (Unix time): one for each secret that is good.
pub fn of(secrets: &[String], id: &str, seconds: i64, body: &str) -> AppResult<String> {
    let one = |secret: &String| {
        let broken = || AppError::Internal("a webhook's secret cannot be read".into());
        let encoded = secret.strip_prefix("whsec_").ok_or_else(broken)?;
        let key = STANDARD.decode(encoded).map_err(|_| broken())?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| broken())?;
        mac.update(format!("{id}.{seconds}.{body}").as_bytes());
        Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    };
    let all: AppResult<Vec<String>> = secrets.iter().map(one).collect();
    Ok(all?.join(" "))
}

/// Whether one of the signatures in a `Webhook-Signature` is made with one of the secrets. Compared in constant time.
///
/// # Errors
/// A secret of ours that cannot be read.
pub fn is_signed(
    secrets: &[String],
    id: &str,
    seconds: i64,
    body: &str,
    signatures: &str,
) -> AppResult<bool> {
    let right = of(secrets, id, seconds, body)?;
    let is_right = |given: &str| {
        right
            .split(' ')
            .any(|one| crypto::same(one.as_bytes(), given.as_bytes()))
    };
    Ok(signatures.split(' ').any(is_right))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the Standard Webhooks specification.
    #[test]
    fn the_signature_is_that_of_the_specification() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned();
        let told = of(
            &[secret],
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            "{\"test\": 2432232314}",
        );
        assert_eq!(told.unwrap(), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn every_secret_that_is_good_signs() {
        let secrets = [new_secret().unwrap(), new_secret().unwrap()];
        let told = of(&secrets, "id", 1, "{}").unwrap();
        let [first, second] = told.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{told}");
        };
        assert_ne!(first, second);
        assert!(first.starts_with("v1,") && second.starts_with("v1,"));
        assert_eq!(of(&secrets[..1], "id", 1, "{}").unwrap(), first);
        assert_ne!(of(&secrets[..1], "id", 2, "{}").unwrap(), first);
    }

    #[test]
    fn one_right_signature_is_enough_and_none_is_not() {
        let secrets = [new_secret().unwrap(), new_secret().unwrap()];
        let second = of(&secrets[1..], "id", 1, "{}").unwrap();
        let is_signed = |text: &str, body| is_signed(&secrets, "id", 1, body, text).unwrap();
        assert!(is_signed(&second, "{}") && is_signed(&format!("v1,AAAA {second}"), "{}"));
        assert!(!is_signed(&second, "{ }") && !is_signed("", "{}") && !is_signed("v1,AAAA", "{}"));
    }
}
