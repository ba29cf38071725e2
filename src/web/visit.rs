//! What a request brings besides its purpose: who visits (as a browser), from where, and what their page needs.

use std::net::IpAddr;

use actix_web::{HttpMessage, HttpRequest, cookie::Cookie, http::header};

use crate::{
    app::App,
    kernel::{crypto, id::SessionId},
};

/// Names the browser before sign-in, so that the sign-in form is tied to it.
pub const VISITOR_COOKIE: &str = "__Host-visitor";

/// One request's id, nonce and browser, made first of all.
#[derive(Clone, Debug)]
pub struct Visit {
    /// In the log, in error pages and in the history.
    pub request_id: String,
    /// For the page's script.
    pub nonce: String,
    /// Where it came from.
    pub address: IpAddr,
    /// The browser's name for itself, cut to a sensible length.
    pub user_agent: String,
    /// The browser: what its visitor cookie says.
    pub visitor: String,
    /// The visitor cookie has to be set.
    pub is_new_visitor: bool,
}

impl Visit {
    /// Looks at a request.
    pub fn of(request: &HttpRequest, app: &App) -> Self {
        let visitor = request
            .cookie(VISITOR_COOKIE)
            .map(|c| c.value().to_owned())
            .filter(|v| v.len() == 43);
        let random = || crypto::new_token().unwrap_or_default();
        Self {
            request_id: crypto::random::<8>().map(|b| crypto::hex(&b)).unwrap_or_default(),
            nonce: random().chars().take(22).collect(),
            address: address_of(request, app.settings.trusted_proxy),
            user_agent: request
                .headers()
                .get(header::USER_AGENT)
                .and_then(|v| v.to_str().ok())
                .map(|v| v.chars().filter(|c| !c.is_control()).take(200).collect())
                .unwrap_or_default(),
            is_new_visitor: visitor.is_none(),
            visitor: visitor.unwrap_or_else(random),
        }
    }

    /// This request's visit, made by the outermost middleware.
    pub fn get(request: &impl HttpMessage) -> Option<Self> {
        request.extensions().get::<Self>().cloned()
    }

    /// What a form is tied to: the session of whoever it is shown to, or the browser before there is one.
    pub fn tie(&self, session: Option<SessionId>) -> String {
        session.map_or_else(|| self.visitor.clone(), |id| id.to_string())
    }

    /// The cookie that names a new visitor.
    pub fn visitor_cookie(&self) -> Cookie<'static> {
        host_cookie(VISITOR_COOKIE, self.visitor.clone())
    }
}

/// A path as the log and the history may have it: without the one-time tokens that are in some.
pub fn told_path(path: &str) -> &str {
    const WITH_TOKEN: [&str; 2] = ["/invite/", "/reset/"];
    WITH_TOKEN
        .into_iter()
        .find(|start| path.starts_with(start))
        .unwrap_or(path)
}

/// A cookie as all of ours are: for this host alone, never readable by script.
pub fn host_cookie(name: &'static str, value: String) -> Cookie<'static> {
    Cookie::build(name, value)
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(actix_web::cookie::SameSite::Lax)
        .finish()
}

/// The peer's address; a proxy's word is taken only when it is the configured one.
fn address_of(request: &HttpRequest, trusted_proxy: Option<IpAddr>) -> IpAddr {
    let peer = request.peer_addr().map_or(IpAddr::from([0, 0, 0, 0]), |a| a.ip());
    if trusted_proxy != Some(peer) {
        return peer;
    }
    request
        .headers()
        .get("x-forwarded-for")
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.rsplit(',').next())
        .and_then(|v| v.trim().parse().ok())
        .unwrap_or(peer)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn only_the_configured_proxy_says_where_a_request_came_from() {
        let (proxy, browser) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let from = |peer: IpAddr, trusted| {
            let request = TestRequest::default()
                .peer_addr((peer, 4000).into())
                .insert_header(("x-forwarded-for", "1.1.1.1, 9.9.9.9"))
                .insert_header(("forwarded", "for=1.1.1.1"))
                .to_http_request();
            address_of(&request, trusted)
        };
        assert_eq!(from(browser, None), browser);
        assert_eq!(from(browser, Some(proxy)), browser);
        // What the proxy itself saw is the last one; whatever is before it, anybody may have written.
        assert_eq!(from(proxy, Some(proxy)), IpAddr::from([9, 9, 9, 9]));
    }

    #[test]
    fn one_time_tokens_are_not_told() {
        assert_eq!(told_path("/invite/secret"), "/invite/");
        assert_eq!(told_path("/reset/secret"), "/reset/");
        assert_eq!(told_path("/exceptions/x"), "/exceptions/x");
    }
}
