//! Tries a file of others in a process of its own, so that a graph that ends the process ends that
//! one only.

use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{MlError, Result};

/// How long the other process is left alone between two looks at it.
const LOOK: Duration = Duration::from_millis(5);
/// The most that is read of what it says.
const MOST_WORDS: u64 = 64 << 10;

/// What the other process may take.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Time, from start to end.
    pub time: Duration,
    /// Address space, bytes.
    pub memory: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(30),
            memory: 4 << 30,
        }
    }
}

/// A file that was tried: the proof that [`super::Runtime::load_tried`] asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    /// SHA-256 of the file, in hex.
    digest: String,
}

impl Tried {
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self {
            digest: hex::encode(Sha256::digest(bytes)),
        }
    }
}

/// Has `program` try a file: it is started with `words` and the file's path, calls
/// [`super::Runtime::try_foreign`] and prints the [`Tried`] as JSON, or its fault on standard error.
///
/// # Errors
///
/// [`MlError::ModelAborts`] where the process was ended by the file or by its bound on memory,
/// [`MlError::ModelTooSlow`] where it was still at it when its time was over, [`MlError::Run`] with
/// its own words where it refused the file.
pub fn probe(program: &Path, words: &[&str], file: &Path, bounds: &Bounds) -> Result<Tried> {
    let kibibytes = (bounds.memory >> 10).to_string();
    // The shell sets the bound on itself and becomes the program.
    let child = Command::new("/bin/sh")
        .args([
            "-c",
            "ulimit -c 0 && ulimit -v \"$0\" && exec \"$@\"",
            &kibibytes,
        ])
        .arg(program)
        .args(words)
        .arg(file)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let (status, said, complained) = outcome(child, bounds.time)?;
    if let Some(signal) = status.signal() {
        return Err(MlError::ModelAborts(format!("signal {signal}")));
    }
    if !status.success() {
        return Err(MlError::Run(complained.trim().to_owned()));
    }
    serde_json::from_str(said.trim())
        .map_err(|_| MlError::Run("the process that tried it said something else".to_owned()))
}

fn outcome(mut child: Child, time: Duration) -> Result<(std::process::ExitStatus, String, String)> {
    let (said, complained) = (child.stdout.take(), child.stderr.take());
    let until = Instant::now() + time;
    std::thread::scope(|scope| {
        let said = scope.spawn(|| words(said));
        let complained = scope.spawn(|| words(complained));
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break status;
            }
            if Instant::now() >= until {
                child.kill()?;
                child.wait()?;
                let most = time.as_secs_f64();
                return Err(MlError::ModelTooSlow(format!("more than {most} seconds")));
            }
            std::thread::sleep(LOOK);
        };
        let text = |words: std::thread::Result<String>| words.unwrap_or_default();
        Ok((status, text(said.join()), text(complained.join())))
    })
}

fn words(from: Option<impl Read>) -> String {
    let mut bytes = Vec::new();
    if let Some(mut from) = from {
        // What can't be read is as good as not said; the rest is drained, so that nobody waits.
        let _ = from.by_ref().take(MOST_WORDS).read_to_end(&mut bytes);
        let _ = std::io::copy(&mut from, &mut std::io::sink());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
