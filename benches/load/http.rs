//! A small HTTP/1.1 client. It does what the load needs and costs the server's machine little.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::Result;

/// One keep-alive connection, and the last answer that came over it.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Client {
    pub(crate) fn connect(port: u16) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Self {
            stream: BufReader::with_capacity(1 << 16, stream),
            head: String::new(),
            body: Vec::new(),
        })
    }

    pub(crate) fn send_expecting_success(&mut self, request: &[u8]) -> Result<()> {
        match self.send(request)? {
            200..300 => Ok(()),
            status => {
                let line = request.split(|byte| *byte == b'\r').next().unwrap_or_default();
                let line = String::from_utf8_lossy(line);
                Err(format!("{line} was answered with {status}: {}", self.text().trim()).into())
            }
        }
    }

    /// Sends a request, reads the whole answer, and returns its status.
    pub(crate) fn send(&mut self, request: &[u8]) -> Result<u16> {
        self.stream.get_mut().write_all(request)?;
        self.head.clear();
        self.body.clear();
        while !self.head.ends_with("\r\n\r\n") {
            if self.stream.read_line(&mut self.head)? == 0 {
                return Err("the server closed the connection".into());
            }
        }
        if self
            .headers("transfer-encoding")
            .any(|coding| coding.eq_ignore_ascii_case("chunked"))
        {
            while self.read_chunk()? > 0 {}
        } else {
            let length = self.headers("content-length").next().unwrap_or("0").parse()?;
            self.read_body(length)?;
        }
        Ok(self.head.get(9..12).ok_or("no status")?.parse()?)
    }

    fn read_chunk(&mut self) -> Result<u64> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let size = u64::from_str_radix(line.trim_end(), 16)?;
        self.read_body(size)?;
        self.stream.read_line(&mut line)?;
        Ok(size)
    }

    fn read_body(&mut self, length: u64) -> Result<()> {
        let read = (&mut self.stream).take(length).read_to_end(&mut self.body)?;
        if u64::try_from(read)? == length {
            Ok(())
        } else {
            Err("the answer was cut short".into())
        }
    }

    pub(crate) fn headers<'a>(&'a self, wanted: &'a str) -> impl Iterator<Item = &'a str> {
        let pairs = self.head.lines().filter_map(|line| line.split_once(':'));
        pairs
            .filter(|(name, _)| name.eq_ignore_ascii_case(wanted))
            .map(|(_, value)| value.trim())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A request with one header more.
pub(crate) fn with_header(request: &[u8], name: &str, value: &str) -> Vec<u8> {
    let first_line = request
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    let (first_line, rest) = request.split_at(first_line);
    let header = format!("{name}: {value}\r\n");
    [first_line, header.as_bytes(), rest].concat()
}

pub(crate) fn request(port: u16, method: &str, path: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n{headers}content-length: {length}\r\n\r\n{body}")
        .into_bytes()
}
