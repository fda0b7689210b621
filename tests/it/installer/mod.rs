//! `install.sh`, run against a release served on loopback: on this machine and on others.

mod action;
mod completions;
mod download;
mod machine;
mod offline;
mod release;
mod roots;
mod signature;
mod target;
mod uninstall;
mod versions;
