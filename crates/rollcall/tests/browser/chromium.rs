//! Chromium without a window, used as a person uses it: by what can be seen.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

use rollcall_testkit::eventually;
use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::{By, ChromiumLikeCapabilities, DesiredCapabilities, WebDriver, WebElement};

/// Whether pages may run their script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Script {
    On,
    Off,
}

/// How wide the page is, and which colours its reader prefers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    pub(crate) name: &'static str,
    pub(crate) width: u32,
    pub(crate) dark: bool,
}

const fn view(name: &'static str, width: u32, dark: bool) -> View {
    View { name, width, dark }
}

/// Every way in which a page is looked at.
pub(crate) const VIEWS: [View; 4] = [
    view("light", 1280, false),
    view("dark", 1280, true),
    view("phone", 390, false),
    view("phone-dark", 390, true),
];

/// How much of a page is seen at once, in either width.
const HEIGHT: u32 = 844;

/// One browser with a profile of its own.
pub(crate) struct Chromium {
    /// Dropped first: that closes the browser, for which the driver has to be there still.
    driver: WebDriver,
    _server: Chromedriver,
    _profile: TempDir,
}

/// The server that drives browsers, on a free port of this machine. Ended by its own id.
struct Chromedriver {
    child: Child,
    url: String,
    /// Kept open, so that it can go on writing.
    _says: BufReader<ChildStdout>,
}

impl Drop for Chromedriver {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found = std::env::split_paths(&path).map(|folder| folder.join(name));
    found
        .find(|program| program.is_file())
        .unwrap_or_else(|| panic!("there is no {name} on PATH: run scripts/install-browser"))
}

impl Chromedriver {
    /// Starts it with a folder for whatever it and its browsers write.
    fn start(folder: &TempDir) -> Self {
        let mut child = Command::new(program("chromedriver"))
            .args(["--port=0", "--log-level=SEVERE"])
            .envs(
                ["HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"]
                    .map(|it| (it, folder.path())),
            )
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut says = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        let port = loop {
            line.clear();
            let read = says.read_line(&mut line);
            assert_ne!(read.unwrap(), 0, "chromedriver ended before it listened");
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                break port.trim().trim_end_matches('.').to_owned();
            }
        };
        Self {
            child,
            url: format!("http://127.0.0.1:{port}"),
            _says: says,
        }
    }
}

impl Chromium {
    pub(crate) async fn start(script: Script) -> Self {
        let profile = TempDir::new().unwrap();
        let server = Chromedriver::start(&profile);
        let mut wanted = DesiredCapabilities::chrome();
        wanted
            .set_binary(program("chromium").to_str().unwrap())
            .unwrap();
        for argument in [
            "--headless",
            // It opens pages of this machine alone, often as root in a container, where the sandbox does not start.
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--hide-scrollbars",
            "--no-proxy-server",
            "--host-resolver-rules=MAP localhost 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            "--lang=en",
            "--window-size=1280,844",
        ] {
            wanted.add_arg(argument).unwrap();
        }
        wanted
            .add_arg(&format!(
                "--user-data-dir={}",
                profile.path().join("profile").display()
            ))
            .unwrap();
        if script == Script::Off {
            // As in the settings of the browser: 2 blocks the script of every page.
            let prefs = json!({ "profile.managed_default_content_settings.javascript": 2 });
            wanted.add_experimental_option("prefs", prefs).unwrap();
        }
        // The driver is on this machine, whatever proxy it is told to use.
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let driver = WebDriver::builder(&server.url, wanted).client(http);
        let driver = driver.connect().await.unwrap();
        Self {
            driver,
            _server: server,
            _profile: profile,
        }
    }

    pub(crate) async fn open(&self, url: &str) {
        self.driver.goto(url).await.unwrap();
    }

    pub(crate) async fn reload(&self) {
        self.driver.refresh().await.unwrap();
    }

    /// What can be read on the page.
    pub(crate) async fn text(&self) -> String {
        self.text_of("body").await
    }

    pub(crate) async fn text_of(&self, css: &str) -> String {
        self.find(By::Css(css)).await.text().await.unwrap()
    }

    /// Fails unless the page shows a text.
    pub(crate) async fn sees(&self, text: &str) {
        let shown = self.text().await;
        assert!(shown.contains(text), "no {text:?} in:\n{shown}");
    }

    async fn find(&self, by: By) -> WebElement {
        match self.driver.find(by.clone()).await {
            Ok(found) => found,
            Err(error) => {
                let page = self.driver.source().await.unwrap_or_default();
                panic!("{by:?}: {error}\n{page}")
            }
        }
    }

    /// Clicks on the link, button or summary that says this.
    pub(crate) async fn click(&self, says: &str) {
        let says = format!("[normalize-space()='{says}']");
        let any = ["a", "button", "summary"].map(|tag| format!("//{tag}{says}"));
        self.press(By::XPath(any.join("|"))).await;
    }

    pub(crate) async fn click_on(&self, css: &str) {
        self.press(By::Css(css)).await;
    }

    /// Clicks, and waits for the page that a link or the button of a form leads to.
    async fn press(&self, by: By) {
        let element = self.find(by).await;
        let tag = element.tag_name().await.unwrap();
        let does = element.attr("type").await.unwrap();
        let leads_on = tag == "a" || tag == "button" && does.as_deref() != Some("button");
        let page = self.find(By::Css("html")).await;
        element.click().await.unwrap();
        if leads_on {
            eventually("a click has led to another page", async || {
                page.tag_name().await.is_err() && self.is_loaded().await
            })
            .await;
        }
    }

    async fn is_loaded(&self) -> bool {
        let state = self
            .driver
            .execute("return document.readyState", Vec::new());
        state.await.is_ok_and(|state| state.json() == "complete")
    }

    /// Types into a field, in place of what it holds.
    pub(crate) async fn fill(&self, css: &str, text: &str) {
        let field = self.find(By::Css(css)).await;
        // What is chosen from has no text to be cleared.
        if field.tag_name().await.unwrap() != "select" {
            field.clear().await.unwrap();
        }
        field.send_keys(text).await.unwrap();
    }

    /// Runs a script of the test, which pages without script allow, too.
    pub(crate) async fn evaluate(&self, script: &str) -> Value {
        let result = self.driver.execute(script, Vec::new()).await.unwrap();
        result.json().clone()
    }

    async fn command(&self, name: &str, parameters: Value) -> Value {
        self.driver.cdp().send_raw(name, parameters).await.unwrap()
    }

    /// Has every page that is opened from now on begin with a script.
    pub(crate) async fn begin_pages_with(&self, script: &str) {
        let name = "Page.addScriptToEvaluateOnNewDocument";
        let _ = self.command(name, json!({ "source": script })).await;
    }

    /// Looks at the page in another way, without loading it again.
    pub(crate) async fn look(&self, view: View) {
        let scheme = if view.dark { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme },
            // What fades or pulses would be met half-way.
            { "name": "prefers-reduced-motion", "value": "reduce" }]);
        let _ = self
            .command(
                "Emulation.setEmulatedMedia",
                json!({ "features": features }),
            )
            .await;
        self.resize(view, HEIGHT).await;
    }

    async fn resize(&self, view: View, height: u32) {
        let size = json!({ "width": view.width, "height": height, "deviceScaleFactor": 1,
            "mobile": view.width < 500 });
        let _ = self
            .command("Emulation.setDeviceMetricsOverride", size)
            .await;
    }

    /// The whole page as PNG, as long as it is.
    pub(crate) async fn picture(&self, view: View) -> Vec<u8> {
        let long = self
            .evaluate("return document.documentElement.scrollHeight")
            .await;
        let long = u32::try_from(long.as_u64().unwrap()).unwrap();
        self.resize(view, long.max(HEIGHT)).await;
        self.driver.screenshot_as_png().await.unwrap()
    }

    /// Closes the browser.
    pub(crate) async fn quit(self) {
        self.driver.quit().await.unwrap();
    }
}
