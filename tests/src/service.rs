//! A server that lives exactly as long as the test process, however that ends.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// What a guardian does: start the server, say so, wait for the pipe from the test process to
/// close (which the kernel does even after SIGKILL), stop the server, remove its folder.
const GUARD: &str = r#"
trap '' INT TERM HUP
eval "$START" >"$FOLDER/start.log" 2>&1 || { cat "$FOLDER/start.log"; rm -rf "$FOLDER"; exit 1; }
echo started
read -r _
eval "$STOP" >/dev/null 2>&1
rm -rf "$FOLDER"
"#;

/// A running server's guardian.
#[derive(Debug)]
pub struct Service {
    _guardian: Child,
    folder: PathBuf,
}

impl Service {
    /// Runs a server in a folder of its own, on a port that was free. `commands` gives what starts
    /// it at a port and what stops it.
    pub fn on_free_port(
        name: &str,
        commands: impl Fn(u16) -> (String, String),
    ) -> Result<(u16, Self), String> {
        let mut said = String::new();
        // Another process may take the port between our look and the server's start.
        for _ in 0..5 {
            match Self::on_some_port(name, &commands) {
                Ok(running) => return Ok(running),
                Err(error) => said = error,
            }
        }
        Err(said)
    }

    fn on_some_port(
        name: &str,
        commands: impl Fn(u16) -> (String, String),
    ) -> Result<(u16, Self), String> {
        let text = |error: std::io::Error| error.to_string();
        let port = free_port().map_err(text)?;
        let folder = tempfile::Builder::new()
            .prefix(&format!("maxbooster-{name}-"))
            .tempdir()
            .map_err(text)?;
        let (start, stop) = commands(port);
        // The guardian removes it.
        Ok((port, Self::start(&folder.keep(), &start, &stop)?))
    }

    /// Runs a shell command that finds the server's folder in `$FOLDER`; false: it failed.
    pub fn run(&self, command: &str) -> bool {
        let status = Command::new("sh")
            .args(["-c", command])
            .env("FOLDER", &self.folder)
            .env("LC_ALL", "C.UTF-8")
            .current_dir(&self.folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        status.is_ok_and(|status| status.success())
    }

    /// Runs `start`, a shell command that returns once the server answers, and `stop` when the
    /// test process is gone. Both find the server's folder in `$FOLDER`. `Err`: what `start` said.
    fn start(folder: &Path, start: &str, stop: &str) -> Result<Self, String> {
        let mut command = Command::new("sh");
        command
            .args(["-c", GUARD])
            .env("START", start)
            .env("STOP", stop)
            .env("FOLDER", folder)
            .env("LC_ALL", "C.UTF-8")
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Ctrl-C at a terminal goes to the tests, and through their end to the server.
            .process_group(0);
        let mut guardian = command.spawn().map_err(|error| error.to_string())?;
        let Some(output) = guardian.stdout.take() else {
            return Err("the guardian has no output".into());
        };
        let mut said = String::new();
        for line in BufReader::new(output).lines() {
            let line = line.map_err(|error| error.to_string())?;
            if line == "started" {
                return Ok(Self {
                    _guardian: guardian,
                    folder: folder.to_owned(),
                });
            }
            said.push_str(&line);
            said.push('\n');
        }
        Err(said)
    }
}

/// A port of the loopback interface that was free a moment ago.
fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// Whether this process is the superuser, as which PostgreSQL refuses to run.
pub fn is_root() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("Uid:"))
        .and_then(|ids| ids.split_whitespace().nth(1))
        .is_some_and(|effective| effective == "0")
}
