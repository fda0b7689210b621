//! The one integration binary: every module drives the built `flux` against real servers on loopback.
