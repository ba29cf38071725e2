//! Known browsers: one in which a person has signed in before has a cookie that says so. It opens nothing; it only
//! lets its owner try a password while strangers who guess at the same account are held off (OWASP: device cookies).

use actix_web::{
    HttpRequest,
    cookie::{Cookie, time},
};

use crate::{
    kernel::{
        crypto::{self, Vault, hex},
        error::AppResult,
    },
    web::visit::host_cookie,
};

const COOKIE: &str = "__Host-device";
const KEPT_DAYS: i64 = 180;

/// The name of this browser, when the owner of `email` has signed in with it before.
pub fn known(request: &HttpRequest, vault: &Vault, email: &str) -> Option<String> {
    let cookie = request.cookie(COOKIE)?;
    let (name, proof) = cookie.value().split_once('.')?;
    crypto::same(proof.as_bytes(), proof_of(vault, email, name).as_bytes()).then(|| name.to_owned())
}

/// The cookie that makes this browser known for the owner of `email`.
pub fn cookie(vault: &Vault, email: &str) -> AppResult<Cookie<'static>> {
    let name = hex(&crypto::random::<16>()?);
    let proof = proof_of(vault, email, &name);
    let mut cookie = host_cookie(COOKIE, format!("{name}.{proof}"));
    cookie.set_max_age(time::Duration::days(KEPT_DAYS));
    Ok(cookie)
}

fn proof_of(vault: &Vault, email: &str, name: &str) -> String {
    hex(&vault.lookup(&format!("device/{name}/{email}")))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_browser_is_known_for_its_owner_only() {
        let vault = Vault::new(&[1; 32]).unwrap();
        let cookie = cookie(&vault, "ada@example.test").unwrap();
        let request = TestRequest::default().cookie(cookie).to_http_request();
        assert!(known(&request, &vault, "ada@example.test").is_some());
        assert!(known(&request, &vault, "bob@example.test").is_none());
        let forged = TestRequest::default()
            .cookie(Cookie::new(COOKIE, "abc.def"))
            .to_http_request();
        assert!(known(&forged, &vault, "ada@example.test").is_none());
    }
}
