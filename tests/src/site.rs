//! A place to run the program at: a folder, a database and settings that all its processes share.

#![expect(
    clippy::expect_used,
    reason = "what can't be set up must fail the test loudly"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;

use crate::client::Client;
use crate::postgres;
use crate::program::{self, Finished, Program};
use crate::wall_clock::WallClock;

/// A place of a test's own. Gone when the test ends.
pub struct Site {
    folder: TempDir,
    settings: BTreeMap<String, String>,
    /// Of the wall clock, where it is not the true one.
    clock: Vec<(String, String)>,
    logs: AtomicUsize,
}

impl Site {
    /// With the embedded database.
    pub fn sqlite() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("maxbooster-test-")
            .tempdir()
            .expect("a folder");
        let data = folder.path().join("data");
        let site = Self {
            folder,
            settings: BTreeMap::new(),
            clock: Vec::new(),
            logs: AtomicUsize::new(0),
        };
        site.with("server.bind", "127.0.0.1:0")
            .with("data.dir", data.display())
    }

    /// With a PostgreSQL database of its own that has the schema.
    pub async fn postgres() -> Self {
        Self::sqlite().with("database.url", postgres::database().await)
    }

    /// The same kind of place with a database that has no table yet.
    #[must_use]
    pub async fn with_empty_database(self) -> Self {
        if !self.settings.contains_key("database.url") {
            return self;
        }
        self.with("database.url", postgres::empty_database().await)
    }

    /// The same with another setting, `section.key` as in the settings file.
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a setting is written down in place, whatever its type"
    )]
    pub fn with(mut self, key: &str, value: impl ToString) -> Self {
        self.settings.insert(key.to_owned(), value.to_string());
        self
    }

    /// With the shortest lease there is, so that a killed process's jobs are soon taken up again.
    #[must_use]
    pub fn with_short_leases(self) -> Self {
        self.with("queue.lease_seconds", 5)
            .with("queue.beat_seconds", 1)
            .with("queue.poll_seconds", 1)
    }

    /// Whose programs all go by a wall clock that the test sets.
    #[must_use]
    pub fn with_wall_clock(mut self) -> (Self, WallClock) {
        let clock = WallClock::new(self.folder());
        let variables = clock.variables().into_iter();
        self.clock = variables
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        (self, clock)
    }

    /// The settings as environment variables.
    pub(crate) fn environment(&self) -> impl Iterator<Item = (String, String)> {
        let settings = self.settings.iter().map(|(key, value)| {
            let name = key.replace('.', "__").to_uppercase();
            (format!("MAXBOOSTER__{name}"), value.clone())
        });
        settings.chain(self.clock.iter().cloned())
    }

    /// The folder that programs start in; tests may put files there.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The platform's own folder.
    pub fn data(&self) -> PathBuf {
        self.folder().join("data")
    }

    /// Where the database is.
    pub fn database_url(&self) -> String {
        let embedded = || format!("sqlite:{}", self.data().join("maxbooster.db").display());
        self.settings
            .get("database.url")
            .cloned()
            .unwrap_or_else(embedded)
    }

    /// Writes a file into [`Site::folder`].
    pub fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder().join(name);
        std::fs::write(&path, bytes).expect("a file can be written");
        path
    }

    pub(crate) fn new_log(&self) -> PathBuf {
        let number = self.logs.fetch_add(1, Ordering::Relaxed);
        self.folder().join(format!("{number}.log"))
    }

    /// The first owner's token.
    pub fn owner_token(&self) -> String {
        let file = self.data().join("owner.token");
        let token = std::fs::read_to_string(file).expect("the owner's token is kept");
        token.trim().to_owned()
    }

    /// Names of all stored objects that begin with `prefix`, in order.
    pub fn objects(&self, prefix: &str) -> Vec<String> {
        let root = self.data().join("objects");
        let mut names: Vec<_> = files(&root)
            .iter()
            .filter_map(|path| {
                path.strip_prefix(&root)
                    .ok()?
                    .to_str()
                    .map(ToOwned::to_owned)
            })
            .filter(|name| name.starts_with(prefix))
            .collect();
        names.sort();
        names
    }

    /// Stored objects of masters that have `part` in their name.
    pub fn masters(&self, part: &str) -> Vec<String> {
        let mut names = self.objects("artists/");
        names.retain(|name| name.contains("/masters/") && name.contains(part));
        names
    }

    /// Files of uploads and masters that are not finished.
    pub fn unfinished_files(&self) -> Vec<PathBuf> {
        files(&self.data().join("tmp"))
    }

    /// What attempts at a job keep for the next one.
    pub fn kept_of(&self, job: &str) -> Vec<PathBuf> {
        let mut files = self.unfinished_files();
        files.retain(|path| path.to_string_lossy().contains(job));
        files
    }

    /// All roles in one process, and a caller in the first owner's name.
    pub async fn up(&self) -> (Program, Client) {
        self.served(&["up"]).await
    }

    /// The intake alone on a migrated database, and a caller in the first owner's name.
    pub async fn intake(&self) -> (Program, Client) {
        self.run(&["migrate"]).await.well();
        self.served(&["intake"]).await
    }

    /// The intake once more, where the first owner may be gone.
    pub async fn intake_again(&self) -> Program {
        Program::start(self, &["intake"]).await
    }

    async fn served(&self, args: &[&str]) -> (Program, Client) {
        let program = Program::start(self, args).await;
        let client = program.client(self);
        (program, client)
    }

    /// Workers alone, on a database that is migrated already.
    pub async fn worker(&self) -> Program {
        Program::start(self, &["worker"]).await
    }

    /// Runs a verb to its end.
    pub async fn run(&self, args: &[&str]) -> Finished {
        program::run(self, args).await
    }

    /// Runs a verb and kills it once it says `words` on standard error.
    pub async fn killed_at(&self, args: &[&str], words: &'static str) {
        program::killed_at(self, args, words).await;
    }

    /// Adds an artist: its id and its token.
    pub async fn artist(&self, name: &str) -> (String, String) {
        let said = self.run(&["artists", "add", name]).await.well();
        let mut words = said.split_whitespace();
        let id = words.next().expect("the artist's id").to_owned();
        let token = said
            .lines()
            .find(|line| line.starts_with("mb_"))
            .expect("its token");
        (id, token.to_owned())
    }

    /// Adds an operator: its token.
    pub async fn operator(&self, name: &str) -> String {
        let said = self.run(&["operators", "add", name]).await.well();
        let token = said.lines().find(|line| line.starts_with("mb_"));
        token.expect("its token").to_owned()
    }
}

/// All files in and below a folder; none when it is not there.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    // An entry may vanish while it is looked at, because the program is at work.
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}
