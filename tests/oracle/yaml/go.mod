module edgeflux/yaml-oracle

go 1.26.0

// What flux 2.9.4 builds with.
require (
	go.yaml.in/yaml/v2 v2.4.4 // indirect
	go.yaml.in/yaml/v3 v3.0.4
	sigs.k8s.io/yaml v1.6.0
)
