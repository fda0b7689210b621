//! Helm's template engine.
//!
//! [`template`] is Go's text/template, the language of charts, on values as charts see them. [`semver`] has versions and
//! constraints as Helm reads them.

pub mod semver;
pub mod template;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
