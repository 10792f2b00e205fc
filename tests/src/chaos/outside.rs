//! The world outside as a server of its own: it writes down every call and recognises none.

#![expect(
    clippy::expect_used,
    reason = "a world that can't be set up must fail the test"
)]

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long an answer may take, at most, milliseconds: time in which to die.
const SLOWEST_MS: usize = 6;

/// What a caller learns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// It happened, and this often.
    Happened(u32),
    /// It did not, as far as is known here.
    Nothing,
}

#[derive(Debug, Default)]
struct Seen {
    posts: HashMap<String, u32>,
    notes: BTreeMap<String, u64>,
}

/// The server, for as long as the process lives.
#[derive(Debug, Clone)]
pub struct Outside {
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
}

impl Outside {
    /// Opens it on a free port.
    pub fn open() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("its address");
        let seen = Arc::<Mutex<Seen>>::default();
        let shared = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let seen = Arc::clone(&shared);
                std::thread::spawn(move || serve(&stream, &seen));
            }
        });
        Self { address, seen }
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many different effects happened, and which of them more than once.
    pub fn effects(&self) -> (usize, Vec<String>) {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let doubled = seen.posts.iter().filter(|(_, count)| **count > 1);
        let doubled = doubled.map(|(token, count)| format!("{token} {count} times"));
        (seen.posts.len(), doubled.collect())
    }

    /// Whether an effect happened.
    pub fn happened(&self, token: &str) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.posts.contains_key(token)
    }

    /// How often a worker noted this.
    pub fn noted(&self, what: &str) -> u64 {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.notes.get(what).copied().unwrap_or(0)
    }

    /// A caller's side: makes it happen.
    pub fn post(address: SocketAddr, token: &str) -> std::io::Result<()> {
        call(address, &format!("post {token}")).map(drop)
    }

    /// A caller's side: asks whether it happened.
    pub fn find(address: SocketAddr, token: &str) -> std::io::Result<Asked> {
        let answer = call(address, &format!("find {token}"))?;
        let count = answer.trim().parse().unwrap_or(0);
        Ok(match count {
            0 => Asked::Nothing,
            count => Asked::Happened(count),
        })
    }

    /// A worker's side: tells the test something. What can't be told is not counted.
    pub fn note(address: SocketAddr, what: &str) {
        let _ = call(address, &format!("note {what}"));
    }
}

fn call(address: SocketAddr, line: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.write_all(format!("{line}\n").as_bytes())?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer)?;
    if answer.is_empty() {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    Ok(answer)
}

fn serve(mut stream: &TcpStream, seen: &Mutex<Seen>) {
    let mut line = String::new();
    // A caller that dies before its whole line has said nothing.
    if BufReader::new(stream).read_line(&mut line).is_err() || !line.ends_with('\n') {
        return;
    }
    let (verb, what) = line.trim().split_once(' ').unwrap_or_default();
    let (answer, wait) = {
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        match verb {
            "post" => {
                let count = seen.posts.entry(what.to_owned()).or_default();
                *count += 1;
                (
                    u64::from(*count),
                    line.len() * 7 + line.bytes().map(usize::from).sum::<usize>(),
                )
            }
            "find" => (seen.posts.get(what).copied().unwrap_or(0).into(), 0),
            _ => {
                let count = seen.notes.entry(what.to_owned()).or_default();
                *count += 1;
                (*count, 0)
            }
        }
    };
    std::thread::sleep(Duration::from_millis((wait % (SLOWEST_MS + 1)) as u64));
    // Its caller may be dead.
    let _ = stream.write_all(format!("{answer}\n").as_bytes());
}
