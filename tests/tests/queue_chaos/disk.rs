//! The disk under the SQLite file is full: a small one of the test's own, in a namespace of its
//! own, which needs no rights.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use db::Kind as Store;
use support::chaos::{Deed, Kind};

use crate::scene::Scene;

/// Where the small disk is mounted, for the one that runs there.
const DISK: &str = "CHAOS_DISK";
const INSIDE: &str = "mount -t tmpfs -o size=24m tmpfs \"$CHAOS_DISK\" && exec \"$0\" --nocapture \
                      --exact disk::a_full_disk_refuses_clearly_keeps_what_it_has_and_recovers";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_clearly_keeps_what_it_has_and_recovers() {
    if let Ok(disk) = std::env::var(DISK) {
        return on(Path::new(&disk)).await;
    }
    let unshare = ["--user", "--map-root-user", "--mount"];
    let allowed = Command::new("unshare").args(unshare).arg("true").status();
    if !allowed.is_ok_and(|status| status.success()) {
        // Some sandboxes forbid it to everyone. Nothing else fills a disk without rights.
        eprintln!("NOT TESTED: this machine allows no namespaces, and so no disk to fill");
        return;
    }
    // Again, within the namespace.
    let folder = tempfile::tempdir().unwrap();
    let status = Command::new("unshare")
        .args(unshare)
        .args(["sh", "-c", INSIDE])
        .arg(std::env::current_exe().unwrap())
        .env(DISK, folder.path())
        .status();
    assert!(status.unwrap().success(), "it went well there");
}

async fn on(disk: &Path) {
    let url = format!("sqlite:{}", disk.join("queue.db").display());
    db::migrate(&url).await.unwrap();
    let mut scene = Scene::on(Store::Sqlite, url, None).await;
    let ballast = disk.join("ballast");
    std::fs::write(&ballast, vec![0; 20 << 20]).unwrap();
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
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(scene.try_enqueue(&everything).await.is_err());
    std::fs::remove_file(ballast).unwrap();
    scene.enqueue(Kind::Everything).await;
    scene.all_ended().await;
    scene.judge().await;
}
