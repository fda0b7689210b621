//! The Flux API types: spec and status of every kind, from which YAML and CRDs are generated.
