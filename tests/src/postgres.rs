//! A private PostgreSQL: one server a test process, from the installed binaries, with fsync on;
//! one database a test, made from a migrated template.
#![expect(clippy::expect_used, reason = "a test's setup may fail loudly")]

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::OnceCell;
use tokio_postgres::NoTls;

use crate::service::{Service, is_root};

/// The migrated database that tests' databases are copies of.
const TEMPLATE: &str = "migrated";

/// The address of a new database with the whole schema.
///
/// # Panics
/// When the server does not start, like everything here.
pub async fn database() -> String {
    static TEMPLATE_MADE: OnceCell<()> = OnceCell::const_new();
    static NEXT: AtomicU32 = AtomicU32::new(0);
    TEMPLATE_MADE
        .get_or_init(|| async {
            execute("postgres", &format!("CREATE DATABASE {TEMPLATE}")).await;
            db::migrate(&url(TEMPLATE)).await.expect("the schema");
        })
        .await;
    let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    execute(
        "postgres",
        &format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}"),
    )
    .await;
    url(&name)
}

/// The address of a new database without any table.
pub async fn empty_database() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("empty_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    execute("postgres", &format!("CREATE DATABASE {name}")).await;
    url(&name)
}

/// A plain connection to the database at `url`, for what a test must do behind the program's back.
///
/// # Panics
/// When the server refuses.
pub async fn client(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls)
        .await
        .expect("a connection");
    tokio::spawn(connection);
    client
}

async fn execute(database: &str, sql: &str) {
    client(&url(database))
        .await
        .batch_execute(sql)
        .await
        .expect(sql);
}

/// A server of one test's own, which that test may stop and start.
#[derive(Debug)]
pub struct Own {
    port: u16,
    service: Service,
    control: String,
}

impl Own {
    /// Starts it, with nothing in it.
    pub fn start() -> Self {
        let binaries = binaries().expect("PostgreSQL is installed");
        let started = Service::on_free_port("postgres-own", |port| commands(&binaries, port));
        let (port, service) = started.expect("the server starts");
        let (run, bin) = (as_postgres(), binaries.display());
        Self {
            port,
            service,
            control: format!(
                "{run}{bin}/pg_ctl -D \"$FOLDER/data\" -w -t 60 -l \"$FOLDER/data/log\""
            ),
        }
    }

    /// The address of the database that every server has.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Stops it, `fast` or `immediate`, and starts it again.
    pub fn restart(&self, mode: &str) {
        let control = &self.control;
        let restarted = self.service.run(&format!("{control} -m {mode} restart"));
        assert!(restarted, "it comes up again");
    }
}

fn url(database: &str) -> String {
    let (port, _) = server();
    format!("postgres://postgres@127.0.0.1:{port}/{database}")
}

fn server() -> &'static (u16, Service) {
    static SERVER: OnceLock<(u16, Service)> = OnceLock::new();
    SERVER.get_or_init(|| match start() {
        Ok(server) => server,
        Err(said) => {
            panic!("PostgreSQL did not start; is the Debian package postgresql installed?\n{said}")
        }
    })
}

fn start() -> Result<(u16, Service), String> {
    let binaries = binaries().ok_or("no initdb under /usr/lib/postgresql")?;
    Service::on_free_port("postgres", |port| commands(&binaries, port))
}

/// What starts and what stops a server at a port.
fn commands(binaries: &Path, port: u16) -> (String, String) {
    // PostgreSQL refuses to run as root; its own user is made by the Debian package.
    let run = as_postgres();
    let own = if run.is_empty() {
        ""
    } else {
        "chown postgres \"$FOLDER\" && "
    };
    let bin = binaries.display();
    let settings = format!(
        "-p {port} -k $FOLDER -c listen_addresses=127.0.0.1 -c fsync=on -c synchronous_commit=on \
         -c max_connections=200 -c shared_buffers=128MB -c autovacuum_naptime=5s"
    );
    let start = format!(
        "chmod 700 \"$FOLDER\" && {own}{run}{bin}/initdb -D \"$FOLDER/data\" -U postgres -A trust -E UTF8 --no-sync \
         && {run}{bin}/pg_ctl -D \"$FOLDER/data\" -w -t 60 -l \"$FOLDER/data/log\" -o \"{settings}\" start"
    );
    let stop = format!("{run}{bin}/pg_ctl -D \"$FOLDER/data\" -m immediate stop");
    (start, stop)
}

/// What a command begins with that must not run as root.
fn as_postgres() -> &'static str {
    if is_root() {
        "setpriv --reuid=postgres --regid=postgres --clear-groups "
    } else {
        ""
    }
}

/// The newest installed version's programs.
fn binaries() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let number = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.join("bin/initdb").exists())
        .max_by_key(number)?;
    Some(newest.join("bin"))
}
