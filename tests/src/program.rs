//! The built `maxbooster` as real processes, with a folder and a database of their own. None of
//! them outlives its test.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "what can't be set up must fail the test loudly, with the program's own words"
)]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::client::Client;
use crate::site::Site;

/// Longer than any single step of a test takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Waits for `future` and fails the test when it hangs.
pub async fn patiently<T>(what: &str, future: impl Future<Output = T>) -> T {
    within(PATIENCE, what, future).await
}

/// The same with another patience.
pub async fn within<T>(limit: Duration, what: &str, future: impl Future<Output = T>) -> T {
    let Ok(value) = tokio::time::timeout(limit, future).await else {
        panic!("{what}: not within {limit:?}");
    };
    value
}

/// Looks again and again, a few times a second, until `look` finds what it looks for. For what
/// nothing can be awaited of: files and the kernel's own figures.
pub async fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(found) = look() {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    patiently(what, looking).await
}

/// Where the program is: beside the test's own executable. Built now when it is missing.
pub fn binary() -> PathBuf {
    static BUILDING: Mutex<()> = Mutex::new(());
    let test = std::env::current_exe().expect("the test's own path");
    let profile = test
        .parent()
        .and_then(Path::parent)
        .expect("target/<profile>/deps");
    let program = profile.join("maxbooster");
    let _one = BUILDING
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    if !program.exists() {
        let built = std::process::Command::new(env!("CARGO"))
            .args(["build", "-p", "maxbooster-cli"])
            .current_dir(crate::repository::root())
            .status()
            .expect("cargo runs");
        assert!(
            built.success() && program.exists(),
            "maxbooster can't be built"
        );
    }
    program
}

/// What a program that ended said.
#[derive(Debug)]
pub struct Finished {
    /// Its exit code.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Finished {
    /// Standard output of a run that went well.
    ///
    /// # Panics
    /// When it did not.
    pub fn well(self) -> String {
        assert_eq!(self.code, Some(0), "{}\n{}", self.stdout, self.stderr);
        self.stdout
    }

    /// Standard error of a run that was refused.
    ///
    /// # Panics
    /// When it went well, or panicked.
    pub fn refused(self) -> String {
        assert!(self.code.is_some_and(|code| code != 0), "{self:?}");
        assert!(!self.stderr.contains("panicked"), "{self:?}");
        self.stderr
    }
}

/// A running role.
pub struct Program {
    role: String,
    child: Child,
    address: String,
    log: PathBuf,
}

impl Program {
    /// Starts a role and waits until it says that it is up.
    pub(crate) async fn start(site: &Site, args: &[&str]) -> Self {
        let role = args.join(" ");
        let log = site.new_log();
        let errors = std::fs::File::create(&log).expect("a log file");
        let mut child = command(site, args)
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .expect("the program starts");
        let said = first_in(child.stdout.take().expect("it is piped"), up_at);
        let mut program = Self {
            role,
            child,
            address: String::new(),
            log,
        };
        let Ok(address) = patiently("start", said).await else {
            panic!("`{}` ended before it was up", program.role);
        };
        program.address = address;
        program
    }

    /// `http://host:port`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A caller of its API in the first owner's name.
    pub fn client(&self, site: &Site) -> Client {
        Client::new(&self.url(), &site.owner_token())
    }

    /// The process's number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Everything that it logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// `kill -9`, and waits until the process is gone.
    pub fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("its exit status");
    }

    /// `SIGTERM`.
    pub fn terminate(&self) {
        let kill = format!("kill -TERM {}", self.pid());
        let sent = Command::new("sh").args(["-c", &kill]).status();
        assert!(sent.expect("a shell").success(), "a signal can be sent");
    }

    /// Waits for its end.
    pub async fn ended(&mut self) -> ExitStatus {
        let child = &mut self.child;
        eventually("its end", || child.try_wait().expect("its exit status")).await
    }

    /// Sends `SIGTERM`, and waits for its end.
    pub async fn stop(mut self) -> ExitStatus {
        self.terminate();
        self.ended().await
    }

    /// Fails when the process has ended by itself or panicked.
    ///
    /// # Panics
    /// Then.
    pub fn is_well(&mut self) {
        let ended = self.child.try_wait().expect("its exit status");
        assert!(ended.is_none(), "it ended: {ended:?}");
        assert!(!self.log().contains("panicked"), "it panicked");
    }
}

/// The address that a line says a role is up at, empty where it has none.
fn up_at(line: &str) -> Option<String> {
    line.contains(" is up").then(|| {
        let address = line
            .split_once("http://")
            .map_or("", |(_, address)| address);
        address.trim_end_matches('/').to_owned()
    })
}

/// Reads standard output to its end on a thread of its own, so that the program never waits for
/// its reader; the answer is what `find` sees in a line first.
pub(crate) fn first_in<T: Send + 'static>(
    stdout: ChildStdout,
    find: impl Fn(&str) -> Option<T> + Send + 'static,
) -> oneshot::Receiver<T> {
    let (tell, told) = oneshot::channel();
    std::thread::spawn(move || {
        let mut tell = Some(tell);
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if let Some(found) = find(&line)
                && let Some(tell) = tell.take()
            {
                // Nobody waits for it any more when the test has failed meanwhile.
                let _ = tell.send(found);
            }
        }
    });
    told
}

/// Nothing outlives its test, and a failing test shows the log.
impl Drop for Program {
    fn drop(&mut self) {
        // Best effort: it may have ended before.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            println!("--- log of `{}`:\n{}---", self.role, self.log());
        }
    }
}

/// Runs the program to its end.
pub(crate) async fn run(site: &Site, args: &[&str]) -> Finished {
    let mut command = command(site, args);
    let output = tokio::task::spawn_blocking(move || command.stdin(Stdio::null()).output());
    let output = patiently(&args.join(" "), output)
        .await
        .expect("a thread")
        .expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it prints UTF-8");
    Finished {
        code: output.status.code(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// Runs the program and kills it (`kill -9`) when a line of its standard error has `words`.
///
/// # Panics
/// When it ends without having said them.
pub(crate) async fn killed_at(site: &Site, args: &[&str], words: &'static str) {
    let mut command = command(site, args);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let running = tokio::task::spawn_blocking(move || {
        let mut child = command.stderr(Stdio::piped()).spawn().expect("it starts");
        let said = child.stderr.take().expect("it is piped");
        let mut lines = BufReader::new(said).lines().map_while(Result::ok);
        let said = lines.any(|line| line.contains(words));
        // It may have ended by itself.
        let _ = child.kill();
        let _ = child.wait();
        said
    });
    let said = patiently(words, running).await.expect("a thread");
    assert!(said, "it never said {words}");
}

fn command(site: &Site, args: &[&str]) -> Command {
    let mut command = mortal(&binary());
    let inherited = std::env::vars().map(|(name, _)| name);
    for name in inherited.filter(|name| name.starts_with("MAXBOOSTER")) {
        command.env_remove(name);
    }
    command
        .args(args)
        .envs(site.environment())
        .current_dir(site.folder());
    command
}

/// Lets the kernel end the process when the test's own process is killed, where Linux has a
/// program to ask it for that.
fn mortal(program: &Path) -> Command {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let setpriv = std::env::split_paths(&path)
        .map(|folder| folder.join("setpriv"))
        .find(|file| file.is_file());
    let Some(setpriv) = setpriv else {
        return Command::new(program);
    };
    let mut command = Command::new(setpriv);
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}
