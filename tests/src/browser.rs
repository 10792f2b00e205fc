//! A real Chromium without a window, driven over the `WebDriver` protocol.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a browser that does not do what it is told must fail the test loudly"
)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::http_client;
use crate::program::{PATIENCE, first_in, patiently};
use crate::repository;

/// `WebDriver`'s name for a reference to an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// No window, no sandbox (tests run as root in containers), and nothing that the browser would ask
/// the outside world for.
const FLAGS: &[&str] = &[
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
];

/// One browser with a profile of its own. Closed when it is dropped.
pub struct Browser {
    http: reqwest::Client,
    address: String,
    session: String,
    folder: TempDir,
    driver: Child,
}

/// A line of the browser's console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// `SEVERE`, `WARNING`, `INFO` or `DEBUG`.
    pub level: String,
    /// What it says.
    pub text: String,
}

impl Browser {
    /// Starts one.
    pub async fn start() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("maxbooster-browser-")
            .tempdir()
            .expect("a folder");
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts; it is in Debian's chromium-driver");
        let stdout = driver.stdout.take().expect("its output");
        let port = patiently("chromedriver", first_in(stdout, port))
            .await
            .expect("chromedriver listens");
        let http = http_client();
        let mut browser = Self {
            http,
            address: format!("127.0.0.1:{port}"),
            session: String::new(),
            folder,
            driver,
        };
        browser.open_session().await;
        browser
    }

    async fn open_session(&mut self) {
        let profile = format!(
            "--user-data-dir={}",
            self.folder.path().join("profile").display()
        );
        let flags: Vec<_> = FLAGS.iter().copied().chain([profile.as_str()]).collect();
        let wanted = json!({
            "browserName": "chrome",
            "goog:chromeOptions": { "args": flags },
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        let session = self
            .ask(
                "/session",
                &json!({ "capabilities": { "alwaysMatch": wanted } }),
            )
            .await;
        let id = session["sessionId"].as_str().expect("a session").to_owned();
        self.session = format!("/session/{id}");
        std::fs::create_dir(self.downloads()).expect("a folder");
        let allow = json!({ "behavior": "allow", "downloadPath": self.downloads() });
        self.devtools("Browser.setDownloadBehavior", allow).await;
    }

    /// Where downloads go.
    pub fn downloads(&self) -> PathBuf {
        self.folder.path().join("downloads")
    }

    /// Goes to an address.
    pub async fn open(&self, url: &str) {
        self.tell("/url", &json!({ "url": url })).await;
    }

    /// Loads the page again.
    pub async fn reload(&self) {
        self.tell("/refresh", &json!({})).await;
    }

    /// Opens another tab and goes there.
    pub async fn open_tab(&self) {
        let tab = self.tell("/window/new", &json!({ "type": "tab" })).await;
        self.tell("/window", &json!({ "handle": tab["handle"] }))
            .await;
    }

    /// The value of an expression in the page.
    pub async fn value(&self, expression: &str) -> Value {
        let script = format!("return ({expression});");
        self.tell("/execute/sync", &json!({ "script": script, "args": [] }))
            .await
    }

    /// Waits until an expression is true in the page, and gives its value.
    pub async fn until(&self, expression: &str) -> Value {
        let looking = async {
            loop {
                let value = self.value(expression).await;
                let nothing =
                    matches!(&value, Value::Null | Value::Bool(false)) || value == "" || value == 0;
                if !nothing {
                    return value;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        if let Ok(value) = tokio::time::timeout(PATIENCE, looking).await {
            return value;
        }
        let text = self.value("document.body.innerText").await;
        panic!(
            "never true: {expression}\n{:#?}\n{}",
            self.console().await,
            text.as_str().unwrap_or_default()
        );
    }

    /// The text of the first element that a selector finds.
    pub async fn text(&self, selector: &str) -> String {
        let value = self
            .value(&format!(
                "document.querySelector({selector:?})?.textContent"
            ))
            .await;
        value
            .as_str()
            .unwrap_or_else(|| panic!("nothing is {selector}"))
            .to_owned()
    }

    /// Clicks as a mouse does: something in front of the element makes it fail.
    pub async fn click(&self, selector: &str) {
        let element = self.element(selector).await;
        self.tell(&format!("/element/{element}/click"), &json!({}))
            .await;
    }

    /// Types, or names a file to a file field.
    pub async fn type_into(&self, selector: &str, text: &str) {
        let element = self.element(selector).await;
        self.tell(
            &format!("/element/{element}/value"),
            &json!({ "text": text }),
        )
        .await;
    }

    async fn element(&self, selector: &str) -> String {
        let wanted = json!({ "using": "css selector", "value": selector });
        let found = self.tell("/element", &wanted).await;
        found[ELEMENT].as_str().expect("an element").to_owned()
    }

    /// What the console said since it was asked last.
    pub async fn console(&self) -> Vec<Line> {
        let lines = self.tell("/se/log", &json!({ "type": "browser" })).await;
        let text = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
        let lines = lines.as_array().cloned().unwrap_or_default();
        lines
            .iter()
            .map(|line| Line {
                level: text(line, "level"),
                text: text(line, "message"),
            })
            .collect()
    }

    /// Makes the page so wide, in CSS pixels.
    pub async fn resize(&self, width: u32) {
        let metrics =
            json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics)
            .await;
        // Two frames later everything that follows the size has been drawn.
        let frames = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done(true)));";
        self.tell("/execute/async", &json!({ "script": frames, "args": [] }))
            .await;
    }

    /// A picture of the whole page in `target/screenshots`.
    pub async fn picture(&self, name: &str) {
        let wanted = json!({ "format": "png", "captureBeyondViewport": true });
        let picture = self.devtools("Page.captureScreenshot", wanted).await;
        let png = picture["data"]
            .as_str()
            .and_then(|data| BASE64_STANDARD.decode(data).ok());
        let folder = repository::root().join("target/screenshots");
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(
            folder.join(name).with_extension("png"),
            png.expect("a picture"),
        )
        .expect("a file");
    }

    async fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.tell(
            "/goog/cdp/execute",
            &json!({ "cmd": command, "params": parameters }),
        )
        .await
    }

    async fn tell(&self, path: &str, body: &Value) -> Value {
        self.ask(&format!("{}{path}", self.session), body).await
    }

    async fn ask(&self, path: &str, body: &Value) -> Value {
        let request = self
            .http
            .post(format!("http://{}{path}", self.address))
            .json(body);
        let answer = async {
            request
                .send()
                .await
                .expect("chromedriver answers")
                .json::<Value>()
                .await
        };
        let mut answer = patiently(path, answer).await.expect("JSON");
        let value = answer["value"].take();
        assert!(
            value.get("error").is_none(),
            "{path} {body}: {} {}",
            value["error"],
            value["message"]
        );
        value
    }
}

/// Without the session's end, the browser would outlive its driver.
impl Drop for Browser {
    fn drop(&mut self) {
        self.end_session();
        // A driver that has ended by itself can't be killed, and need not be.
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

impl Browser {
    fn end_session(&self) {
        let Ok(mut stream) = TcpStream::connect(&self.address) else {
            return;
        };
        let request = format!(
            "DELETE {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
            self.session, self.address
        );
        // Nothing more can be done about a driver that does not listen.
        if stream.set_read_timeout(Some(PATIENCE)).is_ok()
            && stream.write_all(request.as_bytes()).is_ok()
        {
            let _ = stream.read(&mut [0; 256]);
        }
    }
}

/// Where a line of the driver's says that it listens.
fn port(line: &str) -> Option<u16> {
    let port = line.split("on port ").nth(1)?;
    let port = port.trim_end_matches('.').parse().ok()?;
    (port > 0).then_some(port)
}
