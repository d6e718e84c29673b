//! `rollcall token`: tokens of SCIM connections.

use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use rollcall_declare::Api;
use rollcall_model::{ScimConnectionId, TokenId};
use serde_json::{Value, json};

use super::org::{Common, column, organization, path};
use crate::output;

#[derive(Subcommand)]
pub(super) enum Command {
    /// List the tokens of a SCIM connection; their secrets are not shown again
    List(ListArguments),
    /// Make a token, and print its secret: this once
    Create(CreateArguments),
    /// Revoke a token at once
    Revoke(RevokeArguments),
}

/// Which SCIM connection.
#[derive(Args)]
struct Connection {
    /// The id or slug of the organization
    #[arg(value_parser = organization)]
    organization: String,
    /// The id of its SCIM connection, or its name
    connection: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
pub(super) struct ListArguments {
    #[command(flatten)]
    of: Connection,
}

#[derive(Args)]
pub(super) struct CreateArguments {
    #[command(flatten)]
    of: Connection,
    /// What it is for
    #[arg(long, default_value = "made at the command line")]
    name: String,
    /// How long it lives; as the API has it if it is not given
    #[arg(long, value_name = "DAYS")]
    expires_in_days: Option<u32>,
    /// End every other token of the connection after so many seconds; 0 ends them at once
    #[arg(long, value_name = "SECONDS")]
    revoke_previous_after: Option<u64>,
}

#[derive(Args)]
pub(super) struct RevokeArguments {
    #[command(flatten)]
    of: Connection,
    /// The id of the token (`tok_…`)
    token: TokenId,
}

impl Connection {
    /// Where the API has its tokens.
    async fn tokens(&self, api: &Api) -> anyhow::Result<String> {
        let all = format!("{}/scim-connections", path(&self.organization));
        let id = match self.connection.parse::<ScimConnectionId>() {
            Ok(id) => id.to_string(),
            Err(_) => self.id_by_name(&api.list(&all).await?)?,
        };
        Ok(format!("{all}/{id}/tokens"))
    }

    fn id_by_name(&self, connections: &[Value]) -> anyhow::Result<String> {
        let mut called = connections
            .iter()
            .filter(|it| it["name"].as_str() == Some(&self.connection));
        let organization = &self.organization;
        let Some(first) = called.next() else {
            bail!(
                "{organization} has no SCIM connection `{}`; `rollcall org show {organization}` lists them",
                self.connection
            );
        };
        if called.next().is_some() {
            bail!(
                "{organization} has several SCIM connections `{}`; name it by its id",
                self.connection
            );
        }
        let id = first["id"].as_str();
        Ok(id.context("the answer has no id")?.to_owned())
    }
}

/// Does what the command asks for.
pub(super) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::List(arguments) => list(&arguments.of).await?,
        Command::Create(arguments) => create(&arguments).await?,
        Command::Revoke(arguments) => revoke(&arguments).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(of: &Connection) -> anyhow::Result<()> {
    let api = of.common.api()?;
    let tokens = api.list(&of.tokens(&api).await?).await?;
    if of.common.json {
        output::line(json!(tokens))?;
        return Ok(());
    }
    for token in &tokens {
        let end = match token["revoked_at"].as_str() {
            Some(at) => format!("revoked from {at} on"),
            None => format!("until {}", column(token, "expires_at")),
        };
        output::line(format_args!(
            "{}  {}  {end}  {}",
            column(token, "id"),
            column(token, "prefix"),
            column(token, "name"),
        ))?;
    }
    Ok(())
}

async fn create(arguments: &CreateArguments) -> anyhow::Result<()> {
    let mut body = json!({ "name": arguments.name });
    if let Some(days) = arguments.expires_in_days {
        body["expires_in_days"] = json!(days);
    }
    if let Some(seconds) = arguments.revoke_previous_after {
        body["revoke_previous"] = json!({ "after_seconds": seconds });
    }
    let common = &arguments.of.common;
    let api = common.api()?;
    let made = api.create(&arguments.of.tokens(&api).await?, &body).await?;
    // A call whose answer was lost is repeated, and the repeated answer shows no secret.
    let Some(secret) = made["secret"].as_str() else {
        bail!(
            "the token {} was made, but the answer with its secret was lost on the way: revoke it and \
             make another",
            column(&made, "id")
        );
    };
    if common.json {
        output::line(&made)?;
    } else {
        output::line(secret)?;
    }
    Ok(())
}

async fn revoke(arguments: &RevokeArguments) -> anyhow::Result<()> {
    let api = arguments.of.common.api()?;
    let tokens = arguments.of.tokens(&api).await?;
    let path = format!("{tokens}/{}", arguments.token);
    // Deleting takes what is gone for done, and a wrong id has to be told.
    let known = api.list(&tokens).await?;
    let id = arguments.token.to_string();
    if !known.iter().any(|it| it["id"].as_str() == Some(&id)) {
        bail!("the connection has no token {id}");
    }
    api.delete(&path).await?;
    if !arguments.of.common.json {
        output::line(format_args!("{id} is revoked"))?;
    }
    Ok(())
}
