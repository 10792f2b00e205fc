//! A wire to a server that a test can cut and mend: connections break and new ones are refused
//! while it is cut, as when the server itself is gone.

#![expect(
    clippy::expect_used,
    reason = "what can't be set up must fail the test loudly"
)]

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;

/// The wire.
pub struct Wire {
    server: String,
    address: SocketAddr,
    carrying: Option<JoinHandle<()>>,
    loss: Loss,
}

/// The words whose answer is lost next, when there are any.
type Loss = Arc<Mutex<Option<String>>>;

impl Wire {
    /// A wire to `server`, given as `host:port`.
    pub async fn to(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let loss = Loss::default();
        let carrying = Some(carry(listener, server.to_owned(), Arc::clone(&loss)));
        Self {
            loss,
            server: server.to_owned(),
            address,
            carrying,
        }
    }

    /// Where its near end is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Carries the next message that has these words in it, and breaks its connection in place of
    /// the answer.
    pub fn lose_the_next_answer_to(&self, words: &str) {
        *self.loss.lock().expect("no panic") = Some(words.to_owned());
    }

    /// Breaks all connections and refuses new ones.
    pub async fn cut(&mut self) {
        if let Some(carrying) = self.carrying.take() {
            carrying.abort();
            // Its end is an abort, as asked for.
            let _ = carrying.await;
        }
    }

    /// Carries again, at the same address.
    pub fn mend(&mut self) {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_reuseaddr(true).expect("an option");
        socket.bind(self.address).expect("the same address");
        let listener = socket.listen(64).expect("it listens");
        self.carrying = Some(carry(listener, self.server.clone(), Arc::clone(&self.loss)));
    }
}

fn carry(listener: TcpListener, server: String, loss: Loss) -> JoinHandle<()> {
    tokio::spawn(async move {
        // Dropped with this task, and all connections with it.
        let mut connections = tokio::task::JoinSet::new();
        while let Ok((near, _)) = listener.accept().await {
            let (server, loss) = (server.clone(), Arc::clone(&loss));
            connections.spawn(async move {
                if let Ok(far) = TcpStream::connect(&server).await {
                    between(near, far, &loss).await;
                }
            });
        }
    })
}

async fn between(near: TcpStream, far: TcpStream, loss: &Loss) {
    let unheard = AtomicBool::new(false);
    let ((from_near, to_near), (from_far, to_far)) = (near.into_split(), far.into_split());
    tokio::select! {
        () = one_way(from_near, to_far, |bytes| {
            if has_the_words(loss, bytes) {
                unheard.store(true, Ordering::Relaxed);
            }
            true
        }) => {}
        () = one_way(from_far, to_near, |_| !unheard.load(Ordering::Relaxed)) => {}
    }
}

/// Whether these are the bytes whose answer is to be lost; no later ones are.
fn has_the_words(loss: &Loss, bytes: &[u8]) -> bool {
    let mut loss = loss.lock().expect("no panic");
    let found = loss.as_ref().is_some_and(|words| {
        let words = words.as_bytes();
        bytes.windows(words.len()).any(|window| window == words)
    });
    if found {
        *loss = None;
    }
    found
}

type From = tokio::net::tcp::OwnedReadHalf;
type To = tokio::net::tcp::OwnedWriteHalf;

/// Carries bytes until an end closes, or until `carries` says of some that they get lost.
async fn one_way(from: From, to: To, carries: impl Fn(&[u8]) -> bool) {
    let mut buffer = vec![0; 16 * 1024];
    while from.readable().await.is_ok() {
        let read = match from.try_read(&mut buffer) {
            Ok(0) => return,
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => continue,
            Err(_) => return,
        };
        let mut rest = buffer.get(..read).unwrap_or_default();
        if !carries(rest) {
            return;
        }
        while !rest.is_empty() && to.writable().await.is_ok() {
            match to.try_write(rest) {
                Ok(written) => rest = rest.get(written..).unwrap_or_default(),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(_) => return,
            }
        }
    }
}
