//! Fields that image-automation-controller no longer accepts in a commit message template.

/// Template that lists the new images, in place of `.Updated.Images`.
const WORKS: &str = "{{range .Changed.Changes}}{{println .NewValue}}{{end}}";

/// Problem of a template and its fix, as the end of a sentence.
///
/// The controller (image API v1) refuses templates with `.Updated` or `.Changed.ImageResult` of older versions.
pub fn problem(template: &str) -> Option<String> {
    let removed = ["Updated", "Changed.ImageResult"];
    let actions = match actions(template) {
        Ok(actions) => actions,
        Err(problem) => return Some(problem),
    };
    let found = removed.iter().find(|field| actions.iter().any(|action| names_field(action, field)))?;
    Some(format!(
        "uses .{found}, which the controller no longer supports: the automation would fail; use '{WORKS}' \
        instead"
    ))
}

/// Contents of `{{…}}` without comments; none if the last one is not closed.
fn actions(template: &str) -> Result<Vec<&str>, String> {
    let mut actions = Vec::new();
    let mut rest = template;
    while let Some((_, after)) = rest.split_once("{{") {
        let Some((action, after)) = after.split_once("}}") else {
            return Err("has an unclosed {{: the automation would fail".into());
        };
        let inside = action.trim_matches('-').trim();
        if !inside.starts_with("/*") {
            actions.push(inside);
        }
        rest = after;
    }
    Ok(actions)
}

/// Whether an action reads this field of the data (`.Updated`, `$.Updated.Images`) rather than a longer name, a field of
/// another value (`.Values.Updated`) or quoted text.
fn names_field(action: &str, field: &str) -> bool {
    let mut quote = None;
    for (at, c) in action.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            None if matches!(c, '"' | '`' | '\'') => quote = Some(c),
            None if c == '.' => {
                let before = action[..at].chars().next_back();
                let own = before.is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '_' | ')'));
                let after = &action[at + 1..];
                let whole = after
                    .strip_prefix(field)
                    .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'));
                if own && whole {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_that_are_gone_are_found_wherever_they_are_read() {
        for template in [
            "{{range .Updated.Images}}{{println .}}{{end}}",
            "{{ range $i := $.Updated.Files }}{{end}}",
            "{{- with .Updated -}}x{{end}}",
            "{{(.Updated).Images}}",
            "{{range .Changed.ImageResult}}{{end}}",
        ] {
            let problem = problem(template).unwrap_or_default();
            assert!(problem.contains(WORKS), "{template}: {problem}");
        }
    }

    #[test]
    fn what_only_looks_like_them_is_left_alone() {
        for template in [
            WORKS,
            "Automated update of .Updated",
            "{{println \".Updated\"}}",
            "{{.Values.Updated}}",
            "{{.UpdatedAt}}",
            "{{/* .Updated */}}",
            "{{.Changed.Objects}}",
            "",
        ] {
            assert_eq!(problem(template), None, "{template}");
        }
    }

    #[test]
    fn an_action_that_does_not_end_is_told() {
        assert!(problem("{{range .Changed.Changes").is_some());
    }
}
