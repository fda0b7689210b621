//! Tests of the test bed itself: its servers do what the other tests rely on.

mod clusters;
mod controllers;
mod git_servers;
