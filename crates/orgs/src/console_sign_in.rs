//! Signing in to the operator console at the vendor's own OIDC issuer.
//!
//! The issuer is asked once, when somebody signs in; the role and organization that its token gives
//! are those of the session until it ends. See docs/decisions/0028-console-oidc.md.

use std::time::Duration;

use rollcall_model::{ApiKey, RequestId};
use rollcall_store::Store;
use secrecy::SecretString;
use url::Url;

use crate::management_callers::{self, CallerRefused, VendorIssuer};
use crate::oidc::{CodeClient, CodeFlow, CodeRefused, OidcClients};

/// How long somebody may take to sign in at the issuer.
pub const LIFETIME: Duration = Duration::from_mins(10);

/// Where browsers come back to, below the public address.
pub const CALLBACK_PATH: &str = "/console/sign-in/callback";

/// How the vendor's people sign in.
#[derive(Clone, Debug)]
pub struct ConsoleOidc {
    /// Where, and what they may then do.
    pub vendor: VendorIssuer,
    /// Who this server is there.
    pub client_id: String,
    /// What proves it, if the issuer gave it something.
    pub client_secret: Option<SecretString>,
    /// What is asked for. `openid` is among them.
    pub scopes: Vec<String>,
    /// What the issuer is called on the button.
    pub display_name: String,
}

/// Why somebody is not signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInRefused {
    /// The issuer did not say who it is.
    #[error(transparent)]
    Code(#[from] CodeRefused),
    /// It did, and that person may not come in.
    #[error(transparent)]
    Person(#[from] CallerRefused),
}

impl ConsoleOidc {
    fn client<'c>(&'c self, redirect_uri: &'c str) -> CodeClient<'c> {
        CodeClient {
            issuer: &self.vendor.issuer,
            client_id: &self.client_id,
            client_secret: self.client_secret.as_ref(),
            redirect_uri,
        }
    }

    /// Where a browser is sent to sign in.
    ///
    /// # Errors
    ///
    /// The issuer does not answer, or has no place for it.
    pub async fn address(
        &self,
        store: &Store,
        clients: &OidcClients,
        public_url: &str,
        flow: &CodeFlow,
    ) -> Result<Url, CodeRefused> {
        let (redirect_uri, now) = (redirect_uri(public_url), store.clock().now());
        clients
            .authorization_url(self.client(&redirect_uri), &self.scopes, flow, now)
            .await
    }

    /// Who brought a code back, with the role and organization that the session is to have.
    ///
    /// # Errors
    ///
    /// The code or its token is not good, or the person may not come in.
    pub async fn person(
        &self,
        (store, clients): (&Store, &OidcClients),
        public_url: &str,
        (code, flow): (&str, &CodeFlow),
        request_id: RequestId,
    ) -> Result<ApiKey, SignInRefused> {
        let (redirect_uri, now) = (redirect_uri(public_url), store.clock().now());
        let claims = clients
            .redeem(self.client(&redirect_uri), code, flow, now)
            .await?;
        Ok(management_callers::person(store, &self.vendor, &claims, request_id).await?)
    }
}

fn redirect_uri(public_url: &str) -> String {
    format!("{public_url}{CALLBACK_PATH}")
}
