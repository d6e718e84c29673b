//! A browser without a script: it keeps cookies, follows redirects by hand and fills in forms.

use std::collections::BTreeMap;
use std::sync::Mutex;

use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response};
use rollcall_testkit::TestApp;

pub(crate) struct Browser {
    http: Client,
    base: String,
    cookies: Mutex<BTreeMap<String, String>>,
}

/// An answer, read to its end.
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Page {
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// The page, which shows a text.
    #[track_caller]
    pub(crate) fn shows(self, text: &str) -> Self {
        assert!(self.text.contains(text), "no {text:?} in {}", self.text);
        self
    }

    /// The page, which does not show a text.
    #[track_caller]
    pub(crate) fn hides(self, text: &str) -> Self {
        assert!(!self.text.contains(text), "{text:?} in {}", self.text);
        self
    }

    /// What stands between two texts, the first time.
    #[track_caller]
    pub(crate) fn between(&self, before: &str, after: &str) -> String {
        let rest = self.text.split_once(before);
        let found = rest.and_then(|(_, rest)| rest.split_once(after));
        let (found, _) = found.unwrap_or_else(|| panic!("no {before:?} in {}", self.text));
        found.to_owned()
    }
}

impl Browser {
    pub(crate) fn at(app: &TestApp) -> Self {
        let http = Client::builder().no_proxy().redirect(Policy::none());
        Self {
            http: http.build().unwrap(),
            base: app.api.base().to_owned(),
            cookies: Mutex::default(),
        }
    }

    /// A browser in which an operator has signed in with an API key.
    pub(crate) async fn signed_in(app: &TestApp, key: &str) -> Self {
        let browser = Self::at(app);
        let page = browser.submit("/console/sign-in", &[("key", key)]).await;
        page.expect(303);
        browser
    }

    /// A browser signed in with the key of the tests, which may do everything.
    pub(crate) async fn of_admin(app: &TestApp) -> Self {
        Self::signed_in(app, app.api.bearer().unwrap()).await
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    pub(crate) fn set_cookie(&self, name: &str, value: &str) {
        let mut cookies = self.cookies.lock().unwrap();
        cookies.insert(name.to_owned(), value.to_owned());
    }

    fn with_cookies(&self, request: RequestBuilder) -> RequestBuilder {
        let cookies = self.cookies.lock().unwrap();
        let line: Vec<_> = cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
        request.header("cookie", line.join("; "))
    }

    async fn read(&self, answer: Response) -> Page {
        for set in answer.headers().get_all("set-cookie") {
            let set = set.to_str().unwrap();
            let (name, rest) = set.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            self.set_cookie(name, value);
        }
        Page {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            text: answer.text().await.unwrap(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Page {
        let request = self.http.get(format!("{}{path}", self.base));
        let answer = self.with_cookies(request).send().await.unwrap();
        self.read(answer).await
    }

    /// Sends a form as it is, without a token.
    pub(crate) async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.submit_from("same-origin", path, fields).await
    }

    /// Sends a form as the browser says that it was sent from.
    pub(crate) async fn submit_from(
        &self,
        site: &str,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Page {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let body = query.extend_pairs(fields).finish();
        let request = self
            .http
            .post(format!("{}{path}", self.base))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", site)
            .body(body);
        let answer = self.with_cookies(request).send().await.unwrap();
        self.read(answer).await
    }

    /// The token of this session, from a page that every operator can see.
    pub(crate) async fn csrf(&self) -> String {
        let page = self.get("/console/organizations").await.expect(200);
        page.between("name=\"csrf\" value=\"", "\"")
    }

    /// Fills in a form of a page of this session and sends it.
    pub(crate) async fn fill(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let token = self.csrf().await;
        let fields: Vec<_> = fields
            .iter()
            .copied()
            .chain([("csrf", token.as_str())])
            .collect();
        self.submit(path, &fields).await
    }

    /// The same, and the page that the answer leads to.
    pub(crate) async fn fill_and_follow(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let answer = self.fill(path, fields).await.expect(303);
        self.get(answer.header("location")).await
    }
}
