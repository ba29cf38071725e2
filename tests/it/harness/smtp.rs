//! A mail server that behaves as badly as real ones do, and keeps what it was told.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
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
    /// It wants this name and password, in base64 as AUTH PLAIN sends them, and nothing without.
    Wants(String),
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
    /// Every line that was said to us, but those of messages.
    lines: Arc<Mutex<Vec<String>>>,
}

impl Smtp {
    pub fn start(mood: Mood) -> Self {
        Self::start_with(mood, None)
    }

    /// One that speaks TLS from the first byte.
    pub fn start_tls(config: Arc<ServerConfig>) -> Self {
        Self::start_with(Mood::Well, Some(config))
    }

    fn start_with(mood: Mood, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            mood: Arc::new(Mutex::new(mood)),
            posts: Arc::default(),
            lines: Arc::default(),
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

    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
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
        self.lines.lock().unwrap().clone()
    }

    fn take(&self, stream: TcpStream, tls: Option<Arc<ServerConfig>>) {
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        match tls {
            Some(config) => {
                let stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
                self.converse(BufReader::new(stream))
            }
            None => self.converse(BufReader::new(stream)),
        };
    }

    /// None when the other side broke off.
    fn converse<S: Read + Write>(&self, mut stream: BufReader<S>) -> Option<()> {
        let mood = self.mood.lock().unwrap().clone();
        if mood == Mood::Hangs {
            // As long as the other side has patience.
            let _ = stream.read(&mut [0]);
            return None;
        }
        let (mut from, mut to, mut is_in) = (String::new(), Vec::new(), false);
        say(&mut stream, "220 mail.test ESMTP")?;
        loop {
            let line = heard(&mut stream)?;
            self.lines.lock().unwrap().push(line.clone());
            let word = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
            match (word.as_str(), &mood) {
                ("EHLO", Mood::Wants(_)) => say(&mut stream, "250-mail.test\r\n250 AUTH PLAIN")?,
                ("EHLO" | "HELO", _) => say(&mut stream, "250-mail.test\r\n250 8BITMIME")?,
                ("AUTH", Mood::Wants(secret)) => {
                    is_in = line == format!("AUTH PLAIN {secret}");
                    say(
                        &mut stream,
                        if is_in {
                            "235 Welcome"
                        } else {
                            "535 5.7.8 Who are you"
                        },
                    )?;
                }
                ("MAIL", Mood::Wants(_)) if !is_in => say(&mut stream, "530 5.7.0 Sign in first")?,
                ("MAIL", _) => {
                    from = address(&line);
                    say(&mut stream, "250 OK")?;
                }
                ("RCPT", Mood::PutsOff) => say(&mut stream, "451 4.7.1 Come again later")?,
                ("RCPT", Mood::Refuses(whom)) if address(&line).starts_with(whom) => {
                    say(&mut stream, "550 5.1.1 There is nobody of this name")?;
                }
                ("RCPT", _) => {
                    to.push(address(&line));
                    say(&mut stream, "250 OK")?;
                }
                ("DATA", _) => {
                    say(&mut stream, "354 Go on")?;
                    let raw = message(&mut stream)?;
                    let accepted = mood != Mood::Drops;
                    self.posts.lock().unwrap().push(Post {
                        from: from.clone(),
                        to: std::mem::take(&mut to),
                        raw,
                        accepted,
                    });
                    if !accepted {
                        return None;
                    }
                    say(&mut stream, "250 2.0.0 Queued as 4F2")?;
                }
                ("QUIT", _) => return say(&mut stream, "221 Bye"),
                ("RSET" | "NOOP", _) => say(&mut stream, "250 OK")?,
                _ => say(&mut stream, "502 What")?,
            }
        }
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
