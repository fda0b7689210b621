package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"helm.sh/helm/v4/pkg/action"
	"helm.sh/helm/v4/pkg/chart"
	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/loader"
	"helm.sh/helm/v4/pkg/cli"
	"helm.sh/helm/v4/pkg/cli/values"
	"helm.sh/helm/v4/pkg/getter"
	release "helm.sh/helm/v4/pkg/release/v1"
)

// options are what the arguments of a request say.
type options struct {
	install   *action.Install
	values    values.Options
	skipTests bool
}

func parse(arguments []string) (options, error) {
	install := action.NewInstall(action.NewConfiguration())
	install.DryRunStrategy = action.DryRunClient
	install.ReleaseName, install.Namespace, install.Replace = "name", "space", true
	parsed := options{install: install}
	lists := map[string]*[]string{
		"-f":             &parsed.values.ValueFiles,
		"--set":          &parsed.values.Values,
		"--set-string":   &parsed.values.StringValues,
		"--set-file":     &parsed.values.FileValues,
		"--set-json":     &parsed.values.JSONValues,
		"--set-literal":  &parsed.values.LiteralValues,
		"--api-versions": (*[]string)(&install.APIVersions),
	}
	flags := map[string]*bool{
		"--include-crds":           &install.IncludeCRDs,
		"--no-hooks":               &install.DisableHooks,
		"--is-upgrade":             &install.IsUpgrade,
		"--skip-tests":             &parsed.skipTests,
		"--skip-schema-validation": &install.SkipSchemaValidation,
	}
	for at := 0; at < len(arguments); at++ {
		if flag := flags[arguments[at]]; flag != nil {
			*flag = true
			continue
		}
		if at+1 == len(arguments) {
			return parsed, fmt.Errorf("%s needs a value", arguments[at])
		}
		name, value := arguments[at], arguments[at+1]
		at++
		switch list := lists[name]; {
		case list != nil:
			*list = append(*list, value)
		case name == "--kube-version":
			version, err := common.ParseKubeVersion(value)
			if err != nil {
				return parsed, fmt.Errorf("invalid kube version '%s': %w", value, err)
			}
			install.KubeVersion = version
		default:
			return parsed, fmt.Errorf("unknown argument %s", name)
		}
	}
	return parsed, nil
}

// template does what the command of that name does with a directory.
func template(directory string, arguments []string) (string, error) {
	options, err := parse(arguments)
	if err != nil {
		return "", err
	}
	values, err := options.values.MergeValues(getter.All(cli.New()))
	if err != nil {
		return "", err
	}
	loaded, err := loader.Load(directory)
	if err != nil {
		return "", err
	}
	if err := checkInstallable(loaded); err != nil {
		return "", err
	}
	found, err := options.install.RunWithContext(context.Background(), loaded, values)
	if err != nil {
		return "", err
	}
	rendered, isRelease := found.(*release.Release)
	if !isRelease {
		return "", errors.New("not a release")
	}
	var out strings.Builder
	fmt.Fprintln(&out, strings.TrimSpace(rendered.Manifest))
	for _, hook := range rendered.Hooks {
		isTest := slices.Contains(hook.Events, release.HookTest)
		if !options.install.DisableHooks && !(options.skipTests && isTest) {
			fmt.Fprintf(&out, "---\n# Source: %s\n%s\n", hook.Path, hook.Manifest)
		}
	}
	return out.String(), nil
}

func checkInstallable(loaded chart.Charter) error {
	access, err := chart.NewAccessor(loaded)
	if err != nil {
		return err
	}
	if kind, _ := access.MetadataAsMap()["Type"].(string); kind != "" && kind != "application" {
		return fmt.Errorf("%s charts are not installable", kind)
	}
	if needed := access.MetaDependencies(); len(needed) > 0 {
		return action.CheckDependencies(loaded, needed)
	}
	return nil
}
