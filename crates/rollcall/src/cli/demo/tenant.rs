//! One customer on board: what it was given, and what its directory holds.

use std::time::{Duration, Instant};

use rollcall_idp_sim::{Directory, Options, Report, Session, SimulationError, Target};
use serde_json::json;

use super::api::{Api, NewScimConnection, Organization, ScimConnection, SsoConnection};
use super::customers::{self, Customer};
use crate::cli::progress::Bar;

/// How long the gateway may take to write down what it saw of an identity provider.
const PATIENCE: Duration = Duration::from_secs(10);

/// A customer on board.
pub(super) struct Tenant {
    pub(super) customer: Customer,
    pub(super) organization: Organization,
    /// As it was right after it was created.
    pub(super) connection: ScimConnection,
    pub(super) token: String,
    /// The customer's own directory, which its identity provider keeps the endpoint in step with.
    pub(super) directory: Directory,
}

impl Tenant {
    /// What the vendor does for a new customer: four calls of the management API.
    pub(super) async fn come_on_board(api: &Api, customer: Customer) -> anyhow::Result<Self> {
        let organization: Organization = api
            .post("/v1/organizations", &json!({ "name": customer.name }))
            .await?;
        let path = format!("/v1/organizations/{}", organization.id);
        let sso: SsoConnection = api
            .post(&format!("{path}/sso-connections"), &customer.sso)
            .await?;
        let new: NewScimConnection = api
            .post(
                &format!("{path}/scim-connections"),
                &json!({
                    "name": format!("{} directory", customer.name),
                    "sso_connection_id": sso.id,
                    "idp": customer.idp.name(),
                }),
            )
            .await?;
        Ok(Self {
            customer,
            organization,
            connection: new.connection,
            token: new.token.secret,
            directory: Directory::sample()?,
        })
    }

    /// Where the management API has its SCIM connection.
    pub(super) fn path(&self) -> String {
        format!(
            "/v1/organizations/{}/scim-connections/{}",
            self.organization.slug, self.connection.id
        )
    }

    /// Lets the customer's identity provider push the whole directory.
    pub(super) async fn sync(&self) -> Result<Report, SimulationError> {
        let bar = Bar::new(self.customer.name);
        let options = Options {
            progress: Some(&bar),
            ..Options::default()
        };
        let session = Session::connect(&self.target(), self.customer.idp, options).await?;
        Ok(session.sync(&self.directory).await)
    }

    /// Makes the changes of a day one by one; each comes with its sentence and what it took.
    pub(super) async fn live_a_day(
        &mut self,
    ) -> anyhow::Result<Vec<(&'static str, Result<Report, SimulationError>)>> {
        let target = self.target();
        let session = Session::connect(&target, self.customer.idp, Options::default()).await?;
        let mut done = Vec::new();
        for (change, sentence) in &self.customer.changes {
            customers::make(&mut self.directory, change)?;
            done.push((*sentence, session.change(change.clone()).await));
        }
        Ok(done)
    }

    /// The connection once its identity provider was recognised, which is noted every few seconds.
    pub(super) async fn wait_until_recognised(&self, api: &Api) -> anyhow::Result<ScimConnection> {
        let begin = Instant::now();
        loop {
            let connection: ScimConnection = api.get(&self.path()).await?;
            if connection.recognised_idp.is_some() || begin.elapsed() > PATIENCE {
                return Ok(connection);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    fn target(&self) -> Target {
        Target::new(&self.connection.endpoint_url, &self.token)
    }
}
