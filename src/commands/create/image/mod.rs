//! `flux create image`.

pub mod policy;
pub mod repository;
mod template;
pub mod update;
