//! Ways back. A page that was opened from a list carries it in its address (`?list=…`, the list's own query), so that the
//! way back leads to the same tab, filter and page; and a form of that page leads on to an address that still carries it.

use actix_web::{
    HttpRequest,
    http::{Uri, header},
};
use serde::Deserialize;

/// Whether an address that came from outside leads to a page of Docket: a path from the root, written as ours are, that
/// no browser takes for another host's.
pub fn is_ours(address: &str) -> bool {
    address.starts_with('/')
        && !address.starts_with("//")
        && address.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
}

/// What of an address's query is about ways back.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    list: String,
    back: String,
}

impl Asked {
    fn read(query: &str) -> Self {
        serde_urlencoded::from_str(query).unwrap_or_default()
    }
}

/// The query of the list that an address's query carries; empty when it carries none.
pub fn list_of(query: &str) -> String {
    Asked::read(query).list
}

/// The page to come back to that an address's query names; empty when it names none of ours.
pub fn page_of(query: &str) -> String {
    Some(Asked::read(query).back)
        .filter(|back| is_ours(back))
        .unwrap_or_default()
}

/// What stands behind a path so that the page carries the list with this query; nothing for no list.
pub fn with_list(list: &str) -> String {
    query("list", list)
}

/// What stands behind a path so that its form comes back to `page`; nothing for no page.
pub fn with_page(page: &str) -> String {
    query("back", page)
}

fn query(name: &str, value: &str) -> String {
    match serde_urlencoded::to_string([(name, value)]) {
        Ok(pair) if !value.is_empty() => format!("?{pair}"),
        _ => String::new(),
    }
}

/// The lists to which the pages below them lead back.
const LISTS: [&str; 1] = ["/exceptions"];

/// Where a form leads, with the list that its own address carries, or that it was sent from: to a page of that list, such
/// as the one that had the form, or the next exception.
pub fn kept(to: String, request: &HttpRequest) -> String {
    let (page, part) = to.split_at(to.find('#').unwrap_or(to.len()));
    match carried(page, request) {
        Some(list) => format!("{page}{}{part}", with_list(&list)),
        None => to,
    }
}

/// The list that `page` is to carry: that of the form's own address, as each form below an exception has it, also one
/// that comes back with what is wrong; else that of the page that had the form.
fn carried(page: &str, request: &HttpRequest) -> Option<String> {
    let (of, _) = page.rsplit_once('/').filter(|(of, _)| LISTS.contains(of))?;
    let own = Some(list_of(request.query_string())).filter(|list| !list.is_empty());
    let list = own.or_else(|| list_it_was_sent_from(of, request))?;
    (!list.is_empty() && !page.contains('?')).then_some(list)
}

/// The list at `of`, or that a page below it carries, from which the browser says that it sent the form.
fn list_it_was_sent_from(of: &str, request: &HttpRequest) -> Option<String> {
    let sent_from: Uri = request
        .headers()
        .get(header::REFERER)?
        .to_str()
        .ok()?
        .parse()
        .ok()?;
    let (path, query) = (sent_from.path(), sent_from.query()?);
    if path == of {
        Some(query.to_owned())
    } else {
        let is_below = path.strip_prefix(of)?.starts_with('/');
        is_below.then(|| list_of(query))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn an_address_of_ours_is_no_other_hosts() {
        for ours in ["/", "/exceptions/1#activity", "/exceptions?tab=open&code=R01"] {
            assert!(is_ours(ours), "{ours}");
        }
        for other in [
            "",
            "exceptions",
            "//evil.test",
            "/\\evil.test",
            "/\t/evil.test",
            "https://evil.test/",
            "javascript:1",
            "/a b",
            "/a\r\nSet-Cookie:x",
        ] {
            assert!(!is_ours(other), "{other:?}");
        }
        assert_eq!(page_of("back=%2Faccounts%2F1%23notes"), "/accounts/1#notes");
        assert_eq!(page_of("back=%2F%2Fevil.test"), "");
        assert_eq!(page_of(&with_page("/x?y=1#z")[1..]), "/x?y=1#z");
        assert_eq!(with_page(""), "");
    }

    #[test]
    fn a_form_leads_on_with_the_list_that_its_page_carries() {
        let page = format!("/exceptions/1{}", with_list("tab=mine&code=R01"));
        assert_eq!(list_of(page.split_once('?').unwrap().1), "tab=mine&code=R01");
        let from = |page: &str, to: &str| {
            let request = TestRequest::default()
                .insert_header((header::REFERER, format!("https://desk.example{page}")))
                .to_http_request();
            kept(to.into(), &request)
        };
        assert_eq!(from(&page, "/exceptions/1"), page);
        assert_eq!(
            from(&page, "/exceptions/2#activity"),
            "/exceptions/2?list=tab%3Dmine%26code%3DR01#activity"
        );
        // Elsewhere it means nothing, and what has a query says itself what it wants.
        for other in ["/", "/exceptions", "/reviews/1", "/exceptions/1?activity=all"] {
            assert_eq!(from(&page, other), other);
        }
        assert_eq!(from("/exceptions/1", "/exceptions/1"), "/exceptions/1");
        // From the list itself.
        assert_eq!(from("/exceptions?tab=mine&code=R01", "/exceptions/1"), page);
        assert_eq!(from("/exceptions", "/exceptions/1"), "/exceptions/1");
        let silent = TestRequest::default().to_http_request();
        assert_eq!(kept("/exceptions/1".into(), &silent), "/exceptions/1");
        // From a form that comes back with what is wrong: its address says it, whatever page the browser names.
        let own = format!("/exceptions/1/snooze{}", with_list("tab=mine&code=R01"));
        let again = TestRequest::with_uri(&own)
            .insert_header((header::REFERER, "https://desk.example/exceptions/1/snooze"))
            .to_http_request();
        assert_eq!(kept("/exceptions/1".into(), &again), page);
        assert_eq!(kept("/disputes/1".into(), &again), "/disputes/1");
        // Or of such a page on to the next.
        assert_eq!(
            from(&own, "/exceptions/2"),
            "/exceptions/2?list=tab%3Dmine%26code%3DR01"
        );
    }
}
