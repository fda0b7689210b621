//! YAML as Kubernetes reads it and as Go's sigs.k8s.io/yaml writes it.
