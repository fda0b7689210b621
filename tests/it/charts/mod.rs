//! Fetching charts from real servers on loopback: what is chosen, kept and reported, and what happens when a server, or the
//! way to it, fails.

mod bad_answers;
mod cache;
mod credentials;
mod index;
mod registry;
mod registry_access;
