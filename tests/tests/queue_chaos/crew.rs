//! Worker processes that can be killed, frozen and stopped. None outlives its test.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

/// One worker process.
pub struct Hand {
    child: Child,
}

/// How the processes of one test are started.
#[derive(Debug, Clone, Default)]
pub struct Crew {
    settings: Vec<(String, String)>,
}

impl Crew {
    /// A setting of the worker, as `chaos_worker` reads it.
    pub fn with(self, name: &str, value: impl std::fmt::Display) -> Self {
        self.with_variable(&format!("CHAOS_{name}"), value)
    }

    /// A variable of the processes' environment.
    pub fn with_variable(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        self.settings.push((name.to_owned(), value.to_string()));
        self
    }

    /// Starts a process, and does not wait for it.
    pub fn hire(&self) -> Hand {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chaos_worker"));
        command
            .envs(self.settings.iter().cloned())
            // It ends when the pipe closes, which the kernel does even after SIGKILL.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        Hand {
            child: command.spawn().unwrap(),
        }
    }

    /// Starts a process that is at work already.
    pub fn hire_at_work(&self) -> Hand {
        let mut hand = self.hire();
        let mut said = String::new();
        let stdout = hand.child.stdout.as_mut().unwrap();
        BufReader::new(stdout).read_line(&mut said).unwrap();
        assert_eq!(said.trim(), "up");
        hand
    }
}

impl Hand {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGSTOP: frozen wherever it is.
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// SIGCONT.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    /// SIGTERM.
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.pid());
        let sent = Command::new("sh").args(["-c", &kill]).status();
        assert!(sent.unwrap().success());
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        // Best effort: it may have ended before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
