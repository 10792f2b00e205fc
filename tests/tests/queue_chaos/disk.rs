//! The disk under the SQLite file is full: a small one of the test's own, in a namespace of its
//! own, which needs no rights.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use db::Kind as Store;
use support::chaos::{Deed, Kind};

use crate::scene::Scene;

/// A disk of four mebibytes, for as long as it lives.
struct SmallDisk {
    keeper: Child,
    folder: tempfile::TempDir,
}

impl SmallDisk {
    fn mount() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mount = "mount -t tmpfs -o size=4m tmpfs \"$0\" && echo mounted && exec cat";
        let mut keeper = Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", mount])
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        let stdout = keeper.stdout.as_mut().unwrap();
        BufReader::new(stdout).read_line(&mut said).unwrap();
        assert_eq!(said.trim(), "mounted", "user namespaces are allowed here");
        Self { keeper, folder }
    }

    /// The disk as those see it who are not in its namespace.
    fn path(&self) -> PathBuf {
        let root = format!("/proc/{}/root", self.keeper.id());
        PathBuf::from(root).join(self.folder.path().strip_prefix("/").unwrap())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Best effort: the pipe closes anyway.
        let _ = self.keeper.kill();
        let _ = self.keeper.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_clearly_keeps_what_it_has_and_recovers() {
    let disk = SmallDisk::mount();
    let url = format!("sqlite:{}", disk.path().join("queue.db").display());
    db::migrate(&url).await.unwrap();
    let mut scene = Scene::on(Store::Sqlite, url, None).await;
    let ballast = disk.path().join("ballast");
    std::fs::write(&ballast, vec![0; 1 << 20]).unwrap();
    let everything = Deed {
        kind: Kind::Everything,
    };
    let error = loop {
        match scene.try_enqueue(&everything).await {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    println!("{} accepted, then: {error}", scene.accepted.len());
    assert_eq!(error.code(), "database_full", "{error}");
    assert!(error.is_transient());
    // Nobody can work, and nothing breaks.
    let _hand = scene.crew().hire();
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert!(scene.try_enqueue(&everything).await.is_err());
    std::fs::remove_file(ballast).unwrap();
    scene.enqueue(Kind::Everything).await;
    scene.all_ended().await;
    scene.judge().await;
}
