//! The differences of two texts, line by line.
//!
//! The method is that of Neil Fraser's diff-match-patch in the settings of dyff, which finds the same lines: equal lines at
//! both ends, an equal part in the middle that is at least half as long as the longer text, then Myers' shortest edit from
//! both ends, and finally adjacent edits are merged.

use std::collections::HashMap;

/// What became of a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// It is in both.
    Equal,
    /// Only the first text has it.
    Delete,
    /// Only the second text has it.
    Insert,
}

/// Highest number of steps; beyond it, two texts count as entirely different.
const MAX_STEPS: usize = 20_000_000;

/// Number of a line; equal lines have the same.
type Line = u32;

/// A piece of lines and what became of it.
type Piece = (Edit, Vec<Line>);

/// Splits both texts into pieces of whole lines, in order.
pub fn lines(from: &str, to: &str) -> Vec<(Edit, String)> {
    let mut texts: Vec<&str> = Vec::new();
    let mut numbers: HashMap<&str, Line> = HashMap::new();
    let (from, to) = {
        let mut number = |text| -> Vec<Line> {
            let mut found = Vec::new();
            for line in str::split_inclusive(text, '\n') {
                found.push(*numbers.entry(line).or_insert_with(|| {
                    texts.push(line);
                    // Texts have fewer than 2³² lines.
                    u32::try_from(texts.len() - 1).unwrap_or(u32::MAX)
                }));
            }
            found
        };
        (number(from), number(to))
    };
    let mut search = Search { steps: MAX_STEPS };
    let text = |lines: Vec<Line>| lines.into_iter().map(|line| texts[line as usize]).collect();
    search.differences(&from, &to).into_iter().map(|(edit, lines)| (edit, text(lines))).collect()
}

struct Search {
    /// Remaining steps.
    steps: usize,
}

impl Search {
    fn differences(&mut self, from: &[Line], to: &[Line]) -> Vec<Piece> {
        if from == to {
            return if from.is_empty() { Vec::new() } else { vec![(Edit::Equal, from.to_vec())] };
        }
        let start = common_start(from, to);
        let end = common_end(&from[start..], &to[start..]);
        let mut pieces = Vec::new();
        if start > 0 {
            pieces.push((Edit::Equal, from[..start].to_vec()));
        }
        pieces.extend(self.middle(&from[start..from.len() - end], &to[start..to.len() - end]));
        if end > 0 {
            pieces.push((Edit::Equal, from[from.len() - end..].to_vec()));
        }
        merged(pieces)
    }

    /// Compares texts that do not start or end with the same line.
    fn middle(&mut self, from: &[Line], to: &[Line]) -> Vec<Piece> {
        if from.is_empty() {
            return vec![(Edit::Insert, to.to_vec())];
        }
        if to.is_empty() {
            return vec![(Edit::Delete, from.to_vec())];
        }
        let replaced = || vec![(Edit::Delete, from.to_vec()), (Edit::Insert, to.to_vec())];
        let (long, short, edit) =
            if from.len() > to.len() { (from, to, Edit::Delete) } else { (to, from, Edit::Insert) };
        if let Some(at) = find(long, short, 0) {
            return vec![
                (edit, long[..at].to_vec()),
                (Edit::Equal, short.to_vec()),
                (edit, long[at + short.len()..].to_vec()),
            ];
        }
        if short.len() == 1 {
            return replaced();
        }
        if let Some(half) = half_match(long, short) {
            let long_ends = (&long[..half.long], &long[half.long + half.length..]);
            let short_ends = (&short[..half.short], &short[half.short + half.length..]);
            let (from_ends, to_ends) =
                if from.len() > to.len() { (long_ends, short_ends) } else { (short_ends, long_ends) };
            let mut pieces = self.differences(from_ends.0, to_ends.0);
            pieces.push((Edit::Equal, long[half.long..half.long + half.length].to_vec()));
            pieces.extend(self.differences(from_ends.1, to_ends.1));
            return pieces;
        }
        match self.meeting_point(from, to) {
            Some((x, y)) => {
                let mut pieces = self.differences(&from[..x], &to[..y]);
                pieces.extend(self.differences(&from[x..], &to[y..]));
                pieces
            }
            None => replaced(),
        }
    }

    /// Returns where the shortest edits from both ends meet, as positions in both texts. `None` if the texts have nothing in
    /// common, or the search took too many steps.
    fn meeting_point(&mut self, from: &[Line], to: &[Line]) -> Option<(usize, usize)> {
        let (width, height) = (signed(from.len()), signed(to.len()));
        let most = (width + height + 1) / 2;
        let delta = width - height;
        let mut ahead = Front::new(most);
        let mut behind = Front::new(most);
        for depth in 0..most {
            let mut k = ahead.first(depth);
            while k <= ahead.last(depth) {
                self.steps = self.steps.checked_sub(1)?;
                let x = ahead.advance(k, depth, width, height, |x, y| from[x] == to[y]);
                let y = x - k;
                if !ahead.beyond(x, y, width, height)
                    && delta % 2 != 0
                    && let Some(other) = behind.at(delta - k)
                    && x >= width - other
                {
                    return Some((unsigned(x), unsigned(y)));
                }
                k += 2;
            }
            let mut k = behind.first(depth);
            while k <= behind.last(depth) {
                self.steps = self.steps.checked_sub(1)?;
                let same = |x: usize, y: usize| from[from.len() - 1 - x] == to[to.len() - 1 - y];
                let x = behind.advance(k, depth, width, height, same);
                if !behind.beyond(x, x - k, width, height)
                    && delta % 2 == 0
                    && let Some(other) = ahead.at(delta - k)
                    && other >= width - x
                {
                    return Some((unsigned(other), unsigned(other - (delta - k))));
                }
                k += 2;
            }
        }
        None
    }
}

/// Progress of the search from one end on each diagonal.
struct Front {
    /// Position on each diagonal from `-most`; -1 for those not reached.
    reached: Vec<isize>,
    most: isize,
    skip_first: isize,
    skip_last: isize,
}

impl Front {
    fn new(most: isize) -> Self {
        let mut reached = vec![-1; unsigned(2 * most) + 2];
        reached[unsigned(most + 1)] = 0;
        Front { reached, most, skip_first: 0, skip_last: 0 }
    }

    /// Returns the first diagonal within the texts.
    fn first(&self, depth: isize) -> isize {
        self.skip_first - depth
    }

    fn last(&self, depth: isize) -> isize {
        depth - self.skip_last
    }

    /// Makes one edit on diagonal `k`, and follows equal lines after it.
    fn advance(
        &mut self,
        k: isize,
        depth: isize,
        width: isize,
        height: isize,
        same: impl Fn(usize, usize) -> bool,
    ) -> isize {
        let at = unsigned(self.most + k);
        let below = at.checked_sub(1).map_or(-1, |at| self.reached[at]);
        let above = self.reached[at + 1];
        let mut x = if k == -depth || (k != depth && below < above) { above } else { below + 1 };
        let mut y = x - k;
        while x < width && y < height && same(unsigned(x), unsigned(y)) {
            x += 1;
            y += 1;
        }
        self.reached[at] = x;
        x
    }

    /// Returns whether `x`, `y` is outside the texts; further diagonals on that side are then skipped.
    fn beyond(&mut self, x: isize, y: isize, width: isize, height: isize) -> bool {
        if x > width {
            self.skip_last += 2;
        } else if y > height {
            self.skip_first += 2;
        }
        x > width || y > height
    }

    fn at(&self, k: isize) -> Option<isize> {
        let within = k >= -self.most && k < self.most;
        Some(self.reached[unsigned(within.then_some(self.most + k)?)]).filter(|x| *x != -1)
    }
}

/// A common part of two texts.
struct Half {
    long: usize,
    short: usize,
    length: usize,
}

/// Returns a common part that is at least half as long as the longer text.
fn half_match(long: &[Line], short: &[Line]) -> Option<Half> {
    if long.len() < 4 || short.len() * 2 < long.len() {
        return None;
    }
    let second = half_match_at(long, short, long.len().div_ceil(4));
    let third = half_match_at(long, short, long.len().div_ceil(2));
    match (second, third) {
        (Some(second), Some(third)) if second.length <= third.length => Some(third),
        (Some(second), _) => Some(second),
        (None, third) => third,
    }
}

/// Returns the longest common part around the quarter of the longer text that starts at `seed`.
fn half_match_at(long: &[Line], short: &[Line], seed: usize) -> Option<Half> {
    let quarter = &long[seed..seed + long.len() / 4];
    let mut best = Half { long: 0, short: 0, length: 0 };
    let mut next = find(short, quarter, 0);
    while let Some(at) = next {
        let after = common_start(&long[seed..], &short[at..]);
        let before = common_end(&long[..seed], &short[..at]);
        if best.length < before + after {
            best = Half { long: seed - before, short: at - before, length: before + after };
        }
        next = find(short, quarter, at + 1);
    }
    (best.length * 2 >= long.len()).then_some(best)
}

fn find(long: &[Line], short: &[Line], from: usize) -> Option<usize> {
    let last = long.len().checked_sub(short.len())?;
    (from..=last).find(|&at| long[at..at + short.len()] == *short)
}

fn common_start(a: &[Line], b: &[Line]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

fn common_end(a: &[Line], b: &[Line]) -> usize {
    a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count()
}

/// Merges adjacent edits: between two equal pieces, there is at most one deletion and one insertion.
fn merged(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    let (mut deleted, mut inserted): (Vec<Line>, Vec<Line>) = (Vec::new(), Vec::new());
    let (mut deletions, mut inserts) = (0, 0);
    let end = std::iter::once((Edit::Equal, Vec::new()));
    for (edit, mut lines) in pieces.into_iter().chain(end) {
        match edit {
            Edit::Delete => {
                deletions += 1;
                deleted.extend(lines);
                continue;
            }
            Edit::Insert => {
                inserts += 1;
                inserted.extend(lines);
                continue;
            }
            Edit::Equal => {}
        }
        if deletions > 0 && inserts > 0 {
            let start = common_start(&inserted, &deleted);
            if start > 0 {
                match out.last_mut() {
                    Some((Edit::Equal, before)) => before.extend(&inserted[..start]),
                    _ => out.insert(0, (Edit::Equal, inserted[..start].to_vec())),
                }
                inserted.drain(..start);
                deleted.drain(..start);
            }
            let end = common_end(&inserted, &deleted);
            if end > 0 {
                let tail = inserted.split_off(inserted.len() - end);
                deleted.truncate(deleted.len() - end);
                lines.splice(0..0, tail);
            }
        }
        if deletions > 0 {
            out.push((Edit::Delete, std::mem::take(&mut deleted)));
        }
        if inserts > 0 {
            out.push((Edit::Insert, std::mem::take(&mut inserted)));
        }
        match out.last_mut() {
            Some((Edit::Equal, before)) if deletions + inserts == 0 => before.extend(lines),
            _ => out.push((Edit::Equal, lines)),
        }
        (deletions, inserts) = (0, 0);
    }
    if out.last().is_some_and(|(_, lines)| lines.is_empty()) {
        out.pop();
    }
    shifted(out)
}

/// Moves an edit between two equal pieces across the one that it ends or starts with, which removes that piece.
fn shifted(mut pieces: Vec<Piece>) -> Vec<Piece> {
    let mut changed = false;
    let mut at = 1;
    while at + 1 < pieces.len() {
        if pieces[at - 1].0 == Edit::Equal && pieces[at + 1].0 == Edit::Equal {
            let (before, edit, after) = (&pieces[at - 1].1, &pieces[at].1, &pieces[at + 1].1);
            if edit.ends_with(before) {
                let moved = [before, &edit[..edit.len() - before.len()]].concat();
                let after = [before.as_slice(), after].concat();
                pieces[at].1 = moved;
                pieces[at + 1].1 = after;
                pieces.remove(at - 1);
                changed = true;
            } else if edit.starts_with(after) {
                let before = [before.as_slice(), after].concat();
                let moved = [&edit[after.len()..], after].concat();
                pieces[at - 1].1 = before;
                pieces[at].1 = moved;
                pieces.remove(at + 1);
                changed = true;
            }
        }
        at += 1;
    }
    if changed { merged(pieces) } else { pieces }
}

/// Converts a length; those of texts in memory are far below the limit of either type.
fn signed(length: usize) -> isize {
    isize::try_from(length).unwrap_or(isize::MAX)
}

fn unsigned(length: isize) -> usize {
    usize::try_from(length).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn side(pieces: &[(Edit, String)], without: Edit) -> String {
        pieces.iter().filter(|(edit, _)| *edit != without).map(|(_, text)| text.as_str()).collect()
    }

    proptest! {
        #[test]
        fn pieces_add_up_to_both_texts(
            from in proptest::collection::vec("[a-e]", 0..40),
            to in proptest::collection::vec("[a-e]", 0..40),
        ) {
            let (from, to) = (from.join("\n"), to.join("\n"));
            let pieces = lines(&from, &to);
            prop_assert_eq!(side(&pieces, Edit::Insert), from);
            prop_assert_eq!(side(&pieces, Edit::Delete), to);
        }
    }

    #[test]
    fn texts_with_nothing_in_common_are_compared_in_time() {
        let many =
            |start: usize| (start..start + 40_000).map(|n| n.to_string()).collect::<Vec<_>>().join("\n");
        let pieces = lines(&many(0), &many(50_000));
        assert_eq!(pieces.len(), 2);
    }
}
