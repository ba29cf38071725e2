//! The security headers of every answer, errors and files included.

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

/// The content security policy of a page: nothing but our own files, and script only with this page's nonce. It names
/// `script-src-elem`, so that a browser too old to know nonces runs no script at all rather than any.
pub fn content_security_policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'none'; script-src-elem 'nonce-{nonce}'; style-src 'self'; img-src 'self'; \
         font-src 'self'; connect-src 'self'; manifest-src 'self'; object-src 'none'; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'; \
         report-uri /csp-report"
    )
}

/// Adds what every answer has. `secure` when people reach us over TLS.
pub fn add(headers: &mut HeaderMap, nonce: &str, secure: bool) {
    let mut set = |name: HeaderName, value: &str| {
        if let (false, Ok(value)) = (headers.contains_key(&name), HeaderValue::from_str(value)) {
            headers.insert(name, value);
        }
    };
    set(header::CONTENT_SECURITY_POLICY, &content_security_policy(nonce));
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "same-origin");
    set(header::CROSS_ORIGIN_OPENER_POLICY, "same-origin");
    set(header::CROSS_ORIGIN_RESOURCE_POLICY, "same-origin");
    set(
        header::PERMISSIONS_POLICY,
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    );
    set(header::X_FRAME_OPTIONS, "DENY");
    // What a signed-in person saw is not left in the browser or on the way.
    set(header::CACHE_CONTROL, "no-store");
    if secure {
        set(
            header::STRICT_TRANSPORT_SECURITY,
            "max-age=31536000; includeSubDomains",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_tls_browsers_are_told_to_stay_there_for_a_year() {
        let of = |secure| {
            let mut headers = HeaderMap::new();
            add(&mut headers, "nonce", secure);
            headers.get(header::STRICT_TRANSPORT_SECURITY).cloned()
        };
        assert_eq!(of(true).unwrap(), "max-age=31536000; includeSubDomains");
        assert_eq!(of(false), None, "without TLS it would be ignored");
    }
}
