//! Answers of management calls.

use std::fmt::Display;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use rollcall_model::Page;
use rollcall_store::Remembered;
use serde::Serialize;
use serde_json::Value;

use crate::api::problem::Problem;
use crate::api::query::ListBody;

/// 200 with a body.
///
/// # Errors
///
/// The body cannot be written as JSON, which is a mistake on our side.
pub(crate) fn ok(body: &impl Serialize) -> Result<HttpResponse, Problem> {
    let body = serde_json::to_string(body).map_err(|error| Problem::internal(&error))?;
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .body(body))
}

/// 200 with a page of a list, each item as `show` shows it.
///
/// # Errors
///
/// The body cannot be written as JSON, which is a mistake on our side.
pub(crate) fn page<M, C: Display, T: Serialize>(
    page: Page<M, C>,
    show: impl FnMut(M) -> T,
) -> Result<HttpResponse, Problem> {
    ok(&ListBody::from_page(page, show))
}

/// 204.
pub(crate) fn no_content() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

/// What a POST answers.
///
/// A secret is not part of the body: its place there is `null`, and [`showing`](Self::showing)
/// puts it in when the answer is sent. So what is remembered under an idempotency key cannot
/// hold it.
#[derive(Debug)]
pub(crate) struct Answer {
    status: StatusCode,
    body: Value,
    shown: Vec<(&'static str, String)>,
}

impl Answer {
    /// 201 with a new resource. Its `id`, or the `domain` that stands for one, below the path of the
    /// call is its `Location`.
    ///
    /// # Errors
    ///
    /// The body cannot be written as JSON, which is a mistake on our side.
    pub(crate) fn created(body: &impl Serialize) -> Result<Self, Problem> {
        Ok(Self {
            status: StatusCode::CREATED,
            body: serde_json::to_value(body).map_err(|error| Problem::internal(&error))?,
            shown: Vec::new(),
        })
    }

    /// 200 with something that was there and is changed now.
    ///
    /// # Errors
    ///
    /// The body cannot be written as JSON, which is a mistake on our side.
    pub(crate) fn changed(body: &impl Serialize) -> Result<Self, Problem> {
        Ok(Self {
            status: StatusCode::OK,
            ..Self::created(body)?
        })
    }

    /// Shows a secret, this once, at a place that the body holds `null` at (RFC 6901).
    pub(crate) fn showing(mut self, place: &'static str, secret: &str) -> Self {
        self.shown.push((place, secret.to_owned()));
        self
    }

    /// What may be kept of it.
    pub(crate) fn remembered(&self) -> Remembered {
        Remembered {
            status: self.status.as_u16(),
            body: self.body.to_string(),
        }
    }

    /// An answer that was kept.
    ///
    /// # Errors
    ///
    /// What was kept cannot be read, which is a mistake on our side.
    pub(crate) fn from_remembered(kept: &Remembered) -> Result<Self, Problem> {
        Ok(Self {
            status: StatusCode::from_u16(kept.status).map_err(|error| Problem::internal(&error))?,
            body: serde_json::from_str(&kept.body).map_err(|error| Problem::internal(&error))?,
            shown: Vec::new(),
        })
    }

    /// The answer to a call of `path`.
    pub(crate) fn into_response(mut self, path: &str) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status);
        answer.content_type("application/json");
        if self.status == StatusCode::CREATED
            && let Some(id) = ["id", "domain"]
                .iter()
                .find_map(|it| self.body[*it].as_str())
        {
            answer.insert_header((LOCATION, format!("{path}/{id}")));
        }
        if !self.shown.is_empty() {
            answer.insert_header((CACHE_CONTROL, "no-store"));
        }
        for (place, secret) in self.shown {
            if let Some(null) = self.body.pointer_mut(place) {
                *null = Value::from(secret);
            }
        }
        answer.body(self.body.to_string())
    }
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;
    use serde_json::json;

    use super::*;

    fn token() -> Answer {
        Answer::created(&json!({ "id": "tok_1", "secret": null }))
            .unwrap()
            .showing("/secret", "rc_s3cret")
    }

    async fn shown(response: HttpResponse) -> String {
        let mut text = response.status().to_string();
        for name in ["location", "cache-control"] {
            if let Some(value) = response.headers().get(name) {
                text.push_str(&format!("\n{name}: {}", value.to_str().unwrap()));
            }
        }
        let body = to_bytes(response.into_body()).await.unwrap();
        format!("{text}\n{}", String::from_utf8(body.to_vec()).unwrap())
    }

    #[actix_web::test]
    async fn an_answer_with_a_secret_must_not_be_stored_by_anybody() {
        insta::assert_snapshot!(shown(token().into_response("/v1/tokens")).await, @r#"
        201 Created
        location: /v1/tokens/tok_1
        cache-control: no-store
        {"id":"tok_1","secret":"rc_s3cret"}
        "#);
    }

    #[actix_web::test]
    async fn a_remembered_answer_has_no_secret() {
        let kept = token().remembered();
        let replayed = Answer::from_remembered(&kept).unwrap();
        insta::assert_snapshot!(shown(replayed.into_response("/v1/tokens")).await, @r#"
        201 Created
        location: /v1/tokens/tok_1
        {"id":"tok_1","secret":null}
        "#);
    }
}
