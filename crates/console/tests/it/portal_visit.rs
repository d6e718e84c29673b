//! A browser in the portal.

use reqwest::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use rollcall_testkit::TestApp;
use serde_json::json;

/// A browser without scripts, which keeps one cookie and follows nothing by itself.
pub(crate) struct Browser {
    http: reqwest::Client,
    base: String,
    pub(crate) cookie: Option<String>,
}

/// What it was answered.
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Page {
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    pub(crate) fn location(&self) -> &str {
        self.headers
            .get(LOCATION)
            .map_or("", |it| it.to_str().unwrap())
    }

    /// The text between two others, the first time.
    #[track_caller]
    pub(crate) fn between(&self, before: &str, after: &str) -> String {
        let rest = self.body.split_once(before).map(|(_, rest)| rest);
        let found = rest.and_then(|rest| rest.split_once(after));
        let (found, _) = found.unwrap_or_else(|| panic!("no {before} in {}", self.body));
        found.to_owned()
    }

    /// What a hidden field holds.
    #[track_caller]
    pub(crate) fn hidden(&self, name: &str) -> String {
        self.between(&format!("name=\"{name}\" value=\""), "\"")
    }

    #[track_caller]
    pub(crate) fn shows(&self, text: &str) {
        assert!(self.body.contains(text), "no {text} in {}", self.body);
    }

    #[track_caller]
    pub(crate) fn hides(&self, text: &str) {
        assert!(!self.body.contains(text), "{text} in {}", self.body);
    }
}

impl Browser {
    pub(crate) fn new(base: &str) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .build()
            .unwrap();
        Self {
            http,
            base: base.to_owned(),
            cookie: None,
        }
    }

    /// A browser that has come in by a link of an organization.
    pub(crate) async fn enter(app: &TestApp, organization: &str) -> Self {
        let mut browser = Self::new(app.api.base());
        let path = link(app, organization).await;
        let _ = browser.post(&path, &[]).await.expect(303);
        browser
    }

    pub(crate) async fn send(
        &mut self,
        method: &str,
        path: &str,
        form: Option<&[(&str, &str)]>,
        headers: &[(&'static str, &'static str)],
    ) -> Page {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(cookie) = &self.cookie {
            request = request.header(COOKIE, cookie);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(form) = form {
            let body = url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs(form)
                .finish();
            request = request
                .header("content-type", "application/x-www-form-urlencoded")
                .body(body);
        }
        let answer = request.send().await.unwrap();
        for set in answer.headers().get_all(SET_COOKIE) {
            let set = set.to_str().unwrap();
            let pair = set.split(';').next().unwrap();
            self.cookie = (!pair.ends_with('=')).then(|| pair.to_owned());
        }
        Page {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            body: answer.text().await.unwrap(),
        }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Page {
        self.send("GET", path, None, &[]).await
    }

    pub(crate) async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Page {
        self.send("POST", path, Some(form), &[]).await
    }

    /// Sends the form of a page: its hidden token, and what a person fills in.
    pub(crate) async fn submit(&mut self, page: &Page, path: &str, form: &[(&str, &str)]) -> Page {
        let csrf = page.hidden("csrf");
        let mut whole = vec![("csrf", csrf.as_str())];
        whole.extend_from_slice(form);
        self.post(path, &whole).await
    }
}

/// The path of a new link of an organization.
pub(crate) async fn link(app: &TestApp, organization: &str) -> String {
    let path = format!("/v1/organizations/{organization}/portal-links");
    let body = json!({ "return_url": "https://app.example.com/settings" });
    let link = app.api.post(&path, body).await.expect(201);
    let url = link.text("/url");
    url.strip_prefix(app.api.base()).unwrap().to_owned()
}
