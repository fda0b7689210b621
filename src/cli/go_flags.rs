//! Flags as Go's flag library has them, which scripts for flux rely on.

use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser as _, ValueParser};
use clap::{Arg, ArgAction, ArgMatches};

use crate::args::values;

/// Makes an argument behave as Go's flag library has it: `--flag`, `--flag=false`, and values that
/// begin with a dash.
pub fn adapt(arg: Arg) -> Arg {
    if arg.is_positional() {
        return arg;
    }
    if matches!(arg.get_action(), ArgAction::SetTrue) {
        return arg
            .action(ArgAction::Set)
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .default_value("false")
            .hide_default_value(true)
            .hide_possible_values(true)
            .value_name("BOOL")
            .value_parser(ValueParser::new(values::boolean));
    }
    if !arg.get_action().takes_values() {
        return arg;
    }
    if arg.get_value_parser().type_id() == ValueParser::bool().type_id() {
        return arg
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .value_name("BOOL")
            .hide_possible_values(true)
            .value_parser(ValueParser::new(values::boolean));
    }
    if is_path(&arg) {
        // Unlike clap's own, it takes an empty one; `drop_empty_paths` goes on from there.
        return arg.allow_hyphen_values(true).value_parser(OsStringValueParser::new().map(PathBuf::from));
    }
    arg.allow_hyphen_values(true)
}

fn is_path(arg: &Arg) -> bool {
    arg.get_value_parser().type_id() == ValueParser::path_buf().type_id()
}

/// Takes files without a name for not given: scripts write `--ca-file="$CA_FILE"`.
pub fn drop_empty_paths(matches: &mut ArgMatches) {
    let ids: Vec<String> = matches.ids().map(ToString::to_string).collect();
    for id in ids {
        let path = matches.try_get_one::<PathBuf>(&id).ok().flatten();
        if path.is_some_and(|path| path.as_os_str().is_empty()) {
            matches.remove_one::<PathBuf>(&id);
        }
    }
}
