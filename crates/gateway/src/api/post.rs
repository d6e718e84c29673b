//! POST calls of the management API.
//!
//! A handler cannot reach the body or the caller of a [`Post`] but through [`Post::answer`], so it
//! cannot forget the `Idempotency-Key` that every POST honours:
//!
//! ```ignore
//! async fn create_thing(post: Post<NewThing>) -> Result<HttpResponse, Problem> {
//!     post.answer(async move |caller, new| {
//!         let thing = things::create(&caller.app.store, new.name, caller.origin()).await?;
//!         Answer::created(&ThingBody::from(thing))
//!     })
//!     .await
//! }
//! ```

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use serde::de::DeserializeOwned;

use crate::api::answer::Answer;
use crate::api::body;
use crate::api::caller::Caller;
use crate::api::idempotency::{IdempotencyKey, Outcome};
use crate::api::problem::Problem;

/// Says that an answer was given before and the call was not done again.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// An authenticated POST call with its body, done at most once for each key.
pub(crate) struct Post<T> {
    caller: Caller,
    body: T,
    key: Option<IdempotencyKey>,
    path: String,
}

impl<T: 'static> Post<T> {
    /// Does the work of the call, unless it was done before, and answers.
    ///
    /// # Errors
    ///
    /// What the work is refused with, or what is wrong with the key.
    pub(crate) async fn answer<W>(self, work: W) -> Result<HttpResponse, Problem>
    where
        W: AsyncFnOnce(Caller, T) -> Result<Answer, Problem> + 'static,
    {
        let Self {
            caller,
            body,
            key,
            path,
        } = self;
        let Some(key) = key else {
            return Ok(work(caller, body).await?.into_response(&path));
        };
        let store = caller.app.store.clone();
        let outcome = key
            .run(&store, async move { work(caller, body).await })
            .await?;
        Ok(match outcome {
            Outcome::Done(answer) => answer.into_response(&path),
            Outcome::Replayed(answer) => {
                let mut response = answer.into_response(&path);
                let headers = response.headers_mut();
                headers.insert(REPLAYED, HeaderValue::from_static("true"));
                response
            }
        })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Post<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (req, payload) = (req.clone(), payload.take());
        Box::pin(async move {
            let caller = Caller::extract(&req).await?;
            let limits = &caller.app.settings.limits;
            let bytes = body::read(&req, payload, limits).await?;
            Ok(Self {
                key: IdempotencyKey::of(&req, &bytes, caller.key.id)?,
                body: body::parse(&bytes)?,
                path: req.uri().path().to_owned(),
                caller,
            })
        })
    }
}
