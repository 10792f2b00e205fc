//! A private Redis: one server a test process, from the installed binary.

use std::sync::OnceLock;

use crate::service::Service;

/// The address of the server.
///
/// # Panics
/// When the server does not start.
pub fn url() -> String {
    static SERVER: OnceLock<(u16, Service)> = OnceLock::new();
    let (port, _) = SERVER.get_or_init(|| match start() {
        Ok(server) => server,
        Err(said) => {
            panic!("Redis did not start; is the Debian package redis-server installed?\n{said}")
        }
    });
    format!("redis://127.0.0.1:{port}")
}

/// A server of one test's own, which that test may kill and start again.
#[derive(Debug)]
pub struct Own {
    port: u16,
    service: Service,
}

impl Own {
    /// Starts it, with nothing in it.
    pub fn start() -> Self {
        match start() {
            Ok((port, service)) => Self { port, service },
            Err(said) => panic!("Redis did not start\n{said}"),
        }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Kills it with all that it knew.
    pub fn kill(&self) {
        let port = self.port;
        let killed = format!("redis-cli -p {port} flushall && redis-cli -p {port} shutdown nosave");
        assert!(self.service.run(&killed), "it can be killed");
    }

    /// Starts it again, with nothing in it.
    pub fn revive(&self) {
        assert!(self.service.run(&starting(self.port)), "it comes up again");
    }
}

fn start() -> Result<(u16, Service), String> {
    Service::on_free_port("redis", |port| {
        let stop = format!("redis-cli -p {port} shutdown nosave");
        (starting(port), stop)
    })
}

fn starting(port: u16) -> String {
    format!(
        "redis-server --port {port} --bind 127.0.0.1 --save '' --appendonly no --dir \"$FOLDER\" \
         --daemonize yes --logfile \"$FOLDER/log\" \
         && until redis-cli -p {port} ping | grep -q PONG; do sleep 0.05; done"
    )
}
