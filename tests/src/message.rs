//! Messages of HTTP/1.1 as servers of our own read and write them: whole, one after the other.

use std::io::{self, BufRead, Read, Write};

/// A request or an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The first line.
    pub first: String,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// All of it, however it came.
    pub body: Vec<u8>,
}

impl Message {
    /// An answer with a body of that type.
    #[must_use]
    pub fn answer(status: &str, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type".to_owned(), kind.to_owned())];
        Self { first: format!("HTTP/1.1 {status}"), headers, body: body.into() }
    }

    /// The method and the path of a request.
    #[must_use]
    pub fn asks(&self) -> (&str, &str) {
        let mut words = self.first.split(' ');
        (words.next().unwrap_or_default(), words.next().unwrap_or_default())
    }

    /// The value of a header, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The next message; `None` if there will be none.
    ///
    /// # Errors
    ///
    /// If the connection breaks in the middle of it, or it is none.
    pub fn read(stream: &mut impl BufRead) -> io::Result<Option<Self>> {
        let first = line(stream)?;
        if first.is_empty() {
            return Ok(None);
        }
        let mut message = Self { first, headers: Vec::new(), body: Vec::new() };
        loop {
            let line = line(stream)?;
            let Some((name, value)) = line.split_once(':') else { break };
            message.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let is_chunked = message.header("transfer-encoding").is_some_and(|it| it == "chunked");
        if is_chunked {
            message.body = chunks(stream)?;
            message.headers.retain(|(name, _)| name != "transfer-encoding");
        } else if let Some(length) = message.header("content-length") {
            let length = length.parse().map_err(|_| broken("its length is no number"))?;
            message.body = part(stream, length)?;
        }
        Ok(Some(message))
    }

    /// Sends it at once.
    ///
    /// # Errors
    ///
    /// If the connection breaks.
    pub fn write(&self, stream: &mut impl Write) -> io::Result<()> {
        let mut text = format!("{}\r\n", self.first).into_bytes();
        let others = self.headers.iter().filter(|(name, _)| name != "content-length");
        for (name, value) in others {
            write!(text, "{name}: {value}\r\n")?;
        }
        write!(text, "content-length: {}\r\n\r\n", self.body.len())?;
        text.extend_from_slice(&self.body);
        stream.write_all(&text)
    }
}

/// A line without its end.
fn line(stream: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    line.truncate(line.trim_end().len());
    Ok(line)
}

fn part(stream: &mut impl Read, length: usize) -> io::Result<Vec<u8>> {
    let mut part = vec![0; length];
    stream.read_exact(&mut part)?;
    Ok(part)
}

fn chunks(stream: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let length = line(stream)?;
        let length = usize::from_str_radix(&length, 16).map_err(|_| broken("a chunk is none"))?;
        body.extend(part(stream, length)?);
        // What ends the chunk, or all of them.
        line(stream)?;
        if length == 0 {
            return Ok(body);
        }
    }
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(mut text: &[u8]) -> Message {
        Message::read(&mut text).unwrap().unwrap()
    }

    #[test]
    fn a_message_is_read_as_it_was_written() {
        let answer = Message::answer("200 OK", "text/plain", "one\r\n\r\ntwo");
        let mut text = Vec::new();
        answer.write(&mut text).unwrap();
        let mut back = read(&text);
        assert_eq!(back.header("content-length"), Some("10"));
        back.headers.pop();
        assert_eq!(back, answer);
        assert_eq!(Message::read(&mut &b""[..]).unwrap(), None);
    }

    #[test]
    fn chunks_are_one_body() {
        let message = read(
            b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\nA\r\n0123456789\r\n0\r\n\r\n",
        );
        assert_eq!(message.asks(), ("POST", "/a"));
        assert_eq!(message.body, b"one0123456789");
        assert_eq!(message.header("transfer-encoding"), None);
    }

    #[test]
    fn what_breaks_off_is_an_error() {
        let mut text = &b"POST /a HTTP/1.1\r\ncontent-length: 9\r\n\r\nhalf"[..];
        assert_eq!(Message::read(&mut text).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
