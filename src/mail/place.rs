//! Where the mail server is and how it is spoken to, as the settings say: TLS is required, but on this machine or where
//! none is asked for by name.

use std::net::IpAddr;

use url::{Host, Url};

/// How the connection is kept from others' eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrecy {
    /// TLS from the first byte.
    Tls,
    /// TLS by STARTTLS, or nothing is sent.
    StartTls,
    /// None.
    Plain,
}

impl Secrecy {
    /// As a page tells it.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Tls => "TLS from the start",
            Self::StartTls => "TLS by STARTTLS",
            Self::Plain => "without TLS",
        }
    }
}

/// Where the server is, as the settings say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How it is spoken to.
    pub secrecy: Secrecy,
}

impl Place {
    /// From `smtp_url`.
    ///
    /// # Errors
    /// A sentence that does not repeat what was typed: it may have a password in it.
    pub fn parse(typed: &str) -> Result<Self, String> {
        let wrong = |why: &str| {
            Err(format!(
                "smtp_url {why}; it looks like smtps://mail.example.com or smtp://mail.example.com:587"
            ))
        };
        let Ok(url) = Url::parse(typed) else {
            return wrong("is no address");
        };
        let Some(host) = url.host().filter(|h| !h.to_string().is_empty()) else {
            return wrong("has no host");
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(
                "smtp_url has a user name or password in it: they belong into smtp_user and smtp_password"
                    .into(),
            );
        }
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return wrong("goes on after the host and the port");
        }
        let is_here = match &host {
            Host::Domain(name) => {
                name.eq_ignore_ascii_case("localhost")
                    || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
            }
            Host::Ipv4(ip) => ip.is_loopback(),
            Host::Ipv6(ip) => ip.is_loopback(),
        };
        let secrecy = match (url.scheme(), url.query()) {
            ("smtps", None | Some("tls=required")) => Secrecy::Tls,
            ("smtp", Some("tls=none")) => Secrecy::Plain,
            ("smtp", None) if is_here => Secrecy::Plain,
            ("smtp", None | Some("tls=required")) => Secrecy::StartTls,
            ("smtp" | "smtps", _) => {
                return wrong("may end with ?tls=required, or smtp:// with ?tls=none, and with nothing else");
            }
            _ => return wrong("begins with smtps:// or smtp://"),
        };
        let usual = match secrecy {
            Secrecy::Tls => 465,
            Secrecy::StartTls => 587,
            Secrecy::Plain => 25,
        };
        let host = match host {
            Host::Domain(name) => name.to_owned(),
            Host::Ipv4(ip) => ip.to_string(),
            Host::Ipv6(ip) => ip.to_string(),
        };
        if url.port() == Some(0) {
            return wrong("has the port 0");
        }
        Ok(Self {
            host,
            port: url.port().unwrap_or(usual),
            secrecy,
        })
    }

    /// Whether it is this machine.
    pub fn is_here(&self) -> bool {
        self.host.eq_ignore_ascii_case("localhost")
            || self.host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(url: &str) -> Place {
        Place::parse(url).unwrap()
    }

    #[test]
    fn tls_is_required_but_on_this_machine_or_where_none_is_asked_for_by_name() {
        let told = |url: &str| {
            let Place { host, port, secrecy } = place(url);
            (host, port, secrecy)
        };
        let mail = || "mail.example.com".to_owned();
        assert_eq!(told("smtps://mail.example.com"), (mail(), 465, Secrecy::Tls));
        assert_eq!(
            told("smtps://mail.example.com:4650/"),
            (mail(), 4650, Secrecy::Tls)
        );
        assert_eq!(told("smtp://mail.example.com"), (mail(), 587, Secrecy::StartTls));
        assert_eq!(
            told("smtp://mail.example.com:25"),
            (mail(), 25, Secrecy::StartTls)
        );
        assert_eq!(
            told("smtp://mail.example.com?tls=none"),
            (mail(), 25, Secrecy::Plain)
        );
        assert_eq!(told("smtp://10.0.0.1").2, Secrecy::StartTls);
        for here in [
            "smtp://localhost:2525",
            "smtp://127.0.0.1:2525",
            "smtp://[::1]:2525",
            "smtp://127.8.8.8:2525",
        ] {
            assert_eq!((told(here).1, told(here).2), (2525, Secrecy::Plain), "{here}");
        }
        assert_eq!(told("smtp://localhost?tls=required").2, Secrecy::StartTls);
        assert_eq!(told("smtps://localhost").2, Secrecy::Tls);
    }

    #[test]
    fn what_is_mistyped_is_refused_with_a_sentence_that_tells_no_secret() {
        for wrong in [
            "",
            "mail.example.com",
            "mail.example.com:587",
            "http://mail.example.com",
            "smtp://",
            "smtp:mail.example.com",
            "smtp://mail.example.com/inbox",
            "smtp://mail.example.com#x",
            "smtp://mail.example.com?tls=no",
            "smtp://mail.example.com?tls=none&x=1",
            "smtps://mail.example.com?tls=none",
            "smtp://mail.example.com:99999",
            "smtp://mail.example.com:0",
            "smtp://me:hunter2@mail.example.com",
            "smtp://hunter2@mail.example.com",
        ] {
            let why = Place::parse(wrong).unwrap_err();
            assert!(
                why.contains("smtp_url") && !why.contains("hunter2"),
                "{wrong}: {why}"
            );
        }
    }
}
