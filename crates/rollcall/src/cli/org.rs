//! `rollcall org`: organizations, for whoever would rather type than click.
//!
//! Like everything here that is about single things, it calls the management API: the same rules, events
//! and audit rows as for any other caller, and the installation may be somewhere else.

use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand};
use rollcall_declare::Api;
use rollcall_model::OrgRef;
use serde_json::{Value, json};

use super::installation::Server;
use crate::output;

#[derive(Subcommand)]
pub(super) enum Command {
    /// List the organizations, oldest first
    List(ListArguments),
    /// Make an organization
    Create(CreateArguments),
    /// Show an organization and its SCIM connections
    Show(ShowArguments),
}

#[derive(Args)]
pub(super) struct Common {
    #[command(flatten)]
    server: Server,
    /// Answer as the API does, in JSON
    #[arg(long)]
    pub(super) json: bool,
}

impl Common {
    pub(super) fn api(&self) -> anyhow::Result<Api> {
        self.server.api()
    }
}

#[derive(Args)]
pub(super) struct ListArguments {
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
pub(super) struct CreateArguments {
    /// What it is called
    name: String,
    /// Its short name in addresses; made from the name if it is not given
    #[arg(long)]
    slug: Option<String>,
    /// What your product calls it
    #[arg(long, value_name = "ID")]
    external_id: Option<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
pub(super) struct ShowArguments {
    /// Its id or slug
    #[arg(value_parser = organization)]
    organization: String,
    #[command(flatten)]
    common: Common,
}

/// An id or slug, as an argument: a text that can stand in a path.
pub(super) fn organization(text: &str) -> Result<String, String> {
    match text.parse::<OrgRef>() {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("this is neither the id nor the slug of an organization".to_owned()),
    }
}

/// Where the API has an organization.
pub(super) fn path(organization: &str) -> String {
    format!("/v1/organizations/{organization}")
}

/// A member of an answer, as a column of a line.
pub(super) fn column<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or("-")
}

/// Does what the command asks for.
pub(super) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::List(arguments) => list(&arguments.common).await?,
        Command::Create(arguments) => create(arguments).await?,
        Command::Show(arguments) => show(&arguments).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(common: &Common) -> anyhow::Result<()> {
    let organizations = common.api()?.list("/v1/organizations").await?;
    if common.json {
        output::line(json!(organizations))?;
        return Ok(());
    }
    for organization in &organizations {
        tell(organization)?;
    }
    Ok(())
}

async fn create(arguments: CreateArguments) -> anyhow::Result<()> {
    let mut body = json!({ "name": arguments.name });
    for (key, chosen) in [
        ("slug", arguments.slug),
        ("external_id", arguments.external_id),
    ] {
        if let Some(chosen) = chosen {
            body[key] = json!(chosen);
        }
    }
    let api = arguments.common.api()?;
    let made = api.create("/v1/organizations", &body).await?;
    if arguments.common.json {
        output::line(&made)?;
    } else {
        tell(&made)?;
    }
    Ok(())
}

async fn show(arguments: &ShowArguments) -> anyhow::Result<()> {
    let api = arguments.common.api()?;
    let path = path(&arguments.organization);
    let mut organization: Value = api.get(&path).await?;
    let connections = api.list(&format!("{path}/scim-connections")).await?;
    if arguments.common.json {
        let members = organization.as_object_mut();
        let members = members.context("the answer is no organization")?;
        members.insert("scim_connections".to_owned(), json!(connections));
        output::line(&organization)?;
        return Ok(());
    }
    tell(&organization)?;
    for it in &connections {
        output::line(format_args!(
            "  {}  {}  {}  {}",
            column(it, "id"),
            column(it, "state"),
            column(it, "name"),
            column(it, "endpoint_url"),
        ))?;
    }
    Ok(())
}

fn tell(organization: &Value) -> std::io::Result<()> {
    output::line(format_args!(
        "{}  {}  {}",
        column(organization, "id"),
        column(organization, "slug"),
        column(organization, "name"),
    ))
}
