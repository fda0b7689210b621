//! Unified patches of texts.

use std::fmt::Write as _;

use super::lines::{Edit, lines};

/// Number of equal lines shown around each change.
const CONTEXT: usize = 3;

/// Returns the hunks that lead from one text to the other, with three lines of context; empty if both are equal. The caller
/// adds the file names.
pub fn unified(from: &str, to: &str) -> String {
    let mut all: Vec<(Edit, &str)> = Vec::new();
    let pieces = lines(from, to);
    for (edit, text) in &pieces {
        all.extend(text.split_inclusive('\n').map(|line| (*edit, line)));
    }
    let changed: Vec<usize> =
        all.iter().enumerate().filter(|(_, (edit, _))| *edit != Edit::Equal).map(|(at, _)| at).collect();
    let mut out = String::new();
    let mut next = 0;
    while next < changed.len() {
        // Changes with overlapping context form one hunk.
        let mut last = next;
        while last + 1 < changed.len() && changed[last + 1] - changed[last] <= 2 * CONTEXT + 1 {
            last += 1;
        }
        let start = changed[next].saturating_sub(CONTEXT);
        let end = (changed[last] + CONTEXT + 1).min(all.len());
        hunk(&all, start, end, &mut out);
        next = last + 1;
    }
    out
}

fn hunk(all: &[(Edit, &str)], start: usize, end: usize, out: &mut String) {
    let count =
        |lines: &[(Edit, &str)], without: Edit| lines.iter().filter(|(edit, _)| *edit != without).count();
    let range = |without: Edit| {
        let (before, within) = (count(&all[..start], without), count(&all[start..end], without));
        match within {
            // An empty range is numbered by the line before it.
            0 => format!("{before},0"),
            1 => format!("{}", before + 1),
            _ => format!("{},{within}", before + 1),
        }
    };
    let _ = writeln!(out, "@@ -{} +{} @@", range(Edit::Insert), range(Edit::Delete));
    for (edit, line) in &all[start..end] {
        out.push(match edit {
            Edit::Equal => ' ',
            Edit::Delete => '-',
            Edit::Insert => '+',
        });
        out.push_str(line);
        if !line.ends_with('\n') {
            out.push_str("\n\\ No newline at end of file\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hunks_have_three_lines_of_context_and_are_joined_if_they_touch() {
        let from = (1..=30).map(|n| n.to_string()).collect::<Vec<_>>().join("\n") + "\n";
        let to = from.replace("\n5\n", "\nfive\n").replace("\n12\n", "\n").replace("\n25\n", "\n25\nnew\n");
        assert_eq!(
            unified(&from, &to),
            "@@ -2,14 +2,13 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n 9\n 10\n 11\n-12\n 13\n 14\n 15\n\
             @@ -23,6 +22,7 @@\n 23\n 24\n 25\n+new\n 26\n 27\n 28\n"
        );
    }

    #[test]
    fn all_lines_of_a_new_text_are_added() {
        assert_eq!(unified("", "a\nb"), "@@ -0,0 +1,2 @@\n+a\n+b\n\\ No newline at end of file\n");
        assert_eq!(unified("a\n", ""), "@@ -1 +0,0 @@\n-a\n");
        assert_eq!(unified("a\n", "a\n"), "");
    }
}
