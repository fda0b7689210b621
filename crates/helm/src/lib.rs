//! Helm's engine: charts, values and templates.
//!
//! - [`template`] is Go's text/template, the language of charts, on values as charts see them.
//! - [`functions`] has the functions that Helm gives to templates.
//! - [`semver`] has versions and constraints as Helm reads them.
//! - [`chart`] loads charts from directories and archives.
//! - [`values`] has values and the syntax that sets them.
//! - [`release`] renders a chart.
//! - [`controller`] is what helm-controller adds.

pub mod chart;
pub mod controller;
mod error;
pub mod functions;
pub mod release;
mod schema;
pub mod semver;
pub mod template;
pub mod values;
mod yaml;

pub use error::Error;
pub use schema::SchemaCheck;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
