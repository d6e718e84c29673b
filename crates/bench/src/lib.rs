//! Measures real gateways: `rollcall serve` in processes of their own, on servers that this run has
//! started and that are gone afterwards.
//!
//! A run has sections, which [`sections`] lists. Where one figure is compared with another, both
//! are measured in the same run and in turns: rates of one machine differ by the hour, ratios
//! hold. What was found is data ([`result`]); all text is made from it.
//!
//! Users come from copies that the store makes of one real user ([`seed`]), since a million POST
//! requests would take an hour.

pub mod bench;
pub mod database;
pub mod limits;
pub mod load;
pub mod machine;
pub mod measure;
pub mod page;
pub mod report;
pub mod result;
pub mod scale;
pub mod scaling;
pub mod sections;
pub mod seed;
pub mod servers;
pub mod sizes;
pub mod tenant;
pub mod workloads;
