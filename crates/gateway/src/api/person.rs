//! People of the vendor who call with a token of the vendor's own OIDC issuer.

use actix_web::http::StatusCode;
use rollcall_model::{ApiKey, RequestId};
use rollcall_orgs::management_callers::{self, CallerRefused, ManagementOidc};
use rollcall_orgs::oidc::{IdTokenRefused, is_shaped_as_token};

use crate::api::problem::Problem;
use crate::state::AppState;

/// Whose tokens a bearer text would have to be verified by; `None` if it can only be an API key.
pub(super) fn issuer_for<'app>(app: &'app AppState, bearer: &str) -> Option<&'app ManagementOidc> {
    let settings = app.settings.management_oidc.as_ref()?;
    is_shaped_as_token(bearer).then_some(settings)
}

/// Who a token stands for, with what it allows.
///
/// # Errors
///
/// 401 if the token is not believed; what is wrong with it is in the log alone. 403 if it gives no
/// role, or no organization where it must. 503 while the issuer cannot be asked.
pub(super) async fn authenticate(
    app: &AppState,
    settings: &ManagementOidc,
    token: &str,
    request_id: RequestId,
) -> Result<ApiKey, Problem> {
    management_callers::authenticate(&app.store, &app.oidc, settings, token, request_id)
        .await
        .map_err(Problem::from)
}

impl From<CallerRefused> for Problem {
    fn from(refused: CallerRefused) -> Self {
        let detail = refused.to_string();
        match refused {
            CallerRefused::Token(IdTokenRefused::ProviderUnavailable(reason)) => {
                tracing::warn!(code = reason.code(), %reason, "tokens of `management_oidc` cannot be verified");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "oidc_issuer_unavailable",
                    "the token cannot be verified now, since its issuer does not answer as it \
                     should; try again in a moment, or use an API key",
                )
            }
            CallerRefused::Token(reason) => {
                tracing::info!(code = reason.code(), %reason, "a token of `management_oidc` was refused");
                Self::unauthorized()
            }
            CallerRefused::NoRole { .. } => Self::new(StatusCode::FORBIDDEN, "no_role", detail),
            CallerRefused::NoOrganization { .. } => {
                Self::new(StatusCode::FORBIDDEN, "no_organization", detail)
            }
            CallerRefused::Store(error) => error.into(),
        }
    }
}
