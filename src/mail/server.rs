//! The server that takes our e-mail: what the settings say of it, and the conversation with it. TLS is required, but on
//! this machine or when the settings ask for none by name. What it answers is kept as a sentence; the password is not
//! printed anywhere.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
    transport::smtp::{
        Error,
        authentication::Credentials,
        client::{Tls, TlsParameters},
        extension::ClientId,
    },
};
use url::{Host, Url};

use super::{
    content::Parcel,
    letter::plain,
    place::{Place, Secrecy},
};
use crate::{
    config::Settings,
    kernel::{clock::Ts, id::MailId},
    webhooks::model::rest,
};

/// A message that is not taken within this time is tried again later.
pub const TIMEOUT: Duration = Duration::from_secs(20);

/// So much of what the server says is kept.
const LONGEST_ANSWER: usize = 200;

/// The server. Cheap to clone. It has no `Debug`: it holds the password.
#[derive(Clone)]
pub struct Server {
    place: Place,
    from: Mailbox,
    transport: AsyncSmtpTransport<Tokio1Executor>,
    /// How often in a row it could not be reached from this node, and until when this node leaves it alone.
    rests: Arc<Mutex<(i64, Ts)>>,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The server has taken it.
    Sent(String),
    /// It may go better later.
    Again(String),
    /// It may go better later, with every message: the server cannot be reached, or does not let us in.
    Away(String),
    /// It never will.
    Refused(String),
}

impl Server {
    /// The server of the settings; none when they name none.
    ///
    /// # Errors
    /// A sentence that names the setting that is wrong, and not what it holds where that may be secret.
    pub fn of(settings: &Settings) -> Result<Option<Self>, String> {
        let Some(url) = &settings.smtp_url else {
            let stray = [
                ("mail_from", settings.mail_from.is_some()),
                ("smtp_user", settings.smtp_user.is_some()),
                ("smtp_password", settings.smtp_password.is_some()),
            ];
            return match stray.iter().find(|(_, is_set)| *is_set) {
                Some((name, _)) => Err(format!("{name} is set and smtp_url is not: e-mail needs both")),
                None => Ok(None),
            };
        };
        let place = Place::parse(url)?;
        let from = settings.mail_from.as_deref().map_or_else(
            || Err("smtp_url is set and mail_from is not: e-mail needs both".to_owned()),
            sender,
        )?;
        let site = site_of(settings)?;
        let credentials = match (&settings.smtp_user, &settings.smtp_password) {
            (None, None) => None,
            (Some(user), Some(password)) => {
                Some(Credentials::new(user.clone(), password.reveal().to_owned()))
            }
            _ => return Err("smtp_user and smtp_password are set both or neither".into()),
        };
        if credentials.is_some() && place.secrecy == Secrecy::Plain && !place.is_here() {
            return Err(
                "smtp_password is not sent without TLS: take ?tls=none from smtp_url, or the password away"
                    .into(),
            );
        }
        Ok(Some(Self {
            transport: transport(&place, site, credentials)?,
            place,
            from,
            rests: Arc::default(),
        }))
    }

    /// Where it is, and how it is spoken to: `mail.example.com, port 465, TLS from the start`.
    pub fn told(&self) -> String {
        let Place { host, port, secrecy } = &self.place;
        format!("{host}, port {port}, {}", secrecy.sentence())
    }

    /// Whom messages come from.
    pub fn from(&self) -> String {
        self.from.to_string()
    }

    /// Whether this node leaves it alone for now.
    pub fn rests(&self, now: Ts) -> bool {
        self.rests.lock().unwrap_or_else(PoisonError::into_inner).1 > now
    }

    /// Notes whether it could be reached: after attempts in vain this node leaves it alone, longer each time.
    pub fn note(&self, is_away: bool, now: Ts) {
        let mut rests = self.rests.lock().unwrap_or_else(PoisonError::into_inner);
        *rests = if is_away {
            let failures = rests.0 + 1;
            (failures, now.plus(rest(failures)))
        } else {
            (0, Ts::default())
        };
    }

    /// Sends one message.
    pub async fn send(&self, id: MailId, parcel: &Parcel, now: Ts) -> Verdict {
        let Ok(address) = parcel.email.parse::<Address>() else {
            return Verdict::Refused("E-mail cannot be sent to this address.".into());
        };
        // One that cannot be written holds up no other.
        let Ok(message) = self.message(id, parcel, address, now) else {
            return Verdict::Refused("It cannot be written as an e-mail.".into());
        };
        let sent = tokio::time::timeout(TIMEOUT, self.transport.send(message)).await;
        let came = match sent {
            Ok(Ok(response)) => {
                let said = response.message().collect::<Vec<_>>().join(" ");
                Verdict::Sent(answer("Taken", &response.code().to_string(), &said))
            }
            Ok(Err(error)) => verdict(&error),
            Err(_) => Verdict::Away(format!("No answer within {} seconds.", TIMEOUT.as_secs())),
        };
        match came {
            // It may have been us that was refused, at the greeting or STARTTLS: then messages wait.
            Verdict::Refused(why) => {
                if self.lets_us_in().await {
                    Verdict::Refused(why)
                } else {
                    Verdict::Away(why)
                }
            }
            came => came,
        }
    }

    /// Whether the server greets us, has the TLS that is needed of it, and lets us in.
    async fn lets_us_in(&self) -> bool {
        let tried = tokio::time::timeout(TIMEOUT, self.transport.test_connection()).await;
        matches!(tried, Ok(Ok(true)))
    }

    fn message(
        &self,
        id: MailId,
        parcel: &Parcel,
        to: Address,
        now: Ts,
    ) -> Result<Message, lettre::error::Error> {
        let letter = &parcel.letter;
        let header = |name, value: String| HeaderValue::new(HeaderName::new_from_ascii_str(name), value);
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(Some(parcel.name.clone()), to))
            .subject(letter.subject.clone())
            .date(now.utc().into())
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            // What is sent by a machine is not answered by one (RFC 3834).
            .raw_header(header("Auto-Submitted", "auto-generated".into()))
            .raw_header(header("List-Unsubscribe", format!("<{}>", letter.settings)))
            .multipart(MultiPart::alternative_plain_html(
                letter.text.clone(),
                letter.html.clone(),
            ))
    }
}

fn sender(typed: &str) -> Result<Mailbox, String> {
    let wrong = "mail_from is no sender; one looks like Docket <docket@example.com>";
    if typed.chars().any(char::is_control) {
        return Err(wrong.into());
    }
    typed.parse().map_err(|_| wrong.into())
}

/// The name under which Docket introduces itself: that of its own address.
fn site_of(settings: &Settings) -> Result<ClientId, String> {
    let url = settings
        .public_url
        .as_deref()
        .ok_or("smtp_url is set and public_url is not: links in e-mails lead there")?;
    let wrong = "public_url is no address of a web site; one looks like https://docket.example.com";
    let url = Url::parse(url).map_err(|_| wrong)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong.into());
    }
    match url.host().ok_or(wrong)? {
        Host::Domain(name) => Ok(ClientId::Domain(name.to_owned())),
        Host::Ipv4(ip) => Ok(ClientId::Ipv4(ip)),
        Host::Ipv6(ip) => Ok(ClientId::Ipv6(ip)),
    }
}

fn transport(
    place: &Place,
    name: ClientId,
    credentials: Option<Credentials>,
) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
    // The certificates are the system's, as for webhooks: a company's own authority is trusted where it is installed.
    let parameters =
        || TlsParameters::new(place.host.clone()).map_err(|e| format!("smtp_url: TLS cannot be set up: {e}"));
    let tls = match place.secrecy {
        Secrecy::Tls => Tls::Wrapper(parameters()?),
        Secrecy::StartTls => Tls::Required(parameters()?),
        Secrecy::Plain => Tls::None,
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(place.host.clone())
        .port(place.port)
        .tls(tls)
        .timeout(Some(TIMEOUT))
        .hello_name(name);
    if let Some(credentials) = credentials {
        builder = builder.credentials(credentials);
    }
    Ok(builder.build())
}

/// What a failure means.
fn verdict(error: &Error) -> Verdict {
    if let Some(code) = error.status() {
        let code = code.to_string();
        let said = std::error::Error::source(error).map_or_else(String::new, ToString::to_string);
        return match code.as_str() {
            // The server asks us to sign in, or does not let us; or it closes.
            "421" | "530" | "534" | "535" | "538" => Verdict::Away(answer("Not let in", &code, &said)),
            _ if error.is_permanent() => Verdict::Refused(answer("Refused", &code, &said)),
            _ => Verdict::Again(answer("Put off", &code, &said)),
        };
    }
    let sentence = if error.is_timeout() {
        format!("No answer within {} seconds.", TIMEOUT.as_secs())
    } else if error.is_tls() || is_of_tls(error) {
        "No trusted TLS connection could be made.".to_owned()
    } else if error.is_client() {
        "The server lacks what is needed of it, such as STARTTLS or a way to sign in.".to_owned()
    } else {
        "The server cannot be reached, or broke off.".to_owned()
    };
    Verdict::Away(sentence)
}

/// rustls tells of certificates that it refuses as invalid data.
fn is_of_tls(error: &Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if let Some(io) = cause.downcast_ref::<std::io::Error>() {
            return io.kind() == std::io::ErrorKind::InvalidData;
        }
        source = cause.source();
    }
    false
}

/// `Refused with 550: no such user.`, of what the server says as much as is worth keeping.
fn answer(what: &str, code: &str, said: &str) -> String {
    let said: String = plain(said).chars().take(LONGEST_ANSWER).collect();
    match said.trim_end_matches('.') {
        "" => format!("{what} with {code}."),
        said => format!("{what} with {code}: {said}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> Settings {
        let pairs = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        Settings::read(None, pairs).unwrap()
    }

    #[test]
    fn settings_belong_together() {
        let url = ("DOCKET_SMTP_URL", "smtp://mail.example.com");
        let from = ("DOCKET_MAIL_FROM", "Docket <docket@example.com>");
        let site = ("DOCKET_PUBLIC_URL", "https://docket.example.com");
        let (user, password) = (("DOCKET_SMTP_USER", "me"), ("DOCKET_SMTP_PASSWORD", "hunter2"));
        let said = |pairs: &[(&str, &str)]| match Server::of(&settings(pairs)) {
            Ok(server) => Ok(server.map(|s| (s.told(), s.from()))),
            Err(why) => Err(why),
        };
        assert_eq!(said(&[site]), Ok(None));
        let told = "mail.example.com, port 587, TLS by STARTTLS".to_owned();
        let whole = Ok(Some((told, "Docket <docket@example.com>".to_owned())));
        assert_eq!(said(&[url, from, site]), whole);
        assert_eq!(said(&[url, from, site, user, password]), whole);
        let plain = ("DOCKET_SMTP_URL", "smtp://mail.example.com?tls=none");
        for (pairs, word) in [
            (vec![from], "smtp_url"),
            (vec![password], "smtp_url"),
            (vec![url, site], "mail_from"),
            (vec![url, from], "public_url"),
            (
                vec![url, from, ("DOCKET_PUBLIC_URL", "docket.example.com")],
                "public_url",
            ),
            (vec![url, site, ("DOCKET_MAIL_FROM", "docket")], "mail_from"),
            (
                vec![url, site, ("DOCKET_MAIL_FROM", "a@b.test\r\nBcc: c@d.test")],
                "mail_from",
            ),
            (vec![url, from, site, user], "smtp_password"),
            (vec![url, from, site, password], "smtp_user"),
            (vec![plain, from, site, user, password], "TLS"),
        ] {
            let why = said(&pairs).unwrap_err();
            assert!(why.contains(word) && !why.contains("hunter2"), "{pairs:?}: {why}");
        }
    }

    #[test]
    fn what_the_server_says_is_kept_on_one_line_and_short() {
        assert_eq!(
            answer("Refused", "550", "5.1.1 no such user\r\nreally"),
            "Refused with 550: 5.1.1 no such user really."
        );
        assert_eq!(answer("Taken", "250", ""), "Taken with 250.");
        assert!(answer("Refused", "550", &"x".repeat(5_000)).chars().count() < 250);
    }

    #[test]
    fn a_server_that_cannot_be_reached_is_left_alone_longer_each_time() {
        let server = Server::of(&settings(&[
            ("DOCKET_SMTP_URL", "smtp://localhost:2525"),
            ("DOCKET_MAIL_FROM", "docket@example.com"),
            ("DOCKET_PUBLIC_URL", "https://docket.example.com"),
        ]));
        let server = server.unwrap().unwrap();
        let now = Ts::from_micros(1_793_718_000_000_000);
        assert!(!server.rests(now));
        server.note(true, now);
        assert!(server.rests(now) && !server.rests(now.plus(Duration::from_secs(5))));
        server.note(true, now);
        server.note(true, now);
        assert!(server.rests(now.plus(Duration::from_secs(19))));
        server.note(false, now);
        assert!(!server.rests(now));
    }
}
