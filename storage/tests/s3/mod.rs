//! A real S3 server in the test's own process, over a folder, on a free port.

use std::path::Path;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use storage::S3Options;
use tokio::net::TcpListener;

/// Starts the server with one bucket and says how to reach it. It ends with the runtime.
pub async fn serve(root: &Path) -> S3Options {
    std::fs::create_dir_all(root.join("music")).unwrap();
    let mut service = S3ServiceBuilder::new(FileSystem::new(root).unwrap());
    service.set_auth(SimpleAuth::from_single("key-id", "key-secret"));
    let service = service.build();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let service = service.clone();
            tokio::spawn(async move {
                let server = Builder::new(TokioExecutor::new());
                // A client that goes away is no failure of the server.
                let _ = server.serve_connection(TokioIo::new(socket), service).await;
            });
        }
    });
    S3Options {
        url: "s3://music/some/prefix".to_owned(),
        endpoint: Some(endpoint),
        region: "us-east-1".to_owned(),
        access_key_id: "key-id".to_owned(),
        secret_access_key: "key-secret".to_owned(),
        allow_http: true,
    }
}
