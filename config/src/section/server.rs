//! Where the intake listens.

use serde::{Deserialize, Serialize};

use super::{Broken, rule_holds};

/// The HTTP server of the intake.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Server {
    /// `host:port` to listen on; the port 0 takes a free one.
    pub bind: String,
}

impl Server {
    pub(super) fn port_is_a_number(&self) -> bool {
        self.bind
            .rsplit_once(':')
            .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
    }

    pub(crate) fn validate(&self) -> Result<(), Broken> {
        rule_holds(
            "server.bind",
            self.port_is_a_number(),
            "must be host:port, such as 127.0.0.1:8080",
        )
    }
}
