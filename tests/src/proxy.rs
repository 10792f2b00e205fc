//! A wire between a program and a server that can be cut, and that can go silent.

#![expect(
    clippy::expect_used,
    reason = "a wire that can't be laid must fail the test"
)]

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

#[derive(Debug, Clone, Copy)]
struct State {
    /// The line that new connections are of.
    laid: u64,
    /// Nothing comes through this line and earlier ones.
    silenced: u64,
    /// This line and earlier ones are gone.
    cut: u64,
}

/// A wire to one server, for as long as it lives.
#[derive(Debug, Clone)]
pub struct Proxy {
    address: SocketAddr,
    state: Arc<watch::Sender<State>>,
}

impl Proxy {
    /// Lays a wire to `server`.
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await;
        let listener = listener.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let state = Arc::new(watch::Sender::new(State {
            laid: 1,
            silenced: 0,
            cut: 0,
        }));
        let states = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let states = states.subscribe();
                tokio::spawn(async move {
                    if let Ok(far) = TcpStream::connect(server).await {
                        carry(near, far, states).await;
                    }
                });
            }
        });
        Self { address, state }
    }

    /// Where programs connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends every connection at once, the silent ones too; new ones go through.
    pub fn cut(&self) {
        self.state.send_modify(|state| {
            state.cut = state.laid;
            state.laid += 1;
        });
    }

    /// From now on nothing comes through the connections that there are, in neither direction,
    /// and nobody is told; new ones go through.
    pub fn silence(&self) {
        self.state.send_modify(|state| {
            state.silenced = state.laid;
            state.laid += 1;
        });
    }
}

/// Carries bytes both ways until an end closes, or the wire is cut.
async fn carry(near: TcpStream, far: TcpStream, mut states: watch::Receiver<State>) {
    let ours = states.borrow().laid;
    let (near_in, near_out) = near.into_split();
    let (far_in, far_out) = far.into_split();
    let carrying = futures::future::join(
        copy(near_in, far_out, ours, states.clone()),
        copy(far_in, near_out, ours, states.clone()),
    );
    let cut = states.wait_for(|state| state.cut >= ours);
    tokio::select! {
        _ = cut => {}
        _ = carrying => {}
    }
}

async fn copy(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    ours: u64,
    mut states: watch::Receiver<State>,
) {
    let mut buffer = vec![0; 16 * 1024];
    let carrying = async {
        while let Ok(count @ 1..) = from.read(&mut buffer).await {
            let bytes = buffer.get(..count).unwrap_or_default();
            if to.write_all(bytes).await.is_err() {
                return;
            }
        }
    };
    let silenced = async {
        // The state outlives its wires.
        let _ = states.wait_for(|state| state.silenced >= ours).await;
    };
    let whole = tokio::select! {
        () = carrying => true,
        () = silenced => false,
    };
    if !whole {
        // The sockets stay open, and nothing is read from them any more.
        std::future::pending::<()>().await;
    }
}
