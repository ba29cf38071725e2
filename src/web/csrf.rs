//! Two layers against forms sent from elsewhere. First the browser's own word on where a request came from
//! (`Sec-Fetch-Site`, else `Origin`); then a token in the form, tied to the session and masked anew in every page, so
//! that compressed pages do not give it away.

use actix_web::http::{Method, header::HeaderMap};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::kernel::{
    crypto::{self, Vault},
    error::{AppError, AppResult, Code},
};

/// The form field that holds the token.
pub const FIELD: &str = "csrf_token";

/// A token for a form, different each time.
pub fn token(vault: &Vault, tied_to: &str) -> AppResult<String> {
    let mask = crypto::random::<32>()?;
    let proof = vault.form_proof(tied_to);
    let mut bytes = mask.to_vec();
    bytes.extend(mask.iter().zip(&proof).map(|(m, p)| m ^ p));
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Checks a form's token.
pub fn check(vault: &Vault, tied_to: &str, token: Option<&str>) -> AppResult<()> {
    let refused = || {
        AppError::refused(
            Code::CrossSite,
            "Go back, load the page again and send the form once more.",
        )
    };
    let bytes = token
        .and_then(|t| URL_SAFE_NO_PAD.decode(t).ok())
        .filter(|b| b.len() == 64)
        .ok_or_else(refused)?;
    let (mask, masked) = bytes.split_at(32);
    let proof: Vec<u8> = mask.iter().zip(masked).map(|(m, p)| m ^ p).collect();
    if crypto::same(&proof, &vault.form_proof(tied_to)) {
        Ok(())
    } else {
        Err(refused())
    }
}

/// Refuses a write that the browser says comes from another site. Ours are the host that was asked, as the request
/// itself names it, and `public_url`; what a `Forwarded` header says of it counts for nothing.
pub fn gate(method: &Method, headers: &HeaderMap, public_url: Option<&str>) -> AppResult<()> {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let text = |name: &str| headers.get(name).map(|v| v.to_str().unwrap_or("?"));
    let same_site = match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) if site != "same-origin" && site != "none" => false,
        (_, Some(origin)) => {
            public_url.is_some_and(|url| url.trim_end_matches('/') == origin)
                || origin.split_once("://").map(|(_, host)| host) == text("host")
        }
        (_, None) => true,
    };
    if same_site {
        Ok(())
    } else {
        Err(AppError::refused(
            Code::CrossSite,
            "The form was sent from another site; nothing was changed.",
        ))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn vault() -> Vault {
        Vault::new(&[1; 32]).unwrap()
    }

    #[test]
    fn a_token_is_good_for_its_session_only_and_differs_each_time() {
        let (first, second) = (token(&vault(), "a").unwrap(), token(&vault(), "a").unwrap());
        assert_ne!(first, second);
        assert!(check(&vault(), "a", Some(&first)).is_ok());
        assert!(check(&vault(), "b", Some(&first)).is_err());
        for bad in [None, Some(""), Some("x"), Some(&first[1..])] {
            assert!(check(&vault(), "a", bad).is_err());
        }
    }

    #[test]
    fn the_gate_refuses_writes_from_elsewhere() {
        let judge = |pairs: &[(&str, &str)]| {
            let headers = pairs
                .iter()
                .chain(&[("host", "docket.test:8080")])
                .map(|(k, v)| {
                    (
                        HeaderName::try_from(*k).unwrap(),
                        HeaderValue::try_from(*v).unwrap(),
                    )
                })
                .collect();
            gate(&Method::POST, &headers, Some("https://desk.test/")).is_ok()
        };
        assert!(judge(&[]));
        assert!(judge(&[
            ("origin", "http://docket.test:8080"),
            ("sec-fetch-site", "same-origin")
        ]));
        assert!(judge(&[("origin", "https://desk.test")]));
        for bad in [
            &[("origin", "https://evil.test")][..],
            &[("origin", "https://evil.test"), ("x-forwarded-host", "evil.test")],
            &[("origin", "https://evil.test"), ("forwarded", "host=evil.test")],
            &[("origin", "http://desk.test")],
            &[("origin", "null")],
            &[("origin", "http://docket.test:8080.evil.test")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
        ] {
            assert!(!judge(bad), "{bad:?} was let through");
        }
    }
}
