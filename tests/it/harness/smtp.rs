//! A mail server that behaves as badly as real ones do, and keeps what it was told.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use mail_parser::MessageParser;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// How it answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mood {
    /// It takes everything.
    Well,
    /// 451 to every recipient.
    PutsOff,
    /// 550 to every recipient whose address begins so.
    Refuses(&'static str),
    /// It takes the connection and says nothing.
    Hangs,
    /// It takes the message and breaks off before it says so.
    Drops,
    /// It takes the message for every recipient whose address begins so, and never says so.
    Stalls(&'static str),
    /// It wants this name and password, in base64 as AUTH PLAIN sends them, and nothing without.
    Wants(String),
    /// It offers STARTTLS, and says this when it is asked for it; a password it would take without.
    RefusesTls(&'static str),
}

/// When TLS begins, and what is spoken then.
#[derive(Clone)]
enum Tls {
    Never,
    /// With the first byte.
    AtOnce(Arc<ServerConfig>),
    /// After STARTTLS.
    WhenAsked(Arc<ServerConfig>),
}

/// How far a connection has come.
#[derive(Default)]
struct Talk {
    /// STARTTLS is offered.
    offers_tls: bool,
    is_in_tls: bool,
    /// The first words of all that was said, of messages too.
    commands: Vec<String>,
}

/// How a part of a connection came to its end.
#[derive(PartialEq, Eq)]
enum End {
    Bye,
    /// It goes on within TLS.
    StartTls,
}

/// A message that came to its end.
#[derive(Clone, Debug)]
pub struct Post {
    /// Of the envelope.
    pub from: String,
    /// Of the envelope.
    pub to: Vec<String>,
    /// As it came, dots unstuffed.
    pub raw: String,
    /// Whether we said that we have it.
    pub accepted: bool,
    /// Whether it came within TLS.
    pub is_in_tls: bool,
    /// What its connection had asked for until then: EHLO, MAIL and so on.
    pub commands: Vec<String>,
}

/// A message, read by somebody else's reader.
#[derive(Clone, Debug)]
pub struct Mail {
    pub subject: String,
    pub id: String,
    pub to: Vec<(String, String)>,
    pub text: String,
    pub html: String,
    /// The heads of the message, unfolded.
    pub heads: Vec<String>,
}

impl Post {
    pub fn read(&self) -> Mail {
        let parsed = MessageParser::default().parse(self.raw.as_bytes()).unwrap();
        let (heads, _) = self.raw.split_once("\r\n\r\n").unwrap();
        let to = parsed.to().unwrap().iter();
        Mail {
            subject: parsed.subject().unwrap().to_owned(),
            id: parsed.message_id().unwrap().to_owned(),
            to: to
                .map(|a| {
                    let name = a.name().unwrap_or_default().to_owned();
                    (name, a.address().unwrap().to_owned())
                })
                .collect(),
            text: parsed.body_text(0).unwrap().into_owned(),
            html: parsed.body_html(0).unwrap().into_owned(),
            heads: heads
                .replace("\r\n ", " ")
                .replace("\r\n\t", " ")
                .split("\r\n")
                .map(str::to_owned)
                .collect(),
        }
    }
}

impl Mail {
    /// The value of the only header of a name.
    pub fn head(&self, name: &str) -> &str {
        let wanted = format!("{}: ", name.to_lowercase());
        let mut found = self
            .heads
            .iter()
            .filter(|h| h.to_lowercase().starts_with(&wanted));
        let head = found
            .next()
            .unwrap_or_else(|| panic!("no {name}: {:?}", self.heads));
        assert!(found.next().is_none(), "two of {name}");
        &head[wanted.len()..]
    }
}

#[derive(Clone)]
pub struct Smtp {
    pub port: u16,
    mood: Arc<Mutex<Mood>>,
    posts: Arc<Mutex<Vec<Post>>>,
    /// Every line that was said to us, but those of messages; and whether within TLS.
    lines: Arc<Mutex<Vec<(bool, String)>>>,
    /// Whether it has all messages wait for their answers.
    is_held: Arc<AtomicBool>,
}

impl Smtp {
    pub fn start(mood: Mood) -> Self {
        Self::start_with(mood, Tls::Never)
    }

    /// One that speaks TLS from the first byte.
    pub fn start_tls(config: Arc<ServerConfig>) -> Self {
        Self::start_with(Mood::Well, Tls::AtOnce(config))
    }

    /// One that offers STARTTLS.
    pub fn start_offering_tls(mood: Mood, config: Arc<ServerConfig>) -> Self {
        Self::start_with(mood, Tls::WhenAsked(config))
    }

    fn start_with(mood: Mood, tls: Tls) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            mood: Arc::new(Mutex::new(mood)),
            posts: Arc::default(),
            lines: Arc::default(),
            is_held: Arc::default(),
        };
        let state = server.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (state, tls) = (state.clone(), tls.clone());
                thread::spawn(move || state.take(stream, tls));
            }
        });
        server
    }

    pub fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// Has messages that came to their end wait for their answers, until they are let go.
    pub fn hold(&self, is_held: bool) {
        self.is_held.store(is_held, Ordering::SeqCst);
    }

    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// The same by name, for who sends nothing without STARTTLS.
    pub fn url_with_tls(&self) -> String {
        format!("smtp://localhost:{}?tls=required", self.port)
    }

    /// Everything that came to its end, accepted or not.
    pub fn all(&self) -> Vec<Post> {
        self.posts.lock().unwrap().clone()
    }

    pub fn accepted(&self) -> Vec<Post> {
        self.all().into_iter().filter(|p| p.accepted).collect()
    }

    /// What was accepted for somebody, read.
    pub fn mails_to(&self, address: &str) -> Vec<Mail> {
        let posts = self.accepted().into_iter();
        posts.filter(|p| p.to == [address]).map(|p| p.read()).collect()
    }

    pub fn lines(&self) -> Vec<String> {
        let lines = self.lines.lock().unwrap();
        lines.iter().map(|(_, line)| line.clone()).collect()
    }

    /// What anybody on the way could read.
    pub fn lines_in_clear(&self) -> Vec<String> {
        let lines = self.lines.lock().unwrap();
        let in_clear = lines.iter().filter(|(is_in_tls, _)| !is_in_tls);
        in_clear.map(|(_, line)| line.clone()).collect()
    }

    fn take(&self, stream: TcpStream, tls: Tls) {
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        let mut talk = Talk::default();
        match tls {
            Tls::Never => {
                self.converse(&mut BufReader::new(stream), &mut talk);
            }
            Tls::AtOnce(config) => self.converse_in_tls(config, stream, talk),
            Tls::WhenAsked(config) => {
                talk.offers_tls = true;
                let mut clear = BufReader::new(stream);
                if self.converse(&mut clear, &mut talk) == Some(End::StartTls) {
                    assert!(clear.buffer().is_empty(), "nothing is said before TLS is there");
                    talk.offers_tls = false;
                    self.converse_in_tls(config, clear.into_inner(), talk);
                }
            }
        }
    }

    fn converse_in_tls(&self, config: Arc<ServerConfig>, stream: TcpStream, mut talk: Talk) {
        talk.is_in_tls = true;
        let stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
        self.converse(&mut BufReader::new(stream), &mut talk);
    }

    /// None when the other side broke off.
    fn converse<S: Read + Write>(&self, stream: &mut BufReader<S>, talk: &mut Talk) -> Option<End> {
        let mood = self.mood.lock().unwrap().clone();
        if mood == Mood::Hangs {
            // As long as the other side has patience.
            let _ = stream.read(&mut [0]);
            return None;
        }
        let (mut from, mut to, mut is_in) = (String::new(), Vec::new(), false);
        // After STARTTLS it has been said.
        if talk.commands.is_empty() {
            say(stream, "220 mail.test ESMTP")?;
        }
        loop {
            let line = heard(stream)?;
            self.lines.lock().unwrap().push((talk.is_in_tls, line.clone()));
            let word = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
            talk.commands.push(word.clone());
            match (word.as_str(), &mood) {
                ("EHLO" | "HELO", _) => say(stream, offered(&mood, talk.offers_tls))?,
                ("STARTTLS", Mood::RefusesTls(words)) => say(stream, words)?,
                ("STARTTLS", _) if talk.offers_tls => {
                    say(stream, "220 Go on")?;
                    return Some(End::StartTls);
                }
                ("AUTH", Mood::Wants(secret)) => {
                    is_in = line == format!("AUTH PLAIN {secret}");
                    say(
                        stream,
                        if is_in {
                            "235 Welcome"
                        } else {
                            "535 5.7.8 Who are you"
                        },
                    )?;
                }
                ("MAIL", Mood::Wants(_)) if !is_in => say(stream, "530 5.7.0 Sign in first")?,
                ("MAIL", _) => {
                    from = address(&line);
                    say(stream, "250 OK")?;
                }
                ("RCPT", Mood::PutsOff) => say(stream, "451 4.7.1 Come again later")?,
                ("RCPT", Mood::Refuses(whom)) if address(&line).starts_with(whom) => {
                    say(stream, "550 5.1.1 There is nobody of this name")?;
                }
                ("RCPT", _) => {
                    to.push(address(&line));
                    say(stream, "250 OK")?;
                }
                ("DATA", _) => {
                    say(stream, "354 Go on")?;
                    let post = Post {
                        from: from.clone(),
                        to: std::mem::take(&mut to),
                        raw: message(stream)?,
                        accepted: false,
                        is_in_tls: talk.is_in_tls,
                        commands: talk.commands.clone(),
                    };
                    self.answer(stream, &mood, post)?;
                }
                ("QUIT", _) => return say(stream, "221 Bye").map(|()| End::Bye),
                ("RSET" | "NOOP", _) => say(stream, "250 OK")?,
                _ => say(stream, "502 What")?,
            }
        }
    }

    /// Keeps a message that came to its end, and says that we have it or does not.
    fn answer<S: Read + Write>(&self, stream: &mut BufReader<S>, mood: &Mood, post: Post) -> Option<()> {
        let stalls = match mood {
            Mood::Stalls(whom) => post.to.iter().any(|to| to.starts_with(*whom)),
            _ => false,
        };
        let place = {
            let mut posts = self.posts.lock().unwrap();
            posts.push(post);
            posts.len() - 1
        };
        if stalls {
            // As long as the other side has patience.
            let _ = stream.read(&mut [0]);
            return None;
        }
        if *mood == Mood::Drops {
            return None;
        }
        while self.is_held.load(Ordering::SeqCst) {
            thread::sleep(Duration::from_millis(10));
        }
        self.posts.lock().unwrap()[place].accepted = true;
        say(stream, "250 2.0.0 Queued as 4F2")
    }
}

/// What we say that we can do.
fn offered(mood: &Mood, offers_tls: bool) -> &'static str {
    match (mood, offers_tls) {
        (Mood::RefusesTls(_), _) | (Mood::Wants(_), true) => {
            "250-mail.test\r\n250-STARTTLS\r\n250 AUTH PLAIN"
        }
        (Mood::Wants(_), false) => "250-mail.test\r\n250 AUTH PLAIN",
        (_, true) => "250-mail.test\r\n250-STARTTLS\r\n250 8BITMIME",
        (_, false) => "250-mail.test\r\n250 8BITMIME",
    }
}

fn say<S: Read + Write>(stream: &mut BufReader<S>, words: &str) -> Option<()> {
    let stream = stream.get_mut();
    stream.write_all(format!("{words}\r\n").as_bytes()).ok()?;
    stream.flush().ok()
}

fn heard<S: Read>(stream: &mut BufReader<S>) -> Option<String> {
    let mut line = String::new();
    match stream.read_line(&mut line) {
        Ok(1..) => Some(line.trim_end_matches(['\r', '\n']).to_owned()),
        _ => None,
    }
}

fn message<S: Read>(stream: &mut BufReader<S>) -> Option<String> {
    let mut raw = String::new();
    loop {
        let line = heard(stream)?;
        if line == "." {
            return Some(raw);
        }
        raw.push_str(line.strip_prefix('.').unwrap_or(&line));
        raw.push_str("\r\n");
    }
}

/// What stands between the angle brackets.
fn address(line: &str) -> String {
    let start = line.find('<').unwrap_or(0) + 1;
    let end = line.rfind('>').unwrap_or(line.len());
    line[start..end].to_owned()
}
