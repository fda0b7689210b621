//! The order in which objects are reconciled: each after its sources and the objects that it depends on.

use std::collections::BTreeSet;

/// Returns the cycles among objects, each as the numbers of its objects in order. `needs` has for each object the numbers
/// of those that it waits for. Of several cycles with an object in common, one is returned.
pub fn cycles(needs: &[Vec<usize>]) -> Vec<Vec<usize>> {
    // What is left when all objects that can be reconciled are gone is in a cycle or waits for one.
    let mut left: BTreeSet<usize> = (0..needs.len()).collect();
    loop {
        let ready: Vec<usize> =
            left.iter().copied().filter(|id| needs[*id].iter().all(|need| !left.contains(need))).collect();
        if ready.is_empty() {
            break;
        }
        for id in ready {
            left.remove(&id);
        }
    }
    let mut cycles = Vec::new();
    while let Some(start) = left.first().copied() {
        // Every object that is left waits for another one, so that this path comes back to one of its own.
        let mut path = vec![start];
        loop {
            let last = path[path.len() - 1];
            let Some(next) = needs[last].iter().copied().find(|need| left.contains(need)) else {
                // It only waited for a cycle that has been found.
                left.remove(&last);
                break;
            };
            if let Some(at) = path.iter().position(|id| *id == next) {
                let cycle = path.split_off(at);
                for id in &cycle {
                    left.remove(id);
                }
                cycles.push(cycle);
                break;
            }
            path.push(next);
        }
    }
    cycles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cycles_are_found_without_the_objects_that_wait_for_them() {
        assert!(cycles(&[vec![], vec![0], vec![0, 1]]).is_empty());
        assert_eq!(cycles(&[vec![0]]), [[0]]);
        assert_eq!(cycles(&[vec![1], vec![2], vec![1], vec![]]), [[1, 2]]);
        assert_eq!(cycles(&[vec![1], vec![0], vec![3], vec![2], vec![0, 2]]), [[0, 1], [2, 3]]);
    }
}
