//! Which addresses Docket calls: those of the open Internet over https. A name is judged by every address that it has,
//! at each call and at the moment of the call, so that a name that changes its mind is no way in.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use ureq::{
    Error,
    config::Config,
    http::Uri,
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::NextTimeout,
    },
};
use url::{Host, Url};

/// Addresses of targets are at most so long.
const LONGEST: usize = 2_000;

/// A target's address, checked for its form; the host's addresses are checked at each call.
///
/// # Errors
/// A sentence.
pub fn check(typed: &str, private: bool) -> Result<Url, String> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err("Type the address that is called.".into());
    }
    if typed.chars().count() > LONGEST {
        return Err(format!("At most {LONGEST} characters fit."));
    }
    let url = Url::parse(typed)
        .map_err(|_| "This is no address; one looks like https://example.com/hook.".to_owned())?;
    let host = url.host().ok_or("The address has no host.")?;
    let is_here = match &host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
    };
    match url.scheme() {
        "https" => {}
        "http" if private && is_here => {}
        _ => return Err("The address begins with https://.".into()),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("The address has no user name or password in it.".into());
    }
    if url.fragment().is_some() {
        return Err("The address has no # in it.".into());
    }
    // Below 1024 are the doors of other services, such as mail and remote shells.
    if url
        .port()
        .is_some_and(|port| port < 1024 && !matches!(port, 80 | 443))
    {
        return Err("This port is of another service; use 443 or one above 1023.".into());
    }
    let forbidden = match host {
        Host::Domain(name) => {
            name == "localhost" || name.ends_with(".localhost") || name.ends_with(".internal")
        }
        Host::Ipv4(ip) => !is_public(ip.into()),
        Host::Ipv6(ip) => !is_public(ip.into()),
    };
    if forbidden && !private {
        return Err("This is a private address, which Docket does not call.".into());
    }
    Ok(url)
}

/// Looks hosts up, and refuses those with a private address.
#[derive(Debug)]
pub struct Guarded {
    private: bool,
    inner: DefaultResolver,
}

impl Guarded {
    /// `private` lets every address through.
    pub fn new(private: bool) -> Self {
        Self {
            private,
            inner: DefaultResolver::default(),
        }
    }
}

impl Resolver for Guarded {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let found = self.inner.resolve(uri, config, timeout)?;
        if !self.private && found.iter().any(|address| !is_public(address.ip())) {
            tracing::warn!(
                host = uri.host().unwrap_or_default(),
                "a call to a private address was refused"
            );
            return Err(Error::Io(io::Error::from(io::ErrorKind::PermissionDenied)));
        }
        Ok(found)
    }
}

/// Whether an address is one of the open Internet (IANA's registries of special addresses).
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !(ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || a == 0
        // Carriers' own, protocol assignments, 6to4 relays, benchmarks, multicast and what is reserved above it.
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19))
        || a >= 224)
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let embedded = |high: u16, low: u16| {
        let bits = u32::from(high) << 16 | u32::from(low);
        is_public_v4(Ipv4Addr::from_bits(bits))
    };
    match ip.segments() {
        // NAT64 and 6to4 have an IPv4 address inside.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => embedded(high, low),
        // Global unicast, without Teredo, ORCHID, benchmarks and documentation.
        [first, second, ..] => {
            (first & 0xe000) == 0x2000
                && !(first == 0x2001 && (second < 0x200 || second == 0xdb8))
                && !(first == 0x3fff && second < 0x1000)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_known_in_every_spelling() {
        for host in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "0177.0.0.1",
            "017700000001",
            "127.000.0.1",
            "[::1]",
            "[0:0:0:0:0:0:0:1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "localhost",
            "LOCALHOST",
            "a.localhost",
            "0.0.0.0",
            "0",
            "[::]",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "[fe80::1]",
            "[fc00::1]",
            "[fd12::1]",
            "[ff02::1]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
            "[2001:db8::1]",
            "[2001::1]",
            "[fec0::1]",
            "metadata.google.internal",
            "１２７.0.0.1",
        ] {
            let url = format!("https://{host}/hook");
            assert!(check(&url, false).is_err(), "{url}");
        }
        for host in [
            "example.com",
            "8.8.8.8",
            "[2606:4700::1111]",
            "[64:ff9b::808:808]",
            "172.32.0.1",
            "100.128.0.1",
        ] {
            assert!(check(&format!("https://{host}/hook"), false).is_ok(), "{host}");
        }
    }

    #[test]
    fn only_https_without_secrets_in_the_address() {
        for bad in [
            "",
            "example.com",
            "http://example.com/",
            "ftp://example.com/",
            "file:///etc/passwd",
            "https://",
            "https://me:pw@example.com/",
            "https://me@example.com/",
            "https://example.com/#x",
            "https://example.com:22/",
            "https://example.com:25/",
            "gopher://example.com/",
        ] {
            assert!(check(bad, true).is_err(), "{bad}");
        }
        assert!(check(&format!("https://example.com/{}", "x".repeat(2_000)), true).is_err());
        // Over http to this machine alone, and only where the settings allow it.
        assert!(check("http://127.0.0.1:9999/hook", true).is_ok());
        assert!(check("http://localhost:9999/hook", true).is_ok());
        assert!(check("http://127.0.0.1:9999/hook", false).is_err());
        assert!(check("http://10.0.0.1/hook", true).is_err());
        assert!(check("https://10.0.0.1/hook", true).is_ok());
        assert_eq!(
            check(" https://EXAMPLE.com:443/a ", false).map(String::from),
            Ok("https://example.com/a".into())
        );
    }
}
