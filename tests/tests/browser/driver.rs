//! A browser without a window, driven through `chromedriver`: the few calls of W3C's
//! `WebDriver` that the stories need, over plain HTTP. Source: <https://www.w3.org/TR/webdriver2/>.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long a page may take to show something.
const PATIENCE: Duration = Duration::from_secs(10);

const FLAGS: [&str; 8] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// A browser. It ends with the value.
pub(crate) struct Browser {
    driver: Child,
    port: u16,
    session: String,
}

impl Browser {
    /// Starts a browser, with JavaScript or without; `None` where none is installed.
    pub(crate) async fn start(is_dark: bool, has_script: bool) -> Option<Self> {
        let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let program = named("COUNTERSIGN_CHROMEDRIVER");
        let (Some(program), Some(chromium)) = (program, named("COUNTERSIGN_CHROMIUM")) else {
            println!("skipped: COUNTERSIGN_CHROMEDRIVER and COUNTERSIGN_CHROMIUM name no browser");
            return None;
        };
        let mut driver =
            Command::new(program).arg("--port=0").stdout(Stdio::piped()).spawn().unwrap();
        let port = port(BufReader::new(driver.stdout.take().unwrap()));
        let mut browser = Self { driver, port, session: String::new() };
        let mut flags: Vec<_> = FLAGS.iter().map(ToString::to_string).collect();
        if is_dark {
            flags.push("--force-dark-mode".to_owned());
        }
        let scripts = if has_script { 1 } else { 2 };
        let options = json!({
            "binary": chromium.to_str().unwrap(),
            "args": flags,
            "prefs": { "profile.managed_default_content_settings.javascript": scripts },
        });
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": options,
        } } });
        let answer = browser.send("POST", "/session", &wanted).await;
        answer["sessionId"].as_str().unwrap().clone_into(&mut browser.session);
        Some(browser)
    }

    pub(crate) async fn open(&self, address: &str) {
        self.call("POST", "/url", &json!({ "url": address })).await;
    }

    pub(crate) async fn address(&self) -> String {
        self.call("GET", "/url", &Value::Null).await.as_str().unwrap().to_owned()
    }

    /// All that can be read on the page.
    pub(crate) async fn text(&self) -> String {
        let Some(element) = self.find("css selector", "body").await else { return String::new() };
        let text = self.try_call("GET", &format!("/element/{element}/text"), &Value::Null).await;
        text.ok().and_then(|text| text.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Waits until this can be read.
    pub(crate) async fn sees(&self, words: &str) {
        let began = Instant::now();
        loop {
            let text = self.text().await;
            if text.contains(words) {
                return;
            }
            let address = self.address().await;
            assert!(began.elapsed() < PATIENCE, "`{words}` does not appear on {address}:\n{text}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Whether there is such an element now.
    pub(crate) async fn has(&self, css: &str) -> bool {
        self.find("css selector", css).await.is_some()
    }

    pub(crate) async fn click(&self, css: &str) {
        self.click_by("css selector", css).await;
    }

    /// Presses the first button that is called this.
    pub(crate) async fn press(&self, label: &str) {
        let path = format!("//main//button[starts-with(normalize-space(), '{label}')]");
        self.click_by("xpath", &path).await;
    }

    /// Follows the first link that is called this.
    pub(crate) async fn follow(&self, label: &str) {
        self.click_by("xpath", &format!("//main//a[contains(normalize-space(), '{label}')]")).await;
    }

    /// The page may be replaced under the pointer: then once more.
    async fn click_by(&self, using: &str, what: &str) {
        let began = Instant::now();
        loop {
            if let Some(element) = self.find(using, what).await {
                let path = format!("/element/{element}/click");
                if self.try_call("POST", &path, &json!({})).await.is_ok() {
                    return;
                }
            }
            assert!(
                began.elapsed() < PATIENCE,
                "`{what}` cannot be clicked:\n{}",
                self.text().await
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(crate) async fn enter(&self, css: &str, text: &str) {
        let element = self.find("css selector", css).await;
        let element = element.unwrap_or_else(|| panic!("there is no `{css}`"));
        self.call("POST", &format!("/element/{element}/value"), &json!({ "text": text })).await;
    }

    /// A picture of the whole page at this width.
    pub(crate) async fn picture(&self, width: u32, file: &Path) {
        let metrics = |height: u64| {
            json!({
                "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false,
            })
        };
        self.devtools("Emulation.setDeviceMetricsOverride", metrics(600)).await;
        let size = self.devtools("Page.getLayoutMetrics", json!({})).await;
        let height = size["cssContentSize"]["height"].as_f64().unwrap_or(600.0);
        assert!(
            size["cssContentSize"]["width"].as_f64().unwrap_or_default() <= f64::from(width),
            "at {width} pixels the page has to be scrolled sideways: {}",
            self.address().await
        );
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "pixels")]
        let height = height.ceil().clamp(600.0, 3_000.0) as u64;
        self.devtools("Emulation.setDeviceMetricsOverride", metrics(height)).await;
        let picture = self.call("GET", "/screenshot", &Value::Null).await;
        let picture = STANDARD.decode(picture.as_str().unwrap()).unwrap();
        std::fs::write(file, picture).unwrap();
        self.devtools("Emulation.clearDeviceMetricsOverride", json!({})).await;
    }

    async fn devtools(&self, command: &str, params: Value) -> Value {
        let body = json!({ "cmd": command, "params": params });
        self.call("POST", "/goog/cdp/execute", &body).await
    }

    async fn find(&self, using: &str, what: &str) -> Option<String> {
        let body = json!({ "using": using, "value": what });
        let found = self.try_call("POST", "/element", &body).await.ok()?;
        let id = found.as_object()?.values().next()?.as_str()?;
        Some(id.to_owned())
    }

    async fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        self.try_call(method, path, body)
            .await
            .unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    async fn try_call(&self, method: &str, path: &str, body: &Value) -> Result<Value, Value> {
        let path = format!("/session/{}{path}", self.session);
        let answer = self.send(method, &path, body).await;
        if answer.get("error").is_some_and(Value::is_string) { Err(answer) } else { Ok(answer) }
    }

    /// One request on a connection of its own.
    async fn send(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.port,
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body.as_bytes()).await.unwrap();
        let answer = tokio::time::timeout(4 * PATIENCE, answer(stream)).await;
        let answer = answer.unwrap_or_else(|_| panic!("{method} {path}: no answer"));
        let answer: Value = serde_json::from_slice(&answer)
            .unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        answer["value"].clone()
    }
}

/// The body of an answer. The driver leaves the connection open: its length says where it ends.
async fn answer(stream: TcpStream) -> Vec<u8> {
    let mut stream = tokio::io::BufReader::new(stream);
    let (mut length, mut line) = (0, String::new());
    while stream.read_line(&mut line).await.unwrap() > 0 && line.trim() != "" {
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    body
}

impl Drop for Browser {
    /// The driver ends its browser when it is told to end, and only then.
    fn drop(&mut self) {
        let request = format!(
            "DELETE /session/{} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n",
            self.session, self.port
        );
        if let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", self.port)) {
            use std::io::{Read, Write};
            let _ = stream.write_all(request.as_bytes());
            let _ = stream.set_read_timeout(Some(PATIENCE));
            let _ = stream.read(&mut [0; 1_024]);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// The port that the driver says it listens on.
fn port(mut lines: impl BufRead) -> u16 {
    let mut line = String::new();
    while lines.read_line(&mut line).unwrap() > 0 {
        let digits = line.trim().trim_end_matches('.').rsplit_once("on port ");
        // It first says that it starts on the port that was asked for, which is none.
        if let Some(port) = digits.and_then(|(_, port)| port.parse().ok()).filter(|port| *port > 0)
        {
            return port;
        }
        line.clear();
    }
    panic!("ChromeDriver ended before it listened");
}
