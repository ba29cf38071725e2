//! The word after a redirect ("You have it now."): in a cookie for one page, so that showing it writes nothing.

use actix_web::{HttpRequest, cookie::Cookie};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use super::{
    back,
    shell::{Flash, FlashKind},
    visit::host_cookie,
};

const COOKIE: &str = "__Host-flash";
/// In bytes. With it the cookie stays under 512; a word about what was done needs no more.
const LONGEST: usize = 200;

#[derive(Serialize, Deserialize)]
struct Kept {
    kind: u8,
    text: String,
    link: Option<(String, String)>,
}

/// The cookie that carries `flash` to the next page.
pub fn cookie(flash: &Flash) -> Cookie<'static> {
    let kept = Kept {
        kind: match flash.kind {
            FlashKind::Success => 0,
            FlashKind::Notice => 1,
            FlashKind::Error => 2,
        },
        text: cut(&flash.text),
        link: flash.link.clone(),
    };
    host_cookie(
        COOKIE,
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&kept).unwrap_or_default()),
    )
}

fn cut(text: &str) -> String {
    if text.len() <= LONGEST {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(LONGEST - '…'.len_utf8());
    format!("{}…", &text[..end])
}

/// The cookie that ends it.
pub fn spent() -> Cookie<'static> {
    let mut cookie = host_cookie(COOKIE, String::new());
    cookie.make_removal();
    cookie
}

/// What the last page left to say.
pub fn read(request: &HttpRequest) -> Option<Flash> {
    let bytes = URL_SAFE_NO_PAD.decode(request.cookie(COOKIE)?.value()).ok()?;
    let kept: Kept = serde_json::from_slice(&bytes).ok()?;
    let kind = match kept.kind {
        0 => FlashKind::Success,
        1 => FlashKind::Notice,
        _ => FlashKind::Error,
    };
    // A link leads into Docket, whatever the cookie says.
    let link = kept.link.filter(|(href, _)| back::is_ours(href));
    Some(Flash {
        kind,
        text: kept.text,
        link,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_stays_small_whatever_it_says() {
        for text in ["short".to_owned(), "ä".repeat(1000), "\"".repeat(100)] {
            let flash = Flash {
                kind: FlashKind::Success,
                text,
                link: None,
            };
            assert!(cookie(&flash).value().len() < 512);
        }
        assert_eq!(cut("short"), "short");
        assert!(cut(&"ä".repeat(1000)).ends_with("ä…"));
    }
}
