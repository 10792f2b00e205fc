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

fn start() -> Result<(u16, Service), String> {
    Service::on_free_port("redis", |port| {
        let start = format!(
            "redis-server --port {port} --bind 127.0.0.1 --save '' --appendonly no --dir \"$FOLDER\" \
             --daemonize yes --logfile \"$FOLDER/log\" \
             && until redis-cli -p {port} ping | grep -q PONG; do sleep 0.05; done"
        );
        let stop = format!("redis-cli -p {port} shutdown nosave");
        (start, stop)
    })
}
