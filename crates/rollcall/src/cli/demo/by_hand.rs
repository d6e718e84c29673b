//! How to go on by hand: every URL and secret, and commands to paste.

use super::api::Api;
use super::customers::ON_LEAVE;
use super::print::heading;
use super::tenant::Tenant;
use crate::output;

/// Prints variables for a shell first, so that each command after them fits on a screen.
pub(super) async fn print(api: &Api, tenants: &[Tenant]) -> anyhow::Result<()> {
    heading("7. Go on by hand")?;
    output::line(format_args!("export ROLLCALL={}", api.url()))?;
    output::line(format_args!("export API_KEY={}", api.key()))?;
    for tenant in tenants {
        let name = tenant.customer.name.to_uppercase();
        let endpoint = &tenant.connection.endpoint_url;
        output::line(format_args!("export {name}_URL={endpoint}"))?;
        output::line(format_args!("export {name}_TOKEN={}", tenant.token))?;
    }
    let Some(first) = tenants.first() else {
        return Ok(());
    };
    let name = first.customer.name.to_uppercase();
    let user = api
        .find_user_id(&first.connection.endpoint_url, &first.token, ON_LEAVE)
        .await?;
    let connection = first.path();
    output::line(format_args!(
        r#"
# as {idp}, the identity provider of {customer}: list users, add one, deactivate one
curl -H "Authorization: Bearer ${name}_TOKEN" "${name}_URL/Users?count=2"
curl -H "Authorization: Bearer ${name}_TOKEN" -H "Content-Type: application/scim+json" \
  "${name}_URL/Users" -d '{{
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
    "userName": "ada@acme.example", "active": true,
    "name": {{ "givenName": "Ada", "familyName": "Moreau" }} }}'
curl -X PATCH -H "Authorization: Bearer ${name}_TOKEN" -H "Content-Type: application/scim+json" \
  "${name}_URL/Users/{user}" -d '{{
    "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
    "Operations": [{{ "op": "replace", "path": "active", "value": false }}] }}'

# as the vendor: what changed, how the connection is doing, what the metrics count
curl -H "Authorization: Bearer $API_KEY" "$ROLLCALL/v1/events?organization={slug}&types=user.deactivated"
curl -H "Authorization: Bearer $API_KEY" "$ROLLCALL{connection}"
curl -s "$ROLLCALL/metrics" | grep "^rollcall_""#,
        idp = first.customer.idp,
        customer = first.customer.name,
        slug = first.organization.slug,
    ))?;
    Ok(())
}
