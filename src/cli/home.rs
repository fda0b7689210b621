//! `~` in flags that name files of this machine: a shell expands it in `--flag ~/x`, but not in `--flag=~/x`.

use std::ffi::OsString;
use std::path::Path;

use clap::{Arg, Command, ValueHint};

use super::parser::root_for;

/// Name of the value of flags that take several files, separated by commas.
const FILES: &str = "FILES";

/// Replaces `~` and `~/` at the start of such values by the home directory. The program's name is the first argument.
pub fn expand(mut args: Vec<OsString>, home: Option<&Path>) -> Vec<OsString> {
    let (Some(home), true) = (home.and_then(Path::to_str), args.iter().any(may_name_home)) else {
        return args;
    };
    let mut root = root_for(&args);
    root.build();
    let mut command = &root;
    for at in 1..args.len() {
        let Some(word) = args[at].to_str().map(str::to_owned) else { continue };
        if word == "--" {
            break;
        }
        if let Some(entered) = command.find_subcommand(&word) {
            command = entered;
        } else if let Some((flag, value)) = word.split_once('=') {
            if let Some(arg) = path_flag(command, flag) {
                args[at] = format!("{flag}={}", expanded(arg, value, home)).into();
            }
        } else if let Some(arg) = path_flag(command, &word)
            && let Some(value) = args.get(at + 1).and_then(|value| value.to_str())
        {
            args[at + 1] = expanded(arg, value, home).into();
        }
    }
    args
}

fn may_name_home(arg: &OsString) -> bool {
    arg.to_str().is_some_and(|arg| arg.starts_with('~') || arg.contains("=~") || arg.contains(",~"))
}

/// The flag of this name, with its dashes, if its value names a file.
fn path_flag<'a>(command: &'a Command, name: &str) -> Option<&'a Arg> {
    let is_named = |arg: &&Arg| match name.strip_prefix("--") {
        Some(long) => {
            arg.get_long() == Some(long) || arg.get_all_aliases().is_some_and(|all| all.contains(&long))
        }
        None => arg.get_short().is_some_and(|short| name.strip_prefix('-') == Some(&short.to_string())),
    };
    let arg = command.get_arguments().find(is_named)?;
    let is_path =
        matches!(arg.get_value_hint(), ValueHint::AnyPath | ValueHint::FilePath | ValueHint::DirPath);
    (is_path && arg.get_action().takes_values()).then_some(arg)
}

fn expanded(arg: &Arg, value: &str, home: &str) -> String {
    let one = |path: &str| match path.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("{home}{rest}"),
        _ => path.to_owned(),
    };
    let is_list = arg.get_value_names().is_some_and(|names| names.iter().any(|name| name == FILES));
    if is_list { value.split(',').map(one).collect::<Vec<_>>().join(",") } else { one(value) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Scene;

    fn expand(line: &str) -> String {
        let args = super::expand(line.split(' ').map(OsString::from).collect(), Some(Path::new("/home/me")));
        args.into_iter().map(|arg| arg.into_string().unwrap()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn files_of_this_machine_are_expanded() {
        for (line, expanded) in [
            ("flux get ks --kubeconfig=~/.kube/config", "flux get ks --kubeconfig=/home/me/.kube/config"),
            ("flux --kubeconfig ~/c get ks", "flux --kubeconfig /home/me/c get ks"),
            (
                "flux build ks apps --path=~/apps --kustomization-file=~/a.yaml",
                "flux build ks apps --path=/home/me/apps --kustomization-file=/home/me/a.yaml",
            ),
            (
                "flux create secret git x --private-key-file=~/.ssh/id --ca-crt-file=~",
                "flux create secret git x --private-key-file=/home/me/.ssh/id --ca-crt-file=/home/me",
            ),
            (
                "flux create hr x --values=~/a.yaml,b.yaml,~/c.yaml",
                "flux create hr x --values=/home/me/a.yaml,b.yaml,/home/me/c.yaml",
            ),
            ("flux bootstrap git --gpg-key-ring=~/ring", "flux bootstrap git --gpg-key-ring=/home/me/ring"),
            ("flux migrate -f=~/fleet", "flux migrate -f=/home/me/fleet"),
        ] {
            assert_eq!(expand(line), expanded);
        }
    }

    #[test]
    fn other_values_are_left_alone() {
        for line in [
            // A directory of the repository.
            "flux create ks x --path=~/apps",
            "flux create source git x --tag-semver=~1.2",
            "flux get ks --kubeconfig=~other/config",
            "flux get ks --kubeconfig=dir/~/config",
            "flux get ks -- --kubeconfig=~/c",
            "flux nonsense --kubeconfig=~/c~",
        ] {
            let expected =
                if line.contains("nonsense") { "flux nonsense --kubeconfig=/home/me/c~" } else { line };
            assert_eq!(expand(line), expected);
        }
        let line: Vec<OsString> = ["flux", "get", "--kubeconfig=~/c"].map(OsString::from).to_vec();
        assert_eq!(super::expand(line.clone(), None), line);
    }

    #[test]
    fn a_file_in_the_home_directory_is_read() {
        let scene = Scene::with_flux().file("home/ca.crt", crate::testing::CA_CERTIFICATE);
        let line = "flux create secret tls edge --ca-crt-file=~/ca.crt --export";
        assert!(scene.run(line).stdout.contains("ca.crt: |"), "{}", scene.run(line));
    }
}
