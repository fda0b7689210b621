module github.com/edgeflux/edgeflux/tests/oracle/template

go 1.26
