//! A pure kustomize engine: no I/O but a file-system trait.
