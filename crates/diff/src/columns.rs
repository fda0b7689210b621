//! Blocks of text, side by side if they fit.

use super::paint::width;

/// Space between two columns.
const GAP: &str = "   ";

/// Appends the blocks to `out`, indented by `indent` spaces, and side by side if all fit into `limit` columns.
pub(super) fn write(out: &mut String, indent: usize, limit: usize, blocks: &[String]) {
    let widest = |block: &String| block.split('\n').map(width).max().unwrap_or(0);
    let gaps = blocks.len().saturating_sub(1) * GAP.len();
    let together = indent + gaps + blocks.iter().map(widest).sum::<usize>();
    if together <= limit {
        out.push_str(&beside(GAP, indent, blocks));
        return;
    }
    for line in blocks.iter().flat_map(|block| block.split('\n')) {
        out.extend(std::iter::repeat_n(' ', indent));
        out.push_str(line);
        out.push('\n');
    }
}

/// Returns the blocks as columns, indented by `indent` spaces, without trailing spaces and line break.
pub(super) fn beside(gap: &str, indent: usize, blocks: &[String]) -> String {
    let columns: Vec<Vec<&str>> = blocks.iter().map(|block| block.split('\n').collect()).collect();
    let widths: Vec<usize> =
        columns.iter().map(|lines| lines.iter().map(|line| width(line)).max().unwrap_or(0)).collect();
    let rows = columns.iter().map(Vec::len).max().unwrap_or(0);
    let row = |at: usize| {
        let mut text = String::new();
        for (number, (lines, widest)) in columns.iter().zip(&widths).enumerate() {
            if number > 0 {
                text.push_str(gap);
            }
            let line = lines.get(at).copied().unwrap_or_default();
            text.extend(std::iter::repeat_n(' ', indent));
            text.push_str(line);
            text.extend(std::iter::repeat_n(' ', widest - width(line)));
        }
        text.truncate(text.trim_end_matches(' ').len());
        text
    };
    (0..rows).map(row).collect::<Vec<_>>().join("\n")
}
